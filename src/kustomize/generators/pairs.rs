//! What both generators have in common: their arguments, and the key-value pairs from literals, files and env files.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::layer::Layer;
use crate::kustomize::openapi::SchemaInUse;
use crate::kustomize::resource::{Behavior, Resource, child_mapping};
use crate::kustomize::scalar::{add, set_string_field, set_untagged_field};
use crate::kustomize::source::{Source, Spot};
use crate::kustomize::value::{Fields, Value};
use crate::yaml::{Node, Scalar, Span, Style, Tag};

use std::collections::BTreeMap;

/// `generatorOptions`, or an entry's `options`.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    labels: BTreeMap<SmolStr, SmolStr>,
    annotations: BTreeMap<SmolStr, SmolStr>,
    disable_name_suffix_hash: bool,
    immutable: bool,
}

/// One entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug)]
pub(crate) struct GeneratorArguments {
    /// `name`
    pub(crate) name: SmolStr,
    /// `namespace`
    pub(crate) namespace: SmolStr,
    /// `type` of a Secret.
    pub(crate) secret_type: SmolStr,
    behavior: Behavior,
    literals: Vec<SmolStr>,
    files: Vec<SmolStr>,
    envs: Vec<SmolStr>,
    options: GeneratorOptions,
    /// The file and the place of the entry, for errors.
    source: Source,
    span: Span,
}

/// The pairs, by key; values are bytes, for a file may hold anything.
pub(crate) type Pairs = BTreeMap<String, Vec<u8>>;

/// The last is a Secret's only.
const FIELDS: [&str; 9] = ["name", "namespace", "behavior", "literals", "files", "envs", "env", "options", "type"];

impl GeneratorOptions {
    /// Reads the options.
    pub(crate) fn read(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["labels", "annotations", "disableNameSuffixHash", "immutable"])?;
        Ok(Self {
            labels: fields.string_map("labels")?.into_iter().collect(),
            annotations: fields.string_map("annotations")?.into_iter().collect(),
            disable_name_suffix_hash: fields.bool("disableNameSuffixHash")?,
            immutable: fields.bool("immutable")?,
        })
    }

    /// Works the layer's options in: an entry's own labels and annotations win, a boolean is set when either is.
    fn with_common(mut self, common: &Self) -> Self {
        let unite = |own: &mut BTreeMap<SmolStr, SmolStr>, common: &BTreeMap<SmolStr, SmolStr>| {
            for (key, value) in common {
                own.entry(key.clone()).or_insert_with(|| value.clone());
            }
        };
        unite(&mut self.labels, &common.labels);
        unite(&mut self.annotations, &common.annotations);
        self.disable_name_suffix_hash |= common.disable_name_suffix_hash;
        self.immutable |= common.immutable;
        self
    }
}

impl GeneratorArguments {
    /// Reads an entry of `configMapGenerator` or, `of_secret`, of `secretGenerator`.
    pub(crate) fn read(value: Value<'_>, of_secret: bool, common: Option<&GeneratorOptions>) -> Result<Self> {
        let [config_map @ .., _] = &FIELDS;
        let fields = value.fields(if of_secret { &FIELDS } else { config_map })?;
        let mut arguments = Self::from_fields(&fields)?;
        arguments.envs.extend(Some(fields.string("env")?).filter(|env| !env.is_empty()));
        if let Some(common) = common {
            arguments.options = arguments.options.with_common(common);
        }
        Ok(arguments)
    }

