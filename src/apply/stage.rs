//! In which order objects are applied: the stages, and who must wait for whom. The order within a stage is the engine's.

use std::collections::BTreeMap;

use super::object::ObjectRef;

/// A step of the apply; everything in one may go side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Namespaces and CRDs: others cannot exist without them.
    Foundation,
    /// What workloads look up when their pods start: accounts, rights, configuration, quota, storage.
    Base,
    /// Everything else.
    Rest,
    /// Webhooks and API services: once there, they judge or answer every later call.
    Last,
}

/// Kinds that pods need when they start; kustomize's legacy order puts all of them before workloads.
const BASE: [(&str, &str); 19] = [
    ("", "ResourceQuota"),
    ("", "LimitRange"),
    ("", "ServiceAccount"),
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("gateway.networking.k8s.io", "GatewayClass"),
];

/// Returns the stage of an object.
pub(crate) fn of(reference: &ObjectRef) -> Stage {
    let is = |group: &str, kind: &str| reference.is(group, kind);
    if is("", "Namespace") || is("apiextensions.k8s.io", "CustomResourceDefinition") {
        return Stage::Foundation;
    }
    if reference.group == "admissionregistration.k8s.io" || is("apiregistration.k8s.io", "APIService") {
        return Stage::Last;
    }
    if BASE.iter().any(|(group, kind)| is(group, kind)) { Stage::Base } else { Stage::Rest }
}

/// Returns the objects' indices by stage, each stage in the given order.
pub(crate) fn all<'a>(objects: impl Iterator<Item = &'a ObjectRef>) -> BTreeMap<Stage, Vec<usize>> {
    let mut stages: BTreeMap<Stage, Vec<usize>> = BTreeMap::new();
    for (index, reference) in objects.enumerate() {
        stages.entry(of(reference)).or_default().push(index);
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(group: &str, kind: &str) -> ObjectRef {
        ObjectRef { group: group.to_owned(), kind: kind.to_owned(), ..ObjectRef::default() }
    }

    #[test]
    fn foundations_come_first_and_webhooks_last() {
        assert_eq!(of(&reference("", "Namespace")), Stage::Foundation);
        assert_eq!(of(&reference("apiextensions.k8s.io", "CustomResourceDefinition")), Stage::Foundation);
        assert_eq!(of(&reference("", "ConfigMap")), Stage::Base);
        assert_eq!(of(&reference("apps", "Deployment")), Stage::Rest);
        assert_eq!(of(&reference("example.com", "ConfigMap")), Stage::Rest);
        assert_eq!(of(&reference("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")), Stage::Last);
        assert!(Stage::Foundation < Stage::Base && Stage::Rest < Stage::Last);
    }
}
