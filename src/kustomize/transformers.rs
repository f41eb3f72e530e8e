//! The transformers: one file a field of the kustomization, all of one shape.
//!
//! The shape: a struct holds what the field says; it is made by
//! - `from_field(…) -> Result<Self>`: from the field (or one entry of it) in a kustomization, and
//! - `from_plugin(value: Value<'_>, …) -> Result<Self>`: from a plugin's file under `transformers:` (class name in the
//!   file's doc comment), where its configuration differs;
//!
//! whatever takes files gets `layer: &Layer<'_>` as well and loads them there (`layer.load(path)`).
//! [`Transformer::transform`] then runs it. A step that changes values in place calls `Resource::spread_shared` on each
//! object that it changed.

use crate::failure::{Failure, Result};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;

pub(crate) mod affix;
pub(crate) mod annotations;
pub(crate) mod images;
pub(crate) mod labels;
pub(crate) mod name_prefix;
pub(crate) mod name_suffix;
pub(crate) mod namespace;
pub(crate) mod pairs;
pub(crate) mod patch;
pub(crate) mod patch_json6902;
pub(crate) mod patch_strategic_merge;
pub(crate) mod replacements;
pub(crate) mod replicas;
pub(crate) mod value_add;

/// One step over all objects gathered so far.
pub(crate) trait Transformer {
    /// Changes the objects. One that it empties (`Resource::is_dropped`) is dropped by the caller afterwards.
    fn transform(&self, objects: &mut ResourceMap) -> Result<()>;
}

/// Names the object in front of a failure.
pub(crate) fn about(resource: &Resource, failure: Failure) -> Failure {
    let from = resource.place().map(|place| format!(" ({}:{})", place.file, place.line)).unwrap_or_default();
    failure.during(format!("{}{from}", resource.current_id()))
}

/// As [`about`], for what no field of a kustomization asks for: the failure is at the object's place.
pub(crate) fn about_at(resource: &Resource, failure: Failure) -> Failure {
    let failure = about(resource, failure);
    match resource.place().filter(|_| failure.place.is_none()) {
        Some(place) => failure.at(place),
        None => failure,
    }
}
