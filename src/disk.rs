//! The only std::fs: the file system of the machine, as the engine wants it.
#![allow(clippy::disallowed_methods, reason = "edge: files are read and written here and nowhere else")]

mod checkout;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, FailureKind, Result};
use crate::kustomize::file_system::{EntryKind, FileSystem, MOST_BYTES};

pub(crate) use checkout::checkout;

/// The files of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = std::fs::File::open(path)?;
        let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if size > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // Through `take`, which does not ask for the size again: a build reads thousands of files.
        let mut bytes = Vec::with_capacity(size + 1);
        file.take(u64::MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(if metadata.is_dir() { EntryKind::Folder } else { EntryKind::File })
    }

    fn is_plain_file(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(path)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// Returns the folder that relative paths start from.
///
/// # Errors
/// It was removed, or may not be read.
pub(crate) fn working_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| Failure::new(FailureKind::Other, format!("the working folder: {error}")))
}

/// Writes a whole file: first beside it, then in its place, so that nobody ever sees half of it.
///
/// # Errors
/// The folder is not there, or may not be written to.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    std::fs::write(&beside, content)?;
    std::fs::rename(&beside, path).inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// Writes a whole file that only its owner may read, whatever stood there before.
///
/// # Errors
/// The folder is not there, or may not be written to.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
    let written = file.and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()));
    written.and_then(|()| std::fs::rename(&beside, path)).inspect_err(|_| drop(std::fs::remove_file(&beside)))
}
