//! Whether we may do what the set needs, asked before anything is tried; what is missing is printed ready to paste.

use std::collections::BTreeSet;

use super::plan::{Action, Step};
use super::session::Session;
use crate::apply::permission::{self, Need};
use crate::apply::target::Target;
use crate::failure::{Failure, FailureKind, Result};
use crate::kubernetes::permissions;
use crate::runner::Console;

/// Refuses a set that we may not even read and change.
///
/// # Errors
/// Rights that are missing, all at once.
pub(crate) async fn check(session: &Session, targets: &[Target], console: &Console) -> Result<()> {
    demand(session, permission::needs(targets.iter(), &["get", "patch"]), console).await
}

/// Refuses a plan whose creations and deletions are not permitted.
///
/// # Errors
/// Rights that are missing, all at once.
pub(crate) async fn check_plan(session: &Session, steps: &[Step], console: &Console) -> Result<()> {
    let of = |actions: &'static [Action]| {
        steps.iter().filter(|step| actions.contains(&step.action)).map(|step| &step.target)
    };
    let mut needs = permission::needs(of(&[Action::Recreate]), &["delete", "create"]);
    needs.extend(permission::needs(of(&[Action::Later]), &["create"]));
    demand(session, needs, console).await
}

async fn demand(session: &Session, needs: BTreeSet<Need>, console: &Console) -> Result<()> {
    if needs.is_empty() {
        return Ok(());
    }
    match permissions::missing(&session.cluster, needs).await {
        Ok(missing) if missing.is_empty() => Ok(()),
        Ok(missing) => Err(refused(&missing)),
        // Some clusters answer no such questions; the dry run then shows what is not permitted.
        Err(error) if matches!(error.code(), Some(403..=405)) => {
            console.line(&format!("note: the cluster does not say what is permitted ({error})"));
            Ok(())
        }
        Err(error) => Err(error.into_failure("asking what is permitted")),
    }
}

fn refused(missing: &BTreeSet<Need>) -> Failure {
    let lines: BTreeSet<String> = missing
        .iter()
        .map(|need| {
            let group = if need.group.is_empty() { String::new() } else { format!(".{}", need.group) };
            let place =
                need.namespace.as_ref().map_or(" on the cluster".to_owned(), |name| format!(" in namespace {name}"));
            format!("not permitted: {} {}{group}{place}", need.verb, need.resource)
        })
        .collect();
    Failure::new(FailureKind::Forbidden, lines.into_iter().collect::<Vec<_>>().join("\n"))
        .hinted(format!("grant it:\n{}", permission::rules(missing)))
        .hinted("or let `ci-user` make an identity that fits this set")
}
