//! Blobs, trees and commits, and the bytes git hashes for each. Must not know where objects are kept.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use bytes::Bytes;
use sha1::{Digest, Sha1};

/// A git object name: 20 bytes, shown as 40 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(pub [u8; 20]);

impl Display for Oid {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Oid {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.as_bytes();
        if digits.len() != 40 || !digits.iter().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(());
        }
        let mut bytes = [0; 20];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| ())?;
        }
        Ok(Self(bytes))
    }
}

/// What a tree entry is, by git's five file modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// 100644
    File,
    /// 100755
    Executable,
    /// 120000
    Symlink,
    /// 040000
    Directory,
    /// 160000
    Submodule,
}

impl Mode {
    /// The six digits that the REST API shows.
    pub fn digits(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Directory => "040000",
            Self::Submodule => "160000",
        }
    }

    /// The type of the object behind the entry.
    pub fn object_type(self) -> &'static str {
        match self {
            Self::Directory => "tree",
            Self::Submodule => "commit",
            _ => "blob",
        }
    }

    /// Reads the six digits; `None` for any other mode.
    pub fn parse(digits: &str) -> Option<Self> {
        [Self::File, Self::Executable, Self::Symlink, Self::Directory, Self::Submodule]
            .into_iter()
            .find(|mode| mode.digits() == digits)
    }

    /// Whether the entry's object is a blob.
    pub fn is_blob(self) -> bool {
        self.object_type() == "blob"
    }
}

/// One line of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// The entry's mode.
    pub mode: Mode,
    /// One path segment.
    pub name: String,
    /// The object it names.
    pub oid: Oid,
}

impl TreeEntry {
    /// Git compares directory names as if they ended in a slash.
    pub fn sort_key(&self) -> Vec<u8> {
        let mut key = self.name.clone().into_bytes();
        if self.mode == Mode::Directory {
            key.push(b'/');
        }
        key
    }
}

/// An author or committer with the moment of the act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Display name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
}

impl Person {
    /// The moment in GitHub's form, `2026-01-02T03:04:05Z`.
    pub fn date(&self) -> String {
        crate::clock::rfc3339(self.seconds)
    }

    fn line(&self) -> String {
        format!("{} <{}> {} +0000", self.name, self.email, self.seconds)
    }
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The tree of the whole repository.
    pub tree: Oid,
    /// Parents in order; empty for a root.
    pub parents: Vec<Oid>,
    /// Who wrote it.
    pub author: Person,
    /// Who committed it.
    pub committer: Person,
    /// The armoured signature, when there is one.
    pub signature: Option<String>,
    /// The message, byte for byte.
    pub message: String,
}

impl Commit {
    /// The bytes that a signature covers: the commit without its `gpgsig` header.
    pub fn payload(&self) -> String {
        format!("{}\n{}", self.headers(), self.message)
    }

    fn headers(&self) -> String {
        let parents: String = self.parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        format!("tree {}\n{parents}author {}\ncommitter {}\n", self.tree, self.author.line(), self.committer.line())
    }

    fn encode(&self) -> Vec<u8> {
        let signature = match &self.signature {
            Some(text) => format!("gpgsig {}\n", text.trim_end().replace('\n', "\n ")),
            None => String::new(),
        };
        format!("{}{signature}\n{}", self.headers(), self.message).into_bytes()
    }

    /// The first line of the message.
    pub fn headline(&self) -> &str {
        self.message.split('\n').next().unwrap_or_default()
    }

    /// What follows the first line and the blank lines after it.
    pub fn body(&self) -> &str {
        self.message.split_once('\n').map_or("", |(_, rest)| rest.trim_start_matches('\n'))
    }
}

/// Any git object (annotated tags are not made here).
#[derive(Clone, Debug)]
pub enum Object {
    /// File content.
    Blob(Bytes),
    /// A directory, in git's order.
    Tree(Vec<TreeEntry>),
    /// A commit.
    Commit(Box<Commit>),
}

impl Object {
    /// The object's type word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Blob(_) => "blob",
            Self::Tree(_) => "tree",
            Self::Commit(_) => "commit",
        }
    }

    /// The bytes after the header, as `git cat-file` would read them from disk.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Blob(bytes) => bytes.to_vec(),
            Self::Tree(entries) => encode_tree(entries),
            Self::Commit(commit) => commit.encode(),
        }
    }

    /// The SHA-1 that git gives the object.
    pub fn oid(&self) -> Oid {
        let bytes = self.encode();
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", self.kind(), bytes.len()));
        hash.update(&bytes);
        Oid(hash.finalize().into())
    }
}

fn encode_tree(entries: &[TreeEntry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mode = entry.mode.digits().trim_start_matches('0');
        bytes.extend_from_slice(format!("{mode} {}\0", entry.name).as_bytes());
        bytes.extend_from_slice(&entry.oid.0);
    }
    bytes
}
