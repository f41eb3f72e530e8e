//! What a pod says against the rollout of the workload that it belongs to: its containers, its place, its events.

use serde_json::Value;

use super::case::Case;
use super::container::{Around, is_pull, trouble};
use super::evidence::{Evidence, Grade};
use super::fields::{Truth, at, condition, count, list, moment, text};
use super::node;
use super::pull::{PullError, classify};
use super::verdict::Culprit;

/// What a set of pods says: evidence, how many are ready.
#[derive(Debug, Default)]
pub(crate) struct PodReport {
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) ready: usize,
}

/// Returns what the pods of one revision say. Pods that are being deleted say nothing.
pub(crate) fn report(case: &mut Case<'_>, pods: &[&Value]) -> PodReport {
    let mut report = PodReport::default();
    for pod in pods.iter().filter(|pod| at(pod, "metadata.deletionTimestamp").is_none()) {
        if is_ready(pod) {
            report.ready += 1;
            case.sightings.absolve_pod(case.key, identity(pod));
            continue;
        }
        report.evidence.extend(of_pod(case, pod));
    }
    report
}

/// Returns whether the pod is ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready.status == Truth::True)
}

/// Returns what tells this pod from its successor of the same name.
pub(crate) fn identity(pod: &Value) -> &str {
    match text(pod, "metadata.uid") {
        "" => text(pod, "metadata.name"),
        uid => uid,
    }
}

/// Returns what one pod that is not ready says.
pub(crate) fn of_pod(case: &mut Case<'_>, pod: &Value) -> Vec<Evidence> {
    let name = text(pod, "metadata.name");
    let mut found = containers(case, pod);
    if found.is_empty() {
        found.extend(placement(pod));
    }
    if found.is_empty() {
        found.extend(node::not_ready(case, pod));
    }
    if found.is_empty() {
        found.extend(lost(pod));
    }
    if found.is_empty() {
        found.extend(latest_warning(case, pod));
    }
    for evidence in &mut found {
        identity(pod).clone_into(&mut evidence.pod);
        evidence.culprit.pod = Some((text(pod, "metadata.namespace").to_owned(), name.to_owned()));
        let place = match &evidence.culprit.container {
            Some(container) => format!("pod {name}, container {container}"),
            None => format!("pod {name}"),
        };
        evidence.message = format!("{place}: {}", evidence.message);
    }
    found
}

fn containers(case: &mut Case<'_>, pod: &Value) -> Vec<Evidence> {
    let policy = Some(text(pod, "spec.restartPolicy")).filter(|policy| !policy.is_empty()).unwrap_or("Always");
    let of_job = list(pod, "metadata.ownerReferences").iter().any(|owner| text(owner, "kind") == "Job");
    let init = list(pod, "status.initContainerStatuses").iter().map(|status| (status, true));
    let main = list(pod, "status.containerStatuses").iter().map(|status| (status, false));
    let mut found = Vec::new();
    for (status, init) in init.chain(main) {
        let pull_error = pull_error(case, pod, status);
        let around = Around {
            restart_policy: policy,
            pull_error: pull_error.as_deref(),
            one_look: case.sightings.one_look(),
            of_job,
            init,
        };
        if let Some(trouble) = trouble(status, &around) {
            let container = Some(text(status, "name").to_owned());
            let mut evidence = Evidence::new(trouble.grade, trouble.reason, trouble.message);
            if let Some(maker) = maker_of_missing_secret(case, pod, &evidence) {
                evidence.grade = Grade::Transient;
                evidence.message = format!("{}; {maker} is to make it", evidence.message);
            }
            evidence.crash = trouble.crash;
            evidence.culprit = Culprit { pod: None, container };
            found.push(evidence);
        }
    }
    found
}

/// Kinds whose controllers make a Secret: named as the Secret, or naming it in the spec.
const MAKERS: &[&str] = &[
    "Certificate",
    "DopplerSecret",
    "ExternalSecret",
    "InfisicalSecret",
    "KafkaUser",
    "OnePasswordItem",
    "SealedSecret",
    "VaultDynamicSecret",
    "VaultPKISecret",
    "VaultStaticSecret",
];

