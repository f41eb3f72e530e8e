//! Deployment: done when every replica is of the current template and available, and no other is left.
//! Rule: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::evidence::{Outlook, weigh};
use super::fields::{Condition, Truth, at, condition, count, flag, generation, moment};
use super::{creation, hints, leaving, podevidence, revision, share};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    if flag(case.object, "spec.paused").unwrap_or(false) {
        let message = "spec.paused is true: the new template is not rolled out";
        return Answer::suspended("Paused", message).hinted(hints::next_step("Paused", ""));
    }
    if at(case.object, "status").is_none() || unobserved(case.object) {
        return Answer::in_progress("NotObserved", "the controller has not seen the Deployment yet")
            .hinted(hints::next_step("NotObserved", ""));
    }
    let Some(missing) = missing(case.object) else { return Answer::ready("Available", counters(case.object)) };
    if let Some(answer) = share::enough(case) {
        return answer;
    }
    let outlook = outlook(case);
    if let Some(failure) = outlook.failure() {
        return failure;
    }
    let progressing = condition(case.object, "Progressing").filter(|progressing| progressing.status == Truth::False);
    let exceeded = progressing.filter(|progressing| progressing.reason == "ProgressDeadlineExceeded");
    if exceeded.is_some_and(|progressing| believable(case, &progressing)) {
        return deadline_exceeded(case.object, &missing, &outlook);
    }
    let waiting = Answer::in_progress("Progressing", missing).hinted(hints::next_step("Progressing", ""));
    let answer = outlook.explain(waiting);
    match progressing {
        Some(progressing) if progressing.reason != "ProgressDeadlineExceeded" => {
            answer.because(&progressing.phrase()).reasoned(progressing.reason)
        }
        _ => answer,
    }
}

fn unobserved(object: &Value) -> bool {
    count(object, "status.observedGeneration").unwrap_or(0) < generation(object).unwrap_or(0)
}

/// Returns what is still missing, with the numbers, or nothing when the rollout is complete.
fn missing(object: &Value) -> Option<String> {
    let number = |path| count(object, path).unwrap_or(0);
    let wanted = count(object, "spec.replicas").unwrap_or(1);
    let (all, updated, available) =
        (number("status.replicas"), number("status.updatedReplicas"), number("status.availableReplicas"));
    if updated < wanted {
        return Some(format!("Updated: {updated}/{wanted}"));
    }
    if all > updated {
        return Some(format!("Old replicas still there: {}", all - updated));
    }
    if all > wanted {
        return Some(format!("Replicas: {all}, wanted: {wanted}"));
    }
    if available < wanted {
        return Some(format!("Available: {available}/{wanted}"));
    }
    let unavailable = condition(object, "Available").filter(|available| available.status != Truth::True);
    if let Some(unavailable) = unavailable {
        return Some(format!("Available: {available}/{wanted}, not confirmed yet {}", unavailable.phrase()));
    }
    // Written in the same update as complete counters; with another reason these are counters of the template before.
    let progressing = condition(object, "Progressing").filter(|progressing| progressing.status != Truth::Unknown);
    let unconfirmed = progressing
        .filter(|progressing| progressing.reason != "NewReplicaSetAvailable" && !progressing.reason.is_empty());
    unconfirmed.map(|progressing| format!("Available: {available}/{wanted}; Progressing: {}", progressing.reason))
}

fn counters(object: &Value) -> String {
    let wanted = count(object, "spec.replicas").unwrap_or(1);
    format!("Available: {}/{wanted}", count(object, "status.availableReplicas").unwrap_or(0))
}

fn outlook(case: &mut Case<'_>) -> Outlook {
    let pods = revision::pods_of_deployment(case);
    let report = podevidence::report(case, &pods);
    let mut evidence = report.evidence;
    let set = revision::new_replica_set(case);
    evidence.extend(set.and_then(creation::replica_failure).or_else(|| creation::replica_failure(case.object)));
    let replicas = count(case.object, "spec.replicas").unwrap_or(1).max(1);
    let mut outlook = weigh(case, evidence, usize::try_from(replicas).unwrap_or(1), report.ready > 0);
    leaving::weigh(case, &mut outlook);
    outlook
}

/// A deadline that passed before our apply, or so soon after it that it cannot be ours, is an earlier rollout's.
fn believable(case: &Case<'_>, progressing: &Condition<'_>) -> bool {
    let Some(applied) = case.applied.and_then(|applied| applied.at) else { return true };
    let deadline = count(case.object, "spec.progressDeadlineSeconds").unwrap_or(600);
    let Some(passed) = progressing.time().or_else(|| moment(case.object, "metadata.creationTimestamp")) else {
        return false;
    };
    case.since_apply(Some(passed)) || super::time::seconds_between(applied, case.now) >= deadline
}

fn deadline_exceeded(object: &Value, missing: &str, outlook: &Outlook) -> Answer {
    let deadline = count(object, "spec.progressDeadlineSeconds").unwrap_or(600);
    let message = format!("no progress for {deadline} s; {missing}");
    let cause = outlook.worst.as_ref();
    let hint = cause.and_then(|cause| hints::next_step(&cause.reason, &cause.message));
    let answer = Answer::failed("ProgressDeadlineExceeded", message)
        .because(cause.map_or("", |cause| &cause.message))
        .hinted(hint.or_else(|| hints::next_step("ProgressDeadlineExceeded", "")));
    match cause {
        Some(cause) => answer.caused_by(cause.culprit.clone()),
        None => answer,
    }
}
