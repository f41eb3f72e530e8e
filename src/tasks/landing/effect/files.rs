//! The files of a commit, and edited bytes in their place, as the engine wants them.
//! Remembers what was asked for and not known, so that it can be read and the build run again.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::FILE_NAMES;
use crate::config::paths::resolve;
use crate::failure::Result;
use crate::github::{Github, Mode, Tree};
use crate::kustomize::file_system::{EntryKind, FileSystem};
use crate::kustomize::remote::Remote;
use crate::yaml::{self, Node};

/// Links in a row that are followed, as in Linux.
const MOST_LINKS: usize = 40;

/// The files of a commit, under `/`.
pub(super) struct InTree<'tree> {
    tree: &'tree Tree,
    lacking: Mutex<BTreeSet<String>>,
}

impl<'tree> InTree<'tree> {
    pub(super) fn new(tree: &'tree Tree) -> Self {
        Self { tree, lacking: Mutex::default() }
    }

    /// Returns what was asked for and is not known.
    pub(super) fn lacking(&self) -> Vec<String> {
        self.noted().iter().cloned().collect()
    }

    fn noted(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.lacking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows links; `None` when nothing stands there, or when that is not known.
    fn find(&self, path: &Path) -> Option<String> {
        let mut done: Vec<String> = Vec::new();
        let mut ahead = resolve(&[], path.to_str()?)?;
        ahead.reverse();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            done.push(part);
            let here = done.join("/");
            let Some(entry) = self.tree.entry(&here).filter(|entry| entry.mode == Mode::Link) else { continue };
            links += 1;
            let Some(target) = entry.bytes.as_deref() else {
                self.noted().insert(here);
                return None;
            };
            done.pop();
            let target = std::str::from_utf8(target).ok()?.trim();
            if links > MOST_LINKS || target.starts_with('/') {
                return None;
            }
            ahead.extend(resolve(&done, target)?.into_iter().rev());
            done.clear();
        }
        Some(done.join("/"))
    }

    /// Returns what stands at a path without links.
    fn mode(&self, path: &str) -> Option<Mode> {
        let mode = self.tree.mode(path);
        if mode.is_none() {
            self.noted().insert(path.to_owned());
        }
        mode.flatten()
    }
}

impl FileSystem for InTree<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = self.find(path).ok_or(io::ErrorKind::NotFound)?;
        if !matches!(self.mode(&path), Some(Mode::File | Mode::Executable)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        match self.tree.bytes(&path) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => {
                self.noted().insert(path);
                Err(io::ErrorKind::NotFound.into())
            }
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        match self.mode(&self.find(path)?)? {
            Mode::Folder => Some(EntryKind::Folder),
            Mode::File | Mode::Executable => Some(EntryKind::File),
            Mode::Link | Mode::Submodule => None,
        }
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let path = self.find(path).ok_or(io::ErrorKind::NotFound)?;
        if self.mode(&path).is_some() { Ok(Path::new("/").join(path)) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// Another file system with edited bytes in place of some files.
pub(super) struct Edited<'inner> {
    inner: &'inner dyn FileSystem,
    files: HashMap<PathBuf, Vec<u8>>,
}

impl<'inner> Edited<'inner> {
    pub(super) fn new(inner: &'inner dyn FileSystem, files: Vec<(PathBuf, Vec<u8>)>) -> Self {
        let canonical = |path: PathBuf| inner.canonical(&path).unwrap_or(path);
        Self { inner, files: files.into_iter().map(|(path, bytes)| (canonical(path), bytes)).collect() }
    }
}

impl FileSystem for Edited<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let edited = self.inner.canonical(path).ok().and_then(|path| self.files.get(&path));
        edited.map_or_else(|| self.inner.read(path), |bytes| Ok(bytes.clone()))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        self.inner.kind(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.inner.canonical(path)
    }

    fn fetched(&self, reference: &Remote) -> Option<PathBuf> {
        self.inner.fetched(reference)
    }
}

/// Reads what the kustomizations in `folders` refer to, and what those refer to: one request a layer for all of them.
/// What is missed here is found by the build and read then.
pub(super) async fn read_ahead(github: &Github<'_>, tree: &mut Tree, folders: &[String]) -> Result<()> {
    let mut open: Vec<String> = folders.to_vec();
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    while !open.is_empty() {
        let mut wanted = BTreeSet::new();
        let mut bases = Vec::new();
        for folder in &open {
            for (path, may_be_folder) in references(tree, folder) {
                wanted.insert(path.clone());
                if may_be_folder && seen.insert(path.clone()) {
                    wanted.extend(candidates(&path));
                    bases.push(path);
                }
            }
        }
        let wanted: Vec<String> = wanted.into_iter().filter(|path| !path.is_empty()).collect();
        github.read(tree, &wanted).await?;
        open = bases;
    }
    Ok(())
}

fn candidates(folder: &str) -> impl Iterator<Item = String> {
    FILE_NAMES.iter().map(move |name| if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") })
}

/// Returns the local paths that a folder's kustomization names, and whether each may be a folder.
fn references(tree: &Tree, folder: &str) -> Vec<(String, bool)> {
    let Some(bytes) = candidates(folder).find_map(|path| tree.bytes(&path)) else { return Vec::new() };
    let Ok(Some(document)) = yaml::parse_first(bytes) else { return Vec::new() };
    let from = resolve(&[], folder).unwrap_or_default();
    let mut found = Vec::new();
    let mut take = |text: &str, may_be_folder: bool| {
        let text = text.rsplit_once('=').map_or(text, |(_, path)| path);
        let is_path = !text.is_empty() && !text.contains(['\n', ':']) && text.len() < 400;
        if let Some(parts) = resolve(&from, text).filter(|_| is_path) {
            let file = [".yaml", ".yml", ".json"].iter().any(|end| text.ends_with(end));
            found.push((parts.join("/"), may_be_folder && !file));
        }
    };
    collect(&document.root, &mut take);
    found
}

fn collect(root: &Node, take: &mut impl FnMut(&str, bool)) {
    let items = |key: &str| root.get(key).and_then(Node::as_sequence).map_or(&[][..], |list| &list.items[..]);
    for key in ["resources", "bases", "components", "generators", "transformers", "validators"] {
        items(key).iter().filter_map(Node::text).for_each(|text| take(text, true));
    }
    for key in ["crds", "configurations", "patchesStrategicMerge"] {
        items(key).iter().filter_map(Node::text).for_each(|text| take(text, false));
    }
    for key in ["patches", "patchesJson6902", "replacements"] {
        items(key).iter().filter_map(|item| item.get("path")?.text()).for_each(|text| take(text, false));
    }
    if let Some(path) = root.at(&["openapi", "path"]).and_then(Node::text) {
        take(path, false);
    }
    for item in items("configMapGenerator").iter().chain(items("secretGenerator")) {
        for key in ["files", "envs"] {
            let list = item.get(key).and_then(Node::as_sequence).map_or(&[][..], |list| &list.items[..]);
            list.iter().filter_map(Node::text).for_each(|text| take(text, false));
        }
        if let Some(path) = item.get("env").and_then(Node::text) {
            take(path, false);
        }
    }
}
