//! The nodes under pods that are not ready, read now and then: a lost one explains what its pods cannot say any more. Watched they
//! are only where a DaemonSet counts them; who may not read them misses this one cause.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::apply::permission::Need;
use crate::kubernetes::{Cluster, objects, permissions};
use crate::rollout::Snapshot;

/// Nodes read at a time: one that is lost has many pods.
const MOST: usize = 5;
/// A read that takes longer costs this part of the answer.
const WITHIN: Duration = Duration::from_secs(2);

/// Returns the nodes of pods in these namespaces that are not ready; `None` when they may not be read.
pub(super) async fn read(cluster: &Cluster, snapshot: &Snapshot, namespaces: BTreeSet<String>) -> Option<Vec<Value>> {
    let pods = namespaces.iter().flat_map(|namespace| snapshot.pods(namespace));
    let names: BTreeSet<&str> = pods.filter(|pod| !is_ready(pod)).filter_map(node_of).collect();
    if names.is_empty() {
        return Some(Vec::new());
    }
    // Asked for first, so that whoever may not is not refused anything.
    match timeout(WITHIN, permissions::missing(cluster, BTreeSet::from([reading()]))).await {
        Ok(Ok(missing)) if missing.is_empty() => {}
        Ok(_) => return None,
        Err(_) => return Some(Vec::new()),
    }
    let mut nodes = Vec::new();
    for name in names.into_iter().take(MOST) {
        let path = format!("/api/v1/nodes/{}", objects::encoded(name));
        match timeout(WITHIN, cluster.read(&path)).await {
            Ok(Ok(node)) => nodes.extend(node),
            Ok(Err(error)) if matches!(error.code(), Some(401 | 403)) => return None,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    Some(nodes)
}

fn reading() -> Need {
    Need { group: String::new(), resource: "nodes".to_owned(), namespace: None, verb: "get".to_owned(), name: None }
}

fn node_of(pod: &Value) -> Option<&str> {
    pod.pointer("/spec/nodeName").and_then(Value::as_str).filter(|name| !name.is_empty())
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|entry| entry["type"] == "Ready" && entry["status"] == "True")
}
