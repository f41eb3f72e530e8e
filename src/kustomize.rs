//! `kustomize build`, natively: a folder in, objects out. Pure: the file system is passed in, warnings are returned.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::failure::{Failure, Place, Result};
use crate::parallel;
use crate::yaml::{self, Node};

pub(crate) mod accumulate;
pub(crate) mod by_hash;
pub(crate) mod configurations;
pub(crate) mod crds;
pub(crate) mod embedded_yaml;
pub(crate) mod field_path;
pub(crate) mod field_spec;
pub(crate) mod generators;
pub(crate) mod go_json;
pub(crate) mod go_number;
pub(crate) mod go_regex;
pub(crate) mod growth;
pub(crate) mod gvk;
pub(crate) mod json_patch;
pub(crate) mod kustomization;
pub(crate) mod label_selector;
pub(crate) mod layer;
pub(crate) mod lines;
pub(crate) mod merge;
pub(crate) mod name_reference;
pub(crate) mod objects;
pub(crate) mod openapi;
pub(crate) mod order;
pub(crate) mod origin;
pub(crate) mod plugins;
pub(crate) mod replacement;
pub(crate) mod resource;
pub(crate) mod resource_id;
pub(crate) mod resource_map;
pub(crate) mod scalar;
pub(crate) mod scalar_text;
pub(crate) mod schema;
pub(crate) mod selector;
pub(crate) mod source;
pub(crate) mod steps;
pub(crate) mod strategic_patch;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod transformers;
pub(crate) mod validators;
pub(crate) mod value;
pub(crate) mod vars;

pub mod file_system;
pub mod phases;
pub mod remote;
pub mod warning;

use accumulate::{Build, LayerBuild};
use file_system::FileSystem;
use generators::name_hash;
use kustomization::Kustomization;
use layer::Workspace;
use lines::Lines;
use openapi::OpenApi;
use order::SortOptions;
use phases::{Clock, Phases, Times};
use remote::Remote;
use resource::{Resource, normalize_annotations};
use resource_map::ResourceMap;
use tables::Tables;
use transformers::Transformer;
use transformers::labels::Labels;
use vars::Vars;
use warning::Warning;

/// The version of kustomize whose behaviour this is; printed by `managedByLabel`.
pub const KUSTOMIZE_VERSION: &str = "v5.8.2";

/// How to build, as kustomize's flags say it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--reorder`: none keeps the order of the files; the root's `sortOptions` win over it.
    pub reorder: Option<Reorder>,
    /// `--load-restrictor LoadRestrictionsNone`: files may lie anywhere.
    pub load_anywhere: bool,
    /// `--enable-managedby-label`
    pub managed_by_label: bool,
    /// The hosts whose repositories can be fetched; `github.com`, and a GitHub Enterprise server's.
    pub github_hosts: Vec<String>,
    /// Measures where the time goes.
    pub clock: Option<Clock>,
}

/// `--reorder`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reorder {
    /// By kind.
    Legacy,
    /// As gathered.
    None,
}

impl Default for Options {
    fn default() -> Self {
        let github_hosts = vec!["github.com".into()];
        Self { reorder: None, load_anywhere: false, managed_by_label: false, github_hosts, clock: None }
    }
}

/// One built object.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object as it is printed.
    pub node: Node,
    /// The file it was read from; for a generated one, the kustomization that asks for it.
    pub file: Option<String>,
    /// The line of that file at which it, or its generator's entry, starts, from 1.
    pub line: u32,
}

impl Object {
    /// Returns the file and the line, from 1, where the object comes from.
    pub fn origin(&self) -> Option<(&str, u32)> {
        self.file.as_deref().map(|file| (file, self.line))
    }
}

/// What a build gives.
#[derive(Debug, Default)]
pub struct Built {
    /// The objects in output order; empty while anything is lacking.
    pub objects: Vec<Object>,
    /// What there is to say, in the order of reading.
    pub warnings: Vec<Warning>,
    /// Every file read, absolute, without symbolic links, sorted.
    pub files: Vec<PathBuf>,
    /// What must be fetched before the build can be done; the file system then answers `fetched`, and it is run again.
    pub lacking: Vec<Remote>,
    /// Where the time went, when the options have a clock.
    pub times: Option<Times>,
}

/// Builds the kustomization in the folder at `path`.
///
/// # Errors
/// Whatever kustomize refuses as well, and what would run foreign code; with file, line and column where there are any.
pub fn build(file_system: &dyn FileSystem, path: &Path, options: &Options) -> Result<Built> {
    let start = options.clock.map(|clock| clock());
    let phases = Phases::new(options.clock);
    let workspace = Workspace::open(file_system, path, !options.load_anywhere)?;
    let build = Build {
        workspace: &workspace,
        openapi: OpenApi::default(),
        warnings: RefCell::default(),
        built_in: Rc::new(Tables::builtin()),
        github_hosts: options.github_hosts.clone(),
        phases: &phases,
    };
    let result = objects_of(&build, options);
    let (warnings, files, lacking) = (build.warnings.into_inner(), workspace.files(), workspace.lacking());
    // Whatever failed may have failed for want of what is lacking.
    let objects = if lacking.is_empty() { result? } else { Vec::new() };
    let times = options.clock.zip(start).map(|(clock, start)| phases.times(clock().saturating_sub(start)));
    Ok(Built { objects, warnings, files, lacking, times })
}

