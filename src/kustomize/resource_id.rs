//! What identifies an object during a build: group, version, kind, name and effective namespace.
//! Borrowed from the object; nothing here looks anything up.

use std::fmt;

use crate::kustomize::gvk::Gvk;

/// The namespace of whatever has none because its kind is cluster-scoped (kustomize's own constant, which input may carry).
pub(crate) const CLUSTER_SCOPED: &str = "_non_namespaceable_";
/// The namespace of whatever names none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// Group, version and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct GvkRef<'a> {
    /// Empty for the core group.
    pub(crate) group: &'a str,
    /// `v1`.
    pub(crate) version: &'a str,
    /// `Deployment`.
    pub(crate) kind: &'a str,
}

/// A current or previous id of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ResourceId<'a> {
    /// Today's group and version; the kind may be a previous one.
    pub(crate) gvk: GvkRef<'a>,
    /// A current or previous name.
    pub(crate) name: &'a str,
    /// The effective namespace: [`CLUSTER_SCOPED`], or never empty ([`DEFAULT_NAMESPACE`]).
    pub(crate) namespace: &'a str,
}

impl<'a> GvkRef<'a> {
    /// Returns the id of an `apiVersion` and a `kind`.
    pub(crate) fn new(api_version: &'a str, kind: &'a str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group, version, kind }
    }

    /// Tells whether `other` says the same.
    pub(crate) fn is(&self, other: &Gvk) -> bool {
        self.group == other.group && self.version == other.version && self.kind == other.kind
    }

    /// Returns one that borrows nothing.
    pub(crate) fn to_gvk(self) -> Gvk {
        Gvk { group: self.group.into(), version: self.version.into(), kind: self.kind.into() }
    }

    /// Tells whether `selector` selects this: its empty parts select anything.
    pub(crate) fn is_selected_by(&self, selector: &Gvk) -> bool {
        fits(&selector.group, self.group) && fits(&selector.version, self.version) && fits(&selector.kind, self.kind)
    }
}

impl ResourceId<'_> {
    /// Tells whether the object is surely cluster-scoped.
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        self.namespace == CLUSTER_SCOPED
    }
}

/// Returns what an object without a namespace is taken to be in.
pub(crate) fn effective_namespace(namespace: &str) -> &str {
    if namespace.is_empty() { DEFAULT_NAMESPACE } else { namespace }
}

fn fits(selector: &str, value: &str) -> bool {
    selector.is_empty() || selector == value
}

impl fmt::Display for GvkRef<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.group, self.version) {
            ("", "") => write!(formatter, "{}", self.kind),
            ("", version) => write!(formatter, "{version} {}", self.kind),
            (group, version) => write!(formatter, "{group}/{version} {}", self.kind),
        }
    }
}

impl fmt::Display for ResourceId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.gvk, self.name)?;
        if self.is_cluster_scoped() { Ok(()) } else { write!(formatter, " in namespace {}", self.namespace) }
    }
}
