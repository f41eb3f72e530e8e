//! Which pods belong to the revision just applied: by owner uid and template hash, never by name.

use serde_json::Value;

use super::case::Case;
use super::fields::{annotation, at, count, label, list, map, moment, selects, text};

/// Returns the replica set of a Deployment's current template. Asked only once the generation is observed: by then the
/// revision annotation is of this template.
pub(crate) fn new_replica_set<'a>(case: &Case<'a>) -> Option<&'a Value> {
    let revision = annotation(case.object, "deployment.kubernetes.io/revision");
    let mut sets = case.snapshot.owned_by(case.object, "ReplicaSet");
    match revision {
        Some(wanted) => sets.find(|set| annotation(set, "deployment.kubernetes.io/revision") == Some(wanted)),
        None => sets.find(|set| same_template(case.object, set)),
    }
}

/// Returns the pods of a workload's current revision; for kinds without revisions all that it owns; a Pod is its own.
pub(crate) fn pods<'a>(case: &Case<'a>) -> Vec<&'a Value> {
    match case.key.kind.as_str() {
        "Deployment" => pods_of_deployment(case),
        "StatefulSet" => pods_of_stateful_set(case),
        "DaemonSet" => pods_of_daemon_set(case),
        "Pod" => vec![case.object],
        _ => case.snapshot.owned_by(case.object, "Pod").collect(),
    }
}

/// Returns the pods of a Deployment's current template. Without replica sets (no permission to read them) they are told
/// by selector, images and the youngest template hash.
pub(crate) fn pods_of_deployment<'a>(case: &Case<'a>) -> Vec<&'a Value> {
    if let Some(set) = new_replica_set(case) {
        return case.snapshot.owned_by(set, "Pod").collect();
    }
    if case.snapshot.owned_by(case.object, "ReplicaSet").next().is_some() {
        return Vec::new();
    }
    let pods: Vec<&Value> = selected(case).filter(|pod| runs_template(case.object, pod)).collect();
    let youngest = pods.iter().max_by_key(|pod| moment(pod, "metadata.creationTimestamp"));
    let Some(hash) = youngest.and_then(|pod| label(pod, "pod-template-hash")) else { return pods };
    pods.into_iter().filter(|pod| label(pod, "pod-template-hash") == Some(hash)).collect()
}

/// Returns the pods of a StatefulSet's update revision.
pub(crate) fn pods_of_stateful_set<'a>(case: &Case<'a>) -> Vec<&'a Value> {
    let wanted = Some(text(case.object, "status.updateRevision")).filter(|revision| !revision.is_empty());
    pods_of_hash(case, wanted)
}

/// Returns the pods of a DaemonSet's newest revision: of the newest controller revision, else of the template generation
/// that the DaemonSet still carries, else those that run the template's images.
pub(crate) fn pods_of_daemon_set<'a>(case: &Case<'a>) -> Vec<&'a Value> {
    let revisions = case.snapshot.owned_by(case.object, "ControllerRevision");
    let newest = revisions.max_by_key(|revision| count(revision, "revision").unwrap_or(0));
    if let Some(hash) = newest.and_then(|revision| label(revision, "controller-revision-hash")) {
        return pods_of_hash(case, Some(hash));
    }
    let Some(generation) = annotation(case.object, "deprecated.daemonset.template.generation") else {
        return pods_of_hash(case, None);
    };
    let pods: Vec<&Value> = case.snapshot.owned_by(case.object, "Pod").collect();
    let labelled = pods.iter().any(|pod| label(pod, "pod-template-generation").is_some());
    match labelled {
        true => pods.into_iter().filter(|pod| label(pod, "pod-template-generation") == Some(generation)).collect(),
        false => pods_of_hash(case, None),
    }
}

fn pods_of_hash<'a>(case: &Case<'a>, wanted: Option<&str>) -> Vec<&'a Value> {
    let pods = case.snapshot.owned_by(case.object, "Pod");
    pods.filter(|pod| match (wanted, label(pod, "controller-revision-hash")) {
        (Some(wanted), Some(hash)) => wanted == hash,
        _ => runs_template(case.object, pod),
    })
    .collect()
}

fn selected<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Value> {
    let selector = map(case.object, "spec.selector.matchLabels");
    let pods = case.snapshot.of_kind("Pod", text(case.object, "metadata.namespace"));
    pods.filter(move |pod| selects(selector, pod))
}

/// Returns whether a replica set was made of the Deployment's template, as the Deployment controller compares them:
/// equal but for the hash label.
fn same_template(deployment: &Value, set: &Value) -> bool {
    let labels_of = |object| map(object, "spec.template.metadata.labels").into_iter().flatten();
    let (wanted, made) = (at(deployment, "spec.template.spec"), at(set, "spec.template.spec"));
    wanted.is_some()
        && wanted == made
        && labels_of(set).filter(|(name, _)| *name != "pod-template-hash").eq(labels_of(deployment))
}

/// Returns whether a pod runs the images that the workload's template names. A pod whose spec is not given may.
fn runs_template(workload: &Value, pod: &Value) -> bool {
    let wanted = list(workload, "spec.template.spec.containers");
    let running = list(pod, "spec.containers");
    running.is_empty()
        || wanted.iter().all(|container| {
            let same = running.iter().find(|other| text(other, "name") == text(container, "name"));
            same.is_none_or(|other| text(other, "image") == text(container, "image"))
        })
}
