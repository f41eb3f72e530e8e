//! Pod applied (or looked at) by itself: done when it ended well, or is ready and is to run on.
//! Rule: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/

use super::answer::Answer;
use super::case::Case;
use super::evidence::weigh;
use super::fields::{Truth, annotation, condition, list, text};
use super::{hints, podevidence};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    match text(case.object, "status.phase") {
        "Succeeded" => return Answer::ready("Succeeded", "all containers ended with exit 0"),
        "Failed" => return failed(case),
        "Unknown" => return Answer::unknown("NodeLost", "the node does not answer; nothing is known of the pod"),
        _ => {}
    }
    let scheduled = condition(case.object, "PodScheduled");
    let ready = condition(case.object, "Ready").is_some_and(|ready| ready.status == Truth::True);
    if ready {
        return match is_to_end(case) {
            true => Answer::in_progress("Running", "runs; a hook's or Job's pod is done when it has ended"),
            false => Answer::ready("Ready", "runs and is ready"),
        };
    }
    let evidence = podevidence::of_pod(case, case.object);
    let outlook = weigh(case, evidence, 1, false);
    if let Some(failure) = outlook.failure() {
        return failure;
    }
    let told_by_scheduler = outlook.worst.as_ref().is_some_and(|worst| worst.reason == "FailedScheduling");
    if scheduled.is_some_and(|scheduled| scheduled.status == Truth::Unknown) && !told_by_scheduler {
        return outlook.explain(Answer::unknown("SchedulingUnknown", "whether the pod has a node is not known"));
    }
    let not_ready = condition(case.object, "Ready").map_or_else(String::new, |ready| ready.phrase());
    let phase = text(case.object, "status.phase");
    let message = match (phase, not_ready.as_str()) {
        ("", "") => "nothing reported yet".to_owned(),
        (phase, "") => format!("Phase: {phase}, not ready"),
        (phase, told) => format!("Phase: {phase}, not ready ({told})"),
    };
    outlook.explain(Answer::in_progress("NotReady", message))
}

/// An owner replaces a pod that was evicted, preempted or refused; nobody replaces a bare one.
fn failed(case: &mut Case<'_>) -> Answer {
    let (reason, message) = (text(case.object, "status.reason"), text(case.object, "status.message"));
    let statuses =
        list(case.object, "status.initContainerStatuses").iter().chain(list(case.object, "status.containerStatuses"));
    let ends = statuses.map(|status| (text(status, "name"), super::container::last_end(status)));
    let broken = ends.filter(|(_, end)| !end.is_empty() && !end.starts_with("ended with exit 0"));
    let told = broken.map(|(name, end)| format!("container {name} {end}")).collect::<Vec<_>>().join("; ");
    let told = [message, told.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("; ");
    let told = if told.is_empty() { "the pod failed".to_owned() } else { told };
    let reason = if reason.is_empty() { "PodFailed" } else { reason };
    if !list(case.object, "metadata.ownerReferences").is_empty() {
        return Answer::in_progress(reason, format!("{told}; its owner makes another"));
    }
    Answer::failed(reason, told.clone())
        .hinted(hints::next_step(reason, &told))
        .caused_by(super::ladder::culprit_pod(case.object))
}

/// Hooks of Helm and Argo CD and a Job's pods are to end, whatever they look like while they run.
fn is_to_end(case: &Case<'_>) -> bool {
    let of_job = list(case.object, "metadata.ownerReferences").iter().any(|owner| text(owner, "kind") == "Job");
    of_job || ["helm.sh/hook", "argocd.argoproj.io/hook"].iter().any(|name| annotation(case.object, name).is_some())
}
