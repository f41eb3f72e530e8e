//! One object on its way through a build: its node, and what kustomize remembers about it between the steps.
//! kustomize keeps that memory in annotations under `internal.config.kubernetes.io/`; here it is fields, and
//! `as_annotations` makes it visible as annotations for the time of a patch, which may wipe it.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::failure::Place;
use crate::kustomize::openapi::SchemaInUse;
use crate::kustomize::origin::Origin;
use crate::kustomize::resource_id::{CLUSTER_SCOPED, GvkRef, ResourceId, effective_namespace};
use crate::kustomize::scalar::set_untagged_field;
use crate::kustomize::source::Source;
use crate::yaml::{Node, Span};

mod annotations;
mod shared;

pub(crate) use annotations::normalize as normalize_annotations;
pub(crate) use shared::{Key, Shared};

/// An id that the object had before a step renamed, moved or changed it. Group and version are always today's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreviousId {
    /// The name at that time.
    pub(crate) name: SmolStr,
    /// The effective namespace at that time.
    pub(crate) namespace: SmolStr,
    /// The kind at that time.
    pub(crate) kind: SmolStr,
}

/// What a generator's result does when an object with its id is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// It must not be there.
    #[default]
    Create,
    /// It must be there and is replaced.
    Replace,
    /// It must be there and its data is united with the new.
    Merge,
}

/// What kustomize remembers about an object between the steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Former ids, oldest first.
    pub(crate) previous: Vec<PreviousId>,
    /// Name prefixes added so far, innermost first.
    pub(crate) prefixes: Vec<SmolStr>,
    /// Name suffixes added so far, innermost first.
    pub(crate) suffixes: Vec<SmolStr>,
    /// The generator's `behavior`, when a generator made the object.
    pub(crate) behavior: Option<Behavior>,
    /// The name gets a hash of the content at the end.
    pub(crate) needs_hash: bool,
}

/// An object in a build. `node` is a mapping, until a patch deletes the object ([`Resource::is_dropped`]).
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The object itself, without kustomize's own annotations.
    pub(crate) node: Node,
    /// The memory.
    pub(crate) history: History,
    /// Where it comes from; only kept when the root's `buildMetadata` asks.
    pub(crate) origin: Option<Arc<Origin>>,
    /// The transformers that ran over it; only kept when the root's `buildMetadata` asks.
    pub(crate) transformations: Vec<Arc<Origin>>,
    /// Values that kustomize holds once for several places; see `resource/shared.rs`.
    pub(crate) shared: Vec<Shared>,
    /// The vars whose value is a field of the object.
    pub(crate) var_names: Vec<SmolStr>,
    /// The file it was read from; for a generated object, the kustomization that asks for it.
    pub(crate) source: Option<Source>,
    /// The byte of `source` at which it starts.
    pub(crate) start: u32,
    schema: SchemaInUse,
}

impl Resource {
    /// Takes an object as it was read; internal annotations that it carries are believed, as kustomize does.
    pub(crate) fn new(node: Node, schema: &SchemaInUse) -> Self {
        let mut resource = Self {
            node,
            history: History::default(),
            origin: None,
            transformations: Vec::new(),
            shared: Vec::new(),
            var_names: Vec::new(),
            source: None,
            start: 0,
            schema: schema.clone(),
        };
        annotations::take(&mut resource);
        resource
    }

    /// Returns the `apiVersion`; empty when there is none.
    pub(crate) fn api_version(&self) -> &str {
        self.text_of("apiVersion")
    }

    /// Tells whether kustomize would have annotations of its own on this object now.
    pub(crate) fn has_notes(&self) -> bool {
        let History { previous, prefixes, suffixes, behavior, needs_hash } = &self.history;
        let is_bare = previous.is_empty() && prefixes.is_empty() && suffixes.is_empty() && behavior.is_none();
        !is_bare || *needs_hash || self.origin.is_some() || !self.transformations.is_empty()
    }

    /// Returns the `kind`; empty when there is none.
    pub(crate) fn kind(&self) -> &str {
        self.text_of("kind")
    }

    /// Returns `metadata.name`; empty when there is none.
    pub(crate) fn name(&self) -> &str {
        self.metadata_text("name")
    }

    /// Returns `metadata.namespace` as written; empty when there is none.
    pub(crate) fn namespace(&self) -> &str {
        self.metadata_text("namespace")
    }

