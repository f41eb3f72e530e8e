//! Trees by path: look one entry up, list them all, write changes. Touches only the directories that change.

use std::collections::BTreeMap;

use super::object::{Mode, Oid, TreeEntry};
use super::store::ObjectStore;

/// What shall stand at a path: a mode and object, or nothing.
pub type Target = Option<(Mode, Oid)>;

/// Why a set of changes makes no tree.
#[derive(Debug, PartialEq, Eq)]
pub enum TreeError {
    /// The path is empty, absolute, has an empty, `.`, `..` or `.git` segment.
    MalformedPath(String),
    /// A path to delete is not there.
    NothingToDelete(String),
}

/// The entry at `path`; the empty path is the tree itself.
pub fn entry_at(store: &ObjectStore, tree: Oid, path: &str) -> Option<(Mode, Oid)> {
    let mut here = (Mode::Directory, tree);
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let entry = store.tree(here.1)?.iter().find(|entry| entry.name == segment)?;
        here = (entry.mode, entry.oid);
    }
    Some(here)
}

/// An entry with its whole path, as `git ls-tree -r -t` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathEntry {
    /// Path from the listed tree.
    pub path: String,
    /// Mode.
    pub mode: Mode,
    /// Object.
    pub oid: Oid,
}

/// All entries below `tree`, directories before their content.
pub fn walk(store: &ObjectStore, tree: Oid) -> Vec<PathEntry> {
    let mut found = Vec::new();
    let mut stack = vec![(String::new(), tree, 0)];
    while let Some((prefix, oid, next)) = stack.pop() {
        let Some(entry) = store.tree(oid).and_then(|entries| entries.get(next)) else { continue };
        stack.push((prefix.clone(), oid, next + 1));
        let path = format!("{prefix}{}", entry.name);
        if entry.mode == Mode::Directory {
            stack.push((format!("{path}/"), entry.oid, 0));
        }
        found.push(PathEntry { path, mode: entry.mode, oid: entry.oid });
    }
    found
}

#[derive(Default)]
struct Changes {
    here: BTreeMap<String, Target>,
    below: BTreeMap<String, Changes>,
}

/// Writes the tree that differs from `base` in exactly `changes`; later changes of a path win.
pub fn write(store: &mut ObjectStore, base: Option<Oid>, changes: &[(String, Target)]) -> Result<Oid, TreeError> {
    let mut root = Changes::default();
    for (path, target) in changes {
        check_path(path)?;
        if target.is_none() && base.and_then(|base| entry_at(store, base, path)).is_none() {
            return Err(TreeError::NothingToDelete(path.clone()));
        }
        insert(&mut root, path, *target);
    }
    Ok(apply(store, base, root).unwrap_or_else(|| store.put_tree(Vec::new())))
}

fn check_path(path: &str) -> Result<(), TreeError> {
    let bad = |segment: &str| matches!(segment, "" | "." | "..") || segment.eq_ignore_ascii_case(".git");
    if path.split('/').any(bad) || path.contains('\0') {
        return Err(TreeError::MalformedPath(path.to_owned()));
    }
    Ok(())
}

fn insert(changes: &mut Changes, path: &str, target: Target) {
    match path.split_once('/') {
        Some((directory, rest)) => insert(changes.below.entry(directory.to_owned()).or_default(), rest, target),
        None => {
            changes.here.insert(path.to_owned(), target);
        }
    }
}

/// `None` when the directory ends up empty: git keeps no empty directories.
fn apply(store: &mut ObjectStore, base: Option<Oid>, changes: Changes) -> Option<Oid> {
    let old = base.and_then(|oid| store.tree(oid)).unwrap_or_default().to_vec();
    let mut entries: BTreeMap<String, TreeEntry> = old.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    for (name, target) in changes.here {
        match target {
            Some((mode, oid)) => {
                entries.insert(name.clone(), TreeEntry { mode, name, oid });
            }
            None => {
                entries.remove(&name);
            }
        }
    }
    for (name, below) in changes.below {
        let inner = entries.get(&name).filter(|entry| entry.mode == Mode::Directory).map(|entry| entry.oid);
        match apply(store, inner, below) {
            Some(oid) => entries.insert(name.clone(), TreeEntry { mode: Mode::Directory, name, oid }),
            None => entries.remove(&name),
        };
    }
    if entries.is_empty() { None } else { Some(store.put_tree(entries.into_values().collect())) }
}
