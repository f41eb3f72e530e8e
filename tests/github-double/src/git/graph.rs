//! The commit graph: ancestry, merge bases, what lies between two commits, the history of a path.

use std::collections::{BinaryHeap, HashSet};

use super::object::Oid;
use super::store::ObjectStore;
use super::tree::entry_at;

/// `start` and everything reachable from it.
pub fn ancestors(store: &ObjectStore, start: Oid) -> HashSet<Oid> {
    let mut seen = HashSet::from([start]);
    let mut stack = vec![start];
    while let Some(oid) = stack.pop() {
        for parent in store.commit(oid).map(|commit| commit.parents.as_slice()).unwrap_or_default() {
            if seen.insert(*parent) {
                stack.push(*parent);
            }
        }
    }
    seen
}

/// Whether `old` is `new` or one of its ancestors: the fast-forward question.
pub fn is_ancestor(store: &ObjectStore, old: Oid, new: Oid) -> bool {
    old == new || ancestors(store, new).contains(&old)
}

/// The best common ancestor; the newest when there are several.
pub fn merge_base(store: &ObjectStore, left: Oid, right: Oid) -> Option<Oid> {
    let reachable = ancestors(store, left);
    let common: HashSet<Oid> = ancestors(store, right).into_iter().filter(|oid| reachable.contains(oid)).collect();
    // The set is closed under parents, so a commit that is nobody's parent in it is a best one.
    let parents: HashSet<Oid> =
        common.iter().filter_map(|oid| store.commit(*oid)).flat_map(|commit| commit.parents.clone()).collect();
    common.into_iter().filter(|oid| !parents.contains(oid)).max_by_key(|oid| order(store, *oid))
}

/// Commits reachable from `head` and not from `base`, newest first.
pub fn between(store: &ObjectStore, base: Oid, head: Oid) -> Vec<Oid> {
    let hidden = ancestors(store, base);
    log(store, head, |oid| !hidden.contains(&oid))
}

/// Commits from `head` back, newest first, as far as `keep` says.
fn log(store: &ObjectStore, head: Oid, keep: impl Fn(Oid) -> bool) -> Vec<Oid> {
    let mut seen = HashSet::from([head]);
    let mut heap = BinaryHeap::from([(order(store, head), head)]);
    let mut found = Vec::new();
    while let Some((_, oid)) = heap.pop() {
        if !keep(oid) {
            continue;
        }
        found.push(oid);
        for parent in store.commit(oid).map(|commit| commit.parents.as_slice()).unwrap_or_default() {
            if seen.insert(*parent) {
                heap.push((order(store, *parent), *parent));
            }
        }
    }
    found
}

/// The history of `path` from `head`, newest first, simplified as `git log PATH` does: a commit counts
/// when the path differs from every parent's, and a merge that took one side follows only that side.
pub fn history(store: &ObjectStore, head: Oid, path: &str) -> Vec<Oid> {
    if path.trim_matches('/').is_empty() {
        return log(store, head, |_| true);
    }
    let at = |oid: Oid| store.commit(oid).and_then(|commit| entry_at(store, commit.tree, path));
    let mut seen = HashSet::from([head]);
    let mut heap = BinaryHeap::from([(order(store, head), head)]);
    let mut found = Vec::new();
    while let Some((_, oid)) = heap.pop() {
        let parents = store.commit(oid).map(|commit| commit.parents.clone()).unwrap_or_default();
        let here = at(oid);
        let same: Vec<Oid> = parents.iter().copied().filter(|parent| at(*parent) == here).take(1).collect();
        let follow = if same.is_empty() {
            if here.is_some() || !parents.is_empty() {
                found.push(oid);
            }
            parents
        } else {
            same
        };
        for parent in follow {
            if seen.insert(parent) {
                heap.push((order(store, parent), parent));
            }
        }
    }
    found
}

/// Newest first: by committer date, then by distance from the root (many commits share a second).
fn order(store: &ObjectStore, oid: Oid) -> (i64, u64) {
    (store.commit(oid).map_or(0, |commit| commit.committer.seconds), store.generation(oid))
}
