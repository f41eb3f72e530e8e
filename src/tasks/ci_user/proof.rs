//! The proof: with the new kubeconfig and nothing else, the whole set goes through the server's dry run, and something outside it
//! is forbidden.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{check, failed};
use crate::apply::permission::Need;
use crate::apply::target::Target;
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::task::CiUser;
use crate::kubernetes::objects::encoded;
use crate::kubernetes::{Call, permissions};
use crate::outcome::Notice;
use crate::rbac::Wants;
use crate::runner::Console;
use crate::tasks::deploy::plan::{self, Policy};
use crate::tasks::deploy::session::Session;

/// How long the API server's authorizer may take to see new Roles.
const SEEN_WITHIN: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(200);

/// Things outside almost every set: group, resource, namespace.
const OUTSIDE: [(&str, &str, Option<&str>); 3] = [
    ("", "secrets", Some("kube-system")),
    ("rbac.authorization.k8s.io", "clusterrolebindings", None),
    ("", "persistentvolumes", None),
];

/// Uses the new identity; returns what deserves a look.
///
/// # Errors
/// Something that the set needs is forbidden, or something outside is not.
pub(super) async fn run(
    new: &Session,
    targets: Vec<Target>,
    wants: &Wants,
    known: Option<Vec<String>>,
    task: &CiUser,
    console: &Console,
) -> Result<Vec<Notice>> {
    await_rights(new, wants).await?;
    let mut notices = Vec::new();
    let count = targets.len();
    let policy = Policy { take_over: task.options.take_over, recreate: task.options.recreate };
    match plan::make(&new.cluster, targets, policy).await {
        Ok(_) => console
            .line(&format!("proof: the server's dry run of all {count} objects succeeds with the new kubeconfig")),
        Err(failure) if failure.kind == FailureKind::Forbidden => return Err(failure),
        // What is wrong with the manifests is for `diff` to say; here it only keeps the proof from being whole.
        Err(failure) => notices.push(Notice::new(format!(
            "the dry run with the new kubeconfig was refused for another reason than rights: {failure}"
        ))),
    }
    console.line(&outside(new, wants).await?);
    let beyond = check::beyond(new, wants, known).await;
    console.line(&beyond.looked_at);
    notices.extend(beyond.found.into_iter().map(|line| {
        Notice::new(format!("the new identity may more than its own rules grant, because of others: {line}"))
    }));
    Ok(notices)
}

/// Waits until every right is seen.
async fn await_rights(new: &Session, wants: &Wants) -> Result<()> {
    let started = Instant::now();
    loop {
        let missing = match permissions::missing(&new.cluster, wants.needs.keys().cloned().collect()).await {
            Ok(missing) => missing,
            // A credential that was made a moment ago may not be known everywhere yet.
            Err(error) if error.code() == Some(401) && started.elapsed() < SEEN_WITHIN => {
                sleep(PAUSE).await;
                continue;
            }
            // Such clusters do not say what is permitted; the dry run shows it.
            Err(error) if matches!(error.code(), Some(403..=405)) => return Ok(()),
            Err(error) => return Err(error.into_failure("using the new kubeconfig")),
        };
        let Some(first) = missing.first() else { return Ok(()) };
        if started.elapsed() > SEEN_WITHIN {
            let message =
                format!("{} rights were granted and are not there, {} among them", missing.len(), check::said(first));
            return Err(Failure::new(FailureKind::Forbidden, message));
        }
        sleep(PAUSE).await;
    }
}

/// Asks for something that the rules do not grant.
async fn outside(new: &Session, wants: &Wants) -> Result<String> {
    let is_inside = |group: &str, resource: &str, namespace: Option<&str>| {
        wants.needs.keys().any(|need: &Need| {
            need.group == group
                && need.resource == resource
                && need.verb == "list"
                && (need.namespace.is_none() || need.namespace.as_deref() == namespace)
        })
    };
    let chosen = OUTSIDE.into_iter().find(|(group, resource, namespace)| !is_inside(group, resource, *namespace));
    let Some((group, resource, namespace)) = chosen else {
        return Ok("proof: the set itself needs so much that nothing outside could be tried".to_owned());
    };
    let root = if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{group}/v1") };
    let space = namespace.map(|name| format!("/namespaces/{}", encoded(name))).unwrap_or_default();
    let place = namespace.map(|name| format!(" in {name}")).unwrap_or_default();
    match new.cluster.bytes(&Call::get(format!("{root}{space}/{resource}?limit=1"))).await {
        Err(error) if error.code() == Some(403) => Ok(format!("proof: listing {resource}{place} is forbidden with it")),
        Err(error) => Err(error.into_failure(format!("trying what must be forbidden (listing {resource}{place})"))),
        Ok(_) => Err(failed(format!(
            "the new identity may list {resource}{place}, which its rules do not grant: somebody else gives a user or group of this name more"
        ))
        .hinted("look for bindings of that name, or choose another `name`")),
    }
}