    /// Reads a plugin's file; name and namespace may stand in its metadata, and the old field `env` does nothing.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&FIELDS)?;
        let mut arguments = Self::from_fields(&fields)?;
        fields.string("env")?;
        if let Some(metadata) = value.node.get("metadata") {
            let metadata = value.with(metadata).fields(&["name", "namespace"])?;
            if arguments.name.is_empty() {
                arguments.name = metadata.string("name")?;
            }
            if arguments.namespace.is_empty() {
                arguments.namespace = metadata.string("namespace")?;
            }
        }
        Ok(arguments)
    }

    fn from_fields(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            name: fields.string("name")?,
            namespace: fields.string("namespace")?,
            secret_type: fields.string("type")?,
            behavior: Behavior::from_word(&fields.string("behavior")?),
            literals: fields.strings("literals")?,
            files: fields.strings("files")?,
            envs: fields.strings("envs")?,
            options: fields.get("options").map_or(Ok(GeneratorOptions::default()), GeneratorOptions::read)?,
            source: fields.whole.source.clone(),
            span: fields.whole.node.span(),
        })
    }

    /// Returns a failure at this entry.
    pub(crate) fn failure(&self, message: impl std::fmt::Display) -> Failure {
        self.source.failure(self.span, message)
    }

    /// Loads all pairs; a key may come once only.
    pub(crate) fn load(&self, layer: &Layer<'_>) -> Result<Pairs> {
        let mut pairs = Pairs::new();
        let mut enter = |key: String, value: Vec<u8>| match pairs.insert(key.clone(), value) {
            None => Ok(()),
            Some(_) => Err(self.failure(format_args!("`{}` has the key `{key}` twice", self.name))),
        };
        for path in &self.envs {
            let (_, bytes) = layer.load_bytes(path).map_err(|failure| self.during(failure))?;
            for (key, value) in env_lines(&bytes).map_err(|why| self.failure(format_args!("`{path}`: {why}")))? {
                enter(key, value.into_bytes())?;
            }
        }
        for literal in &self.literals {
            let (key, value) = split_literal(literal).ok_or_else(|| {
                self.failure("a literal is not of the form key=value").hinted("Write it as `key=value`.")
            })?;
            enter(key.into(), value.as_bytes().to_vec())?;
        }
        for file in &self.files {
            let (key, path) = split_file(file).map_err(|why| self.failure(format_args!("`{file}` {why}")))?;
            let (_, bytes) = layer.load_bytes(path).map_err(|failure| self.during(failure))?;
            enter(key.into(), bytes)?;
        }
        Ok(pairs)
    }

    /// Puts the place of this entry in front of a failure that has none.
    pub(crate) fn during(&self, failure: Failure) -> Failure {
        Spot { source: self.source.clone(), span: self.span }.failed(failure)
    }

    /// Makes the object without its data.
    pub(crate) fn object(&self, kind: &'static str) -> Result<Node> {
        if self.name.is_empty() {
            return Err(self.failure("a generator entry must have a name"));
        }
        let mut node = Node::mapping();
        let root = node.as_mapping_mut().expect("just made");
        root.set("apiVersion", Node::string("v1"));
        root.set("kind", Node::string(kind));
        let metadata = child_mapping(&mut node, "metadata").as_mapping_mut().expect("child_mapping returns a mapping");
        set_untagged_field(metadata, "name", &self.name);
        if !self.namespace.is_empty() {
            set_untagged_field(metadata, "namespace", &self.namespace);
        }
        Ok(node)
    }

    /// Adds labels, annotations and `immutable`, and makes the resource.
    pub(crate) fn finish(&self, mut node: Node, schema: &SchemaInUse) -> Resource {
        for (field, pairs) in [("labels", &self.options.labels), ("annotations", &self.options.annotations)] {
            for (key, value) in pairs {
                let metadata = child_mapping(&mut node, "metadata");
                let map = child_mapping(metadata, field).as_mapping_mut().expect("child_mapping returns a mapping");
                set_string_field(map, key, value);
            }
        }
        if self.options.immutable {
            let immutable = Scalar { text: "true".into(), tag: Tag::Bool, ..Scalar::default() };
            node.as_mapping_mut().expect("an object is a mapping").set("immutable", Node::Scalar(immutable));
        }
        let mut resource = Resource::new(node, schema);
        resource.source = Some(self.source.clone());
        resource.start = self.span.start;
        resource.history.behavior = Some(self.behavior);
        resource.history.needs_hash = !self.options.disable_name_suffix_hash;
        resource
    }
}

/// Sets data values; one with a line break is a block, as kustomize has it.
pub(crate) fn set_data(node: &mut Node, field: &str, key: &str, value: String) {
    let style = if value.contains('\n') { Style::Literal } else { Style::Plain };
    let map = child_mapping(node, field).as_mapping_mut().expect("child_mapping returns a mapping");
    add(map, key, Node::Scalar(Scalar { text: value.into(), style, ..Scalar::default() }));
}

/// Splits `key=value` at the first `=`; one pair of equal quotes around the value is taken off.
fn split_literal(literal: &str) -> Option<(&str, &str)> {
    let (key, value) = literal.split_once('=').filter(|(key, _)| !key.is_empty())?;
    for quote in ['"', '\''] {
        let inner = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return Some((key, inner));
        }
    }
    Some((key, value))
}

/// Splits `path` or `key=path`.
fn split_file(source: &str) -> std::result::Result<(&str, &str), &'static str> {
    match source.split_once('=') {
        None => Ok((base_name(source), source)),
        Some(("", _)) => Err("has no key before `=`"),
        Some((_, "")) => Err("has no path behind `=`"),
        Some((_, path)) if path.contains('=') => Err("has more than one `=`"),
        Some((key, path)) => Ok((key, path)),
    }
}

/// As Go's `path.Base`.
fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (false, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// Reads `key=value` lines. No quotes, no `export`, no comment behind a value: kustomize knows none of them.
fn env_lines(bytes: &[u8]) -> std::result::Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let line = std::str::from_utf8(line).map_err(|_| format!("line {} is not valid UTF-8", index + 1))?;
        let line = if index == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let line = line.trim_start_matches(char::is_whitespace);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(pairs)
}

/// Splits at line feeds and drops one carriage return before each, as Go's `bufio.ScanLines`.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ended = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = ended.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.take(if bytes.is_empty() { 0 } else { usize::MAX })
}
