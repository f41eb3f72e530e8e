//! The transformers: one file a field of the kustomization, all of one shape.
//!
//! The shape: a struct holds what the field says; it is made by
//! - `from_field(value: Value<'_>, …) -> Result<Self>`: from the field (or one entry of it) in a kustomization, and
//! - `from_plugin(value: Value<'_>, …) -> Result<Self>`: from a plugin's file under `transformers:` (class name in the
//!   file's doc comment), where its configuration differs;
//!
//! whatever takes files gets `layer: &Layer<'_>` as well and loads them there (`layer.load(path)`). [`Transformer::transform`] then runs it.

use crate::failure::Result;
use crate::kustomize::resource_map::ResourceMap;

/// One step over all objects gathered so far.
pub(crate) trait Transformer {
    /// Changes the objects. One that it empties (`Resource::is_dropped`) is dropped by the caller afterwards.
    fn transform(&self, objects: &mut ResourceMap) -> Result<()>;
}
