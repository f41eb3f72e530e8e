//! A folder made ready for the engine: images are set in its kustomization as `bump` would set them, and plain manifests
//! get a kustomization that names them. Nothing is written; the changed files stand before those of the inner file system.

use std::io;
use std::path::{Path, PathBuf};

use super::{Plain, kustomization_in};
use crate::failure::{Failure, Place, Result};
use crate::images::{Request, edit};
use crate::kustomize::file_system::{EntryKind, FileSystem};
use crate::kustomize::remote::Remote;

/// The ends of names that kubectl takes for manifests.
const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];

/// A folder and the files to build it from.
pub(super) struct Prepared<'a> {
    pub(super) files: Over<'a>,
    pub(super) folder: PathBuf,
    pub(super) warnings: Vec<String>,
}

/// Makes a path ready: the folder of a kustomization, a folder of manifests, or one file of them.
///
/// # Errors
/// An image that cannot be set, or a folder with nothing to deploy.
pub(super) fn prepare<'a>(
    files: &'a dyn FileSystem,
    path: &Path,
    request: &Request,
    plain: Plain,
) -> Result<Prepared<'a>> {
    let path = &files.canonical(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    let is_file = files.kind(path) == Some(EntryKind::File);
    let folder = if is_file { path.parent().unwrap_or(path).to_path_buf() } else { path.to_path_buf() };
    let (name, text) = match kustomization_in(files, &folder).filter(|_| !is_file) {
        Some(_) if request.is_empty() => {
            return Ok(Prepared { files: Over { inner: files, over: None }, folder, warnings: vec![] });
        }
        Some(file) => {
            let bytes = files.read(&file).map_err(|error| Failure::input(format!("{}: {error}", file.display())))?;
            let text =
                String::from_utf8(bytes).map_err(|_| Failure::input(format!("{}: is no UTF-8", file.display())))?;
            (file, text)
        }
        None if plain == Plain::Refused => return Err(no_kustomization(path)),
        None => (folder.join("kustomization.yaml"), name_manifests(files, &folder, path, is_file)?),
    };
    let edited = edit(&text, request, true).map_err(|error| refused(&name, &error))?;
    let over = Some((name, edited.text.into_bytes()));
    Ok(Prepared { files: Over { inner: files, over }, folder, warnings: edited.warnings })
}

fn no_kustomization(path: &Path) -> Failure {
    let message = format!("{}: holds no kustomization.yaml, kustomization.yml or Kustomization", path.display());
    Failure::input(message)
        .hinted("`path` is the folder of a kustomization; `deploy` and `diff` take plain manifests too")
}

/// A kustomization that names the manifests of a folder in the order of their names, or the one file.
fn name_manifests(files: &dyn FileSystem, folder: &Path, path: &Path, is_file: bool) -> Result<String> {
    let mut names: Vec<String> = if is_file {
        path.file_name().map(|name| name.to_string_lossy().into_owned()).into_iter().collect()
    } else {
        files.names(folder).into_iter().filter(|name| is_manifest(files, folder, name)).collect()
    };
    names.sort();
    if names.is_empty() {
        let message = format!("{}: holds neither a kustomization nor a manifest", folder.display());
        return Err(
            Failure::input(message).hinted("name the folder of a kustomization.yaml, or of .yaml, .yml, .json files")
        );
    }
    let list: String = names.iter().map(|name| format!("- {}\n", serde_json::json!(name))).collect();
    Ok(format!("sortOptions:\n  order: fifo\nresources:\n{list}"))
}

fn is_manifest(files: &dyn FileSystem, folder: &Path, name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    MANIFESTS.contains(&ending) && files.kind(&folder.join(name)) == Some(EntryKind::File)
}

fn refused(file: &Path, error: &crate::images::EditError) -> Failure {
    let name = file.display().to_string();
    let failure = Failure::input(format!("{name}: {}", error.message));
    if error.line == 0 { failure } else { failure.at(Place { file: name, line: error.line, column: error.column }) }
}

/// An inner file system with one file in front of it.
pub(super) struct Over<'a> {
    inner: &'a dyn FileSystem,
    over: Option<(PathBuf, Vec<u8>)>,
}

impl Over<'_> {
    fn hit(&self, path: &Path) -> Option<&[u8]> {
        self.over.as_ref().filter(|(file, _)| file == path).map(|(_, bytes)| bytes.as_slice())
    }
}

impl FileSystem for Over<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.hit(path).map_or_else(|| self.inner.read(path), |bytes| Ok(bytes.to_vec()))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        if self.hit(path).is_some() { Some(EntryKind::File) } else { self.inner.kind(path) }
    }

    fn is_plain_file(&self, path: &Path) -> bool {
        self.hit(path).is_none() && self.inner.is_plain_file(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        if self.hit(path).is_some() { Ok(path.to_path_buf()) } else { self.inner.canonical(path) }
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        self.inner.names(folder)
    }

    fn fetched(&self, reference: &Remote) -> Option<PathBuf> {
        self.inner.fetched(reference)
    }
}
