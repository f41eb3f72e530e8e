//! Sets keys of the mappings at the fields of a table to strings: what labels and annotations have in common.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_spec::{Create, FieldSpec, FieldSpecs};
use crate::kustomize::resource::{Key, Resource, child_mapping};
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::set_string_field;
use crate::kustomize::transformers::about;

/// Sets every pair at every field of `rows` in every object.
pub(crate) fn set_everywhere(
    objects: &mut ResourceMap,
    pairs: &[(SmolStr, SmolStr)],
    rows: &[FieldSpec],
) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    // kustomize keeps its notes among the annotations: where it has some, a row need not create the field.
    let finds_notes = rows.iter().any(|row| !row.create && row.path == "metadata/annotations");
    let prepare = || FieldSpecs::new(rows.to_vec(), Some(Create::Mapping));
    objects.change_each(prepare, |specs, resource| {
        if finds_notes && resource.has_notes() {
            child_mapping(resource.metadata_mut(), "annotations");
        }
        set_in(resource, pairs, specs).map_err(|failure| about(resource, failure))
    })
}

fn set_in(resource: &mut Resource, pairs: &[(SmolStr, SmolStr)], specs: &mut FieldSpecs) -> Result<()> {
    let paths = specs.paths(resource.gvk());
    // kustomize puts one node at all the fields where a key was missing; see `resource/shared.rs`.
    let mut made: Vec<Vec<Vec<Key>>> = vec![Vec::new(); pairs.len()];
    // A key without a name sets the field itself, for kustomize, which is no scalar.
    let has_no_name = pairs.iter().any(|(key, _)| key.is_empty());
    paths.apply_on_trail(&mut resource.node, &mut |trail, _, node| {
        let refused = || {
            Failure::input(if has_no_name {
                "a label or annotation has an empty key"
            } else {
                "a field that is to get labels or annotations holds no map"
            })
        };
        let mapping = node.as_mapping_mut().filter(|_| !has_no_name).ok_or_else(refused)?;
        for ((key, value), places) in pairs.iter().zip(&mut made) {
            if set_string_field(mapping, key, value) {
                places.push(trail.iter().map(|crumb| crumb.key()).chain([Key::Field(key.clone())]).collect());
            }
        }
        Ok(())
    })?;
    if !resource.shared.is_empty() {
        resource.spread_shared();
    }
    for ((_, value), places) in pairs.iter().zip(made) {
        resource.share(places, value);
    }
    Ok(())
}
