//! Group, version and kind: what they select and how kustomize orders them.
//! Knows nothing of names, namespaces or objects.

use std::cmp::Ordering;

use smol_str::SmolStr;

/// A kind of object, or a selector of kinds when parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Gvk {
    /// API group; empty for core.
    pub(crate) group: SmolStr,
    /// API version without the group.
    pub(crate) version: SmolStr,
    /// Kind.
    pub(crate) kind: SmolStr,
}

/// Kinds that come first, in this order (kustomize `kyaml/resid/gvk.go`).
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come last, in this order.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

impl Gvk {
    /// Splits an `apiVersion` at its first slash.
    pub(crate) fn new(api_version: &str, kind: impl Into<SmolStr>) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Tells whether `selector` selects this kind; its empty parts select everything.
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        let fits = |wanted: &SmolStr, actual: &SmolStr| wanted.is_empty() || wanted == actual;
        fits(&selector.group, &self.group) && fits(&selector.version, &self.version) && fits(&selector.kind, &self.kind)
    }

    /// Position of the kind in the legacy order: negative ones first, unlisted ones 0.
    pub(crate) fn rank(&self) -> i32 {
        if let Some(index) = FIRST.iter().position(|kind| *kind == self.kind) {
            return index as i32 - FIRST.len() as i32;
        }
        LAST.iter().position(|kind| *kind == self.kind).map_or(0, |index| index as i32 + 1)
    }

    /// `group_version_kind` with kustomize's fillers, which decides between kinds of one rank.
    pub(crate) fn sort_text(&self) -> String {
        let part = |text: &SmolStr, filler: &'static str| {
            if text.is_empty() { SmolStr::new_static(filler) } else { text.clone() }
        };
        format!("{}_{}_{}", part(&self.group, "~G"), part(&self.version, "~V"), part(&self.kind, "~K"))
    }

    /// The legacy order of kinds.
    pub(crate) fn legacy_order(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.sort_text().cmp(&other.sort_text()))
    }
}

#[cfg(test)]
mod tests {
    use super::Gvk;

    #[test]
    fn empty_parts_of_a_selector_select_everything() {
        let deployment = Gvk::new("apps/v1", "Deployment");
        assert!(deployment.is_selected_by(&Gvk { kind: "Deployment".into(), ..Gvk::default() }));
        assert!(deployment.is_selected_by(&Gvk::new("v1", "Deployment")), "an empty group is any group");
        assert!(!deployment.is_selected_by(&Gvk::new("extensions/v1", "Deployment")));
    }

    #[test]
    fn core_kinds_sort_behind_lettered_groups_of_one_rank() {
        let (pod, job) = (Gvk::new("v1", "Pod"), Gvk::new("batch/v1", "Job"));
        assert!(job.legacy_order(&pod).is_lt());
        assert!(Gvk::new("v1", "Service").legacy_order(&Gvk::new("apps/v1", "Deployment")).is_lt());
        assert!(Gvk::new("a/v1", "ValidatingWebhookConfiguration").rank() > 0);
    }
}
