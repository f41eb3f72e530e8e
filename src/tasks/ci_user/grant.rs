//! The granting objects in the cluster: applied, and taken away where an earlier run left what is no longer needed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::apply::target::Target;
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::task::CiUser;
use crate::kubernetes::objects::{ApplyMode, encoded};
use crate::outcome::Notice;
use crate::rbac::GROUP;
use crate::rbac::objects::{Granting, LABEL};
use crate::runner::Console;
use crate::tasks::deploy::session::Session;

/// Resources that earlier runs may have left.
const LEFT: [&str; 5] = ["rolebindings", "clusterrolebindings", "roles", "clusterroles", "serviceaccounts"];

/// Applies every object and returns what became of each: `created`, `configured`, `unchanged`.
///
/// # Errors
/// What is not permitted, and objects of the same name that belong to somebody else.
pub(super) async fn apply(
    session: &Session,
    grants: &[Granting],
    targets: &[Target],
    task: &CiUser,
    console: &Console,
) -> Result<Vec<&'static str>> {
    let namespaces: BTreeSet<&str> = grants.iter().filter_map(|granting| granting.namespace.as_deref()).collect();
    for namespace in namespaces {
        ensure_namespace(session, namespace, targets, console).await?;
    }
    let mut changes = Vec::with_capacity(grants.len());
    for granting in grants {
        let change = one(session, granting, &task.name).await?;
        console.line(&format!("{} {change}", granting.shown()));
        changes.push(change);
    }
    Ok(changes)
}

/// Roles can stand only in a namespace that is there: one of the set is made, any other is missed.
async fn ensure_namespace(session: &Session, name: &str, targets: &[Target], console: &Console) -> Result<()> {
    let path = format!("/api/v1/namespaces/{}", encoded(name));
    match session.cluster.read(&path).await {
        Ok(Some(_)) => return Ok(()),
        // Without permission to look, the apply below says what is missing.
        Err(error) if error.code() == Some(403) => return Ok(()),
        Err(error) => return Err(error.into_failure(format!("reading the namespace {name}"))),
        Ok(None) => {}
    }
    let of_the_set = targets.iter().any(|target| {
        let reference = &target.manifest.reference;
        reference.is("", "Namespace") && reference.name == name
    });
    if !of_the_set {
        return Err(Failure::input(format!("the namespace {name} does not exist, so that no Role can be put in it"))
            .hinted(format!(
                "create it (`kubectl create namespace {name}`), add it to the manifests, or correct `namespace`"
            )));
    }
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made = session.cluster.create("/api/v1/namespaces", &object).await;
    made.map_err(|error| error.into_failure(format!("creating the namespace {name}")))?;
    console.line(&format!("Namespace/{name} created, for the Role in it"));
    Ok(())
}

async fn one(session: &Session, granting: &Granting, owner: &str) -> Result<&'static str> {
    let name = text(&granting.value, "/metadata/name");
    let path = format!("{}/{}", collection(granting.plural, granting.namespace.as_deref()), encoded(name));
    let shown = granting.shown();
    let live = session.cluster.read(&path).await.map_err(|error| error.into_failure(format!("reading {shown}")))?;
    if live.as_ref().is_some_and(|live| label(live) != Some(owner)) {
        let message = format!("{shown} is there already, and was not made by ci-user for {owner}");
        return Err(Failure::new(FailureKind::Conflict, message).hinted("choose another `name`, or delete that object"));
    }
    let mode = ApplyMode { dry_run: false, force: true };
    let body = granting.value.to_string();
    let made = session.cluster.apply(&path, body.into_bytes(), mode).await.map_err(|error| {
        let escalates = error.status().is_some_and(|status| status.message.contains("grant extra privileges"));
        let failure = error.into_failure(format!("applying {shown}"));
        if escalates {
            failure.hinted("granting rights takes these rights, or the verbs `escalate` and `bind`")
        } else {
            failure
        }
    })?;
    let version = |object: &Value| text(object, "/metadata/resourceVersion").to_owned();
    Ok(match live {
        None => "created",
        Some(live) if version(&live) == version(&made.value()) => "unchanged",
        Some(_) => "configured",
    })
}

/// Deletes what carries the identity's label and is no longer needed; says where it may not look.
pub(super) async fn remove_stale(
    session: &Session,
    grants: &[Granting],
    task: &CiUser,
    home: &str,
    console: &Console,
) -> Vec<Notice> {
    let owner = task.name.as_str();
    let wanted: BTreeSet<(&str, Option<&str>, &str)> = grants
        .iter()
        .map(|granting| (granting.plural, granting.namespace.as_deref(), text(&granting.value, "/metadata/name")))
        .collect();
    let mut notices = Vec::new();
    for plural in LEFT {
        let query = format!("{}?labelSelector={}", collection(plural, None), encoded(&format!("{LABEL}={owner}")));
        let found = match session.cluster.list(&query).await {
            Ok((found, _)) => found,
            Err(error) => {
                notices.push(Notice::new(format!(
                    "{plural} that an earlier run left and nobody needs any more cannot be looked for: {error}"
                )));
                continue;
            }
        };
        for object in &found {
            let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
            let name = text(object, "/metadata/name");
            if !wanted.contains(&(plural, namespace, name)) {
                notices.extend(remove(session, plural, namespace, name, console).await);
            }
        }
    }
    if !task.long_lived {
        notices.extend(remove_lasting_token(session, home, owner, console).await);
    }
    notices
}

/// Deletes the Secret with a token that never ends, where an earlier run made one and this one does not.
async fn remove_lasting_token(session: &Session, home: &str, owner: &str, console: &Console) -> Option<Notice> {
    let name = format!("{owner}-token");
    let path = format!("{}/{}", collection("secrets", Some(home)), encoded(&name));
    match session.cluster.read(&path).await {
        Ok(Some(secret)) if label(&secret) == Some(owner) => {
            remove(session, "secrets", Some(home), &name, console).await
        }
        Ok(_) => None,
        Err(error) => Some(Notice::new(format!(
            "whether an earlier run left a token that never ends (Secret/{home}/{name}) cannot be looked for: {error}"
        ))),
    }
}

async fn remove(
    session: &Session,
    plural: &str,
    namespace: Option<&str>,
    name: &str,
    console: &Console,
) -> Option<Notice> {
    let place = namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let path = format!("{}/{}", collection(plural, namespace), encoded(name));
    match session.cluster.remove(&path).await {
        Ok(()) => {
            console.line(&format!("{plural}/{name}{place} deleted: no longer needed"));
            None
        }
        Err(error) => {
            Some(Notice::new(format!("{plural}/{name}{place} is no longer needed and could not be deleted: {error}")))
        }
    }
}

fn collection(plural: &str, namespace: Option<&str>) -> String {
    let core = ["serviceaccounts", "secrets"].contains(&plural);
    let root = if core { "/api/v1".to_owned() } else { format!("/apis/{GROUP}/v1") };
    match namespace {
        Some(namespace) => format!("{root}/namespaces/{}/{plural}", encoded(namespace)),
        None => format!("{root}/{plural}"),
    }
}

fn label(object: &Value) -> Option<&str> {
    object.pointer("/metadata/labels")?.get(LABEL)?.as_str()
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
