//! One kustomization layer from its file to its objects: the stages of `kustomize build`, in kustomize's order.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::failure::{Failure, Result};
use crate::kustomize::generators::{config_map, secret};
use crate::kustomize::kustomization::{Entry, Kustomization};
use crate::kustomize::layer::{Layer, Workspace};
use crate::kustomize::objects;
use crate::kustomize::openapi::OpenApi;
use crate::kustomize::origin::Origin;
use crate::kustomize::phases::{Phase, Phases};
use crate::kustomize::plugins;
use crate::kustomize::remote::{self, Remote};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::source::{Source, Spot};
use crate::kustomize::steps::{self, Step};
use crate::kustomize::tables::Tables;
use crate::kustomize::vars::{self, Var, Vars};
use crate::kustomize::warning::Warning;
use crate::kustomize::{configurations, crds, validators};
use crate::parallel;
use crate::yaml::{Node, Span};

/// Deepest nesting of kustomizations that is followed; real ones stay below ten.
const MAX_LAYERS: usize = 128;

/// What all layers of a build share while it runs.
pub(crate) struct Build<'w> {
    /// The files.
    pub(crate) workspace: &'w Workspace<'w>,
    /// The schema.
    pub(crate) openapi: OpenApi,
    /// What there is to say.
    pub(crate) warnings: RefCell<Vec<Warning>>,
    /// kustomize's own tables.
    pub(crate) built_in: Rc<Tables>,
    /// The hosts whose repositories can be fetched.
    pub(crate) github_hosts: Vec<String>,
    /// Where the time goes.
    pub(crate) phases: &'w Phases,
}

/// What the layers gathered so far.
#[derive(Default)]
pub(crate) struct Accumulated {
    /// The objects.
    pub(crate) objects: ResourceMap,
    /// The tables of fields: this layer's and those of the layers below.
    pub(crate) tables: Option<Rc<Tables>>,
    /// The vars of this layer and of the layers below.
    pub(crate) vars: Vars,
}

/// One layer on its way.
pub(crate) struct LayerBuild<'b, 'w> {
    /// What all layers share.
    pub(crate) build: &'b Build<'w>,
    /// The folder.
    pub(crate) layer: Layer<'w>,
    /// Its file.
    pub(crate) kustomization: Kustomization,
    /// Where the layer is, when the root's `buildMetadata` asks for origins.
    pub(crate) origin: Option<Origin>,
    depth: usize,
}

/// A file of objects, read and taken apart, but not looked at yet.
struct File {
    source: Source,
    nodes: Vec<Node>,
}

impl<'b, 'w> LayerBuild<'b, 'w> {
    /// Reads the kustomization of the root.
    pub(crate) fn root(build: &'b Build<'w>) -> Result<Self> {
        let layer = build.workspace.layer();
        let kustomization = Kustomization::load(&layer, &mut build.warnings.borrow_mut())?;
        build.openapi.set(&kustomization, &layer)?;
        let origin = (!kustomization.build_metadata.is_empty()).then(Origin::default);
        Ok(Self { build, layer, kustomization, origin, depth: 0 })
    }

    /// Runs all stages of a kustomization.
    pub(crate) fn accumulate(&self) -> Result<Accumulated> {
        self.accumulate_into(Accumulated::default())
    }

    /// Runs the stages in their order. A component works on what its parent gathered so far; a kustomization starts empty.
    fn accumulate_into(&self, mut gathered: Accumulated) -> Result<Accumulated> {
        self.add_resources(&mut gathered, &self.kustomization.resources)?;
        self.add_tables(&mut gathered)?;
        self.run_generators(&mut gathered)?;
        gathered = self.run_components(gathered)?;
        self.run_transformers(&mut gathered)?;
        validators::run(self, &mut gathered.objects)?;
        self.bind_vars(&mut gathered)?;
        Ok(gathered)
    }

    fn bind_vars(&self, gathered: &mut Accumulated) -> Result<()> {
        let fields = self.kustomization.fields();
        let own = fields.list("vars")?.into_iter().map(Var::read).collect::<Result<Vec<_>>>()?;
        self.kustomization.located("vars", vars::bind(own, &mut gathered.vars, &mut gathered.objects))
    }

    /// `resources`, and the files of plugins: each a file of objects, or the folder of another kustomization.
    fn add_resources(&self, gathered: &mut Accumulated, entries: &[Entry]) -> Result<()> {
        let (layer, phases) = (&self.layer, self.build.phases);
        let read = || parallel::map(entries, |entry| File::read(layer, entry, phases));
        let files = phases.measure(Phase::Gather, read);
        for (entry, file) in entries.iter().zip(files) {
            self.add_resource(gathered, entry, file).map_err(|failure| self.kustomization.failed_at(entry, failure))?;
        }
        Ok(())
    }

