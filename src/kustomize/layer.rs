//! One kustomization folder while it is read: finds and loads the files and folders that its fields name, inside the
//! root only. Knows nothing about what is in the files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::file_system::{EntryKind, FileSystem, MOST_BYTES, clean, relative};
use crate::kustomize::remote::Remote;
use crate::kustomize::source::Source;
use crate::yaml::Span;

const TOO_LARGE: &str = "is larger than 64 MiB: split it";

/// What all layers of one build share, and all threads that read for one of them.
pub(crate) struct Workspace<'f> {
    file_system: &'f dyn FileSystem,
    /// Files must lie in or below the layer that names them (`LoadRestrictionsRootOnly`).
    restricted: bool,
    /// The root's path as the user gave it, and without symbolic links.
    given: PathBuf,
    root: PathBuf,
    files: Mutex<Vec<PathBuf>>,
    /// Folders of files that were found, by the path they were looked for at.
    folders: Mutex<HashMap<PathBuf, PathBuf>>,
    lacking: Mutex<Vec<Remote>>,
}

/// One kustomization folder.
#[derive(Clone)]
pub(crate) struct Layer<'w> {
    workspace: &'w Workspace<'w>,
    /// Absolute, without symbolic links.
    root: PathBuf,
    /// As the user would write it.
    shown: Arc<str>,
    /// The folders on the way from the build's root to here, to find cycles.
    above: Vec<PathBuf>,
    /// The root of the remote repository that this layer was fetched with: nothing outside may be named.
    repository: Option<PathBuf>,
}

impl<'f> Workspace<'f> {
    /// Opens the folder at `path`.
    pub(crate) fn open(file_system: &'f dyn FileSystem, path: &Path, restricted: bool) -> Result<Self> {
        let root = folder(file_system, path).map_err(|why| {
            Failure::input(format_args!("`{}` {why}", path.display()))
                .hinted("`path` must be the folder of a kustomization.")
        })?;
        let (files, folders, lacking) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self { file_system, restricted, given: path.to_path_buf(), root, files, folders, lacking })
    }

    /// Returns the layer of the root.
    pub(crate) fn layer(&'f self) -> Layer<'f> {
        Layer {
            workspace: self,
            root: self.root.clone(),
            shown: self.shown(&self.root).into(),
            above: Vec::new(),
            repository: None,
        }
    }

    /// Returns the files read so far, sorted.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = locked(&self.files).clone();
        files.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        files.dedup();
        files
    }

    /// Returns the remote references that were needed and not there.
    pub(crate) fn lacking(&self) -> Vec<Remote> {
        locked(&self.lacking).clone()
    }

    /// Returns the path without symbolic links of a file, and nothing when no file stands there.
    fn file(&self, wanted: &Path) -> std::io::Result<Option<PathBuf>> {
        if let (true, Some(folder), Some(name)) =
            (self.file_system.is_plain_file(wanted), wanted.parent(), wanted.file_name())
        {
            let known = locked(&self.folders).get(folder).map(|folder| folder.join(name));
            if let Some(known) = known {
                return Ok(Some(known));
            }
            let canonical = self.file_system.canonical(folder)?;
            let found = canonical.join(name);
            locked(&self.folders).insert(folder.to_path_buf(), canonical);
            return Ok(Some(found));
        }
        let found = self.file_system.canonical(wanted)?;
        Ok((self.file_system.kind(&found) == Some(EntryKind::File)).then_some(found))
    }

    /// Notes that a remote reference is needed.
    pub(crate) fn lack(&self, reference: Remote) {
        let mut lacking = locked(&self.lacking);
        if !lacking.contains(&reference) {
            lacking.push(reference);
        }
    }

    /// Returns `path` as the user would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let shown = clean(&self.given.join(relative(&self.root, path)));
        if shown.as_os_str().is_empty() { ".".into() } else { shown.to_string_lossy().into_owned() }
    }
}

impl<'w> Layer<'w> {
    /// Returns the folder as the user would write it.
    pub(crate) fn shown(&self) -> String {
        self.shown.to_string()
    }

