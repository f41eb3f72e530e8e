//! The ladder that every object climbs: is it there, does it stay, did its controller see our spec, does it say itself
//! that it failed; then its own kind's rule. First answer wins.

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::fields::{Truth, annotation, at, condition, count, generation, list, text};
use super::sightings::Sightings;
use super::snapshot::{ObjectKey, Snapshot};
use super::verdict::{Applied, Culprit, Status, Verdict};
use super::{
    Time, apiservice, crd, cronjob, custom, daemonset, deployment, disruption, hints, hpa, ingress, job, namespace,
    pod, pvc, replicaset, rule, service, statefulset,
};

/// Judges one object at `now`. `applied` is what our own apply left behind, when there was one. Costs no more than the
/// object's related objects; call it whenever one of them changed, and at the verdict's `look_again`.
pub fn judge(
    snapshot: &Snapshot,
    key: &ObjectKey,
    applied: Option<&Applied>,
    sightings: &mut Sightings,
    now: Time,
) -> Verdict {
    let Some(object) = snapshot.get(key) else { return absent(key, applied, sightings).about(key.clone()) };
    sightings.saw_object(key);
    let mut case = Case { key, object, snapshot, applied, sightings, now };
    let answer = generic(&case).or_else(|| by_annotation(&case)).unwrap_or_else(|| by_kind(&mut case));
    if answer.status == Status::Ready {
        case.sightings.absolve(key);
    }
    answer.about(key.clone())
}

/// A Job that removes itself when done did its work; anything else that was there and is gone was deleted.
fn absent(key: &ObjectKey, applied: Option<&Applied>, sightings: &Sightings) -> Answer {
    if key.kind == "Job" && applied.is_some_and(|applied| applied.removes_itself) && sightings.was_there(key) {
        return Answer::ready("RemovedItself", "finished, and removed after its ttlSecondsAfterFinished");
    }
    if applied.is_some() && sightings.was_there(key) {
        let message = "was applied and is gone: somebody or something deleted it";
        return Answer::failed("Deleted", message).hinted(hints::next_step("Deleted", ""));
    }
    Answer::in_progress("NotFound", "is not there (yet)")
}

fn generic(case: &Case<'_>) -> Option<Answer> {
    deleting(case).or_else(|| replaced(case)).or_else(|| unobserved(case)).or_else(|| self_reported(case))
}

fn deleting(case: &Case<'_>) -> Option<Answer> {
    let since = text(case.object, "metadata.deletionTimestamp");
    if since.is_empty() {
        return None;
    }
    let finalizers =
        list(case.object, "metadata.finalizers").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let message = match finalizers.as_str() {
        "" => format!("is being deleted since {since}"),
        finalizers => format!("is being deleted since {since}; finalizers: {finalizers}"),
    };
    let bare = case.key.kind == "Pod" && list(case.object, "metadata.ownerReferences").is_empty();
    let status = if bare && case.applied.is_some() { Status::Failed } else { Status::Terminating };
    Some(Answer::new(status, "Terminating", message).hinted(hints::next_step("Terminating", "")))
}

/// A watch may still hold the object that was there before a delete and create, or before our write.
fn replaced(case: &Case<'_>) -> Option<Answer> {
    let applied = case.applied?;
    let uid = text(case.object, "metadata.uid");
    let other = applied.uid.as_deref().is_some_and(|wanted| !uid.is_empty() && wanted != uid);
    let older = applied.generation.is_some_and(|wanted| generation(case.object).is_some_and(|have| have < wanted));
    (other || older).then(|| Answer::in_progress("NotObserved", "the state seen is older than the apply"))
}

/// Until the controller has seen the spec, the status answers to another one. An observed generation that is no number
/// (Argo Rollouts before 1.0 wrote a hash) or that runs ahead says nothing.
fn unobserved(case: &Case<'_>) -> Option<Answer> {
    let wanted = generation(case.object)?;
    let observed = count(case.object, "status.observedGeneration")?;
    (observed < wanted).then(|| {
        let message = format!("Generation: {wanted}, observed: {observed}; the controller has not seen the change yet");
        Answer::in_progress("NotObserved", message).hinted(hints::next_step("NotObserved", ""))
    })
}

