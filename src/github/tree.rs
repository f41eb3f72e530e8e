//! What is known of the files of one commit: read so far, known to be missing, or not asked for yet.
//! A cache without a connection; `read.rs` and `listing.rs` fill it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Place;

/// What stands at a path of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A file.
    File,
    /// A file that can be run.
    Executable,
    /// A symbolic link; its content is the target.
    Link,
    /// A folder.
    Folder,
    /// A commit of another repository.
    Submodule,
}

impl Mode {
    /// Reads git's octal text: `100644`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.trim_start_matches('0') {
            "100755" => Some(Self::Executable),
            "120000" => Some(Self::Link),
            "40000" => Some(Self::Folder),
            "160000" => Some(Self::Submodule),
            text if text.starts_with("100") => Some(Self::File),
            _ => None,
        }
    }

    /// Reads the number of the GraphQL API: the octal number's value.
    pub(super) fn from_number(number: u64) -> Option<Self> {
        Self::parse(&format!("{number:o}")).or_else(|| Self::parse(&number.to_string()))
    }

    /// Returns git's octal text.
    pub(super) fn octal(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
            Self::Folder => "040000",
            Self::Submodule => "160000",
        }
    }
}

/// One entry of a commit's tree.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub mode: Mode,
    /// SHA of the blob or tree.
    pub(super) oid: String,
    /// The bytes, once they were read.
    pub bytes: Option<Vec<u8>>,
}

/// The files of one commit, as far as they were asked for.
#[derive(Debug)]
pub struct Tree {
    /// The commit.
    pub place: Place,
    /// SHA of the commit's root tree, where it was read.
    pub(super) root: Option<String>,
    /// Entries by path; `None` for one that is known to be missing.
    pub(super) entries: HashMap<String, Option<Entry>>,
    /// Names in folders that were listed, with what they are.
    pub(super) folders: HashMap<String, BTreeMap<String, Mode>>,
    /// Folders that something known stands in.
    pub(super) implied: HashSet<String>,
    /// Every folder of the commit was listed.
    pub(super) complete: bool,
    /// The server said that the whole tree is too long to be listed at once.
    pub(super) too_long: bool,
}

impl Tree {
    /// Returns a tree of which nothing is known yet.
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            root: None,
            entries: HashMap::new(),
            folders: HashMap::new(),
            implied: HashSet::new(),
            complete: false,
            too_long: false,
        }
    }

    /// Returns what is known of a path: `None` when it was not asked for, `Some(None)` when nothing stands there.
    pub fn known(&self, path: &str) -> Option<Option<&Entry>> {
        match self.entries.get(path) {
            Some(entry) => Some(entry.as_ref()),
            None if self.complete => Some(None),
            None => None,
        }
    }

    /// Returns the entry at a path, when there is one and it was asked for.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.known(path).flatten()
    }

    /// Returns the bytes of a file that was read.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.entry(path).and_then(|entry| entry.bytes.as_deref())
    }

    /// Returns what stands at a path, as far as that is known: outer `None` when it is not.
    pub(crate) fn mode(&self, path: &str) -> Option<Option<Mode>> {
        if path.is_empty() || self.implied.contains(path) {
            return Some(Some(Mode::Folder));
        }
        self.known(path).map(|entry| entry.map(|entry| entry.mode))
    }

    /// Notes what stands at a path.
    pub(super) fn put(&mut self, path: String, entry: Option<Entry>) {
        if entry.is_some() {
            for (at, _) in path.match_indices('/') {
                self.implied.insert(path[..at].to_owned());
            }
        }
        self.entries.insert(path, entry);
    }

    /// Returns the names in a folder that was listed.
    pub(crate) fn names(&self, folder: &str) -> Option<&BTreeMap<String, Mode>> {
        self.folders.get(folder)
    }

    /// Tells whether the bytes at a path are still to be read, or whether anything stands there.
    pub(super) fn lacks(&self, path: &str) -> bool {
        match self.known(path) {
            None => true,
            Some(None) => false,
            Some(Some(entry)) => entry.bytes.is_none() && !matches!(entry.mode, Mode::Folder | Mode::Submodule),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn modes_are_read_in_every_form_that_github_gives() {
        for (text, number, mode) in [
            ("100644", 0o100_644, Mode::File),
            ("100755", 0o100_755, Mode::Executable),
            ("120000", 0o120_000, Mode::Link),
            ("040000", 0o40_000, Mode::Folder),
            ("160000", 0o160_000, Mode::Submodule),
        ] {
            assert_eq!(Mode::parse(text), Some(mode));
            assert_eq!(Mode::from_number(number), Some(mode));
            assert_eq!(Mode::from_number(text.parse().expect("digits")), Some(mode));
        }
    }
}
