//! `…/git/trees`: reading trees whole or level by level, and making new ones on top of a base.

use serde_json::{Map, Value, json};

use crate::access::Permission;
use crate::git::tree::{self, PathEntry, Target, TreeError, entry_at};
use crate::git::{Mode, Oid};
use crate::repository::Repository;
use crate::rest::context::{Context, Handled};
use crate::rest::shapes;
use crate::router::text;
use crate::wire::answer::Answer;
use crate::world::Urls;

/// So many entries come in one answer; more are cut off and `truncated` says so.
const ENTRY_LIMIT: usize = 100_000;

/// A tree by its SHA, a commit's SHA, a branch, or `reference:path`.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, reference: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(409, "Git Repository is empty."));
    }
    let oid = find(repository, reference).ok_or_else(Answer::not_found)?;
    let entries = if request.parameter("recursive").is_some() {
        tree::walk(&repository.store, oid)
    } else {
        level(repository, oid)
    };
    Ok(Answer::ok(shape(repository, &urls, oid, &entries)))
}

fn level(repository: &Repository, oid: Oid) -> Vec<PathEntry> {
    let entries = repository.store.tree(oid).unwrap_or_default().iter();
    entries.map(|entry| PathEntry { path: entry.name.clone(), mode: entry.mode, oid: entry.oid }).collect()
}

fn find(repository: &mut Repository, reference: &str) -> Option<Oid> {
    let (base, path) = reference.split_once(':').unwrap_or((reference, ""));
    let root = repository.store.by_prefix(base, "tree").or_else(|| {
        let commit = repository.resolve(base)?;
        repository.store.commit(commit).map(|commit| commit.tree)
    })?;
    entry_at(&repository.store, root, path).filter(|(mode, _)| *mode == Mode::Directory).map(|(_, oid)| oid)
}

fn shape(repository: &Repository, urls: &Urls, oid: Oid, entries: &[PathEntry]) -> Value {
    let listed: Vec<Value> =
        entries.iter().take(ENTRY_LIMIT).map(|entry| shapes::tree_entry(repository, urls, entry)).collect();
    let url = format!("{}/repos/{}/git/trees/{oid}", urls.api, repository.full_name());
    json!({"sha": oid.to_string(), "url": url, "tree": listed, "truncated": entries.len() > ENTRY_LIMIT})
}

/// Makes a tree.
pub fn create(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let body = c.request.json()?;
    let urls = c.urls();
    let repository = c.write(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(409, "Git Repository is empty."));
    }
    let Some(Value::Array(entries)) = body.get("tree") else {
        return Err(Answer::malformed("\"tree\" wasn't supplied."));
    };
    let base = base_tree(repository, &body)?;
    let changes = entries.iter().map(|entry| change(repository, entry)).collect::<Result<Vec<_>, _>>()?;
    let oid = tree::write(&mut repository.store, base, &changes).map_err(|error| match error {
        TreeError::MalformedPath(_) => Answer::error(422, "tree.path contains a malformed path component"),
        TreeError::NothingToDelete(_) => Answer::error(422, "GitRPC::BadObjectState"),
    })?;
    let listed = level(repository, oid);
    let value = shape(repository, &urls, oid, &listed);
    let location = value["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(value).with("location", location))
}

fn base_tree(repository: &Repository, body: &Map<String, Value>) -> Result<Option<Oid>, Answer> {
    let Some(sha) = text(body, "base_tree").filter(|sha| !sha.is_empty()) else { return Ok(None) };
    let invalid = || Answer::error(422, "base_tree is not a valid tree oid");
    let oid: Oid = sha.parse().map_err(|()| invalid())?;
    let peeled = repository.store.commit(oid).map_or(oid, |commit| commit.tree);
    repository.store.tree(peeled).map(|_| Some(peeled)).ok_or_else(invalid)
}

fn change(repository: &mut Repository, entry: &Value) -> Result<(String, Target), Answer> {
    let Value::Object(entry) = entry else { return Err(Answer::error(422, "Invalid tree info")) };
    let path = text(entry, "path").ok_or_else(|| Answer::error(422, "tree.path is missing"))?.to_owned();
    let sha = entry.get("sha");
    let content = text(entry, "content");
    if sha == Some(&Value::Null) && content.is_none() {
        return Ok((path, None));
    }
    let mode =
        text(entry, "mode").and_then(Mode::parse).ok_or_else(|| Answer::error(422, "Must supply a valid tree.mode"))?;
    let oid = match (sha.and_then(Value::as_str), content) {
        (Some(_), Some(_)) => return Err(Answer::error(422, "Must supply either tree.sha or tree.content, not both")),
        (None, None) => return Err(Answer::error(422, "Must supply either tree.sha or tree.content")),
        (None, Some(content)) => repository.store.put_blob(content.to_owned()),
        (Some(sha), None) => existing(repository, sha, mode)?,
    };
    Ok((path, Some((mode, oid))))
}

fn existing(repository: &Repository, sha: &str, mode: Mode) -> Result<Oid, Answer> {
    let kind = mode.object_type();
    let invalid = || Answer::error(422, &format!("tree.sha {sha} is not a valid {kind}"));
    let oid: Oid = sha.parse().map_err(|()| invalid())?;
    // A submodule's commit lives elsewhere.
    let known = mode == Mode::Submodule || repository.store.get(oid).is_some_and(|object| object.kind() == kind);
    if known { Ok(oid) } else { Err(invalid()) }
}
