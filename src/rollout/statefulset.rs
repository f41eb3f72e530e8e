//! StatefulSet: done when every replica at or above the partition is of the update revision, and all are ready.
//! Rule: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::evidence::{Outlook, weigh};
use super::fields::{count, generation, list, text};
use super::{creation, hints, leaving, podevidence, revision};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    if unobserved(case.object) {
        return Answer::in_progress("NotObserved", "the controller has not seen the StatefulSet yet");
    }
    if text(case.object, "spec.updateStrategy.type") == "OnDelete" {
        return on_delete(case.object);
    }
    let Some(missing) = missing(case.object) else { return Answer::ready("RolledOut", counters(case.object)) };
    let outlook = outlook(case);
    let waiting = || Answer::in_progress("Progressing", missing).hinted(hints::next_step("Progressing", ""));
    outlook.failure().unwrap_or_else(|| outlook.explain(waiting()))
}

/// The first status that a StatefulSet has is empty, without an observed generation.
fn unobserved(object: &Value) -> bool {
    match count(object, "status.observedGeneration") {
        Some(observed) => observed < generation(object).unwrap_or(0),
        None => true,
    }
}

/// Waiting for people to delete pods would never end.
fn on_delete(object: &Value) -> Answer {
    let wanted = replicas(object);
    let updated = count(object, "status.updatedReplicas").unwrap_or(0);
    let answer = Answer::ready("OnDelete", format!("updateStrategy OnDelete; Updated: {updated}/{wanted}"));
    match updated < wanted {
        true => {
            answer.warned("with updateStrategy OnDelete, pods get the new template only when somebody deletes them")
        }
        false => answer,
    }
}

fn missing(object: &Value) -> Option<String> {
    let number = |path| count(object, path).unwrap_or(0);
    let wanted = replicas(object);
    let (all, ready, updated) = (number("status.replicas"), number("status.readyReplicas"), updated(object));
    if ready < wanted {
        return Some(format!("Ready: {ready}/{wanted}, updated: {updated}"));
    }
    if all > wanted {
        return Some(format!("Replicas: {all}, wanted: {wanted}"));
    }
    let available = count(object, "status.availableReplicas");
    if let Some(available) = available.filter(|available| *available < wanted) {
        return Some(format!("Available: {available}/{wanted}"));
    }
    let partition = count(object, "spec.updateStrategy.rollingUpdate.partition").unwrap_or(0);
    let to_update = (wanted - partition).max(0);
    if updated < to_update {
        return Some(format!("Updated: {updated}/{to_update}"));
    }
    let (current, update) = (text(object, "status.currentRevision"), text(object, "status.updateRevision"));
    if partition == 0 && wanted > 0 && !current.is_empty() && !update.is_empty() && current != update {
        return Some(format!(
            "Updated: {updated}/{wanted}; revision {current} is still the current one, {update} is to be"
        ));
    }
    None
}

/// Once the current revision is the update revision, every replica is of it, and `updatedReplicas` need not be given.
fn updated(object: &Value) -> i64 {
    let (current, update) = (text(object, "status.currentRevision"), text(object, "status.updateRevision"));
    let of_current = || if current == update { count(object, "status.currentReplicas") } else { None };
    count(object, "status.updatedReplicas").or_else(of_current).unwrap_or(0)
}

fn replicas(object: &Value) -> i64 {
    count(object, "spec.replicas").unwrap_or(1)
}

fn counters(object: &Value) -> String {
    let wanted = replicas(object);
    match count(object, "spec.updateStrategy.rollingUpdate.partition").unwrap_or(0) {
        0 => format!("Ready: {wanted}/{wanted}"),
        partition => {
            format!("Ready: {wanted}/{wanted}; partition {partition}: only replicas from there on were updated")
        }
    }
}

fn outlook(case: &mut Case<'_>) -> Outlook {
    let pods = revision::pods_of_stateful_set(case);
    let report = podevidence::report(case, &pods);
    let mut evidence = report.evidence;
    evidence.extend(blocked_by_old_pod(case, &pods));
    let wanted = replicas(case.object).max(1);
    if count(case.object, "status.replicas").unwrap_or(0) < wanted {
        evidence.extend(creation::failed_create_event(case, case.object));
    }
    let mut outlook = weigh(case, evidence, usize::try_from(wanted).unwrap_or(1), report.ready > 0);
    leaving::weigh(case, &mut outlook);
    outlook
}

/// A pod of the old revision that never becomes ready holds up an ordered update for ever (kubernetes#67250). It is not
/// of our revision, so it is named and no failure: the update may be the repair, once somebody deletes the pod.
fn blocked_by_old_pod(case: &mut Case<'_>, new: &[&Value]) -> Option<super::evidence::Evidence> {
    if text(case.object, "spec.podManagementPolicy") == "Parallel"
        || list(case.object, "spec.template.spec.containers").is_empty()
    {
        return None;
    }
    let pods: Vec<&Value> = case.snapshot.owned_by(case.object, "Pod").collect();
    let old = pods.into_iter().filter(|pod| !new.iter().any(|other| std::ptr::eq(*other, *pod)));
    let broken: Vec<&Value> = old.filter(|pod| !podevidence::is_ready(pod)).collect();
    let pod = broken.into_iter().find(|pod| text(pod, "metadata.deletionTimestamp").is_empty())?;
    let found = podevidence::of_pod(case, pod);
    let told = found.first().map_or_else(|| "is not ready".to_owned(), |evidence| evidence.message.clone());
    let message = format!("a pod of the old revision holds up the update: {told}");
    let mut evidence = super::evidence::Evidence::new(super::evidence::Grade::Transient, "OldPodBlocksUpdate", message);
    evidence.culprit = super::ladder::culprit_pod(pod);
    Some(evidence)
}
