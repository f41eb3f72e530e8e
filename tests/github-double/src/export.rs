//! Writes a repository out as git itself keeps it (loose objects and refs), so that git can vouch for it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::repository::Repository;

/// Writes a bare repository.
pub(crate) fn write(repository: &Repository, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory.join("refs/heads"))?;
    for (oid, object) in repository.store.iter() {
        let name = oid.to_string();
        let folder = directory.join("objects").join(&name[..2]);
        fs::create_dir_all(&folder)?;
        let bytes = object.encode();
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(format!("{} {}\0", object.kind(), bytes.len()).as_bytes())?;
        packed.write_all(&bytes)?;
        fs::write(folder.join(&name[2..]), packed.finish()?)?;
    }
    for (name, oid) in repository.refs("refs/") {
        let file = directory.join(&name);
        fs::create_dir_all(file.parent().unwrap_or(directory))?;
        fs::write(file, format!("{oid}\n"))?;
    }
    fs::write(directory.join("HEAD"), format!("ref: refs/heads/{}\n", repository.default_branch))?;
    fs::write(directory.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
}
