//! What a task renders: from the disk or from a repository at a commit, with images set on the fly, and with the remote
//! references that the engine lacks. Reads and builds; what becomes of the objects is the task's business.

mod folders;
mod overlay;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::disk::Disk;
use crate::failure::{Failure, FailureKind, Place, Result};
use crate::fetch::{Fetched, Fetcher, WithFetched};
use crate::images::{Request, RequestInputs};
use crate::inputs::Context;
use crate::inputs::task::{Build, ImageEdits, Source};
use crate::kustomize::file_system::{EntryKind, FileSystem, MemoryFileSystem};
use crate::kustomize::phases::Times;
use crate::kustomize::remote::Remote;
use crate::kustomize::{self, Built, Object, Options, Reorder};
use crate::outcome::Notice;
use crate::runner::Console;

/// Names under which kustomize looks for its file.
pub(crate) const KUSTOMIZATION_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// References that appear in what was fetched are fetched in turn, this many times over.
const FETCH_ROUNDS: usize = 16;

/// What was rendered.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The objects of all paths, each path's in kustomize's order.
    pub(crate) objects: Vec<Object>,
    /// The commit that was read: of `config-repo`, else of the checkout that holds the first path.
    pub(crate) commit: Option<String>,
    /// Repository that the paths belong to: `config-repo`, else the checkout's remote, where one is known.
    pub(crate) repository: Option<String>,
    /// What there is to say, the most important first.
    pub(crate) notices: Vec<Notice>,
}

/// Whether a folder without a kustomization counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Its manifests are taken as they are, as `kubectl apply -f` does.
    Taken,
    /// It is an error, as for `kustomize build`.
    Refused,
}

/// Reads and builds everything that a source names.
///
/// # Errors
/// A path that is not there, a manifest or kustomization that does not build, a reference that cannot be fetched.
pub(crate) async fn read(
    source: &Source,
    build: &Build,
    edits: &ImageEdits,
    plain: Plain,
    context: &Context,
    console: &Console,
) -> Result<Rendered> {
    let request = request(edits)?;
    let fetcher = Fetcher::new(context, source.forge.token.as_ref(), &source.allow_hosts);
    let tree = open(source, &fetcher).await?;
    let options = options(build, context, &source.allow_hosts);
    let mut rendered = Rendered {
        objects: Vec::new(),
        commit: tree.commit.clone(),
        repository: tree.repository.clone(),
        notices: tree.notices.clone(),
    };
    for folder in tree.folders(&source.paths)? {
        tree.keep_inside(&folder, context)?;
        let built =
            Pass { tree: &tree, fetcher: &fetcher, options: &options, plain, console }.build(&folder, &request).await?;
        rendered.notices.extend(built.notices);
        rendered.objects.extend(built.built.objects.into_iter().map(|object| tree.shown(object)));
    }
    Ok(rendered)
}

/// Where files come from.
struct Tree {
    files: Box<dyn FileSystem>,
    /// Paths count from here.
    root: PathBuf,
    commit: Option<String>,
    repository: Option<String>,
    notices: Vec<Notice>,
    on_disk: bool,
}

async fn open(source: &Source, fetcher: &Fetcher) -> Result<Tree> {
    let Some(repository) = &source.config_repo else {
        if source.paths.iter().any(|path| path == "-") {
            return standard_input(source);
        }
        let root = crate::disk::working_folder()?;
        let checkout = crate::disk::checkout(&root.join(&source.paths[0]));
        return Ok(Tree {
            files: Box::new(Disk),
            commit: checkout.as_ref().and_then(|checkout| checkout.commit.clone()),
            repository: checkout.and_then(|checkout| checkout.remote),
            root,
            notices: Vec::new(),
            on_disk: true,
        });
    };
    let tree = fetcher.config_repo(repository, source.reference.as_deref()).await?;
    let mut files = MemoryFileSystem::default();
    for (path, content) in tree.files {
        files.write(Path::new("/").join(path), content);
    }
    Ok(Tree {
        files: Box::new(files),
        root: PathBuf::from("/"),
        commit: Some(tree.commit),
        repository: Some(repository.clone()),
        notices: Vec::new(),
        on_disk: false,
    })
}

/// Manifests on standard input, as the one file of a folder of their own.
fn standard_input(source: &Source) -> Result<Tree> {
    if source.paths.len() > 1 {
        return Err(Failure::input("path: standard input (`-`) stands alone"));
    }
    let text = crate::runner::read_secret("-").map_err(|error| Failure::input(format!("standard input: {error}")))?;
    let mut files = MemoryFileSystem::default();
    files.write("/-", text);
    let (root, notices) = (PathBuf::from("/"), Vec::new());
    Ok(Tree { files: Box::new(files), root, commit: None, repository: None, notices, on_disk: true })
}

/// What one folder gave.
struct FolderBuilt {
    built: Built,
    notices: Vec<Notice>,
}

/// One build after another until nothing is lacking.
struct Pass<'a> {
    tree: &'a Tree,
    fetcher: &'a Fetcher,
    options: &'a Options,
    plain: Plain,
    console: &'a Console,
}

