//! The memory of a resource in kustomize's own form: annotations under `internal.config.kubernetes.io/`.
//! Reads them from a node into fields, writes them back for the time of a patch, and says which annotations never come out.

use smol_str::{SmolStr, SmolStrBuilder};

use crate::kustomize::origin::print_list;
use crate::kustomize::resource::{Behavior, PreviousId, Resource, child_mapping};
use crate::kustomize::scalar::key_of;
use crate::yaml::{Mapping, Node, Scalar, Tag};

const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
const BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";
const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
const ENABLED: &str = "enabled";
const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// What the output never carries, besides the fields above.
const DROPPED: [&str; 12] = [
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    "internal.config.kubernetes.io/helm-generated",
];

/// Moves the internal annotations of the node into the resource's fields, replacing what these hold.
pub(super) fn take(resource: &mut Resource) {
    resource.history = super::History::default();
    let Some(annotations) = annotations_mut(&mut resource.node) else { return };
    if !annotations.entries.iter().any(|entry| entry.key.text.starts_with("internal.config.kubernetes.io/")) {
        return;
    }
    let mut text = |key| annotations.remove(key).and_then(|node| node.text().map(SmolStr::from));
    let names = text(PREVIOUS_NAMES);
    let (namespaces, kinds) = (text(PREVIOUS_NAMESPACES), text(PREVIOUS_KINDS));
    let (prefixes, suffixes) = (text(PREFIXES), text(SUFFIXES));
    let (behavior, needs_hash) = (text(BEHAVIOR), text(NEEDS_HASH));
    let history = &mut resource.history;
    history.previous = previous_ids(names, &namespaces.unwrap_or_default(), &kinds.unwrap_or_default());
    history.prefixes = prefixes.map(|list| split(&list)).unwrap_or_default();
    history.suffixes = suffixes.map(|list| split(&list)).unwrap_or_default();
    history.behavior = behavior.map(|word| Behavior::from_word(&word));
    history.needs_hash = needs_hash.is_some_and(|word| word == ENABLED);
}

/// Takes out again what [`write`] put in; a step that wiped it made the resource forget it.
pub(super) fn take_back(resource: &mut Resource) {
    take(resource);
    let mut take_out =
        |key| annotations_mut(&mut resource.node).and_then(|annotations| annotations.remove(key)).is_some();
    if resource.origin.is_some() && !take_out(ORIGIN) {
        resource.origin = None;
    }
    if !resource.transformations.is_empty() && !take_out(TRANSFORMATIONS) {
        resource.transformations.clear();
    }
}

/// Writes the fields as annotations into the node.
pub(super) fn write(resource: &mut Resource) {
    let history = &resource.history;
    let mut pairs: Vec<(&str, SmolStr)> = Vec::new();
    if !history.previous.is_empty() {
        pairs.push((PREVIOUS_NAMES, join(history.previous.iter().map(|previous| &previous.name))));
        pairs.push((PREVIOUS_NAMESPACES, join(history.previous.iter().map(|previous| &previous.namespace))));
        pairs.push((PREVIOUS_KINDS, join(history.previous.iter().map(|previous| &previous.kind))));
    }
    if !history.prefixes.is_empty() {
        pairs.push((PREFIXES, join(history.prefixes.iter())));
    }
    if !history.suffixes.is_empty() {
        pairs.push((SUFFIXES, join(history.suffixes.iter())));
    }
    if let Some(behavior) = history.behavior {
        pairs.push((BEHAVIOR, SmolStr::new_static(behavior.word())));
    }
    if history.needs_hash {
        pairs.push((NEEDS_HASH, SmolStr::new_static(ENABLED)));
    }
    // Only whether these are there counts for a patch, not what they say.
    for (key, is_kept) in [(ORIGIN, resource.origin.is_some()), (TRANSFORMATIONS, !resource.transformations.is_empty())]
    {
        if is_kept {
            pairs.push((key, SmolStr::default()));
        }
    }
    if pairs.is_empty() {
        return;
    }
    let annotations = child_mapping(child_mapping(&mut resource.node, "metadata"), "annotations");
    let annotations = annotations.as_mapping_mut().expect("just made a mapping");
    for (key, value) in pairs {
        annotations.set(key, Node::string(value));
    }
}

