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
    let mut specs = FieldSpecs::new(rows.to_vec(), Some(Create::Mapping));
    for resource in objects.resources_mut() {
        if finds_notes && resource.has_notes() {
            child_mapping(resource.metadata_mut(), "annotations");
        }
        set_in(resource, pairs, &mut specs).map_err(|failure| about(resource, failure))?;
    }
    Ok(())
}

fn set_in(resource: &mut Resource, pairs: &[(SmolStr, SmolStr)], specs: &mut FieldSpecs) -> Result<()> {
    let paths = specs.paths(resource.gvk());
    // For each field that the table leads to, in order, which pairs were new there.
    let mut made: Vec<Vec<bool>> = Vec::new();
    // A key without a name sets the field itself, for kustomize, which is no scalar.
    let has_no_name = pairs.iter().any(|(key, _)| key.is_empty());
    paths.apply(&mut resource.node, &mut |_, node| {
        let refused = || {
            Failure::input(if has_no_name {
                "a label or annotation has an empty key"
            } else {
                "a field that is to get labels or annotations holds no map"
            })
        };
        let mapping = node.as_mapping_mut().filter(|_| !has_no_name).ok_or_else(refused)?;
        made.push(pairs.iter().map(|(key, value)| set_string_field(mapping, key, value)).collect());
        Ok(())
    })?;
    if !resource.shared.is_empty() {
        resource.spread_shared();
    }
    if made.len() > 1 {
        share(resource, pairs, &made, &paths.places(&resource.node));
    }
    Ok(())
}

/// kustomize puts one node at all the fields where a key was missing; see `resource/shared.rs`.
fn share(resource: &mut Resource, pairs: &[(SmolStr, SmolStr)], made: &[Vec<bool>], fields: &[Vec<Key>]) {
    for (index, (key, value)) in pairs.iter().enumerate() {
        let new = made.iter().zip(fields).filter(|(made, _)| made[index]);
        let places = new.map(|(_, field)| field.iter().cloned().chain([Key::Field(key.clone())]).collect());
        let places: Vec<Vec<Key>> = places.collect();
        resource.share(places, value);
    }
}
