//! Which objects of an input are judged, and which only speak for others. Takes objects as `kubectl get -o yaml|json`
//! prints them: single ones, lists, watch events, later versions of the same object.
//!
//! Judged is what stands for itself. Only related are: events; what an object in the same input owns (pods, replica sets,
//! a CronJob's jobs); owned pods that a workload of the input selects, when the owner between them is missing; and the
//! kinds that describe the surroundings (nodes, endpoints, storage classes, revisions, leases), unless there is nothing else.

use std::collections::HashSet;

use serde_json::Value;

use super::fields::{list, map, selects, text};
use super::snapshot::{ObjectKey, Snapshot};

/// Lists in lists end somewhere.
const MAX_NESTING: usize = 4;

/// Kinds that describe the surroundings of others.
const SURROUNDINGS: &[&str] = &[
    "ControllerRevision",
    "EndpointSlice",
    "Endpoints",
    "Lease",
    "Node",
    "StorageClass",
    "CSINode",
    "VolumeAttachment",
];

/// The objects of an input.
#[derive(Debug, Default)]
pub struct Roster {
    /// All of them.
    pub snapshot: Snapshot,
    /// Those to judge, in the order of the input.
    pub judged: Vec<ObjectKey>,
}

/// Sorts the documents of an input. A later version of an object replaces the earlier one.
///
/// # Errors
/// A document that is no Kubernetes object, with its number; an error of the API server in place of objects.
pub fn roster(documents: Vec<Value>) -> Result<Roster, String> {
    let mut objects = Vec::new();
    for (number, document) in documents.into_iter().enumerate() {
        unfold(document, MAX_NESTING, &mut objects).map_err(|wrong| format!("document {}: {wrong}", number + 1))?;
    }
    let mut snapshot = Snapshot::default();
    let (mut order, mut known) = (Vec::new(), HashSet::new());
    for (object, gone) in objects {
        let Some(key) = ObjectKey::of(&object) else { continue };
        if gone {
            snapshot.remove(&key);
            continue;
        }
        snapshot.insert(object);
        if known.insert(key.clone()) {
            order.push(key);
        }
    }
    order.retain(|key| snapshot.get(key).is_some());
    let standing: Vec<ObjectKey> = order.into_iter().filter(|key| stands_for_itself(&snapshot, key)).collect();
    let judged: Vec<ObjectKey> =
        standing.iter().filter(|key| !SURROUNDINGS.contains(&key.kind.as_str())).cloned().collect();
    Ok(Roster { snapshot, judged: if judged.is_empty() { standing } else { judged } })
}

fn unfold(document: Value, depth: usize, objects: &mut Vec<(Value, bool)>) -> Result<(), String> {
    if let Value::Array(items) = document {
        return items.into_iter().try_for_each(|item| unfold(item, depth, objects));
    }
    if !document.is_object() {
        return Err("a Kubernetes object is wanted, this is none".to_owned());
    }
    if let Some(event) = watch_event(&document) {
        objects.extend(event);
        return Ok(());
    }
    let (api_version, kind) = (text(&document, "apiVersion").to_owned(), text(&document, "kind").to_owned());
    if kind.is_empty() || api_version.is_empty() {
        return Err(
            "`kind` and `apiVersion` are wanted: pass objects as `kubectl get -o yaml` or `-o json` prints them"
                .to_owned(),
        );
    }
    if kind == "Status" && api_version == "v1" {
        return Err(format!("this is an error of the API server, no object: {}", text(&document, "message")));
    }
    match document {
        Value::Object(mut fields) if kind.ends_with("List") && fields.get("items").is_some_and(Value::is_array) => {
            if depth == 0 {
                return Err("lists are nested too deep".to_owned());
            }
            let Some(Value::Array(items)) = fields.remove("items") else { return Ok(()) };
            items.into_iter().try_for_each(|item| unfold(of_list(item, &api_version, &kind), depth - 1, objects))
        }
        document => {
            objects.push((document, false));
            Ok(())
        }
    }
}

/// Items of a typed list (`PodList`) come without kind and version from the API itself.
fn of_list(mut item: Value, api_version: &str, kind: &str) -> Value {
    let single = kind.strip_suffix("List").unwrap_or(kind);
    if let Some(fields) = item.as_object_mut().filter(|fields| !single.is_empty() && !fields.contains_key("kind")) {
        fields.insert("kind".to_owned(), single.into());
        fields.insert("apiVersion".to_owned(), api_version.into());
    }
    item
}

/// Reads `kubectl get --watch --output-watch-events`; bookmarks and errors say nothing of an object.
fn watch_event(document: &Value) -> Option<Option<(Value, bool)>> {
    let kind = document.get("type")?.as_str()?;
    let object = document.get("object").filter(|object| object.is_object())?;
    match kind {
        "ADDED" | "MODIFIED" => Some(Some((object.clone(), false))),
        "DELETED" => Some(Some((object.clone(), true))),
        "BOOKMARK" | "ERROR" => Some(None),
        _ => None,
    }
}

fn stands_for_itself(snapshot: &Snapshot, key: &ObjectKey) -> bool {
    let Some(object) = snapshot.get(key) else { return false };
    if key.kind == "Event" && matches!(key.group.as_str(), "" | "events.k8s.io") {
        return false;
    }
    let has_owner = !list(object, "metadata.ownerReferences").is_empty();
    snapshot.owners_of(object).is_empty() && !(has_owner && key.kind == "Pod" && is_selected(snapshot, object))
}

/// Returns whether a workload of the input selects the pod.
fn is_selected(snapshot: &Snapshot, pod: &Value) -> bool {
    let namespace = text(pod, "metadata.namespace");
    let kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"];
    let mut workloads = kinds.iter().flat_map(|kind| snapshot.of_kind(kind, namespace));
    workloads.any(|workload| selects(map(workload, "spec.selector.matchLabels"), pod))
}

#[cfg(test)]
#[path = "roster/tests.rs"]
mod tests;
