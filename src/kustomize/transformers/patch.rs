//! `patches`, and the plugin `PatchTransformer`: one strategic merge or JSON patch for the objects that a target selects,
//! or that the patch itself names.

use crate::failure::{Failure, Result};
use crate::kustomize::json_patch::JsonPatch;
use crate::kustomize::layer::Layer;
use crate::kustomize::objects;
use crate::kustomize::openapi::OpenApi;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::selector::Selector;
use crate::kustomize::source::Source;
use crate::kustomize::strategic_patch::StrategicPatch;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::value::{Fields, Value};
use crate::yaml::{Node, Tag};

/// The step.
#[derive(Debug)]
pub(crate) struct Patch {
    content: Content,
    target: Option<Selector>,
}

#[derive(Debug)]
enum Content {
    Strategic(Vec<StrategicPatch>),
    Json(JsonPatch),
}

impl Patch {
    /// An entry of the kustomization's field, or a plugin's file.
    pub(crate) fn from_field(value: Value<'_>, layer: &Layer<'_>, openapi: &OpenApi) -> Result<Self> {
        let fields = value.fields(&["path", "patch", "target", "options"])?;
        let source = text_of(&fields, layer)?;
        let target = fields.get("target").map(Selector::from_field).transpose()?;
        let (name_change, kind_change) = match fields.get("options") {
            None => (false, false),
            Some(options) => {
                let options = options.fields(&["allowNameChange", "allowKindChange"])?;
                (options.bool("allowNameChange")?, options.bool("allowKindChange")?)
            }
        };
        let content = match objects::read(&source, openapi) {
            Ok(patches) => {
                let patch = |patch| StrategicPatch::new(patch, openapi).allowing(name_change, kind_change);
                Content::Strategic(patches.into_iter().map(patch).collect())
            }
            Err(no_object) => Content::Json(json(&source, &no_object)?),
        };
        check(&content, target.as_ref(), &source)?;
        Ok(Self { content, target })
    }
}

fn text_of(fields: &Fields<'_>, layer: &Layer<'_>) -> Result<Source> {
    let (path, patch) = (fields.string("path")?, fields.string("patch")?);
    match (path.as_str(), patch.trim()) {
        ("", "") => Err(fields.whole.failure("a patch needs `path` or `patch`")),
        ("", text) => Ok(fields.get("patch").unwrap_or(fields.whole).inline(text)),
        (path, "") => layer.load(path).map_err(|failure| failure.at(fields.whole.place())),
        _ => Err(fields.whole.failure("`path` and `patch` exclude each other").hinted("Remove one of them.")),
    }
}

fn json(source: &Source, no_object: &Failure) -> Result<JsonPatch> {
    let place = source.place(crate::yaml::Span::default());
    let refused = |reason: &str| {
        Failure::input(format!(
            "{}:{}: the patch is neither a strategic merge patch ({no_object}) nor a JSON patch ({reason})",
            place.file, place.line
        ))
        .at(place.clone())
        .hinted("Give it kind and metadata.name, or make it a list of operations.")
    };
    match JsonPatch::parse(source) {
        Ok(Some(patch)) => Ok(patch),
        Ok(None) => Err(refused("it holds nothing")),
        Err(reason) => Err(refused(&reason)),
    }
}

fn check(content: &Content, target: Option<&Selector>, source: &Source) -> Result<()> {
    let refused = |message: &str| Err(source.failure(crate::yaml::Span::default(), message));
    match (content, target) {
        (Content::Strategic(patches), Some(_)) if patches.len() > 1 => {
            refused("several strategic merge patches cannot share one target: make an entry of each")
        }
        (Content::Json(patch), None) if !patch.is_empty() => refused("a JSON patch needs a `target`"),
        _ => Ok(()),
    }
}

impl Transformer for Patch {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        match (&self.content, &self.target) {
            (Content::Strategic(patches), None) => {
                for patch in patches {
                    let position = patch.only_match(objects)?;
                    objects.change(position, |resource| {
                        let shown = resource.current_id().to_string();
                        patch.apply(resource).map_err(|failure| failure.during(format!("patching {shown}")))
                    })?;
                }
                Ok(())
            }
            (Content::Strategic(patches), Some(target)) => match patches.first() {
                Some(patch) => on_targets(objects, target, |resource| patch.apply_to_target(resource))
                    .and_then(|_| objects.check_unique()),
                None => Ok(()),
            },
            (Content::Json(patch), Some(target)) => on_targets(objects, target, |resource| {
                resource.remember_id();
                apply_json(resource, patch)
            })
            .map(drop),
            (Content::Json(_), None) => Ok(()),
        }
    }
}

/// Changes the objects that a target selects, which are chosen before the first is changed; returns how many.
pub(crate) fn on_targets(
    objects: &mut ResourceMap,
    target: &Selector,
    mut change: impl FnMut(&mut Resource) -> Result<()>,
) -> Result<usize> {
    let mut selected = Vec::new();
    for (position, resource) in objects.resources().iter().enumerate() {
        if target.targets(resource)? {
            selected.push(position);
        }
    }
    for position in &selected {
        objects.change(*position, |resource| {
            let shown = resource.current_id().to_string();
            change(resource).map_err(|failure| failure.during(format!("patching {shown}")))
        })?;
    }
    Ok(selected.len())
}

/// Applies a JSON patch, which cannot take away what kustomize remembers in annotations, and leaves these all texts.
pub(crate) fn apply_json(resource: &mut Resource, patch: &JsonPatch) -> Result<()> {
    let history = resource.history.clone();
    resource.as_annotations(|node| patch.apply(node))?;
    resource.history = history;
    resource.shared.clear();
    let Some(metadata) = resource.metadata_mut().as_mapping_mut() else { return Ok(()) };
    match metadata.get_mut("annotations") {
        Some(Node::Mapping(annotations)) if !annotations.entries.is_empty() => {
            for entry in &mut annotations.entries {
                if let Node::Scalar(scalar) = &mut entry.value {
                    scalar.tag = Tag::Str;
                }
            }
        }
        Some(_) => drop(metadata.remove("annotations")),
        None => {}
    }
    Ok(())
}
