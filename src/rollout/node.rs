//! What a node says of the pods on it: one that does not report any more leaves their statuses as they last were.

use serde_json::Value;

use super::case::Case;
use super::evidence::{Evidence, Grade};
use super::fields::{Truth, at, condition, flag, text};

/// Returns evidence that the node of a pod is not ready. Its pods may come back with it.
pub(crate) fn not_ready(case: &Case<'_>, pod: &Value) -> Option<Evidence> {
    let node = case.snapshot.named("Node", "", text(pod, "spec.nodeName"))?;
    let why = silence(node)?;
    let name = text(node, "metadata.name");
    Some(Evidence::new(Grade::Transient, "NodeNotReady", format!("node {name} {why}")))
}

/// Returns what keeps a node from being counted on: it is cordoned, or not ready.
pub(crate) fn trouble(node: &Value) -> Option<String> {
    if flag(node, "spec.unschedulable").unwrap_or(false) {
        return Some("is cordoned".to_owned());
    }
    silence(node)
}

fn silence(node: &Value) -> Option<String> {
    at(node, "status.conditions")?;
    let Some(ready) = condition(node, "Ready") else { return Some("is not ready".to_owned()) };
    match (ready.status == Truth::True, ready.phrase().as_str()) {
        (true, _) => None,
        (false, "") => Some("is not ready".to_owned()),
        (false, told) => Some(format!("is not ready ({told})")),
    }
}
