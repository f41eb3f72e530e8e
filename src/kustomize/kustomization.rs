//! The types of a kustomization file: reads it strictly, with the place of every error. Runs nothing.

use smol_str::SmolStr;

use crate::failure::{Failure, Place, Result};
use crate::kustomize::generators::pairs::{GeneratorArguments, GeneratorOptions};
use crate::kustomize::layer::Layer;
use crate::kustomize::order::SortOptions;
use crate::kustomize::source::{Source, Spot};
use crate::kustomize::transformers::images::Image;
use crate::kustomize::transformers::labels::Label;
use crate::kustomize::transformers::replicas::Replica;
use crate::kustomize::value::{Fields, Reading, Value};
use crate::kustomize::warning::Warning;
use crate::yaml::{Node, Span};

/// The names that kustomize looks for.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Every field of a kustomization, as `kubectl explain` would list them.
pub(crate) const FIELDS: [&str; 34] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// Fields that kustomize wants replaced, with what replaces them.
const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

/// A list entry and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The text.
    pub(crate) text: SmolStr,
    /// Where it stands in the kustomization file.
    pub(crate) span: Span,
}

/// One kustomization file, read.
#[derive(Debug)]
pub(crate) struct Kustomization {
    /// The file.
    pub(crate) source: Source,
    /// Its name in the folder, one of [`FILE_NAMES`].
    pub(crate) file_name: &'static str,
    /// The whole file, for the fields that transformers read themselves.
    pub(crate) node: Node,
    /// `kind: Component`.
    pub(crate) is_component: bool,
    /// `resources`, then the legacy `bases`.
    pub(crate) resources: Vec<Entry>,
    /// `components`
    pub(crate) components: Vec<Entry>,
    /// `crds`
    pub(crate) crds: Vec<Entry>,
    /// `configurations`
    pub(crate) configurations: Vec<Entry>,
    /// `generators`
    pub(crate) generators: Vec<Entry>,
    /// `transformers`
    pub(crate) transformers: Vec<Entry>,
    /// `validators`
    pub(crate) validators: Vec<Entry>,
    /// `namespace`
    pub(crate) namespace: SmolStr,
    /// `namePrefix`
    pub(crate) name_prefix: SmolStr,
    /// `nameSuffix`
    pub(crate) name_suffix: SmolStr,
    /// `labels`
    pub(crate) labels: Vec<Label>,
    /// `commonLabels`
    pub(crate) common_labels: Vec<(SmolStr, SmolStr)>,
    /// `commonAnnotations`
    pub(crate) common_annotations: Vec<(SmolStr, SmolStr)>,
    /// `images`, then the legacy `imageTags`.
    pub(crate) images: Vec<Image>,
    /// `replicas`
    pub(crate) replicas: Vec<Replica>,
    /// `configMapGenerator`, with `generatorOptions` worked in.
    pub(crate) config_maps: Vec<GeneratorArguments>,
    /// `secretGenerator`, with `generatorOptions` worked in.
    pub(crate) secrets: Vec<GeneratorArguments>,
    /// `sortOptions`
    pub(crate) sort_options: Option<SortOptions>,
    /// `buildMetadata`
    pub(crate) build_metadata: Vec<SmolStr>,
    /// `openapi`
    pub(crate) openapi: Vec<(SmolStr, SmolStr)>,
}

impl Kustomization {
    /// Finds and reads the kustomization file of a folder; adds what is deprecated to `warnings`.
    pub(crate) fn load(layer: &Layer<'_>, warnings: &mut Vec<Warning>) -> Result<Self> {
        let mut found = FILE_NAMES.into_iter().filter(|name| layer.has_file(name));
        let Some(file_name) = found.next() else {
            let names = FILE_NAMES.join(", ");
            return Err(Failure::input(format_args!("no kustomization file in `{}`", layer.shown()))
                .hinted(format!("It must be named one of: {names}.")));
        };
        if let Some(other) = found.next() {
            let shown = layer.shown();
            return Err(Failure::input(format_args!("`{shown}` has two kustomization files: {file_name}, {other}"))
                .hinted("Remove one of them."));
        }
        let source = layer.load(file_name)?;
        let node = source.first_document()?.unwrap_or_else(Node::mapping);
        Self::read(source, file_name, node, warnings)
    }

