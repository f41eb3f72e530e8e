//! What has to be watched for the objects of a set: one watch for each kind and namespace, and what explains them below.
//! Pure: says what to follow, follows nothing.

use std::collections::BTreeSet;

use super::plan::Step;
use crate::apply::object::ObjectRef;
use crate::apply::target::Target;
use crate::kubernetes::objects;
use crate::kubernetes::watch::Collection;

/// Kinds that are done as soon as the server has them.
const INERT: [(&str, &str); 16] = [
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "ServiceAccount"),
    ("", "LimitRange"),
    ("", "ResourceQuota"),
    ("", "Endpoints"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("networking.k8s.io", "IngressClass"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
];

/// Annotation by which users keep an object out of the verdict.
const WAIT: &str = "k8s-deploy-action/wait";

/// Tells whether the run waits for an object.
pub(crate) fn is_waited_for(step: &Step) -> bool {
    waits(&step.target)
}

fn waits(target: &Target) -> bool {
    target.manifest.annotation(WAIT) != Some("false")
}

/// Tells whether the collection of an object is followed.
pub(crate) fn is_followed(target: &Target) -> bool {
    waits(target) && !is_inert(&target.manifest.reference)
}

/// Tells whether an object has no state to wait for.
pub(crate) fn is_inert(reference: &ObjectRef) -> bool {
    INERT.iter().any(|(group, kind)| reference.is(group, kind))
}

/// Tells whether an object's kind is defined by a CustomResourceDefinition: its group is neither Kubernetes' own nor without a dot.
pub(crate) fn is_custom(reference: &ObjectRef) -> bool {
    reference.group.contains('.') && !reference.group.ends_with(".k8s.io")
}

/// Returns the collections to follow: those of the objects themselves, and those that explain them.
pub(crate) fn collections(steps: &[Step]) -> (Vec<Collection>, Vec<Collection>) {
    followed(steps.iter().map(|step| &step.target))
}

/// Returns the same for objects that are not planned yet.
pub(crate) fn followed<'a>(targets: impl Iterator<Item = &'a Target>) -> (Vec<Collection>, Vec<Collection>) {
    let mut own = BTreeSet::new();
    let mut related = BTreeSet::new();
    for target in targets.filter(|target| is_followed(target)) {
        let reference = &target.manifest.reference;
        let path = objects::collection(reference, &target.resource);
        own.insert((path, reference.api_version(), reference.kind.clone()));
        let space = reference.namespace.as_deref().map(|name| format!("/namespaces/{}", objects::encoded(name)));
        for (api_version, kind, plural, namespaced) in explaining(reference) {
            let root = if *api_version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{api_version}") };
            let space = if *namespaced { space.as_deref().unwrap_or_default() } else { "" };
            related.insert((format!("{root}{space}/{plural}"), (*api_version).to_owned(), (*kind).to_owned()));
        }
    }
    let related: BTreeSet<_> = related.difference(&own).cloned().collect();
    let collection = |(path, api_version, kind)| Collection { path, api_version, kind };
    (own.into_iter().map(collection).collect(), related.into_iter().map(collection).collect())
}

type Explaining = (&'static str, &'static str, &'static str, bool);

const PODS: Explaining = ("v1", "Pod", "pods", true);
const EVENTS: Explaining = ("v1", "Event", "events", true);

/// Returns the kinds that say why an object is as it is.
fn explaining(reference: &ObjectRef) -> &'static [Explaining] {
    match (reference.group.as_str(), reference.kind.as_str()) {
        ("apps", "Deployment") => &[PODS, EVENTS, ("apps/v1", "ReplicaSet", "replicasets", true)],
        ("apps", "DaemonSet") => &[
            PODS,
            EVENTS,
            ("apps/v1", "ControllerRevision", "controllerrevisions", true),
            ("v1", "Node", "nodes", false),
        ],
        ("apps", "StatefulSet" | "ReplicaSet")
        | ("batch", "Job")
        | ("", "ReplicationController" | "Pod" | "Service") => &[PODS, EVENTS],
        ("", "PersistentVolumeClaim") => {
            &[PODS, EVENTS, ("storage.k8s.io/v1", "StorageClass", "storageclasses", false)]
        }
        ("autoscaling", _) => &[EVENTS],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apply::object::Manifest;
    use crate::apply::target::Target;
    use crate::kubernetes::discovery::Resource;
    use crate::tasks::deploy::plan::Action;

    fn step(group_version: &str, kind: &str, plural: &str, name: &str) -> Step {
        let value = json!({"apiVersion": group_version, "kind": kind, "metadata": {"name": name, "namespace": "a"}});
        let manifest = Manifest::new(value, None).unwrap();
        let resource = Resource { plural: plural.to_owned(), namespaced: true, verbs: Vec::new() };
        let path = objects::path(&manifest.reference, &resource);
        let target = Target { manifest, resource, path, after: None };
        Step { target, live: None, coming: None, action: Action::Create, force: false, remarks: Vec::new() }
    }

    #[test]
    fn one_watch_for_each_kind_and_namespace_however_many_objects() {
        let steps: Vec<Step> =
            (0..500).map(|n| step("apps/v1", "Deployment", "deployments", &format!("d{n}"))).collect();
        let (own, related) = collections(&steps);
        assert_eq!(own.len(), 1);
        let paths: Vec<&str> = related.iter().map(|collection| collection.path.as_str()).collect();
        assert_eq!(
            paths,
            ["/api/v1/namespaces/a/events", "/api/v1/namespaces/a/pods", "/apis/apps/v1/namespaces/a/replicasets"]
        );
    }

    #[test]
    fn what_has_no_state_is_not_watched() {
        let (own, related) = collections(&[step("v1", "ConfigMap", "configmaps", "c")]);
        assert!(own.is_empty() && related.is_empty());
    }
}