/// Brings the annotations into the form in which they are printed: all strings, nothing of kustomize's own, and
/// neither `annotations: {}` nor null. Makes `metadata` where it is missing, as kustomize does. Origin and
/// transformations are written when asked for, else dropped.
pub(crate) fn normalize(resource: &mut Resource, origins: bool, transformations: bool) {
    let origin = resource.origin.take().filter(|_| origins);
    let ran = std::mem::take(&mut resource.transformations);
    let metadata = resource.metadata_mut();
    if let Some(annotations) = metadata.as_mapping_mut().and_then(|metadata| metadata.get_mut("annotations")) {
        tidy(annotations, origins, transformations);
    }
    let mut set = |key: &str, text: String| {
        let annotations = child_mapping(metadata, "annotations");
        annotations.as_mapping_mut().expect("child_mapping returns a mapping").set(key, Node::string(text));
    };
    if let Some(origin) = origin {
        set(ORIGIN, origin.print());
    }
    if transformations && !ran.is_empty() {
        set(TRANSFORMATIONS, print_list(ran.iter().map(AsRef::as_ref)));
    }
    let metadata = metadata.as_mapping_mut().expect("metadata_mut returns a mapping");
    if metadata.get("annotations").is_some_and(|node| node.as_mapping().is_none_or(|map| map.entries.is_empty())) {
        metadata.remove("annotations");
    }
}

fn tidy(annotations: &mut Node, origins: bool, transformations: bool) {
    let Some(annotations) = annotations.as_mapping_mut() else { return };
    annotations.entries.retain(|entry| match entry.key.text.as_str() {
        ORIGIN => origins,
        TRANSFORMATIONS => transformations,
        key => !DROPPED.contains(&key),
    });
    as_strings_in(annotations);
}

/// Makes every value a string, and every key one that is written anew.
pub(super) fn as_strings(annotations: &mut Node) {
    if let Some(annotations) = annotations.as_mapping_mut() {
        as_strings_in(annotations);
    }
}

fn as_strings_in(annotations: &mut Mapping) {
    for entry in &mut annotations.entries {
        let text = entry.value.text().unwrap_or_default().into();
        entry.key = key_of(&entry.key.text);
        entry.value = Node::Scalar(Scalar { text, tag: Tag::Str, ..Scalar::default() });
    }
}

impl Behavior {
    /// Reads the word in a kustomization; what is none of the three means `create`, as in kustomize.
    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Create,
        }
    }

    /// Returns the word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

fn annotations_mut(node: &mut Node) -> Option<&mut Mapping> {
    node.as_mapping_mut()?.get_mut("metadata")?.as_mapping_mut()?.get_mut("annotations")?.as_mapping_mut()
}

fn previous_ids(names: Option<SmolStr>, namespaces: &str, kinds: &str) -> Vec<PreviousId> {
    let Some(names) = names else { return Vec::new() };
    let rest = namespaces.split(',').zip(kinds.split(','));
    let ids = names.split(',').zip(rest);
    ids.map(|(name, (namespace, kind))| PreviousId {
        name: name.into(),
        namespace: namespace.into(),
        kind: kind.into(),
    })
    .collect()
}

fn split(list: &str) -> Vec<SmolStr> {
    list.split(',').map(SmolStr::from).collect()
}

fn join<'a>(parts: impl Iterator<Item = &'a SmolStr>) -> SmolStr {
    let mut joined = SmolStrBuilder::new();
    for (index, part) in parts.enumerate() {
        if index > 0 {
            joined.push(',');
        }
        joined.push_str(part);
    }
    joined.finish()
}
