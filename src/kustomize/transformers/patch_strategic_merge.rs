//! `patchesStrategicMerge`, and the plugin `PatchStrategicMergeTransformer`: patches that name their objects themselves.

use crate::failure::Result;
use crate::kustomize::layer::Layer;
use crate::kustomize::objects;
use crate::kustomize::openapi::OpenApi;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::strategic_patch::StrategicPatch;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::value::Value;

/// The step.
#[derive(Debug)]
pub(crate) struct PatchStrategicMerge(Vec<StrategicPatch>);

impl PatchStrategicMerge {
    /// The kustomization's field: a list of files, or of patches in place.
    pub(crate) fn from_field(value: Value<'_>, layer: &Layer<'_>, openapi: &OpenApi) -> Result<Self> {
        let mut patches = Vec::new();
        for entry in value.list()? {
            patches.extend(read_entry(entry, layer, openapi)?);
        }
        Self::of(patches, value, openapi)
    }

    /// A plugin's file: `paths` as the field, and `patches` in place.
    pub(crate) fn from_plugin(value: Value<'_>, layer: &Layer<'_>, openapi: &OpenApi) -> Result<Self> {
        let fields = value.fields(&["paths", "patches"])?;
        let mut patches = Vec::new();
        for entry in fields.list("paths")? {
            patches.extend(read_entry(entry, layer, openapi)?);
        }
        if let Some(inline) = fields.get("patches") {
            patches.extend(objects::read(&inline.inline(&inline.string()?), openapi)?);
        }
        Self::of(patches, value, openapi)
    }

    fn of(patches: Vec<Resource>, value: Value<'_>, openapi: &OpenApi) -> Result<Self> {
        if patches.is_empty() {
            return Err(value.failure("there is no patch in it"));
        }
        Ok(Self(patches.into_iter().map(|patch| StrategicPatch::new(patch, openapi)).collect()))
    }
}

/// An entry that reads as objects is a patch in place, any other names a file.
fn read_entry(entry: Value<'_>, layer: &Layer<'_>, openapi: &OpenApi) -> Result<Vec<Resource>> {
    let text = entry.string()?;
    match objects::read(&entry.inline(&text), openapi) {
        Ok(patches) => Ok(patches),
        Err(_) if text.contains('\n') => objects::read(&entry.inline(&text), openapi),
        Err(_) => {
            let source = layer.load(&text).map_err(|failure| match failure.place {
                Some(_) => failure,
                None => failure.at(entry.place()),
            })?;
            objects::read(&source, openapi)
        }
    }
}

impl Transformer for PatchStrategicMerge {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        for patch in &self.0 {
            let position = patch.only_match(objects)?;
            objects.change(position, |resource| {
                let shown = resource.current_id().to_string();
                patch.apply_to_target(resource).map_err(|failure| failure.during(format!("patching {shown}")))
            })?;
        }
        objects.check_unique()
    }
}