    /// Tells whether a file of this name stands in the folder itself.
    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.workspace.file_system.kind(&self.root.join(name)) == Some(EntryKind::File)
    }

    fn shown_file(&self, found: &Path) -> String {
        match (found.parent(), found.file_name()) {
            (Some(folder), Some(name)) if folder == self.root && &*self.shown != "." => {
                format!("{}/{}", self.shown, name.to_string_lossy())
            }
            _ => self.workspace.shown(found),
        }
    }

    /// Returns the last segment of the folder's path.
    pub(crate) fn folder_name(&self) -> SmolStr {
        self.root.file_name().map_or("/".into(), |name| name.to_string_lossy().as_ref().into())
    }

    /// Tells whether `path`, relative to the layer, is a folder.
    pub(crate) fn is_folder(&self, path: &str) -> bool {
        self.workspace.file_system.kind(&clean(&self.root.join(path))) == Some(EntryKind::Folder)
    }

    /// Loads a text that a field names; `path` is relative to the layer. Fails when it lies outside, when it is a folder
    /// or missing, or is no UTF-8.
    pub(crate) fn load(&self, path: &str) -> Result<Source> {
        let (found, bytes) = self.load_bytes(path)?;
        self.text(&found, bytes)
    }

    /// Loads a text as [`Layer::load`] does, or nothing when no file stands there.
    pub(crate) fn load_file(&self, path: &str) -> Result<Option<Source>> {
        let wanted = clean(&self.root.join(path));
        let Ok(Some(found)) = self.workspace.file(&wanted) else { return Ok(None) };
        let bytes = self.read(&wanted, &found)?;
        self.text(&found, bytes).map(Some)
    }

    fn text(&self, found: &Path, bytes: Vec<u8>) -> Result<Source> {
        let shown = self.shown_file(found);
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source::file(shown, text)),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let text = String::from_utf8_lossy(valid);
                let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
                Err(Source::file(shown, text.as_ref())
                    .failure(Span { start: end, end }, "the file is not valid UTF-8")
                    .hinted("Save it as UTF-8, or give binary content to a generator's `files`."))
            }
        }
    }

    /// Loads a file as bytes, as [`Layer::load`] does otherwise; returns where it was found as well.
    pub(crate) fn load_bytes(&self, path: &str) -> Result<(PathBuf, Vec<u8>)> {
        let wanted = clean(&self.root.join(path));
        let found = self.workspace.file(&wanted).map_err(|error| self.refused(&wanted, reason(&error)))?;
        let found = found.ok_or_else(|| self.refused(&wanted, "is a folder, where a file is needed"))?;
        let bytes = self.read(&wanted, &found)?;
        Ok((found, bytes))
    }

    fn read(&self, wanted: &Path, found: &Path) -> Result<Vec<u8>> {
        let restricted = self.workspace.restricted || self.repository.is_some();
        if restricted && !found.starts_with(&self.root) {
            return Err(self
                .refused(wanted, &format!("is outside of the folder `{}` that names it", self.shown()))
                .hinted("Move it below that folder, or build with `load-restrictor: none`."));
        }
        let bytes = self.workspace.file_system.read(found).map_err(|error| self.refused(wanted, reason(&error)))?;
        if bytes.len() > MOST_BYTES {
            return Err(self.refused(wanted, TOO_LARGE));
        }
        locked(&self.workspace.files).push(found.to_path_buf());
        Ok(bytes)
    }

    fn refused(&self, wanted: &Path, why: &str) -> Failure {
        Failure::input(format_args!("file `{}` {why}", self.workspace.shown(wanted)))
    }

    /// Opens the folder of another kustomization, relative to this one.
    pub(crate) fn open(&self, path: &str) -> Result<Layer<'w>> {
        if path.is_empty() {
            return Err(Failure::input("an empty path names no folder"));
        }
        if Path::new(path).is_absolute() {
            return Err(Failure::input(format_args!("folder `{path}` must not be absolute")));
        }
        if path.split('/').any(|segment| segment != ".." && segment.contains("..")) {
            return Err(Failure::input(format_args!("`{path}` has `..` inside of a segment"))
                .hinted("Check the indentation: two list entries may have merged into one."));
        }
        let wanted = clean(&self.root.join(path));
        let shown = self.workspace.shown(&wanted);
        let root = folder(self.workspace.file_system, &wanted)
            .map_err(|why| Failure::input(format_args!("`{shown}` {why}")))?;
        if self.repository.as_ref().is_some_and(|repository| !root.starts_with(repository)) {
            return Err(Failure::input(format_args!("`{shown}` is outside of the remote repository that names it")));
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        self.refuse_cycle(&above, &root)?;
        let shown = self.workspace.shown(&root).into();
        Ok(Layer { workspace: self.workspace, root, shown, above, repository: self.repository.clone() })
    }

    /// Opens a fetched repository at its folder `path`.
    pub(crate) fn open_repository(&self, repository: &Path, path: &str) -> Result<Layer<'w>> {
        let wanted = clean(&repository.join(path.trim_start_matches('/')));
        let root = folder(self.workspace.file_system, &wanted)
            .map_err(|why| Failure::input(format_args!("folder `{path}` of the remote repository {why}")))?;
        let repository = self.workspace.file_system.canonical(repository).unwrap_or_else(|_| repository.to_path_buf());
        if !root.starts_with(&repository) {
            return Err(Failure::input(format_args!("folder `{path}` leads out of the remote repository")));
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        self.refuse_cycle(&above, &root)?;
        let shown = self.workspace.shown(&root).into();
        Ok(Layer { workspace: self.workspace, root, shown, above, repository: Some(repository) })
    }

    /// Loads the content of a fetched file.
    pub(crate) fn load_fetched(&self, path: &Path, name: &str) -> Result<Source> {
        let refused = |why: &str| Failure::input(format_args!("`{name}` {why}"));
        let bytes = self.workspace.file_system.read(path).map_err(|error| refused(reason(&error)))?;
        String::from_utf8(bytes).map(|text| Source::file(name, text)).map_err(|_| refused("is not valid UTF-8"))
    }

    /// Returns where the content of a reference was put.
    pub(crate) fn fetched(&self, reference: &Remote) -> Option<PathBuf> {
        self.workspace.file_system.fetched(reference)
    }

    fn refuse_cycle(&self, above: &[PathBuf], root: &Path) -> Result<()> {
        let Some(visited) = above.iter().rev().find(|visited| visited.starts_with(root)) else { return Ok(()) };
        let (root, visited) = (self.workspace.shown(root), self.workspace.shown(visited));
        let what = if root == visited {
            "leads back to itself".into()
        } else {
            format!("contains `{visited}`, which leads to it")
        };
        Err(Failure::input(format_args!("cycle: the folder `{root}` {what}")))
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn folder(file_system: &dyn FileSystem, path: &Path) -> std::result::Result<PathBuf, String> {
    let found = file_system.canonical(path).map_err(|error| reason(&error).to_owned())?;
    match file_system.kind(&found) {
        Some(EntryKind::Folder) => Ok(found),
        _ => Err("is a file, where a folder is needed".into()),
    }
}

fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist",
        std::io::ErrorKind::PermissionDenied => "may not be read",
        std::io::ErrorKind::FileTooLarge => TOO_LARGE,
        _ => "cannot be read",
    }
}