/// The conditions that kstatus standardised, on any kind.
fn self_reported(case: &Case<'_>) -> Option<Answer> {
    let stalled = condition(case.object, "Stalled").filter(|stalled| stalled.status == Truth::True);
    if let Some(stalled) = stalled {
        let reason = if stalled.reason.is_empty() { "Stalled" } else { stalled.reason };
        return Some(
            Answer::failed(reason, format!("Stalled: {}", stalled.phrase())).hinted(hints::next_step("Stalled", "")),
        );
    }
    let reconciling = condition(case.object, "Reconciling").filter(|reconciling| reconciling.status == Truth::True)?;
    let failing = condition(case.object, "Ready").filter(|ready| ready.status == Truth::False);
    let told = failing.unwrap_or(reconciling);
    let reason = if told.reason.is_empty() { "Reconciling" } else { told.reason };
    Some(Answer::in_progress(reason, format!("Reconciling: {}", told.phrase())))
}

/// The user's own rule on the object stands above its kind's.
fn by_annotation(case: &Case<'_>) -> Option<Answer> {
    let written = annotation(case.object, "k8s-deploy-action/ready-when")?;
    Some(rule::answer(written, case.object))
}

fn by_kind(case: &mut Case<'_>) -> Answer {
    match (case.key.group.as_str(), case.key.kind.as_str()) {
        ("apps" | "extensions", "Deployment") => deployment::judge(case),
        ("apps", "StatefulSet") => statefulset::judge(case),
        ("apps" | "extensions", "DaemonSet") => daemonset::judge(case),
        ("apps" | "extensions", "ReplicaSet") | ("", "ReplicationController") => replicaset::judge(case),
        ("", "Pod") => pod::judge(case),
        ("batch", "Job") => job::judge(case),
        ("batch", "CronJob") => cronjob::judge(case),
        ("", "PersistentVolumeClaim") => pvc::judge(case),
        ("", "Service") => service::judge(case),
        ("", "Namespace") => namespace::judge(case),
        ("networking.k8s.io" | "extensions", "Ingress") => ingress::judge(case),
        ("autoscaling", "HorizontalPodAutoscaler") => hpa::judge(case),
        ("policy", "PodDisruptionBudget") => disruption::judge(case),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::judge(case),
        ("apiregistration.k8s.io", "APIService") => apiservice::judge(case),
        (group, kind) if is_built_in(group, kind) => plain(case.object),
        _ => custom::judge(case),
    }
}

/// Kinds of the API server itself that have nothing to wait for.
fn plain(object: &Value) -> Answer {
    match at(object, "status.phase").and_then(Value::as_str) {
        Some(phase @ ("Failed" | "Lost")) => Answer::failed(phase, format!("Phase: {phase}")),
        _ => Answer::ready("Exists", "is there; this kind has nothing to wait for"),
    }
}

/// The kinds that the API server serves itself; everything else is a custom resource.
fn is_built_in(group: &str, kind: &str) -> bool {
    const CORE: &[&str] = &[
        "Binding",
        "ComponentStatus",
        "ConfigMap",
        "Endpoints",
        "Event",
        "LimitRange",
        "Node",
        "PersistentVolume",
        "PodTemplate",
        "ResourceQuota",
        "Secret",
        "ServiceAccount",
    ];
    const GROUPS: &[&str] = &[
        "admissionregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    ];
    (group.is_empty() && CORE.contains(&kind)) || GROUPS.contains(&group)
}

/// Returns the culprit that names a pod.
pub(crate) fn culprit_pod(pod: &Value) -> Culprit {
    let pod = (text(pod, "metadata.namespace").to_owned(), text(pod, "metadata.name").to_owned());
    Culprit { pod: Some(pod), container: None }
}
