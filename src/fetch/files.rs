//! A file system with what was fetched beside what was there. Each reference gets a folder that no disk has.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::Fetched;
use crate::kustomize::file_system::{EntryKind, FileSystem, MemoryFileSystem};
use crate::kustomize::remote::Remote;

const ROOT: &str = "/.k8s-deploy-fetched";

/// An inner file system, and fetched files.
pub struct WithFetched<'a> {
    inner: &'a dyn FileSystem,
    memory: MemoryFileSystem,
    places: HashMap<Remote, PathBuf>,
}

impl<'a> WithFetched<'a> {
    /// Returns the inner file system with nothing fetched yet.
    pub fn new(inner: &'a dyn FileSystem) -> Self {
        Self { inner, memory: MemoryFileSystem::default(), places: HashMap::new() }
    }

    /// Adds what was fetched for a reference.
    pub fn add(&mut self, remote: Remote, fetched: Fetched) {
        let folder = PathBuf::from(ROOT).join(self.places.len().to_string());
        let place = match fetched {
            Fetched::File(content) => {
                let file = folder.join("resource.yaml");
                self.memory.write(&file, content);
                file
            }
            Fetched::Repository(files) => {
                for (path, content) in files {
                    self.memory.write(folder.join(path), content);
                }
                folder
            }
        };
        self.places.insert(remote, place);
    }

    fn of(&self, path: &Path) -> &dyn FileSystem {
        if path.starts_with(ROOT) { &self.memory } else { self.inner }
    }
}

impl FileSystem for WithFetched<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.of(path).read(path)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        self.of(path).kind(path)
    }

    fn is_plain_file(&self, path: &Path) -> bool {
        self.of(path).is_plain_file(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.of(path).canonical(path)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        self.of(folder).names(folder)
    }

    fn fetched(&self, reference: &Remote) -> Option<PathBuf> {
        self.places.get(reference).cloned()
    }
}
