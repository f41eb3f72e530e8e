//! Pods that were told to end and did not: what a Recreate rollout, a StatefulSet and a DaemonSet wait for without saying so
//! (kubernetes/kubectl#1628). Named, and no failure: a node may come back, a finalizer may be removed.

use serde_json::Value;

use super::Time;
use super::case::Case;
use super::evidence::{Evidence, Grade, Outlook};
use super::fields::{list, moment, text};
use super::time::after;

/// Seconds past its grace period at which a pod counts as stuck; kubelets take a moment to report its end.
const OVERDUE: i64 = 5;

/// Adds to the outlook that a pod of the workload is overdue, where nothing weightier is known.
pub(crate) fn weigh(case: &Case<'_>, outlook: &mut Outlook) {
    let mut pods = pods(case).into_iter().filter_map(|pod| Some((pod, due(pod)?))).collect::<Vec<_>>();
    pods.sort_by_key(|(_, due)| *due);
    let Some((pod, due)) = pods.first() else { return };
    if case.now < *due {
        outlook.look_again = [outlook.look_again, Some(*due)].into_iter().flatten().min();
        return;
    }
    if outlook.worst.is_none() {
        outlook.worst = Some(evidence(pod));
    }
}

fn pods<'a>(case: &Case<'a>) -> Vec<&'a Value> {
    let sets = case.snapshot.owned_by(case.object, "ReplicaSet");
    let below = sets.flat_map(|set| case.snapshot.owned_by(set, "Pod"));
    below.chain(case.snapshot.owned_by(case.object, "Pod")).collect()
}

/// Returns when a pod that is being deleted counts as stuck; its deletion timestamp is the end of its grace period.
fn due(pod: &Value) -> Option<Time> {
    moment(pod, "metadata.deletionTimestamp").map(|ends| after(ends, OVERDUE))
}

fn evidence(pod: &Value) -> Evidence {
    let (name, since) = (text(pod, "metadata.name"), text(pod, "metadata.deletionTimestamp"));
    let finalizers: Vec<&str> = list(pod, "metadata.finalizers").iter().filter_map(Value::as_str).collect();
    let held = match (finalizers.is_empty(), text(pod, "spec.nodeName")) {
        (false, _) => format!("; finalizers: {}", finalizers.join(", ")),
        (true, "") => String::new(),
        (true, node) => format!("; its node {node} has not reported its end"),
    };
    let message = format!("pod {name} was to end by {since} and is still there{held}");
    let mut evidence = Evidence::new(Grade::Transient, "OldPodTerminating", message);
    evidence.culprit = super::ladder::culprit_pod(pod);
    evidence
}