    fn read(source: Source, file_name: &'static str, node: Node, warnings: &mut Vec<Warning>) -> Result<Self> {
        let whole = Value::new(&node, &source, Reading::Strict);
        if node.as_mapping().is_none() {
            return Err(whole.failure("a kustomization must be a map of fields"));
        }
        let fields = whole.fields(&FIELDS)?;
        refuse_empty(&fields)?;
        let is_component = read_kind(&fields)?;
        refuse_helm(&fields)?;
        fields.get("metadata").map_or(Ok(()), |value| {
            let metadata = value.fields(&["name", "namespace", "labels", "annotations"])?;
            metadata.string("name")?;
            metadata.string("namespace")?;
            metadata.string_map("labels")?;
            metadata.string_map("annotations").map(drop)
        })?;
        warn_deprecated(&fields, warnings);
        let options = fields.get("generatorOptions").map(GeneratorOptions::read).transpose()?;
        let generators = |name| -> Result<Vec<GeneratorArguments>> {
            let entries = fields.list(name)?;
            let of_secret = name == "secretGenerator";
            entries.into_iter().map(|entry| GeneratorArguments::read(entry, of_secret, options.as_ref())).collect()
        };
        let entries = |name| entries(&fields, name);
        let chain = |mut first: Vec<Entry>, second: Vec<Entry>| {
            first.extend(second);
            first
        };
        let images = |name| fields.list(name)?.into_iter().map(Image::from_field).collect::<Result<Vec<_>>>();
        let mut all_images = images("images")?;
        all_images.extend(images("imageTags")?);
        Ok(Self {
            file_name,
            is_component,
            resources: chain(entries("resources")?, entries("bases")?),
            components: entries("components")?,
            crds: entries("crds")?,
            configurations: entries("configurations")?,
            generators: entries("generators")?,
            transformers: entries("transformers")?,
            validators: entries("validators")?,
            namespace: fields.string("namespace")?,
            name_prefix: fields.string("namePrefix")?,
            name_suffix: fields.string("nameSuffix")?,
            labels: fields.list("labels")?.into_iter().map(Label::read).collect::<Result<_>>()?,
            common_labels: fields.string_map("commonLabels")?,
            common_annotations: fields.string_map("commonAnnotations")?,
            images: all_images,
            replicas: fields.list("replicas")?.into_iter().map(Replica::read).collect::<Result<_>>()?,
            config_maps: generators("configMapGenerator")?,
            secrets: generators("secretGenerator")?,
            sort_options: fields.get("sortOptions").map(SortOptions::read).transpose()?,
            build_metadata: fields.strings("buildMetadata")?,
            openapi: fields.string_map("openapi")?,
            source: source.clone(),
            node: node.clone(),
        })
    }

    /// Returns the fields, for a transformer to read its own.
    pub(crate) fn fields(&self) -> Fields<'_> {
        let whole = Value::new(&self.node, &self.source, Reading::Strict);
        whole.fields(&FIELDS).expect("the fields were checked when the file was read")
    }

    /// Puts the place of a field in front of a failure that has no place yet.
    pub(crate) fn located<T>(&self, field: &str, result: Result<T>) -> Result<T> {
        let fields = self.fields();
        fields.get(field).unwrap_or(fields.whole).located(result)
    }

    /// Puts the place of an entry in front of a failure that has no place yet.
    pub(crate) fn failed_at(&self, entry: &Entry, failure: Failure) -> Failure {
        Spot { source: self.source.clone(), span: entry.span }.failed(failure)
    }
}

/// Returns `file:line:column`.
pub(crate) fn shown(place: &Place) -> String {
    format!("{}:{}:{}", place.file, place.line, place.column)
}

fn entries(fields: &Fields<'_>, name: &str) -> Result<Vec<Entry>> {
    let list = fields.list(name)?;
    list.into_iter().map(|value| Ok(Entry { text: value.string()?, span: value.node.span() })).collect()
}

/// kustomize refuses a file whose fields all have the values that Go gives to fields that are not there.
fn refuse_empty(fields: &Fields<'_>) -> Result<()> {
    let wiped = ["bases", "imageTags", "helmChartInflationGenerator"];
    let says_something = |name: &&str| {
        fields.get(name).is_some_and(|value| match value.node {
            Node::Scalar(scalar) => !scalar.text.is_empty(),
            Node::Sequence(list) => !list.items.is_empty() || !wiped.contains(name),
            Node::Mapping(_) => true,
        })
    };
    if FIELDS.iter().filter(|name| !matches!(**name, "apiVersion" | "kind")).any(says_something) {
        return Ok(());
    }
    Err(fields.whole.failure("the kustomization is empty").hinted("List at least one of `resources`."))
}

/// Checks `kind` and `apiVersion`; returns whether it is a component.
fn read_kind(fields: &Fields<'_>) -> Result<bool> {
    let kind = fields.string("kind")?;
    let (kind, version) = match kind.as_str() {
        "" | "Kustomization" => ("Kustomization", "kustomize.config.k8s.io/v1beta1"),
        "Component" => ("Component", "kustomize.config.k8s.io/v1alpha1"),
        _ => {
            let value = fields.get("kind").unwrap_or(fields.whole);
            return Err(value.failure("kind must be Kustomization or Component"));
        }
    };
    let given = fields.string("apiVersion")?;
    if !given.is_empty() && given != version {
        let value = fields.get("apiVersion").unwrap_or(fields.whole);
        return Err(value.failure(format_args!("apiVersion of a {kind} must be {version}")));
    }
    Ok(kind == "Component")
}

fn refuse_helm(fields: &Fields<'_>) -> Result<()> {
    for name in ["helmCharts", "helmChartInflationGenerator"] {
        let Some(value) = fields.get(name) else { continue };
        if !value.list()?.is_empty() {
            return Err(value
                .failure(format_args!("`{name}` would run the helm program, which this engine never does"))
                .hinted("Run `helm template` before, commit its output, and list that file under `resources`."));
        }
    }
    fields.get("helmGlobals").map_or(Ok(()), |value| value.fields(&["chartHome", "configHome"]).map(drop))
}

fn warn_deprecated(fields: &Fields<'_>, warnings: &mut Vec<Warning>) {
    for (name, instead) in DEPRECATED {
        if let (Some(_), Some(place)) = (fields.get(name), fields.key_place(name)) {
            warnings.push(Warning::at(place, format!("`{name}` is deprecated; use `{instead}` instead")));
        }
    }
}
