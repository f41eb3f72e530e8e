//! `commonAnnotations`, and the plugin `AnnotationsTransformer`: sets annotations at the fields of a table.

use smol_str::SmolStr;

use crate::failure::Result;
use crate::kustomize::configurations::read_field_specs;
use crate::kustomize::field_spec::FieldSpec;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::transformers::pairs::set_everywhere;
use crate::kustomize::value::Value;

/// The step.
#[derive(Debug)]
pub(crate) struct Annotations {
    pairs: Vec<(SmolStr, SmolStr)>,
    rows: Vec<FieldSpec>,
}

impl Annotations {
    /// The kustomization's field.
    pub(crate) fn from_field(pairs: &[(SmolStr, SmolStr)], rows: &[FieldSpec]) -> Self {
        Self { pairs: pairs.to_vec(), rows: rows.to_vec() }
    }

    /// A plugin's file.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["annotations", "fieldSpecs"])?;
        Ok(Self { pairs: fields.string_map("annotations")?, rows: read_field_specs(&fields)? })
    }
}

impl Transformer for Annotations {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        set_everywhere(objects, &self.pairs, &self.rows)
    }
}
