//! Job: done at condition Complete, failed at condition Failed; counters alone decide nothing.
//! Rule: https://kubernetes.io/docs/concepts/workloads/controllers/job/

use super::answer::Answer;
use super::case::Case;
use super::evidence::{Outlook, weigh};
use super::fields::{Truth, condition, count, flag, text};
use super::{creation, hints, podevidence};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let held = |kind| condition(case.object, kind).filter(|condition| condition.status == Truth::True);
    if held("Complete").is_some() {
        return Answer::ready("Complete", counters(case));
    }
    if let Some(failed) = held("Failed") {
        return failure(case, failed.reason, &failed.phrase());
    }
    if flag(case.object, "spec.suspend").unwrap_or(false) {
        return match condition(case.object, "Suspended").is_none_or(|suspended| suspended.status == Truth::True) {
            true => Answer::suspended("Suspended", "spec.suspend is true: it will not run by itself")
                .hinted(hints::next_step("Suspended", "")),
            false => {
                Answer::in_progress("Suspending", "spec.suspend is true, and the controller has not confirmed it yet")
            }
        };
    }
    let outlook = outlook(case);
    if let Some(failure) = outlook.failure() {
        return failure;
    }
    let reason = match (text(case.object, "status.startTime"), held("FailureTarget"), held("SuccessCriteriaMet")) {
        (_, Some(_), _) => "Failing",
        (_, _, Some(_)) => "Completing",
        ("", ..) => "NotStarted",
        _ => "Running",
    };
    outlook.explain(Answer::in_progress(reason, counters(case)))
}

fn counters(case: &Case<'_>) -> String {
    let number = |path| count(case.object, path).unwrap_or(0);
    let wanted = count(case.object, "spec.completions").or_else(|| count(case.object, "spec.parallelism")).unwrap_or(1);
    let told = format!("Succeeded: {}/{wanted}, active: {}", number("status.succeeded"), number("status.active"));
    let (failed, limit) = (number("status.failed"), count(case.object, "spec.backoffLimit"));
    match limit {
        Some(limit) if failed > limit => format!("{told}, failed: {failed}, more than backoffLimit {limit}"),
        _ if failed > 0 => format!("{told}, failed: {failed}"),
        _ => told,
    }
}

fn failure(case: &mut Case<'_>, reason: &str, told: &str) -> Answer {
    let reason = if reason.is_empty() { "JobFailed" } else { reason };
    let pods: Vec<_> = case.snapshot.owned_by(case.object, "Pod").collect();
    let last =
        pods.into_iter().filter(|pod| !podevidence::is_ready(pod)).max_by_key(|pod| text(pod, "status.startTime"));
    let answer = Answer::failed(reason, format!("{told}; {}", counters(case))).hinted(hints::next_step(reason, told));
    match last {
        Some(pod) => answer.because(&end_of(pod)).caused_by(super::ladder::culprit_pod(pod)),
        None => answer,
    }
}

/// Returns how a Job's pod ended.
fn end_of(pod: &serde_json::Value) -> String {
    let name = text(pod, "metadata.name");
    let statuses = super::fields::list(pod, "status.initContainerStatuses")
        .iter()
        .chain(super::fields::list(pod, "status.containerStatuses"));
    let ends = statuses.map(|status| (text(status, "name"), super::container::last_end(status)));
    let mut broken = ends.filter(|(_, end)| !end.is_empty() && !end.starts_with("ended with exit 0"));
    broken.next().map_or_else(String::new, |(container, end)| format!("pod {name}, container {container}: {end}"))
}

/// Crashes are the Job's own count; what keeps a pod from ever starting is not in it.
fn outlook(case: &mut Case<'_>) -> Outlook {
    let pods: Vec<_> = case.snapshot.owned_by(case.object, "Pod").collect();
    let pods: Vec<_> = pods.into_iter().filter(|pod| text(pod, "status.phase") != "Succeeded").collect();
    let report = podevidence::report(case, &pods);
    let mut evidence = report.evidence;
    if count(case.object, "status.active").unwrap_or(0) == 0 {
        evidence.extend(creation::failed_create_event(case, case.object));
    }
    let wanted = count(case.object, "spec.parallelism").unwrap_or(1).max(1);
    weigh(case, evidence, usize::try_from(wanted).unwrap_or(1), report.ready > 0)
}
