//! Which kinds are cluster-scoped for sure. Whatever stands in neither table counts as namespaced, as in kustomize.
//! The rows are those of kustomize's `kyaml/openapi/openapi.go` (kyaml v0.21.2), exact by apiVersion and kind;
//! to refresh them, compare with `precomputedIsNamespaceScoped` there.

use std::collections::HashMap;

use smol_str::SmolStr;

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In no namespace.
    Cluster,
    /// In a namespace.
    Namespace,
}

/// The built-in table and the scopes that a custom `openapi` adds for kinds outside of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scopes {
    custom: HashMap<(SmolStr, SmolStr), Scope>,
}

impl Scopes {
    /// Returns the scopes with those of a custom schema's paths, by apiVersion and kind.
    pub(crate) fn with_custom(custom: HashMap<(SmolStr, SmolStr), Scope>) -> Self {
        Self { custom }
    }

    /// Tells whether objects of this kind are cluster-scoped for sure.
    pub(crate) fn is_cluster(&self, api_version: &str, kind: &str) -> bool {
        let scope = built_in(api_version, kind).or_else(|| {
            if self.custom.is_empty() {
                return None;
            }
            self.custom.get(&(api_version.into(), kind.into())).copied()
        });
        scope == Some(Scope::Cluster)
    }
}

/// Returns the scope of a kind that kustomize knows without a schema.
pub(crate) fn built_in(api_version: &str, kind: &str) -> Option<Scope> {
    match (api_version, kind) {
        (
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration"
            | "ValidatingAdmissionPolicy"
            | "ValidatingAdmissionPolicyBinding"
            | "ValidatingWebhookConfiguration",
        ) => Some(Scope::Cluster),
        ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            Some(Scope::Cluster)
        }
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => Some(Scope::Cluster),
        ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition") => Some(Scope::Cluster),
        ("apiregistration.k8s.io/v1", "APIService") => Some(Scope::Cluster),
        ("apiregistration.k8s.io/v1beta1", "APIService") => Some(Scope::Cluster),
        ("apps/v1", "ControllerRevision" | "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet") => {
            Some(Scope::Namespace)
        }
        ("autoscaling/v1", "HorizontalPodAutoscaler" | "Scale") => Some(Scope::Namespace),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler") => Some(Scope::Namespace),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler") => Some(Scope::Namespace),
        ("batch/v1", "CronJob" | "Job") => Some(Scope::Namespace),
        ("batch/v1beta1", "CronJob") => Some(Scope::Namespace),
        ("certificates.k8s.io/v1", "CertificateSigningRequest") => Some(Scope::Cluster),
        ("certificates.k8s.io/v1beta1", "CertificateSigningRequest") => Some(Scope::Cluster),
        ("coordination.k8s.io/v1", "Lease") => Some(Scope::Namespace),
        ("coordination.k8s.io/v1beta1", "Lease") => Some(Scope::Namespace),
        ("discovery.k8s.io/v1", "EndpointSlice") => Some(Scope::Namespace),
        ("discovery.k8s.io/v1beta1", "EndpointSlice") => Some(Scope::Namespace),
        ("events.k8s.io/v1", "Event") => Some(Scope::Namespace),
        ("events.k8s.io/v1beta1", "Event") => Some(Scope::Namespace),
        ("extensions/v1beta1", "Ingress") => Some(Scope::Namespace),
        ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema" | "PriorityLevelConfiguration") => Some(Scope::Cluster),
        ("networking.k8s.io/v1", "IngressClass") => Some(Scope::Cluster),
        ("networking.k8s.io/v1", "Ingress" | "NetworkPolicy") => Some(Scope::Namespace),
        ("networking.k8s.io/v1beta1", "IngressClass") => Some(Scope::Cluster),
        ("networking.k8s.io/v1beta1", "Ingress") => Some(Scope::Namespace),
        ("node.k8s.io/v1", "RuntimeClass") => Some(Scope::Cluster),
        ("node.k8s.io/v1beta1", "RuntimeClass") => Some(Scope::Cluster),
        ("policy/v1", "PodDisruptionBudget") => Some(Scope::Namespace),
        ("policy/v1beta1", "PodSecurityPolicy") => Some(Scope::Cluster),
        ("policy/v1beta1", "PodDisruptionBudget") => Some(Scope::Namespace),
        ("rbac.authorization.k8s.io/v1", "ClusterRole" | "ClusterRoleBinding") => Some(Scope::Cluster),
        ("rbac.authorization.k8s.io/v1", "Role" | "RoleBinding") => Some(Scope::Namespace),
        ("rbac.authorization.k8s.io/v1beta1", "ClusterRole" | "ClusterRoleBinding") => Some(Scope::Cluster),
        ("rbac.authorization.k8s.io/v1beta1", "Role" | "RoleBinding") => Some(Scope::Namespace),
        ("scheduling.k8s.io/v1", "PriorityClass") => Some(Scope::Cluster),
        ("scheduling.k8s.io/v1beta1", "PriorityClass") => Some(Scope::Cluster),
        ("storage.k8s.io/v1", "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment") => Some(Scope::Cluster),
        ("storage.k8s.io/v1beta1", "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment") => {
            Some(Scope::Cluster)
        }
        ("storage.k8s.io/v1beta1", "CSIStorageCapacity") => Some(Scope::Namespace),
        ("v1", "ComponentStatus" | "Namespace" | "Node" | "NodeProxyOptions" | "PersistentVolume") => {
            Some(Scope::Cluster)
        }
        (
            "v1",
            "ConfigMap"
            | "Endpoints"
            | "Event"
            | "LimitRange"
            | "PersistentVolumeClaim"
            | "Pod"
            | "PodAttachOptions"
            | "PodExecOptions"
            | "PodPortForwardOptions"
            | "PodProxyOptions"
            | "PodTemplate"
            | "ReplicationController"
            | "ResourceQuota"
            | "Secret"
            | "Service"
            | "ServiceAccount"
            | "ServiceProxyOptions",
        ) => Some(Scope::Namespace),
        _ => None,
    }
}