    fn add_resource(&self, gathered: &mut Accumulated, entry: &Entry, file: Result<Option<File>>) -> Result<()> {
        let path = entry.text.as_str();
        if let Some(file) = file? {
            return self.add_objects(gathered, file, path);
        }
        match remote::parse(path, &self.build.github_hosts)? {
            Some(remote @ Remote::File { .. }) => {
                let Some(file) = self.fetched(&remote) else { return Ok(()) };
                self.add_objects(gathered, File::of(self.layer.load_fetched(&file, path)?)?, path)
            }
            None if !self.layer.is_folder(path) && !path.is_empty() => self.layer.load(path).map(drop),
            _ => {
                let was_set = self.build.openapi.is_set();
                let Some(below) = self.below(entry, false)? else { return Ok(()) };
                let made = below.accumulate()?;
                gathered.see_schema(was_set, self.build);
                gathered.merge(made, self.build)
            }
        }
    }

    fn add_objects(&self, gathered: &mut Accumulated, file: File, path: &str) -> Result<()> {
        let origin = self.origin.as_ref().map(|origin| Arc::new(origin.joined(path)));
        for mut resource in objects::resources(file.nodes, &file.source, &self.build.openapi) {
            resource.origin.clone_from(&origin);
            gathered.objects.append(resource)?;
        }
        Ok(())
    }

    /// Opens the layer that an entry names; none when it is remote and not fetched yet.
    fn below(&self, entry: &Entry, is_component: bool) -> Result<Option<Self>> {
        if self.depth >= MAX_LAYERS {
            return Err(Failure::input(format_args!("more than {MAX_LAYERS} kustomizations lead to one another")));
        }
        let remote = remote::parse(&entry.text, &self.build.github_hosts)?;
        let layer = match &remote {
            None => self.layer.open(&entry.text)?,
            Some(remote) => {
                let Some(root) = self.fetched(remote) else { return Ok(None) };
                self.layer.open_repository(&root, remote.path())?
            }
        };
        let kustomization = Kustomization::load(&layer, &mut self.build.warnings.borrow_mut())?;
        self.build.openapi.set(&kustomization, &layer)?;
        if kustomization.is_component != is_component {
            let (found, field) =
                if is_component { ("Kustomization", "resources") } else { ("Component", "components") };
            return Err(Failure::input(format_args!("`{}` is a {found}", layer.shown()))
                .hinted(format!("List it under `{field}` instead.")));
        }
        let origin = self.origin.as_ref().map(|origin| match &remote {
            Some(remote) => Origin::of_remote(remote),
            None => origin.joined(&entry.text),
        });
        Ok(Some(Self { build: self.build, layer, kustomization, origin, depth: self.depth + 1 }))
    }

    fn fetched(&self, remote: &Remote) -> Option<std::path::PathBuf> {
        let found = self.layer.fetched(remote);
        if found.is_none() {
            self.build.workspace.lack(remote.clone());
        }
        found
    }

    /// `configurations` and `crds` add to the tables, and these travel up to the layers above.
    fn add_tables(&self, gathered: &mut Accumulated) -> Result<()> {
        let mut configured: Option<Tables> = None;
        for entry in &self.kustomization.configurations {
            let read = self.layer.load(&entry.text).and_then(|source| configurations::read(&source));
            let merged = read.and_then(|tables| configured.get_or_insert_default().merge(tables));
            merged.map_err(|failure| self.kustomization.failed_at(entry, failure))?;
        }
        let own = match configured {
            None => Rc::clone(&self.build.built_in),
            Some(added) => Rc::new(self.kustomization.located("configurations", self.build.built_in.joined(added))?),
        };
        gathered.merge_tables(own, self.build)?;
        for entry in &self.kustomization.crds {
            let read = self.layer.load(&entry.text).and_then(|source| crds::read(&source));
            let merged = read.and_then(|tables| gathered.merge_tables(Rc::new(tables), self.build));
            merged.map_err(|failure| self.kustomization.failed_at(entry, failure))?;
        }
        Ok(())
    }

    fn run_generators(&self, gathered: &mut Accumulated) -> Result<()> {
        let schema = self.build.openapi.current();
        for arguments in &self.kustomization.config_maps {
            let resource = config_map::generate(arguments, &self.layer, &schema)?;
            self.absorb(gathered, resource, self.built_in_origin("ConfigMapGenerator"))
                .map_err(|failure| arguments.during(failure))?;
        }
        for arguments in &self.kustomization.secrets {
            let resource = secret::generate(arguments, &self.layer, &schema)?;
            self.absorb(gathered, resource, self.built_in_origin("SecretGenerator"))
                .map_err(|failure| arguments.during(failure))?;
        }
        for plugin in self.plugin_objects(&self.kustomization.generators)? {
            let origin = plugin.origin.as_ref().map(|origin| Arc::new(origin.of_plugin(&plugin)));
            self.absorb(gathered, plugins::generate(&plugin, &self.layer, &schema)?, origin)?;
        }
        Ok(())
    }

    fn absorb(&self, gathered: &mut Accumulated, mut made: Resource, origin: Option<Arc<Origin>>) -> Result<()> {
        self.build.openapi.note_kind(made.api_version(), made.kind());
        made.origin = origin;
        gathered.objects.absorb(made)
    }

