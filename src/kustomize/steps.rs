//! The transformers of one layer, in kustomize's order, whatever the order of the fields in the file.

use std::sync::Arc;

use crate::failure::Result;
use crate::kustomize::accumulate::LayerBuild;
use crate::kustomize::origin::Origin;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::tables::Tables;
use crate::kustomize::transformers::Transformer;
use crate::kustomize::transformers::annotations::Annotations;
use crate::kustomize::transformers::images::Images;
use crate::kustomize::transformers::labels::Labels;
use crate::kustomize::transformers::name_prefix::NamePrefix;
use crate::kustomize::transformers::name_suffix::NameSuffix;
use crate::kustomize::transformers::namespace::Namespace;
use crate::kustomize::transformers::patch::Patch;
use crate::kustomize::transformers::patch_json6902::PatchJson6902;
use crate::kustomize::transformers::patch_strategic_merge::PatchStrategicMerge;
use crate::kustomize::transformers::replacements::Replacements;
use crate::kustomize::transformers::replicas::Replicas;
use crate::yaml::Node;

/// A transformer, and the origin that it leaves on the objects.
pub(crate) struct Step {
    /// What runs.
    pub(crate) transformer: Box<dyn Transformer>,
    /// Only when the root's `buildMetadata` asks for origins.
    pub(crate) origin: Option<Arc<Origin>>,
}

impl Step {
    /// Runs the transformer, notes it on every object, and drops the objects that it emptied.
    pub(crate) fn run(&self, objects: &mut ResourceMap) -> Result<()> {
        self.transformer.transform(objects)?;
        if let Some(origin) = &self.origin {
            for resource in objects.resources_mut() {
                resource.rewrite_annotations();
                match resource.origin {
                    // What came without an origin is taken to be made by this step.
                    None => resource.origin = Some(Arc::clone(origin)),
                    Some(_) => resource.transformations.push(Arc::clone(origin)),
                }
            }
        }
        objects.drop_emptied();
        Ok(())
    }
}

/// Makes the steps of a kustomization's own fields.
pub(crate) fn built_in(layer: &LayerBuild<'_, '_>, tables: &Tables) -> Result<Vec<Step>> {
    let file = &layer.kustomization;
    let mut steps: Vec<Step> = Vec::new();
    let mut add = |kind: &str, transformer: Box<dyn Transformer>| {
        steps.push(Step { transformer, origin: layer.built_in_origin(kind) });
    };
    let fields = file.fields();
    if let Some(value) = fields.get("patchesStrategicMerge").filter(|value| !is_empty_list(value.node)) {
        let patches = PatchStrategicMerge::from_field(value, &layer.layer, &layer.build.openapi)?;
        add("PatchStrategicMergeTransformer", Box::new(patches));
    }
    for value in fields.list("patches")? {
        add("PatchTransformer", Box::new(Patch::from_field(value, &layer.layer, &layer.build.openapi)?));
    }
    if !file.namespace.is_empty() {
        add("NamespaceTransformer", Box::new(Namespace::from_field(&file.namespace, &tables.namespace)));
    }
    if !file.name_prefix.is_empty() {
        add("PrefixTransformer", Box::new(NamePrefix::from_field(&file.name_prefix, &tables.name_prefix)));
    }
    if !file.name_suffix.is_empty() {
        add("SuffixTransformer", Box::new(NameSuffix::from_field(&file.name_suffix, &tables.name_suffix)));
    }
    for label in &file.labels {
        add("LabelTransformer", Box::new(Labels::from_field(label, tables)?));
    }
    if !file.labels.is_empty() || !file.common_labels.is_empty() {
        add("LabelTransformer", Box::new(Labels::from_common(&file.common_labels, tables)));
    }
    if !file.common_annotations.is_empty() {
        let annotations = Annotations::from_field(&file.common_annotations, &tables.common_annotations);
        add("AnnotationsTransformer", Box::new(annotations));
    }
    for value in fields.list("patchesJson6902")? {
        add("PatchJson6902Transformer", Box::new(PatchJson6902::from_field(value, &layer.layer)?));
    }
    for replica in &file.replicas {
        add("ReplicaCountTransformer", Box::new(Replicas::from_field(replica, &tables.replicas)));
    }
    for image in &file.images {
        add("ImageTagTransformer", Box::new(Images::from_field(image, &tables.images)));
    }
    if let Some(value) = fields.get("replacements").filter(|value| !is_empty_list(value.node)) {
        add("ReplacementTransformer", Box::new(Replacements::from_field(value, &layer.layer)?));
    }
    Ok(steps)
}

fn is_empty_list(node: &Node) -> bool {
    node.as_sequence().is_some_and(|list| list.items.is_empty())
}
