//! Listing the folders of a commit over REST: all of them at once where the server can, else one by one as needed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tree::{Entry, Mode, Tree};
use super::wire::{Answer, Request};
use super::{Github, Repository};
use crate::failure::{Failure, FailureKind, Result};

impl Github<'_> {
    /// Returns the names in a folder of the commit (`""` is its root); `None` when there is no such folder.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn children(&self, tree: &mut Tree, folder: &str) -> Result<Option<BTreeMap<String, Mode>>> {
        if !tree.complete && !tree.too_long {
            self.list_all(tree).await?;
        }
        if let Some(names) = tree.names(folder) {
            return Ok(Some(names.clone()));
        }
        if tree.complete {
            return Ok(None);
        }
        Ok(self.list_down_to(tree, folder).await?.then(|| tree.names(folder).cloned()).flatten())
    }

    /// Learns what stands at a path.
    pub(super) async fn locate(&self, tree: &mut Tree, path: &str) -> Result<()> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let names = self.children(tree, folder).await?;
        if names.is_none_or(|names| !names.contains_key(name)) {
            tree.entries.insert(path.to_owned(), None);
        }
        Ok(())
    }

    /// Returns the SHA of the commit's root tree.
    pub(super) async fn root_tree(&self, tree: &mut Tree) -> Result<String> {
        if let Some(root) = &tree.root {
            return Ok(root.clone());
        }
        let place = tree.place.clone();
        let what = format!("reading commit {} of {}", super::read::short(&place.commit), place.repository);
        let path = format!("{}/git/commits/{}", place.repository.path(), place.commit);
        let answer = self.fetch(Request::get(path, what.clone())).await?;
        let Some(sha) = answer.text("/tree/sha") else {
            return Err(Failure::new(FailureKind::Other, format!("{what}: the answer names no tree")));
        };
        tree.root = Some(sha.to_owned());
        Ok(sha.to_owned())
    }

    /// Lists every folder of the commit, unless the server finds that too long.
    async fn list_all(&self, tree: &mut Tree) -> Result<()> {
        let root = self.root_tree(tree).await?;
        let answer = self.tree(&tree.place.repository.clone(), &root, true).await?;
        if answer.body["truncated"].as_bool().unwrap_or(false) {
            tree.too_long = true;
            return Ok(());
        }
        tree.folders.insert(String::new(), BTreeMap::new());
        add(tree, "", &answer.body["tree"]);
        tree.complete = true;
        Ok(())
    }

    /// Lists the folders on the way to `folder`; returns whether it is there.
    async fn list_down_to(&self, tree: &mut Tree, folder: &str) -> Result<bool> {
        let repository = tree.place.repository.clone();
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for length in 0..=parts.len() {
            let path = parts[..length].join("/");
            if tree.folders.contains_key(&path) {
                continue;
            }
            let sha = if length == 0 {
                self.root_tree(tree).await?
            } else {
                match tree.entry(&path) {
                    Some(entry) if entry.mode == Mode::Folder => entry.oid.clone(),
                    _ => return Ok(false),
                }
            };
            let answer = self.tree(&repository, &sha, false).await?;
            tree.folders.insert(path.clone(), BTreeMap::new());
            add(tree, &path, &answer.body["tree"]);
        }
        Ok(true)
    }

    async fn tree(&self, repository: &Repository, sha: &str, recursive: bool) -> Result<Answer> {
        let query = if recursive { "?recursive=1" } else { "" };
        let path = format!("{}/git/trees/{sha}{query}", repository.path());
        self.fetch(Request::get(path, format!("listing the files of {repository}"))).await
    }
}

/// Takes the entries of a listing, whose paths begin at `folder`; what was read before keeps its bytes.
fn add(tree: &mut Tree, folder: &str, entries: &Value) {
    for item in entries.as_array().map_or(&[][..], Vec::as_slice) {
        let (Some(below), Some(mode), Some(oid)) = (item["path"].as_str(), item["mode"].as_str(), item["sha"].as_str())
        else {
            continue;
        };
        let Some(mode) = Mode::parse(mode) else { continue };
        let path = if folder.is_empty() { below.to_owned() } else { format!("{folder}/{below}") };
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        tree.folders.entry(parent.to_owned()).or_default().insert(name.to_owned(), mode);
        if mode == Mode::Folder {
            tree.folders.entry(path.clone()).or_default();
        }
        let known = tree.entries.remove(&path).flatten().and_then(|entry| entry.bytes);
        tree.entries.insert(path, Some(Entry { mode, oid: oid.to_owned(), bytes: known }));
    }
    // A folder listed on its own does not show what is below its folders.
    if !tree.complete && tree.too_long {
        let below: Vec<String> =
            tree.folders.iter().filter(|(_, names)| names.is_empty()).map(|(path, _)| path.clone()).collect();
        for path in below.into_iter().filter(|path| path != folder) {
            tree.folders.remove(&path);
        }
    }
}