    /// `components`, each of which works on what is there.
    fn run_components(&self, mut gathered: Accumulated) -> Result<Accumulated> {
        for entry in &self.kustomization.components {
            let at = |failure| self.kustomization.failed_at(entry, failure);
            let was_set = self.build.openapi.is_set();
            if let Some(component) = self.below(entry, true).map_err(at)? {
                gathered.see_schema(was_set, self.build);
                let worked_on = component.accumulate_into(gathered).map_err(at)?;
                // kustomize puts the result into an empty set, which checks the ids once more.
                gathered = Accumulated::default();
                gathered.merge(worked_on, self.build)?;
            }
        }
        Ok(gathered)
    }

    fn run_transformers(&self, gathered: &mut Accumulated) -> Result<()> {
        let tables = gathered.tables.clone().unwrap_or_else(|| Rc::clone(&self.build.built_in));
        let mut all = steps::built_in(self, &tables)?;
        all.extend(self.plugin_steps(&self.kustomization.transformers)?);
        all.iter().try_for_each(|step| step.run(&mut gathered.objects))
    }

    /// Makes the steps that plugins' files describe.
    pub(crate) fn plugin_steps(&self, entries: &[Entry]) -> Result<Vec<Step>> {
        let objects = self.plugin_objects(entries)?;
        let steps = objects.iter().map(|plugin| {
            let origin = plugin.origin.as_ref().map(|origin| Arc::new(origin.of_plugin(plugin)));
            let transformer = plugins::transformer(plugin, &self.layer, &self.build.openapi)?;
            let source = plugin.source.clone().unwrap_or_else(|| self.kustomization.source.clone());
            let spot = Spot { source, span: Span { start: plugin.start, end: plugin.start } };
            Ok(Step { transformer, origin, spot })
        });
        steps.collect()
    }

    /// Reads plugins' configurations: inline objects first, then files and folders.
    fn plugin_objects(&self, entries: &[Entry]) -> Result<Vec<Resource>> {
        let mut gathered = Accumulated::default();
        let mut paths = Vec::new();
        for entry in entries {
            let source = Source::inside(&self.kustomization.source, entry.span, entry.text.as_str());
            match objects::read(&source, &self.build.openapi) {
                Err(_) => paths.push(entry.clone()),
                Ok(inline) => {
                    let origin = self.origin.as_ref().map(|origin| origin.joined(self.kustomization.file_name));
                    for mut plugin in inline {
                        plugin.origin = origin.clone().map(Arc::new);
                        gathered.objects.append(plugin)?;
                    }
                }
            }
        }
        self.add_resources(&mut gathered, &paths)?;
        Ok(gathered.objects.into_resources())
    }

    /// Returns the origin that a built-in generator or transformer of this layer writes.
    pub(crate) fn built_in_origin(&self, kind: &str) -> Option<Arc<Origin>> {
        let origin = self.origin.as_ref()?;
        Some(Arc::new(origin.of_built_in(kind, self.kustomization.file_name)))
    }
}

impl File {
    /// Reads the file that an entry names; none when it names something else.
    fn read(layer: &Layer<'_>, entry: &Entry, phases: &Phases) -> Result<Option<Self>> {
        let Some(source) = phases.measure(Phase::Read, || layer.load_file(&entry.text))? else { return Ok(None) };
        phases.note_bytes(source.text.len());
        phases.measure(Phase::Parse, || Self::of(source)).map(Some)
    }

    fn of(source: Source) -> Result<Self> {
        Ok(Self { nodes: objects::nodes(&source)?, source })
    }
}

impl Accumulated {
    /// Adds what a layer below gathered.
    fn merge(&mut self, below: Accumulated, build: &Build<'_>) -> Result<()> {
        self.objects.append_all(below.objects)?;
        vars::merge(&mut self.vars, below.vars)?;
        below.tables.map_or(Ok(()), |tables| self.merge_tables(tables, build))
    }

    /// A schema that a layer just opened has set counts for the objects that are there already, too.
    fn see_schema(&mut self, was_set: bool, build: &Build<'_>) {
        if !was_set && build.openapi.is_set() {
            let schema = build.openapi.current();
            self.objects.resources_mut().iter_mut().for_each(|resource| resource.see_schema(&schema));
        }
    }

    /// Adds rows. The empty table is no exception: a row for any kind falls away behind one for some kind.
    fn merge_tables(&mut self, added: Rc<Tables>, build: &Build<'_>) -> Result<()> {
        match &mut self.tables {
            None if Rc::ptr_eq(&added, &build.built_in) => self.tables = Some(added),
            None => self.tables = Some(Rc::new(Tables::default().joined(Tables::clone(&added))?)),
            Some(there) if Rc::ptr_eq(there, &added) => {}
            Some(there) => Rc::make_mut(there).merge(Tables::clone(&added))?,
        }
        Ok(())
    }
}
