//! `labels` and `commonLabels`, and the plugin `LabelTransformer`: sets labels at the fields of a table.

use smol_str::SmolStr;

use crate::failure::Result;
use crate::kustomize::configurations::{read_field_spec, read_field_specs};
use crate::kustomize::field_spec::FieldSpec;
use crate::kustomize::gvk::Gvk;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::tables::{Tables, merge_rows};
use crate::kustomize::transformers::Transformer;
use crate::kustomize::transformers::pairs::set_everywhere;
use crate::kustomize::value::Value;

/// One entry of `labels` as it stands in a kustomization.
#[derive(Debug)]
pub(crate) struct Label {
    pairs: Vec<(SmolStr, SmolStr)>,
    include_selectors: bool,
    include_templates: bool,
    include_volume_claim_templates: bool,
    fields: Vec<FieldSpec>,
}

/// The step.
#[derive(Debug)]
pub(crate) struct Labels {
    pairs: Vec<(SmolStr, SmolStr)>,
    rows: Vec<FieldSpec>,
}

impl Label {
    /// Reads an entry.
    pub(crate) fn read(value: Value<'_>) -> Result<Self> {
        let known = ["pairs", "includeSelectors", "includeTemplates", "includeVolumeClaimTemplates", "fields"];
        let fields = value.fields(&known)?;
        Ok(Self {
            pairs: fields.string_map("pairs")?,
            include_selectors: fields.bool("includeSelectors")?,
            include_templates: fields.bool("includeTemplates")?,
            include_volume_claim_templates: fields.bool("includeVolumeClaimTemplates")?,
            fields: fields.list("fields")?.into_iter().map(read_field_spec).collect::<Result<_>>()?,
        })
    }
}

impl Labels {
    /// An entry of `labels`.
    pub(crate) fn from_field(label: &Label, tables: &Tables) -> Result<Self> {
        let mut rows = label.fields.clone();
        merge_rows(&mut rows, tables.labels.clone())?;
        if label.include_selectors {
            merge_rows(&mut rows, tables.common_labels.clone())?;
        } else {
            if label.include_templates {
                merge_rows(&mut rows, tables.template_labels.clone())?;
            }
            if label.include_volume_claim_templates {
                merge_rows(&mut rows, tables.volume_claim_template_labels.clone())?;
            }
            let metadata = FieldSpec { gvk: Gvk::default(), path: "metadata/labels".into(), create: true };
            merge_rows(&mut rows, vec![metadata])?;
        }
        Ok(Self { pairs: label.pairs.clone(), rows })
    }

    /// `commonLabels`
    pub(crate) fn from_common(pairs: &[(SmolStr, SmolStr)], tables: &Tables) -> Self {
        Self { pairs: pairs.to_vec(), rows: tables.common_labels.clone() }
    }

    /// One label on the object itself.
    pub(crate) fn on_metadata(key: &str, value: &str) -> Self {
        let metadata = FieldSpec { gvk: Gvk::default(), path: "metadata/labels".into(), create: true };
        Self { pairs: vec![(key.into(), value.into())], rows: vec![metadata] }
    }

    /// A plugin's file.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["labels", "fieldSpecs"])?;
        Ok(Self { pairs: fields.string_map("labels")?, rows: read_field_specs(&fields)? })
    }
}

impl Transformer for Labels {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        set_everywhere(objects, &self.pairs, &self.rows)
    }
}
