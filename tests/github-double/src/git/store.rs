//! Where a repository's objects are kept. Objects are never changed or dropped.

use std::collections::HashMap;

use bytes::Bytes;

use super::object::{Commit, Mode, Object, Oid, TreeEntry};

/// All objects of one repository, and each commit's distance from the roots.
#[derive(Clone, Default)]
pub struct ObjectStore {
    objects: HashMap<Oid, Object>,
    generations: HashMap<Oid, u64>,
}

impl ObjectStore {
    /// Keeps an object and returns its name.
    pub fn put(&mut self, object: Object) -> Oid {
        let oid = object.oid();
        if let Object::Commit(commit) = &object {
            let newest = commit.parents.iter().filter_map(|parent| self.generations.get(parent)).max();
            self.generations.insert(oid, newest.map_or(0, |generation| generation + 1));
        }
        self.objects.insert(oid, object);
        oid
    }

    /// Keeps file content.
    pub fn put_blob(&mut self, bytes: impl Into<Bytes>) -> Oid {
        self.put(Object::Blob(bytes.into()))
    }

    /// Keeps a directory; entries are put into git's order.
    pub fn put_tree(&mut self, mut entries: Vec<TreeEntry>) -> Oid {
        entries.sort_by_key(TreeEntry::sort_key);
        self.put(Object::Tree(entries))
    }

    /// Keeps a commit.
    pub fn put_commit(&mut self, commit: Commit) -> Oid {
        self.put(Object::Commit(Box::new(commit)))
    }

    /// Any object.
    pub fn get(&self, oid: Oid) -> Option<&Object> {
        self.objects.get(&oid)
    }

    /// A blob's bytes, when the object is a blob.
    pub fn blob(&self, oid: Oid) -> Option<&Bytes> {
        match self.objects.get(&oid) {
            Some(Object::Blob(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// A tree's entries, when the object is a tree.
    pub fn tree(&self, oid: Oid) -> Option<&[TreeEntry]> {
        match self.objects.get(&oid) {
            Some(Object::Tree(entries)) => Some(entries),
            _ => None,
        }
    }

    /// A commit, when the object is one.
    pub fn commit(&self, oid: Oid) -> Option<&Commit> {
        match self.objects.get(&oid) {
            Some(Object::Commit(commit)) => Some(commit),
            _ => None,
        }
    }

    /// The longest path from a commit to a root.
    pub fn generation(&self, commit: Oid) -> u64 {
        self.generations.get(&commit).copied().unwrap_or(0)
    }

    /// The only object whose name starts with `prefix` (at least 4 digits) and that has this type.
    pub fn by_prefix(&self, prefix: &str, kind: &str) -> Option<Oid> {
        if !(4..=40).contains(&prefix.len()) || !prefix.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        if let Ok(whole) = prefix.parse::<Oid>() {
            return self.objects.get(&whole).filter(|object| object.kind() == kind).map(|_| whole);
        }
        let prefix = prefix.to_ascii_lowercase();
        let mut found =
            self.objects.iter().filter(|(oid, object)| object.kind() == kind && oid.to_string().starts_with(&prefix));
        let first = found.next()?;
        found.next().is_none().then_some(*first.0)
    }

    /// The size in bytes of an entry's blob; `None` for directories and submodules.
    pub fn size(&self, mode: Mode, oid: Oid) -> Option<usize> {
        if mode.is_blob() { self.blob(oid).map(Bytes::len) } else { None }
    }

    /// Every object, for writing a real git repository out.
    pub fn iter(&self) -> impl Iterator<Item = (&Oid, &Object)> {
        self.objects.iter()
    }
}
