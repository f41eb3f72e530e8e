//! A StatefulSet that was given its previous template back waits for ever for a pod of the failed one that never became ready
//! (kubernetes#67250). Such pods are deleted, where that is permitted, and named with the command where it is not.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::plan::Step;
use crate::apply::permission::Need;
use crate::kubernetes::{Cluster, objects, permissions};
use crate::runner::Console;

/// How long the controller may take to see the template.
const SEEN_WITHIN: Duration = Duration::from_secs(10);

/// Deletes what holds the StatefulSets among the steps up; returns what people have to do themselves.
pub(super) async fn release(cluster: &Cluster, steps: &[Step], console: &Console) -> Vec<String> {
    let mut left = Vec::new();
    for step in steps.iter().filter(|step| step.target.manifest.reference.is("apps", "StatefulSet")) {
        let Some(set) = observed(cluster, &step.target.path).await else { continue };
        let namespace = text(&set, "/metadata/namespace");
        let collection = format!("/api/v1/namespaces/{}/pods", objects::encoded(namespace));
        // Without the right to list pods nothing is known of them, and the judge says what is missing.
        let Ok((pods, _)) = cluster.list(&collection).await else { continue };
        for pod in pods.iter().filter(|pod| holds_up(&set, pod)) {
            left.extend(delete(cluster, &collection, pod, &step.target.manifest.reference.to_string(), console).await);
        }
    }
    left
}

/// Reads the StatefulSet until its controller has seen the template: a pod deleted before would come again as it was.
async fn observed(cluster: &Cluster, path: &str) -> Option<Value> {
    let started = Instant::now();
    loop {
        let set = cluster.read(path).await.ok()??;
        let number = |pointer: &str| set.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
        if number("/status/observedGeneration") >= number("/metadata/generation") {
            return Some(set);
        }
        if started.elapsed() > SEEN_WITHIN {
            return None;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Tells whether a pod is of another revision than the wanted one, and not ready.
fn holds_up(set: &Value, pod: &Value) -> bool {
    let owners = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owned = owners.into_iter().flatten().any(|owner| owner.get("uid") == set.pointer("/metadata/uid"));
    let wanted = text(set, "/status/updateRevision");
    let own = text(pod, "/metadata/labels/controller-revision-hash");
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().any(|entry| entry["type"] == "Ready" && entry["status"] == "True");
    owned && !ready && !wanted.is_empty() && own != wanted && pod.pointer("/metadata/deletionTimestamp").is_none()
}

/// Deletes one pod; returns what is left to do when that is not permitted.
async fn delete(cluster: &Cluster, collection: &str, pod: &Value, set: &str, console: &Console) -> Option<String> {
    let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
    let need = Need {
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: Some(namespace.to_owned()),
        verb: "delete".to_owned(),
        name: Some(name.to_owned()),
    };
    let by_hand = |why: &str| {
        Some(format!(
            "pod {name} of the failed revision never became ready and holds {set} up{why}: `kubectl delete pod {name} -n {namespace}` lets it go on"
        ))
    };
    if !permissions::missing(cluster, BTreeSet::from([need])).await.is_ok_and(|missing| missing.is_empty()) {
        return by_hand(", and it may not be deleted with these rights");
    }
    let path = format!("{collection}/{}", objects::encoded(name));
    match cluster.delete(&path, Some(text(pod, "/metadata/uid"))).await {
        Ok(()) => {
            console.line(&format!(
                "pod {name} deleted: it is of the failed revision, never became ready, and holds {set} up"
            ));
            None
        }
        Err(error) => by_hand(&format!(", and deleting it failed ({error})")),
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_unready_pod_of_another_revision_of_the_same_set_holds_it_up() {
        let set = json!({"metadata": {"uid": "s"}, "status": {"updateRevision": "db-1"}});
        let pod = |owner: &str, hash: &str, ready: &str| {
            json!({"metadata": {"ownerReferences": [{"uid": owner}], "labels": {"controller-revision-hash": hash}},
                "status": {"conditions": [{"type": "Ready", "status": ready}]}})
        };
        assert!(holds_up(&set, &pod("s", "db-2", "False")));
        assert!(!holds_up(&set, &pod("s", "db-2", "True")));
        assert!(!holds_up(&set, &pod("s", "db-1", "False")));
        assert!(!holds_up(&set, &pod("other", "db-2", "False")));
        let mut leaving = pod("s", "db-2", "False");
        leaving["metadata"]["deletionTimestamp"] = json!("2026-11-20T12:00:00Z");
        assert!(!holds_up(&set, &leaving));
    }
}