    /// Returns group, version and kind as of now.
    pub(crate) fn gvk(&self) -> GvkRef<'_> {
        GvkRef::new(self.api_version(), self.kind())
    }

    /// Returns file, line and column at which it starts.
    pub(crate) fn place(&self) -> Option<Place> {
        let span = Span { start: self.start, end: self.start };
        self.source.as_ref().map(|source| source.place(span))
    }

    /// Takes another schema to look the object's kind up in.
    pub(crate) fn see_schema(&mut self, schema: &SchemaInUse) {
        self.schema = schema.clone();
    }

    /// Tells whether the object is surely cluster-scoped.
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        self.schema.is_cluster_scoped(self.api_version(), self.kind())
    }

    /// Returns the id as of now.
    pub(crate) fn current_id(&self) -> ResourceId<'_> {
        let (api_version, kind) = (self.api_version(), self.kind());
        let metadata = self.node.get("metadata");
        let text = |key| metadata.and_then(|metadata| metadata.get(key)).and_then(text_unless_null).unwrap_or_default();
        let namespace = if self.schema.is_cluster_scoped(api_version, kind) {
            CLUSTER_SCOPED
        } else {
            effective_namespace(text("namespace"))
        };
        ResourceId { gvk: GvkRef::new(api_version, kind), name: text("name"), namespace }
    }

    /// Tells whether this is, or was, the object's name.
    pub(crate) fn is_or_was_named(&self, name: &str) -> bool {
        self.name() == name || self.history.previous.iter().any(|previous| previous.name == name)
    }

    /// Returns the former ids, oldest first.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = ResourceId<'_>> {
        let (group, version) = (self.gvk().group, self.gvk().version);
        self.history.previous.iter().map(move |previous| ResourceId {
            gvk: GvkRef { group, version, kind: &previous.kind },
            name: &previous.name,
            namespace: effective_namespace(&previous.namespace),
        })
    }

    /// Returns the former ids, oldest first, then the current one.
    pub(crate) fn all_ids(&self) -> impl Iterator<Item = ResourceId<'_>> {
        self.previous_ids().chain(std::iter::once(self.current_id()))
    }

    /// Returns the oldest id.
    pub(crate) fn original_id(&self) -> ResourceId<'_> {
        self.previous_ids().next().unwrap_or_else(|| self.current_id())
    }

    /// Remembers the current id before a step changes it.
    pub(crate) fn remember_id(&mut self) {
        let id = self.current_id();
        let previous = PreviousId { name: id.name.into(), namespace: id.namespace.into(), kind: id.gvk.kind.into() };
        self.history.previous.push(previous);
    }

    /// Sets `metadata.name`.
    pub(crate) fn set_name(&mut self, name: &str) {
        set_text(self.metadata_mut(), "name", name);
    }

    /// Sets `metadata.namespace`; an empty one removes the field.
    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        if !namespace.is_empty() {
            set_text(self.metadata_mut(), "namespace", namespace);
        } else if let Some(metadata) = self.node.as_mapping_mut().and_then(|root| root.get_mut("metadata")) {
            metadata.as_mapping_mut().map(|metadata| metadata.remove("namespace"));
        }
    }

    /// Sets `kind`.
    pub(crate) fn set_kind(&mut self, kind: &str) {
        set_text(&mut self.node, "kind", kind);
    }

    /// Tells whether a step emptied the object, so that it leaves the set.
    pub(crate) fn is_dropped(&self) -> bool {
        match &self.node {
            Node::Mapping(mapping) => mapping.entries.is_empty(),
            node => node.is_null(),
        }
    }

    /// Runs `change` on the node while kustomize's own annotations are visible in it, then takes them out again.
    /// For steps that see and can wipe them: strategic merge patches and JSON patches.
    pub(crate) fn as_annotations<T>(&mut self, change: impl FnOnce(&mut Node) -> T) -> T {
        annotations::write(self);
        let result = change(&mut self.node);
        annotations::take_back(self);
        result
    }

    /// Returns the value of an annotation as text.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.node.at(&["metadata", "annotations", key]).map(|value| value.text().unwrap_or_default())
    }

    /// Tells whether helm made the object, in which case `namespace` leaves it alone.
    pub(crate) fn is_helm_generated(&self) -> bool {
        self.annotation("internal.config.kubernetes.io/helm-generated") == Some("true")
    }

    fn text_of(&self, key: &str) -> &str {
        self.node.get(key).and_then(text_unless_null).unwrap_or_default()
    }

    fn metadata_text(&self, key: &str) -> &str {
        self.node.at(&["metadata", key]).and_then(text_unless_null).unwrap_or_default()
    }

    /// Returns the `metadata` mapping, made when it is missing or null.
    pub(crate) fn metadata_mut(&mut self) -> &mut Node {
        child_mapping(&mut self.node, "metadata")
    }
}

/// Returns the mapping at `key`, made when it is missing or no mapping.
pub(crate) fn child_mapping<'n>(node: &'n mut Node, key: &str) -> &'n mut Node {
    if node.as_mapping().is_none() {
        *node = Node::mapping();
    }
    let mapping = node.as_mapping_mut().expect("made one just above");
    if mapping.get(key).is_none_or(|child| child.as_mapping().is_none()) {
        mapping.set(key, Node::mapping());
    }
    mapping.get_mut(key).expect("set just above")
}

fn set_text(node: &mut Node, key: &str, text: &str) {
    if let Some(mapping) = node.as_mapping_mut() {
        set_untagged_field(mapping, key, text);
    }
}

fn text_unless_null(node: &Node) -> Option<&str> {
    if node.is_null() { None } else { node.text() }
}
