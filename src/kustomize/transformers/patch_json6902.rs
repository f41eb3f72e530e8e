//! `patchesJson6902`, and the plugin `PatchJson6902Transformer`: a JSON patch for the objects that a target selects.

use crate::failure::Result;
use crate::kustomize::json_patch::JsonPatch;
use crate::kustomize::layer::Layer;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::selector::Selector;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::transformers::patch::{apply_json, on_targets};
use crate::kustomize::value::{Fields, Value};
use crate::yaml::Span;

/// The step.
#[derive(Debug)]
pub(crate) struct PatchJson6902 {
    patch: JsonPatch,
    target: Selector,
}

impl PatchJson6902 {
    /// An entry of the kustomization's field.
    pub(crate) fn from_field(value: Value<'_>, layer: &Layer<'_>) -> Result<Self> {
        Self::read(&value.fields(&["path", "patch", "target", "options"])?, "patch", layer)
    }

    /// A plugin's file, which calls the patch in place `jsonOp`.
    pub(crate) fn from_plugin(value: Value<'_>, layer: &Layer<'_>) -> Result<Self> {
        Self::read(&value.fields(&["path", "jsonOp", "target"])?, "jsonOp", layer)
    }

    fn read(fields: &Fields<'_>, in_place: &str, layer: &Layer<'_>) -> Result<Self> {
        let Some(target) = fields.get("target") else {
            return Err(fields.whole.failure("a JSON patch needs a `target`"));
        };
        if target.fields(&crate::kustomize::selector::FIELDS)?.string("name")?.is_empty() {
            return Err(target.failure("the `target` of a JSON patch needs a `name`"));
        }
        let (path, text) = (fields.string("path")?, fields.string(in_place)?);
        let source = match (path.as_str(), text.as_str()) {
            ("", "") => return Err(fields.whole.failure(format_args!("a JSON patch needs `path` or `{in_place}`"))),
            (path, "") => layer.load(path).map_err(|failure| failure.at(fields.whole.place()))?,
            ("", text) => fields.get(in_place).unwrap_or(fields.whole).inline(text),
            _ => return Err(fields.whole.failure(format_args!("`path` and `{in_place}` exclude each other"))),
        };
        let patch = JsonPatch::parse(&source).map_err(|reason| source.failure(Span::default(), reason))?;
        match patch.filter(|patch| !patch.is_empty()) {
            Some(patch) => Ok(Self { patch, target: Selector::from_field(target)? }),
            None => Err(source.failure(Span::default(), "the JSON patch has no operations")),
        }
    }
}

impl Transformer for PatchJson6902 {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        on_targets(objects, &self.target, |resource| apply_json(resource, &self.patch)).map(drop)
    }
}