/// Returns the object whose controller is to make the Secret that a container lacks: it is on its way.
fn maker_of_missing_secret(case: &Case<'_>, pod: &Value, evidence: &Evidence) -> Option<String> {
    if evidence.reason != "CreateContainerConfigError" {
        return None;
    }
    let (_, rest) = evidence.message.split_once("secret \"")?;
    let (secret, _) = rest.split_once('"')?;
    let namespace = text(pod, "metadata.namespace");
    let mut makers = MAKERS.iter().flat_map(|kind| case.snapshot.of_kind(kind, namespace));
    let maker = makers.find(|maker| {
        const NAMES: &[&str] = &["spec.target.name", "spec.secretName", "spec.destination.name", "metadata.name"];
        NAMES.iter().any(|path| text(maker, path) == secret)
    })?;
    super::snapshot::ObjectKey::of(maker).map(|key| key.to_string())
}

/// Returns the last pull error of a container that said something: from its own state, else from the pod's events, else
/// from an earlier look.
fn pull_error(case: &mut Case<'_>, pod: &Value, status: &Value) -> Option<String> {
    if !is_pull(text(status, "state.waiting.reason")) {
        return None;
    }
    let image = text(status, "image");
    let key = format!("{}/{}/{image}", identity(pod), text(status, "name"));
    let own = text(status, "state.waiting.message");
    let told = if classify(own, image) == PullError::Unclear {
        event_about_pull(case, pod, image)
    } else {
        Some(own.to_owned())
    };
    match told {
        Some(told) => {
            case.sightings.remember_pull_error(&key, &told);
            Some(told)
        }
        None => case.sightings.pull_error(&key).map(str::to_owned),
    }
}

fn event_about_pull(case: &Case<'_>, pod: &Value, image: &str) -> Option<String> {
    let events = case.snapshot.events_about(pod).filter(|event| text(event, "reason") == "Failed");
    let about_image = events.filter(|event| {
        let message = text(event, "message");
        message.starts_with("Failed to pull image") && (image.is_empty() || message.contains(image))
    });
    let latest = about_image.max_by_key(|event| event_time(event))?;
    let message = text(latest, "message");
    (classify(message, image) != PullError::Unclear).then(|| message.to_owned())
}

/// Returns when an event last happened.
pub(crate) fn event_time(event: &Value) -> Option<super::Time> {
    let times =
        ["series.lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp", "metadata.creationTimestamp"];
    times.iter().find_map(|path| moment(event, path))
}

fn placement(pod: &Value) -> Option<Evidence> {
    let scheduled = condition(pod, "PodScheduled").filter(|scheduled| scheduled.status == Truth::False)?;
    let (reason, told) = match scheduled.reason {
        "SchedulingGated" => ("SchedulingGated", "a scheduling gate holds the pod"),
        "" => ("Unschedulable", "no node takes the pod"),
        reason => (reason, "no node takes the pod"),
    };
    let message = if scheduled.message.is_empty() { told.to_owned() } else { format!("{told}: {}", scheduled.message) };
    Some(Evidence::new(Grade::Transient, reason, message))
}

/// A pod that failed as a whole (evicted, preempted, refused by its node) or whose node is lost; its owner makes another.
fn lost(pod: &Value) -> Option<Evidence> {
    let phase = text(pod, "status.phase");
    if phase != "Failed" && phase != "Unknown" {
        return None;
    }
    let (reason, message) = (text(pod, "status.reason"), text(pod, "status.message"));
    let reason = match (reason, phase) {
        ("", "Unknown") => "NodeLost",
        ("", _) => "PodFailed",
        (reason, _) => reason,
    };
    let message = if message.is_empty() { format!("the pod is {phase}") } else { message.to_owned() };
    Some(Evidence::new(Grade::Transient, reason, message))
}

/// Returns the pod's latest warning since the apply: a volume that does not mount, a probe that fails.
fn latest_warning(case: &Case<'_>, pod: &Value) -> Option<Evidence> {
    let warnings = case.snapshot.events_about(pod).filter(|event| text(event, "type") == "Warning");
    let latest = warnings.filter(|event| case.since_apply(event_time(event))).max_by_key(|event| event_time(event))?;
    let times =
        count(latest, "count").filter(|times| *times > 1).map_or_else(String::new, |times| format!(" ({times}x)"));
    let message = format!("{}{times}", text(latest, "message"));
    Some(Evidence::new(Grade::Transient, text(latest, "reason"), message))
}
