//! `…/tarball/{ref}`: a redirect to another host, and the archive there. The archive needs no API token: a
//! private one is opened by a token of its own in the address.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use crate::access::Permission;
use crate::git::tree::{PathEntry, walk};
use crate::git::{Mode, Oid};
use crate::repository::Repository;
use crate::rest::context::{Context, Handled};
use crate::wire::answer::Answer;
use crate::wire::request::{Request, encode_path};
use crate::world::World;

/// The token of private archives, by repository.
fn archive_token(repository: &Repository) -> String {
    format!("ARCHIVE{:08}", repository.id)
}

/// Redirects to the archive.
pub fn redirect(c: &mut Context<'_>, owner: &str, name: &str, reference: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::Contents)?;
    repository.resolve(reference).ok_or_else(Answer::not_found)?;
    let reference = if reference.is_empty() { repository.default_branch.clone() } else { reference.to_owned() };
    let token = if repository.private { format!("?token={}", archive_token(repository)) } else { String::new() };
    let location =
        format!("{}/{}/legacy.tar.gz/{}{token}", urls.codeload, repository.full_name(), encode_path(&reference));
    Ok(Answer::empty(302).with("location", location))
}

/// Answers as `codeload.github.com`.
pub fn codeload(world: &mut World, request: &Request) -> Answer {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let missing = || Answer::raw("404: Not Found", "text/plain; charset=utf-8").with_status(404);
    let ["GET"] = [request.method.as_str()] else { return missing() };
    let [owner, name, "legacy.tar.gz" | "tar.gz", reference @ ..] = segments.as_slice() else { return missing() };
    let Some(repository) = world.repository(&format!("{owner}/{name}")) else { return missing() };
    if repository.private && request.parameter("token") != Some(archive_token(repository).as_str()) {
        return missing();
    }
    let Some(commit) = repository.resolve(&reference.join("/")) else { return missing() };
    let short = commit.to_string()[..7].to_owned();
    let top = format!("{}-{}-{short}", repository.owner, repository.name);
    match archive(repository, commit, &top) {
        Ok(bytes) => Answer::raw(bytes, "application/x-gzip")
            .with("content-disposition", format!("attachment; filename={top}.tar.gz")),
        Err(_) => Answer::raw("500: Internal Server Error", "text/plain").with_status(500),
    }
}

fn archive(repository: &Repository, commit: Oid, top: &str) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    // git-archive opens with a global header that carries the commit.
    let comment = format!("52 comment={commit}\n");
    append(&mut tar, "pax_global_header", EntryType::XGlobalHeader, 0o666, comment.as_bytes())?;
    append(&mut tar, &format!("{top}/"), EntryType::Directory, 0o775, b"")?;
    let tree = repository.store.commit(commit).map(|commit| commit.tree);
    for entry in tree.map(|tree| walk(&repository.store, tree)).unwrap_or_default() {
        append_entry(&mut tar, repository, top, &entry)?;
    }
    tar.into_inner()?.finish()
}

fn append_entry<W: Write>(
    tar: &mut Builder<W>,
    repository: &Repository,
    top: &str,
    entry: &PathEntry,
) -> std::io::Result<()> {
    let path = format!("{top}/{}", entry.path);
    let bytes = repository.store.blob(entry.oid).map(|bytes| bytes.to_vec()).unwrap_or_default();
    match entry.mode {
        Mode::Directory | Mode::Submodule => append(tar, &format!("{path}/"), EntryType::Directory, 0o775, b""),
        Mode::File => append(tar, &path, EntryType::Regular, 0o664, &bytes),
        Mode::Executable => append(tar, &path, EntryType::Regular, 0o775, &bytes),
        Mode::Symlink => {
            let mut header = Header::new_ustar();
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            header.set_mode(0o777);
            tar.append_link(&mut header, &path, String::from_utf8_lossy(&bytes).as_ref())
        }
    }
}

fn append<W: Write>(tar: &mut Builder<W>, path: &str, kind: EntryType, mode: u32, bytes: &[u8]) -> std::io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    tar.append_data(&mut header, path, bytes)
}
