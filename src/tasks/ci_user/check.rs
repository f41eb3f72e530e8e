//! `--check`: what a kubeconfig may do beside what the set needs, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::permission::{self, Need};
use crate::failure::{Failure, FailureKind, Result};
use crate::kubernetes::permissions;
use crate::outcome::{Conclusion, Notice, Outcome};
use crate::rbac::{Wants, compare};
use crate::runner::Console;
use crate::tasks::deploy::session::Session;

/// Namespaces that are looked at beside those of the set, for rights that reach further.
const OTHERS: [&str; 2] = ["default", "kube-system"];

/// Compares and says the result.
///
/// # Errors
/// The cluster does not say what is permitted.
pub(super) async fn run(session: &Session, wants: &Wants, console: &Console) -> Result<Outcome> {
    let needs: BTreeSet<Need> = wants.needs.keys().cloned().collect();
    let missing = permissions::missing(&session.cluster, needs)
        .await
        .map_err(|error| error.into_failure("asking what is permitted"))?;
    let lacks = lacks(&missing, wants);
    let exceeds = beyond(session, wants).await;
    for line in
        lacks.iter().map(|line| format!("lacks {line}")).chain(exceeds.iter().map(|line| format!("exceeds: {line}")))
    {
        console.line(&line);
    }
    let mut outcome = Outcome::new(Conclusion::Unchanged);
    outcome.notices = wants.remarks.iter().chain(&wants.refused).map(Notice::new).collect();
    outcome.diff_summary = Some(format!("{} lacking, {} to spare", lacks.len(), exceeds.len()));
    if lacks.is_empty() && exceeds.is_empty() {
        console.line("the kubeconfig may do what the set needs, and nothing else that can be seen with it");
        return Ok(outcome);
    }
    outcome.conclusion = Conclusion::Different;
    let message = format!("{} rights are lacking, {} are to spare", lacks.len(), exceeds.len());
    let mut failure = Failure::new(FailureKind::Different, message);
    if !missing.is_empty() {
        failure = failure.hinted(format!("grant it:\n{}", permission::rules(&missing)));
    }
    outcome.failure = Some(failure.hinted("or have an admin run `ci-user` with the same `path` and `name` again"));
    Ok(outcome)
}

/// A line for each missing right, with what needs it.
fn lacks(missing: &BTreeSet<Need>, wants: &Wants) -> Vec<String> {
    let mut lines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for need in missing {
        let reasons = wants.needs.get(need).into_iter().flatten();
        lines.entry(said(need)).or_default().extend(reasons.map(|reason| reason.purpose.of(&reason.who)));
    }
    lines
        .into_iter()
        .map(|(right, reasons)| format!("{right}: {}", reasons.into_iter().collect::<Vec<_>>().join("; ")))
        .collect()
}

/// Says a right in words.
pub(super) fn said(need: &Need) -> String {
    let group = if need.group.is_empty() { String::new() } else { format!(".{}", need.group) };
    let name = need.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let place = match &need.namespace {
        Some(namespace) => format!(" in namespace {namespace}"),
        None => " on the cluster".to_owned(),
    };
    format!("{} {}{group}{name}{place}", need.verb, need.resource)
}

/// Returns what the identity may do and the set does not need, as far as its own namespaces show it.
pub(super) async fn beyond(session: &Session, wants: &Wants) -> Vec<String> {
    let namespaces: BTreeSet<&str> = wants.namespaces().into_iter().chain(OTHERS).collect();
    let count = namespaces.len();
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for namespace in namespaces {
        // Who may not ask is told nothing; the dry run and the missing rights are the other half.
        let Ok(granted) = permissions::rules(&session.cluster, namespace).await else { continue };
        for line in compare::exceeds(namespace, &granted, wants) {
            found.entry(line).or_default().push(namespace);
        }
    }
    let place = |namespaces: &[&str]| match namespaces.len() {
        all if all == count => "everywhere".to_owned(),
        _ => format!("in {}", namespaces.join(", ")),
    };
    found.into_iter().map(|(right, namespaces)| format!("{right}, {}", place(&namespaces))).collect()
}
