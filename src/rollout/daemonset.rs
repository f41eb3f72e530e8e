//! DaemonSet: done when every scheduled pod is of the newest revision and available.
//! Rule: https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::evidence::{Evidence, Grade, Outlook, weigh};
use super::fields::{count, generation, text};
use super::{creation, hints, leaving, node, podevidence, revision};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let observed = count(case.object, "status.observedGeneration");
    let desired = count(case.object, "status.desiredNumberScheduled");
    let (Some(observed), Some(desired)) = (observed, desired) else {
        return Answer::in_progress("NotObserved", "the controller has not seen the DaemonSet yet");
    };
    if observed < generation(case.object).unwrap_or(0) {
        return Answer::in_progress("NotObserved", "the controller has not seen the change yet");
    }
    let number = |path| count(case.object, path).unwrap_or(0);
    let (updated, available) = (number("status.updatedNumberScheduled"), available(case.object, desired));
    if text(case.object, "spec.updateStrategy.type") == "OnDelete" {
        return on_delete(updated, desired);
    }
    let scheduled =
        count(case.object, "status.currentNumberScheduled").filter(|scheduled| *scheduled > 0).unwrap_or(desired);
    if updated >= desired && available >= desired && scheduled >= desired {
        return Answer::ready("RolledOut", format!("Available: {available}/{desired}"));
    }
    let outlook = outlook(case, desired);
    let missing = match (updated < desired, available < desired) {
        (true, _) => format!("Updated: {updated}/{desired}, available: {available}"),
        (false, true) => format!("Available: {available}/{desired}"),
        (false, false) => format!("Scheduled: {scheduled}/{desired}"),
    };
    let waiting = || Answer::in_progress("Progressing", missing).hinted(hints::next_step("Progressing", ""));
    outlook.failure().unwrap_or_else(|| outlook.explain(waiting()))
}

/// The API leaves out zeroes, but never all three: one that is not given follows from the others.
fn available(object: &Value, desired: i64) -> i64 {
    let unavailable = count(object, "status.numberUnavailable").map(|unavailable| desired - unavailable);
    let ready = count(object, "status.numberReady");
    count(object, "status.numberAvailable").or(unavailable).or(ready).unwrap_or(0)
}

/// Waiting for people to delete pods would never end.
fn on_delete(updated: i64, desired: i64) -> Answer {
    let answer = Answer::ready("OnDelete", format!("updateStrategy OnDelete; Updated: {updated}/{desired}"));
    match updated < desired {
        true => {
            answer.warned("with updateStrategy OnDelete, pods get the new template only when somebody deletes them")
        }
        false => answer,
    }
}

fn outlook(case: &mut Case<'_>, desired: i64) -> Outlook {
    let pods = revision::pods_of_daemon_set(case);
    let report = podevidence::report(case, &pods);
    let mut evidence = report.evidence;
    evidence.extend(trouble_on_node(case));
    if count(case.object, "status.currentNumberScheduled").unwrap_or(0) < desired {
        evidence.extend(creation::failed_create_event(case, case.object));
    }
    let mut outlook = weigh(case, evidence, usize::try_from(desired.max(1)).unwrap_or(1), report.ready > 0);
    leaving::weigh(case, &mut outlook);
    outlook
}

/// A node that is cordoned or not ready holds up the whole DaemonSet: named, no failure.
fn trouble_on_node(case: &Case<'_>) -> Option<Evidence> {
    let pods = case.snapshot.owned_by(case.object, "Pod").filter(|pod| !podevidence::is_ready(pod));
    let mut nodes = pods.filter_map(|pod| case.snapshot.named("Node", "", text(pod, "spec.nodeName")));
    let (node, why) = nodes.find_map(|node| Some((node, node::trouble(node)?)))?;
    let name = text(node, "metadata.name");
    Some(Evidence::new(Grade::Transient, "NodeNotReady", format!("node {name} {why}")))
}
