//! What the engine needs of a file system, and one in memory. The one on disk is `disk`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::kustomize::remote::Remote;

/// Largest file that is read, in bytes: well above any real manifest, well below the memory of a runner.
pub const MOST_BYTES: usize = 64 << 20;

/// What stands at a path, symbolic links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// The only thing that is passed into a build, which reads many files at once.
pub trait FileSystem: Sync {
    /// Reads a whole file.
    ///
    /// # Errors
    /// When there is none, or it cannot be read; [`io::ErrorKind::FileTooLarge`] above [`MOST_BYTES`], for which
    /// nothing needs to be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Returns what stands at `path`.
    fn kind(&self, path: &Path) -> Option<EntryKind>;

    /// Tells whether a file stands at `path` itself, reached through no symbolic link in the last step. No is always a
    /// right answer: [`FileSystem::kind`] and [`FileSystem::canonical`] are asked then.
    fn is_plain_file(&self, _path: &Path) -> bool {
        false
    }

    /// Returns the absolute path without symbolic links, `.` and `..`.
    ///
    /// # Errors
    /// When nothing stands there.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Returns the names of what a folder holds, in no order; nothing when it is no folder, or cannot be listed.
    fn names(&self, _folder: &Path) -> Vec<String> {
        Vec::new()
    }

    /// Returns where the content of a remote reference was put, once it was fetched: the file, or the repository's root.
    fn fetched(&self, _reference: &Remote) -> Option<PathBuf> {
        None
    }
}

/// Files in memory, by absolute path.
#[derive(Clone, Debug, Default)]
pub struct MemoryFileSystem {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFileSystem {
    /// Adds or replaces a file; a relative path counts from `/`.
    pub fn write(&mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) {
        self.files.insert(clean(&Path::new("/").join(path)), content.into());
    }
}

impl FileSystem for MemoryFileSystem {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(&clean(&Path::new("/").join(path))).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_plain_file(&self, path: &Path) -> bool {
        self.files.contains_key(&clean(&Path::new("/").join(path)))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let path = clean(&Path::new("/").join(path));
        let (first, _) = self.files.range(path.clone()..).find(|(file, _)| file.starts_with(&path))?;
        Some(if *first == path { EntryKind::File } else { EntryKind::Folder })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let path = clean(&Path::new("/").join(path));
        if self.kind(&path).is_some() { Ok(path) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let folder = clean(&Path::new("/").join(folder));
        let below = self.files.range(folder.clone()..).take_while(|(file, _)| file.starts_with(&folder));
        let names: BTreeSet<String> = below
            .filter_map(|(file, _)| file.strip_prefix(&folder).ok()?.components().next())
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        names.into_iter().collect()
    }
}

/// Returns `path` without `.` and with each `..` taken out together with what stands before it, as the text says.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match cleaned.components().next_back() {
                Some(Component::Normal(_)) => {
                    cleaned.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                Some(Component::ParentDir | Component::CurDir) | None => cleaned.push(".."),
            },
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// Returns the path that leads from the folder `from` to `to`, both absolute and clean.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}
