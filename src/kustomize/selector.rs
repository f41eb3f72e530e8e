//! Which objects a `target`, `select` or `reject` means: regular expressions over the parts of an id, and selectors over
//! labels and annotations. Compiled once; reads objects, changes none.

use crate::failure::{Failure, Result};
use crate::kustomize::go_regex::{self, Anchored};
use crate::kustomize::label_selector::LabelSelector;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::GvkRef;
use crate::kustomize::value::Value;
use crate::yaml::Node;
/// The fields of a selector.
pub(crate) const FIELDS: [&str; 7] =
    ["group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector"];

/// A selector; empty parts select everything.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    group: Option<Anchored>,
    version: Option<Anchored>,
    kind: Option<Anchored>,
    name: Option<Anchored>,
    namespace: Option<Anchored>,
    annotations: Option<Labels>,
    labels: Option<Labels>,
}

/// A broken one is an error only once an object is asked for its labels, as in kustomize.
type Labels = std::result::Result<LabelSelector, String>;

impl Selector {
    /// Reads a selector from a kustomization or a plugin's file.
    ///
    /// # Errors
    /// Unknown fields, and patterns that are no regular expressions.
    pub(crate) fn from_field(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&FIELDS)?;
        let pattern = |field: &str| -> Result<Option<Anchored>> {
            let text = fields.string(field)?;
            if text.is_empty() {
                return Ok(None);
            }
            go_regex::anchored(&text)
                .map(Some)
                .map_err(|failure| failure.during(format!("reading the selector's '{field}'")))
        };
        let labels = |field: &str| -> Result<Option<Labels>> {
            let text = fields.string(field)?;
            Ok((!text.is_empty())
                .then(|| LabelSelector::parse(&text).map_err(|reason| format!("{field} '{text}': {reason}"))))
        };
        Ok(Self {
            group: pattern("group")?,
            version: pattern("version")?,
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            annotations: labels("annotationSelector")?,
            labels: labels("labelSelector")?,
        })
    }

    /// Whether a patch's `target` means the object: its first and its current name and namespace count, its current kind.
    ///
    /// # Errors
    /// A label or annotation selector that is none.
    pub(crate) fn targets(&self, resource: &Resource) -> Result<bool> {
        let (first, current) = (resource.original_id(), resource.current_id());
        let by_id = (fits(&self.namespace, first.namespace) || fits(&self.namespace, current.namespace))
            && (fits(&self.name, first.name) || fits(&self.name, current.name))
            && self.fits_kind(resource.gvk());
        Ok(by_id && self.fits_labels(resource)?)
    }

    /// Whether group, version, kind, name and namespace as given fit.
    pub(crate) fn fits_id(&self, gvk: GvkRef<'_>, name: &str, namespace: &str) -> bool {
        self.fits_kind(gvk) && fits(&self.name, name) && fits(&self.namespace, namespace)
    }

    /// Whether any part of an id is asked for.
    pub(crate) fn asks_for_id(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().any(Option::is_some)
    }

    /// Whether labels or annotations are asked for.
    pub(crate) fn asks_for_labels(&self) -> bool {
        self.labels.is_some() || self.annotations.is_some()
    }

    /// Whether labels and annotations fit.
    ///
    /// # Errors
    /// A label or annotation selector that is none.
    pub(crate) fn fits_labels(&self, resource: &Resource) -> Result<bool> {
        Ok(fits_map(&self.annotations, &resource.node, "annotations")?
            && fits_map(&self.labels, &resource.node, "labels")?)
    }

    fn fits_kind(&self, gvk: GvkRef<'_>) -> bool {
        fits(&self.group, gvk.group) && fits(&self.version, gvk.version) && fits(&self.kind, gvk.kind)
    }
}

fn fits(pattern: &Option<Anchored>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

fn fits_map(selector: &Option<Labels>, node: &Node, field: &str) -> Result<bool> {
    match selector {
        None => Ok(true),
        Some(Err(reason)) => Err(Failure::input(reason)),
        Some(Ok(selector)) => {
            let map = node.at(&["metadata", field]).and_then(Node::as_mapping);
            Ok(selector.matches(|key| map.and_then(|map| map.get(key)).map(|value| value.text().unwrap_or_default())))
        }
    }
}