impl Pass<'_> {
    async fn build(&self, path: &Path, request: &Request) -> Result<FolderBuilt> {
        let prepared = overlay::prepare(self.tree.files.as_ref(), path, request, self.plain)?;
        let mut files = WithFetched::new(&prepared.files);
        let mut notices: Vec<Notice> = prepared.warnings.into_iter().map(Notice::new).collect();
        for _ in 0..FETCH_ROUNDS {
            let built = kustomize::build(&files, &prepared.folder, self.options).map_err(|f| self.relative(f))?;
            if built.lacking.is_empty() {
                built.times.iter().for_each(|times| self.say_times(times));
                notices.extend(built.warnings.iter().map(|warning| Notice {
                    message: warning.message.clone(),
                    place: warning.place.clone().map(|place| self.relative_place(place)),
                }));
                return Ok(FolderBuilt { built, notices });
            }
            for (remote, fetched, said) in self.fetch(built.lacking).await? {
                notices.extend(said);
                files.add(remote, fetched);
            }
        }
        Err(Failure::input(format!("{}: remote references go deeper than {FETCH_ROUNDS} levels", path.display())))
    }

    /// One line a phase, as `bench/build.py` looks for them.
    fn say_times(&self, times: &Times) {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        #[expect(clippy::cast_precision_loss, reason = "shown in tenths of megabytes")]
        let megabytes = times.bytes as f64 / 1e6;
        let speed = megabytes / times.read.as_secs_f64().max(1e-9);
        let read = milliseconds(times.read);
        self.console.debug(&format!("phase read {read:.1} ms, {megabytes:.1} MB, {speed:.0} MB/s"));
        self.console.debug(&format!("phase parse {:.1} ms", milliseconds(times.parse)));
        self.console.debug(&format!("phase transform {:.1} ms", milliseconds(times.transform)));
    }

    async fn fetch(&self, lacking: Vec<Remote>) -> Result<Vec<(Remote, Fetched, Vec<Notice>)>> {
        let fetches = lacking.into_iter().map(|remote| async move {
            self.console.debug(&format!("fetching {remote:?}"));
            let (fetched, notices) = self.fetcher.fetch(&remote).await?;
            Ok::<_, Failure>((remote, fetched, notices))
        });
        futures_util::future::try_join_all(fetches).await
    }

    fn relative(&self, mut failure: Failure) -> Failure {
        failure.place = failure.place.take().map(|place| self.relative_place(place));
        failure
    }

    fn relative_place(&self, place: Place) -> Place {
        Place { file: self.tree.relative(place.file), ..place }
    }
}

fn options(build: &Build, context: &Context, allow_hosts: &[String]) -> Options {
    let mut options = Options {
        reorder: match build.reorder.as_deref() {
            Some("none") => Some(Reorder::None),
            Some("legacy") => Some(Reorder::Legacy),
            _ => None,
        },
        load_anywhere: build.load_restrictions_none,
        managed_by_label: build.managed_by_label,
        clock: context.debug.then_some(crate::runner::clock),
        ..Options::default()
    };
    let server = context.server_url.split("://").nth(1).unwrap_or_default().to_owned();
    options.github_hosts.extend(std::iter::once(server).chain(allow_hosts.iter().cloned()));
    options
}

/// The images and replicas to set, checked; all errors at once.
pub(crate) fn request(edits: &ImageEdits) -> Result<Request> {
    let inputs = RequestInputs {
        images: &edits.lines,
        image: edits.image.as_deref().unwrap_or_default(),
        tag: edits.tag.as_deref().unwrap_or_default(),
        digest: edits.digest.as_deref().unwrap_or_default(),
        new_name: edits.new_name.as_deref().unwrap_or_default(),
        replicas: &edits.replicas,
    };
    Request::read(&inputs).map_err(|errors| Failure::input(errors.join("\n")))
}

impl Tree {
    /// The folders (and files of plain manifests) that the lines of `path` name.
    fn folders(&self, lines: &[String]) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for line in lines {
            let path = self.root.join(line.trim_start_matches(if self.on_disk { "" } else { "/" }));
            let matched = folders::matching(self.files.as_ref(), &path);
            if matched.is_empty() {
                return Err(self.missing(line));
            }
            found.extend(matched);
        }
        Ok(found)
    }

    /// Refuses a path of the workspace that a link, which anybody's commit can hold, leads out of it.
    fn keep_inside(&self, path: &Path, context: &Context) -> Result<()> {
        let Some(workspace) = context.workspace.as_deref().map(Path::new).filter(|_| self.on_disk) else {
            return Ok(());
        };
        let (Ok(workspace), Ok(real)) = (self.files.canonical(workspace), self.files.canonical(path)) else {
            return Ok(());
        };
        if !path.starts_with(&workspace) || real.starts_with(&workspace) {
            return Ok(());
        }
        let shown = self.relative(path.display().to_string());
        Err(Failure::input(format!("path: `{shown}` is a link that leads out of the workspace"))
            .hinted("put the manifests into the repository itself"))
    }

    fn shown(&self, object: Object) -> Object {
        Object { file: object.file.map(|file| self.relative(file)), ..object }
    }

    /// A file as the user knows it: from the working folder or the repository's root.
    fn relative(&self, file: String) -> String {
        // Thousands of objects are shown; their files mostly are relative, or lie below the root as its text says.
        let below = self.root.to_str().and_then(|root| file.strip_prefix(root)?.strip_prefix('/'));
        match below {
            Some(below) if !below.starts_with('/') => below.to_owned(),
            _ => Path::new(&file).strip_prefix(&self.root).map(|file| file.display().to_string()).unwrap_or(file),
        }
    }

    fn missing(&self, line: &str) -> Failure {
        let place = match (&self.repository, &self.commit) {
            (Some(repository), Some(commit)) if !self.on_disk => format!("in {repository} at {commit}"),
            _ => format!("below {}", self.root.display()),
        };
        Failure::new(FailureKind::Input, format!("path: `{line}` is not there ({place})"))
            .hinted("`path` is the folder of a kustomization.yaml; on disk it needs the checkout step before this one")
    }
}

/// Tells whether a folder holds a kustomization.
pub(crate) fn kustomization_in(files: &dyn FileSystem, folder: &Path) -> Option<PathBuf> {
    KUSTOMIZATION_NAMES.iter().map(|name| folder.join(name)).find(|file| files.kind(file) == Some(EntryKind::File))
}