/// Prints objects as `kustomize build` does.
///
/// # Errors
/// An object that YAML 1.1 cannot hold: a key that is no string or is there twice, a number that JSON does not know.
pub fn print(objects: &[Object]) -> Result<String> {
    let parts = parallel::batches(objects, print_part).into_iter().collect::<Result<Vec<_>>>()?;
    let mut parts = parts.into_iter();
    let mut text = parts.next().unwrap_or_default();
    for part in parts {
        text.push_str(yaml::SEPARATOR);
        text.push_str(&part);
    }
    Ok(text)
}

fn print_part(objects: &[Object]) -> Result<String> {
    let mut text = String::new();
    for object in objects {
        yaml::emit_into(&mut text, &object.node).map_err(|error| unprintable(object, &error))?;
    }
    Ok(text)
}

fn unprintable(object: &Object, error: &yaml::Error) -> Failure {
    let text = |path: &[&str]| object.node.at(path).and_then(Node::text).unwrap_or_default().to_owned();
    let from = object.origin().map(|(file, line)| format!(" ({file}:{line})")).unwrap_or_default();
    let failure = Failure::input(format_args!("{} {}{from}: {error}", text(&["kind"]), text(&["metadata", "name"])));
    match object.origin() {
        Some((file, line)) => failure.at(Place { file: file.to_owned(), line, column: 1 }),
        None => failure,
    }
}

/// The stages: all layers, then what happens once, over the final set, as the root says.
fn objects_of(build: &Build<'_>, options: &Options) -> Result<Vec<Object>> {
    let root = LayerBuild::root(build)?;
    let mut gathered = root.accumulate()?;
    let tables = gathered.tables.take().unwrap_or_else(|| Rc::clone(&build.built_in));
    let objects = &mut gathered.objects;
    name_hash::add_all(objects)?;
    name_reference::fix(objects, &tables.name_reference)?;
    resolve_vars(build, &gathered.vars, &tables, objects)?;
    drop_local(objects);
    sort(objects, &root.kustomization, options)?;
    let asks = |word: &str| root.kustomization.build_metadata.iter().any(|one| one == word);
    if options.managed_by_label || asks("managedByLabel") {
        let value = format!("kustomize-{KUSTOMIZE_VERSION}");
        Labels::on_metadata("app.kubernetes.io/managed-by", &value).transform(objects)?;
    }
    let (origins, transformations) = (asks("originAnnotations"), asks("transformerAnnotations"));
    let resources = std::mem::take(objects).into_resources();
    let mut lines = Lines::default();
    Ok(resources.into_iter().map(|resource| finish(resource, &mut lines, origins, transformations)).collect())
}

/// Expands the vars, and says which of them nothing refers to.
fn resolve_vars(build: &Build<'_>, vars: &Vars, tables: &Tables, objects: &mut ResourceMap) -> Result<()> {
    let unused = vars::resolve(vars, &tables.var_reference, objects)?;
    let mut warnings = build.warnings.borrow_mut();
    for name in unused {
        warnings.push(Warning::new(format!("nothing refers to the var `{name}`")));
    }
    Ok(())
}

/// Drops the objects that are only there for the build.
fn drop_local(objects: &mut ResourceMap) {
    let is_local = |resource: &Resource| {
        resource.annotation("config.kubernetes.io/local-config").is_some_and(|value| value != "false")
    };
    if objects.resources().iter().any(is_local) {
        let all = std::mem::take(objects).into_resources();
        objects.replace_all(all.into_iter().filter(|resource| !is_local(resource)).collect());
    }
}

fn sort(objects: &mut ResourceMap, root: &Kustomization, options: &Options) -> Result<()> {
    let by_flag = match options.reorder {
        Some(Reorder::None) => SortOptions::Fifo,
        Some(Reorder::Legacy) | None => SortOptions::Legacy { lists: None },
    };
    order::sort(objects, root.sort_options.as_ref().unwrap_or(&by_flag))
}

fn finish(mut resource: Resource, lines: &mut Lines, origins: bool, transformations: bool) -> Object {
    normalize_annotations(&mut resource, origins, transformations);
    let (file, line) = match &resource.source {
        None => (None, 1),
        Some(source) => (Some(source.path.to_string()), lines.of(source, resource.start)),
    };
    Object { node: resource.node, file, line }
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
