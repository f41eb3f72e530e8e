//! The built-in plugins as files under `generators`, `transformers` and `validators`: finds the class by its kind, and
//! refuses what would run foreign code.

use crate::failure::{Failure, Result};
use crate::kustomize::generators::pairs::GeneratorArguments;
use crate::kustomize::generators::{config_map, iam_policy, name_hash, secret};
use crate::kustomize::layer::Layer;
use crate::kustomize::openapi::{OpenApi, SchemaInUse};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::source::Source;
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
use crate::kustomize::transformers::value_add::ValueAdd;
use crate::kustomize::transformers::{Transformer, about_at};
use crate::kustomize::value::{Reading, Value};

/// Makes what a generator's file describes.
pub(crate) fn generate(plugin: &Resource, layer: &Layer<'_>, schema: &SchemaInUse) -> Result<Resource> {
    refuse_foreign(plugin, "generators")?;
    let source = source_of(plugin);
    let value = Value::new(&plugin.node, &source, Reading::Lenient);
    let generated = match plugin.kind() {
        "ConfigMapGenerator" => config_map::generate(&GeneratorArguments::from_plugin(value)?, layer, schema),
        "SecretGenerator" => secret::generate(&GeneratorArguments::from_plugin(value)?, layer, schema),
        "IAMPolicyGenerator" => iam_policy::generate(value, schema),
        "HelmChartInflationGenerator" => Err(Failure::input("it would run the helm program, which never happens here")
            .hinted("Run `helm template` before, commit its output, and list that file under `resources`.")),
        other => Err(Failure::input(format_args!("`{other}` is no built-in generator"))),
    };
    generated.map_err(|failure| about_at(plugin, failure))
}

/// Makes the transformer that a file describes.
pub(crate) fn transformer(plugin: &Resource, layer: &Layer<'_>, openapi: &OpenApi) -> Result<Box<dyn Transformer>> {
    refuse_foreign(plugin, "transformers")?;
    let source = source_of(plugin);
    let value = Value::new(&plugin.node, &source, Reading::Lenient);
    made(plugin.kind(), value, layer, openapi).map_err(|failure| about_at(plugin, failure))
}

fn made(kind: &str, value: Value<'_>, layer: &Layer<'_>, openapi: &OpenApi) -> Result<Box<dyn Transformer>> {
    Ok(match kind {
        "AnnotationsTransformer" => Box::new(Annotations::from_plugin(value)?),
        "HashTransformer" => Box::new(NameHash),
        "ImageTagTransformer" => Box::new(Images::from_plugin(value)?),
        "LabelTransformer" => Box::new(Labels::from_plugin(value)?),
        "NamespaceTransformer" => Box::new(Namespace::from_plugin(value)?),
        "PatchTransformer" => Box::new(Patch::from_field(value, layer, openapi)?),
        "PatchStrategicMergeTransformer" => Box::new(PatchStrategicMerge::from_plugin(value, layer, openapi)?),
        "PatchJson6902Transformer" => Box::new(PatchJson6902::from_plugin(value, layer)?),
        "PrefixTransformer" => Box::new(NamePrefix::from_plugin(value)?),
        "SuffixTransformer" => Box::new(NameSuffix::from_plugin(value)?),
        "PrefixSuffixTransformer" => {
            Box::new(Both(Box::new(NamePrefix::from_plugin(value)?), Box::new(NameSuffix::from_plugin(value)?)))
        }
        "ReplacementTransformer" => Box::new(Replacements::from_plugin(value, layer)?),
        "ReplicaCountTransformer" => Box::new(Replicas::from_plugin(value)?),
        "ValueAddTransformer" => Box::new(ValueAdd::from_plugin(value, layer)?),
        other => return Err(Failure::input(format_args!("`{other}` is no built-in transformer"))),
    })
}

/// `HashTransformer`: the suffixes that come last otherwise.
struct NameHash;

impl Transformer for NameHash {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        name_hash::add_all(objects)
    }
}

/// Two steps as one.
struct Both(Box<dyn Transformer>, Box<dyn Transformer>);

impl Transformer for Both {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        self.0.transform(objects)?;
        self.1.transform(objects)
    }
}

fn refuse_foreign(plugin: &Resource, field: &str) -> Result<()> {
    if plugin.api_version() == "builtin" {
        return Ok(());
    }
    let failure = source_of(plugin).failure(
        plugin.node.span(),
        format_args!(
            "`{field}` names {}, which would run foreign code (a container, a program or a Go plugin); \
             only `apiVersion: builtin` is built",
            plugin.current_id()
        ),
    );
    Err(failure.hinted("Run it before and commit what it makes, or say the same with a built-in field."))
}

fn source_of(plugin: &Resource) -> Source {
    plugin.source.clone().unwrap_or_else(|| Source::file("generated", ""))
}
