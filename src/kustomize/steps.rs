//! The transformers of one layer, in kustomize's order, whatever the order of the fields in the file.

use std::sync::Arc;

use crate::failure::Result;
use crate::kustomize::accumulate::LayerBuild;
use crate::kustomize::origin::Origin;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::source::Spot;
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
use crate::kustomize::value::Value;
use crate::yaml::Node;

/// A transformer, and the origin that it leaves on the objects.
pub(crate) struct Step {
    /// What runs.
    pub(crate) transformer: Box<dyn Transformer>,
    /// Only when the root's `buildMetadata` asks for origins.
    pub(crate) origin: Option<Arc<Origin>>,
    /// What asks for it: a field or an entry of a kustomization, or a plugin's file.
    pub(crate) spot: Spot,
}

impl Step {
    /// Runs the transformer, notes it on every object, and drops the objects that it emptied.
    pub(crate) fn run(&self, objects: &mut ResourceMap) -> Result<()> {
        self.transformer.transform(objects).map_err(|failure| self.spot.failed(failure))?;
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
    let mut add = |kind: &str, value: Value<'_>, transformer: Box<dyn Transformer>| {
        steps.push(Step { transformer, origin: layer.built_in_origin(kind), spot: value.spot() });
    };
    let fields = file.fields();
    let place = |name: &str| fields.get(name).unwrap_or(fields.whole);
    if let Some(value) = fields.get("patchesStrategicMerge").filter(|value| !is_empty_list(value.node)) {
        let patches = PatchStrategicMerge::from_field(value, &layer.layer, &layer.build.openapi);
        add("PatchStrategicMergeTransformer", value, Box::new(value.located(patches)?));
    }
    for value in fields.list("patches")? {
        let patch = Patch::from_field(value, &layer.layer, &layer.build.openapi);
        add("PatchTransformer", value, Box::new(value.located(patch)?));
    }
    if !file.namespace.is_empty() {
        let namespace = Namespace::from_field(&file.namespace, &tables.namespace);
        add("NamespaceTransformer", place("namespace"), Box::new(namespace));
    }
    if !file.name_prefix.is_empty() {
        let prefix = NamePrefix::from_field(&file.name_prefix, &tables.name_prefix);
        add("PrefixTransformer", place("namePrefix"), Box::new(prefix));
    }
    if !file.name_suffix.is_empty() {
        let suffix = NameSuffix::from_field(&file.name_suffix, &tables.name_suffix);
        add("SuffixTransformer", place("nameSuffix"), Box::new(suffix));
    }
    for (label, value) in file.labels.iter().zip(fields.list("labels")?) {
        add("LabelTransformer", value, Box::new(value.located(Labels::from_field(label, tables))?));
    }
    if !file.labels.is_empty() || !file.common_labels.is_empty() {
        let labels = Labels::from_common(&file.common_labels, tables);
        add("LabelTransformer", place("commonLabels"), Box::new(labels));
    }
    if !file.common_annotations.is_empty() {
        let annotations = Annotations::from_field(&file.common_annotations, &tables.common_annotations);
        add("AnnotationsTransformer", place("commonAnnotations"), Box::new(annotations));
    }
    for value in fields.list("patchesJson6902")? {
        let patch = value.located(PatchJson6902::from_field(value, &layer.layer))?;
        add("PatchJson6902Transformer", value, Box::new(patch));
    }
    for (replica, value) in file.replicas.iter().zip(fields.list("replicas")?) {
        add("ReplicaCountTransformer", value, Box::new(Replicas::from_field(replica, &tables.replicas)));
    }
    let images = fields.list("images")?.into_iter().chain(fields.list("imageTags")?);
    for (image, value) in file.images.iter().zip(images) {
        add("ImageTagTransformer", value, Box::new(Images::from_field(image, &tables.images)));
    }
    if let Some(value) = fields.get("replacements").filter(|value| !is_empty_list(value.node)) {
        let replacements = value.located(Replacements::from_field(value, &layer.layer))?;
        add("ReplacementTransformer", value, Box::new(replacements));
    }
    Ok(steps)
}

fn is_empty_list(node: &Node) -> bool {
    node.as_sequence().is_some_and(|list| list.items.is_empty())
}
