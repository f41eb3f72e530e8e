//! `namePrefix`, and the plugin `PrefixTransformer`.

use smol_str::SmolStr;

use crate::failure::Result;
use crate::kustomize::configurations::read_field_specs;
use crate::kustomize::field_spec::FieldSpec;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::transformers::affix::{self, Side};
use crate::kustomize::value::Value;

/// The step.
#[derive(Debug)]
pub(crate) struct NamePrefix {
    prefix: SmolStr,
    rows: Vec<FieldSpec>,
}

impl NamePrefix {
    /// The kustomization's field.
    pub(crate) fn from_field(prefix: &SmolStr, rows: &[FieldSpec]) -> Self {
        Self { prefix: prefix.clone(), rows: rows.to_vec() }
    }

    /// A plugin's file.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["prefix", "fieldSpecs"])?;
        if fields.get("fieldSpecs").is_none() {
            return Err(value.failure("`fieldSpecs` is missing").hinted("Add `fieldSpecs: [{path: metadata/name}]`."));
        }
        Ok(Self { prefix: fields.string("prefix")?, rows: read_field_specs(&fields)? })
    }
}

impl Transformer for NamePrefix {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        affix::add(objects, Side::Before, &self.prefix, &self.rows)
    }
}
