//! What `namePrefix` and `nameSuffix` have in common: which objects are renamed, and how that is remembered.

use smol_str::{SmolStr, format_smolstr};

use crate::failure::{Failure, Result};
use crate::kustomize::field_spec::{Create, FieldSpec, FieldSpecs};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::GvkRef;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::set_untagged;
use crate::kustomize::transformers::about;
use crate::yaml::Node;

/// Before or behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// `namePrefix`
    Before,
    /// `nameSuffix`
    Behind,
}

/// Adds `affix` at the fields of `rows` in every object; the name's own row also writes the object's history.
pub(crate) fn add(objects: &mut ResourceMap, side: Side, affix: &SmolStr, rows: &[FieldSpec]) -> Result<()> {
    let one = |row: &FieldSpec| (row.clone(), FieldSpecs::new(vec![row.clone()], Some(Create::Scalar)));
    let prepare = || rows.iter().map(one).collect::<Vec<(FieldSpec, FieldSpecs)>>();
    objects.change_each(prepare, |specs, resource| {
        if resource.is_dropped() || keeps_its_name(resource.original_id().gvk) {
            return Ok(());
        }
        for (row, spec) in specs {
            if resource.original_id().gvk.is_selected_by(&row.gvk) {
                add_to(resource, side, affix, row, spec).map_err(|failure| about(resource, failure))?;
            }
        }
        Ok(())
    })
}

fn add_to(resource: &mut Resource, side: Side, affix: &SmolStr, row: &FieldSpec, spec: &mut FieldSpecs) -> Result<()> {
    if row.path == "metadata/name" && !affix.is_empty() {
        match side {
            Side::Before => resource.history.prefixes.push(affix.clone()),
            Side::Behind => resource.history.suffixes.push(affix.clone()),
        }
        resource.remember_id();
    }
    spec.paths(resource.gvk()).apply(&mut resource.node, &mut |_, node| set(node, side, affix))
}

fn set(node: &mut Node, side: Side, affix: &str) -> Result<()> {
    let refused = || Failure::input("a field that is to get the prefix or suffix holds a map or a list");
    let text = node.text().ok_or_else(refused)?;
    let renamed = match side {
        Side::Before => format_smolstr!("{affix}{text}"),
        Side::Behind => format_smolstr!("{text}{affix}"),
    };
    set_untagged(node, renamed);
    Ok(())
}

/// kustomize's own list (`internal/builtins/PrefixTransformer.go`); an empty group there means any.
fn keeps_its_name(gvk: GvkRef<'_>) -> bool {
    matches!(gvk.kind, "CustomResourceDefinition" | "Namespace")
        || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
}
