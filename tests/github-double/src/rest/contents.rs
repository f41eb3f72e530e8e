//! `GET …/contents/{path}`: files, directories, links and submodules at a commit.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::base64;
use crate::git::tree::entry_at;
use crate::git::{Mode, Oid};
use crate::repository::Repository;
use crate::rest::context::{Context, Handled};
use crate::rest::shapes;
use crate::wire::answer::Answer;
use crate::wire::request::Request;
use crate::world::Urls;

/// Up to this many bytes a file comes as base64 within JSON.
const INLINE_LIMIT: usize = 1_000_000;
/// Above this many bytes a file does not come at all.
const FILE_LIMIT: usize = 100_000_000;

/// What stands at a path.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, path: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(404, "This repository is empty."));
    }
    let reference = request.parameter("ref").map(str::to_owned).unwrap_or_else(|| repository.default_branch.clone());
    let commit = repository
        .resolve(&reference)
        .ok_or_else(|| Answer::error(404, &format!("No commit found for the ref {reference}")))?;
    let tree = repository.store.commit(commit).ok_or_else(Answer::not_found)?.tree;
    let (mode, oid) = entry_at(&repository.store, tree, path).ok_or_else(Answer::not_found)?;
    let path = path.trim_matches('/');
    match mode {
        Mode::Directory => Ok(directory(repository, &urls, request, &reference, path, oid)),
        Mode::Submodule => Ok(Answer::ok(submodule(repository, &urls, &reference, path, oid))),
        Mode::Symlink => link(repository, &urls, request, &reference, tree, path, oid),
        Mode::File | Mode::Executable => file(repository, &urls, request, &reference, path, mode, oid),
    }
}

fn accepts(request: &Request, word: &str) -> bool {
    request.header("accept").is_some_and(|accept| accept.contains(word))
}

fn file(
    repository: &Repository,
    urls: &Urls,
    request: &Request,
    reference: &str,
    path: &str,
    mode: Mode,
    oid: Oid,
) -> Handled {
    let bytes = repository.store.blob(oid).ok_or_else(Answer::not_found)?;
    if bytes.len() > FILE_LIMIT {
        let text = "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API, but you can always clone the repository via Git and access the blob.";
        let errors = json!([{"resource": "Blob", "field": "data", "code": "too_large"}]);
        return Err(Answer::json(403, json!({"message": text, "errors": errors})));
    }
    if accepts(request, ".raw") {
        return Ok(Answer::raw(bytes.clone(), "application/vnd.github.raw+json; charset=utf-8"));
    }
    let mut value = shapes::content_entry(repository, urls, reference, path, mode, oid);
    let small = bytes.len() <= INLINE_LIMIT;
    value.insert("content".into(), if small { base64::encode_wrapped(bytes) } else { String::new() }.into());
    value.insert("encoding".into(), if small { "base64" } else { "none" }.into());
    Ok(Answer::ok(value.into()))
}

fn directory(repository: &Repository, urls: &Urls, request: &Request, reference: &str, path: &str, oid: Oid) -> Answer {
    let entries: Vec<Value> = repository
        .store
        .tree(oid)
        .unwrap_or_default()
        .iter()
        .take(1000)
        .map(|entry| {
            let path = if path.is_empty() { entry.name.clone() } else { format!("{path}/{}", entry.name) };
            let mut value = shapes::content_entry(repository, urls, reference, &path, entry.mode, entry.oid);
            if entry.mode == Mode::Submodule {
                // Kept for old clients: a listing calls a submodule a file.
                value.insert("type".into(), "file".into());
            }
            value.into()
        })
        .collect();
    if accepts(request, ".object") {
        let mut value = shapes::content_entry(repository, urls, reference, path, Mode::Directory, oid);
        value.insert("entries".into(), entries.into());
        return Answer::ok(value.into());
    }
    Answer::ok(entries.into())
}

fn submodule(repository: &Repository, urls: &Urls, reference: &str, path: &str, oid: Oid) -> Value {
    let mut value = shapes::content_entry(repository, urls, reference, path, Mode::Submodule, oid);
    value.insert("submodule_git_url".into(), format!("{}/{}/{path}.git", urls.server, repository.owner).into());
    value.into()
}

/// A link to a file of the repository answers with that file; any other link shows its target.
fn link(
    repository: &Repository,
    urls: &Urls,
    request: &Request,
    reference: &str,
    tree: Oid,
    path: &str,
    oid: Oid,
) -> Handled {
    let target = String::from_utf8_lossy(repository.store.blob(oid).ok_or_else(Answer::not_found)?).into_owned();
    let pointed = follow(path, &target).and_then(|path| entry_at(&repository.store, tree, &path));
    if let Some((mode @ (Mode::File | Mode::Executable), oid)) = pointed {
        return file(repository, urls, request, reference, path, mode, oid);
    }
    let mut value = shapes::content_entry(repository, urls, reference, path, Mode::Symlink, oid);
    value.insert("target".into(), target.into());
    Ok(Answer::ok(value.into()))
}

/// The path that a link's target names inside the repository; `None` outside it.
fn follow(path: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut segments: Vec<&str> = path.split('/').collect();
    segments.pop();
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            other => segments.push(other),
        }
    }
    Some(segments.join("/"))
}
