//! The files in which two trees differ, with counts and patches. Renames are found by equal content only.

use std::collections::{BTreeMap, HashMap};

use similar::{ChangeTag, TextDiff};

use super::object::{Mode, Oid};
use super::store::ObjectStore;

/// One side of a changed file.
pub type Side = Option<(Mode, Oid)>;

/// One changed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Path after the change (before it, for a removed file).
    pub path: String,
    /// The old path of a renamed file.
    pub previous: Option<String>,
    /// What stood there before.
    pub old: Side,
    /// What stands there now.
    pub new: Side,
}

impl FileChange {
    /// GitHub's word for the change.
    pub fn status(&self) -> &'static str {
        match (&self.old, &self.new, &self.previous) {
            (_, _, Some(_)) => "renamed",
            (None, _, _) => "added",
            (_, None, _) => "removed",
            _ => "modified",
        }
    }
}

/// The files that differ, by path; `None` stands for the empty tree.
pub fn changes(store: &ObjectStore, old: Option<Oid>, new: Option<Oid>) -> Vec<FileChange> {
    let mut found = BTreeMap::new();
    compare(store, old, new, "", &mut found);
    let files =
        found.into_iter().map(|(path, (old, new))| FileChange { path, previous: None, old, new }).collect::<Vec<_>>();
    with_renames(files)
}

fn compare(
    store: &ObjectStore,
    old: Option<Oid>,
    new: Option<Oid>,
    prefix: &str,
    found: &mut BTreeMap<String, (Side, Side)>,
) {
    if old == new {
        return;
    }
    let mut names: BTreeMap<&str, (Side, Side)> = BTreeMap::new();
    for entry in old.and_then(|oid| store.tree(oid)).unwrap_or_default() {
        names.entry(&entry.name).or_default().0 = Some((entry.mode, entry.oid));
    }
    for entry in new.and_then(|oid| store.tree(oid)).unwrap_or_default() {
        names.entry(&entry.name).or_default().1 = Some((entry.mode, entry.oid));
    }
    for (name, (before, after)) in names {
        if before == after {
            continue;
        }
        let path = format!("{prefix}{name}");
        let directory = |side: Side| side.filter(|(mode, _)| *mode == Mode::Directory).map(|(_, oid)| oid);
        let file = |side: Side| side.filter(|(mode, _)| *mode != Mode::Directory);
        compare(store, directory(before), directory(after), &format!("{path}/"), found);
        if file(before) != file(after) {
            found.insert(path, (file(before), file(after)));
        }
    }
}

fn with_renames(files: Vec<FileChange>) -> Vec<FileChange> {
    let mut gone: HashMap<Side, Vec<String>> = HashMap::new();
    for file in files.iter().filter(|file| file.new.is_none()) {
        gone.entry(file.old).or_default().push(file.path.clone());
    }
    let mut moved = Vec::new();
    let mut files: Vec<FileChange> = files
        .into_iter()
        .map(|mut file| {
            if file.old.is_none()
                && let Some(from) = gone.get_mut(&file.new).and_then(Vec::pop)
            {
                file.old = file.new;
                moved.push(from.clone());
                file.previous = Some(from);
            }
            file
        })
        .collect();
    files.retain(|file| file.new.is_some() || !moved.contains(&file.path));
    files
}

/// Added lines, removed lines, and the hunks of a unified diff; no hunks for binary content.
pub fn patch(store: &ObjectStore, change: &FileChange) -> (usize, usize, Option<String>) {
    let text = |side: Side| match side {
        None => Some(String::new()),
        Some((mode, oid)) if mode.is_blob() => store.blob(oid).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()),
        Some((_, oid)) => Some(format!("Subproject commit {oid}\n")),
    };
    let (Some(old), Some(new)) = (text(change.old), text(change.new)) else { return (0, 0, None) };
    if old.contains('\0') || new.contains('\0') {
        return (0, 0, None);
    }
    let diff = TextDiff::from_lines(&old, &new);
    let count = |tag| diff.iter_all_changes().filter(|line| line.tag() == tag).count();
    let hunks = diff.unified_diff().missing_newline_hint(true).to_string();
    let patch = (!hunks.is_empty()).then(|| hunks.trim_end_matches('\n').to_owned());
    (count(ChangeTag::Insert), count(ChangeTag::Delete), patch)
}
