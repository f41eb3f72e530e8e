//! ReplicaSet and ReplicationController: done when all replicas are there and available.

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::evidence::{Outlook, weigh};
use super::fields::{at, count, generation};
use super::{creation, podevidence};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let number = |path| count(case.object, path).unwrap_or(0);
    if at(case.object, "status").is_none() || number("status.observedGeneration") < generation(case.object).unwrap_or(0)
    {
        return Answer::in_progress("NotObserved", "the controller has not seen the object yet");
    }
    let wanted = count(case.object, "spec.replicas").unwrap_or(1);
    let ready = number("status.readyReplicas");
    let available = available(case.object, ready);
    let all = number("status.replicas").max(ready);
    let missing = if all < wanted {
        format!("Replicas: {all}/{wanted}")
    } else if all > wanted {
        format!("Replicas: {all}, wanted: {wanted}")
    } else if available < wanted {
        format!("Available: {available}/{wanted}, ready: {ready}")
    } else if creation::replica_failure(case.object).is_some() {
        format!("Available: {available}/{wanted}")
    } else {
        return Answer::ready("Available", format!("Available: {available}/{wanted}"));
    };
    let outlook = outlook(case, wanted);
    outlook.failure().unwrap_or_else(|| outlook.explain(Answer::in_progress("Progressing", missing)))
}

/// Without minReadySeconds, ready is available.
fn available(object: &Value, ready: i64) -> i64 {
    let waits = count(object, "spec.minReadySeconds").unwrap_or(0) > 0;
    count(object, "status.availableReplicas").unwrap_or(if waits { 0 } else { ready })
}

fn outlook(case: &mut Case<'_>, wanted: i64) -> Outlook {
    let pods: Vec<_> = case.snapshot.owned_by(case.object, "Pod").collect();
    let report = podevidence::report(case, &pods);
    let mut evidence = report.evidence;
    evidence.extend(creation::replica_failure(case.object));
    weigh(case, evidence, usize::try_from(wanted.max(1)).unwrap_or(1), report.ready > 0)
}
