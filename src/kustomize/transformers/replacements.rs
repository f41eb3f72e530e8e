//! `replacements`, and the plugin `ReplacementTransformer`: values of objects copied into fields of others.

use crate::failure::{Failure, Result};
use crate::kustomize::layer::Layer;
use crate::kustomize::replacement::Replacement;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::value::{Reading, Value};
use crate::yaml::Node;

/// The step.
#[derive(Debug)]
pub(crate) struct Replacements(Vec<Replacement>);

impl Replacements {
    /// The kustomization's field: entries in place, or files of them.
    pub(crate) fn from_field(value: Value<'_>, layer: &Layer<'_>) -> Result<Self> {
        let mut all = Vec::new();
        for entry in value.list()? {
            let fields = entry.fields(&["path", "source", "targets", "sourceValue"])?;
            let path = fields.string("path")?;
            let has_targets = !fields.list("targets")?.is_empty();
            // In a kustomization, for kustomize, an empty list is none.
            if path.is_empty() && !has_targets && entry.reading == Reading::Strict {
                return Err(entry.failure("a replacement needs targets").hinted("Add `targets` with a `select` each."));
            }
            if path.is_empty() {
                all.push(Replacement::from_fields(&fields)?);
                continue;
            }
            if fields.get("source").is_some() || has_targets {
                return Err(entry.failure("`path` excludes a replacement in place").hinted("Remove one of them."));
            }
            all.extend(from_file(&path, layer)?);
        }
        Ok(Self(all))
    }

    /// A plugin's file, which has the field.
    pub(crate) fn from_plugin(value: Value<'_>, layer: &Layer<'_>) -> Result<Self> {
        match value.fields(&["replacements"])?.get("replacements") {
            Some(list) => Self::from_field(list, layer),
            None => Ok(Self(Vec::new())),
        }
    }
}

/// A file holds one replacement or a list of them.
fn from_file(path: &str, layer: &Layer<'_>) -> Result<Vec<Replacement>> {
    let source = layer.load(path)?;
    let Some(node) = source.first_document()? else { return Err(nothing(path)) };
    let value = Value::new(&node, &source, Reading::Lenient);
    match &node {
        Node::Mapping(_) => Ok(vec![Replacement::from_fields(&value.fields(&Replacement::FIELDS)?)?]),
        Node::Sequence(_) => {
            let one = |entry: Value<'_>| Replacement::from_fields(&entry.fields(&Replacement::FIELDS)?);
            value.list()?.into_iter().map(one).collect()
        }
        Node::Scalar(_) => Err(value.failure("a file of replacements holds one of them, or a list")),
    }
}

fn nothing(path: &str) -> Failure {
    Failure::input(format!("the file of replacements '{path}' holds nothing")).hinted("Add a `source` and `targets`.")
}

impl Transformer for Replacements {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        self.0.iter().try_for_each(|replacement| replacement.apply(objects))
    }
}
