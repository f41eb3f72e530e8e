//! Builds a repository's first commit from files, folders, links and submodules.

use std::fs;
use std::io;
use std::path::Path;

use crate::clock;
use crate::git::tree::Target;
use crate::git::{Mode, Oid, Person};
use crate::repository::Repository;
use crate::wire::server::{Shared, lock};

/// A repository to be.
#[must_use = "call seed() to make the repository"]
pub struct Seed {
    world: Shared,
    full_name: String,
    private: bool,
    archived: bool,
    default_branch: String,
    message: String,
    environments: Vec<String>,
    entries: Vec<(String, Mode, Vec<u8>)>,
    submodules: Vec<(String, Oid)>,
}

impl Seed {
    pub(crate) fn new(world: Shared, full_name: &str) -> Self {
        Self {
            world,
            full_name: full_name.into(),
            private: false,
            archived: false,
            default_branch: "main".into(),
            message: "Initial commit".into(),
            environments: Vec::new(),
            entries: Vec::new(),
            submodules: Vec::new(),
        }
    }

    /// Only tokens with a grant see it.
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Nobody can write to it.
    pub fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    /// The default branch, `main` unless said otherwise.
    pub fn default_branch(mut self, name: &str) -> Self {
        self.default_branch = name.into();
        self
    }

    /// Message of the first commit.
    pub fn message(mut self, text: &str) -> Self {
        self.message = text.into();
        self
    }

    /// An environment that can hold secrets.
    pub fn environment(mut self, name: &str) -> Self {
        self.environments.push(name.into());
        self
    }

    /// A file.
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.entry(path, Mode::File, content)
    }

    /// An executable file.
    pub fn executable(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.entry(path, Mode::Executable, content)
    }

    /// A symbolic link.
    pub fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, Mode::Symlink, target)
    }

    /// A submodule at some commit.
    pub fn submodule(mut self, path: &str, commit: &str) -> Self {
        self.submodules.push((path.into(), commit.parse().expect("a submodule's commit has 40 hex digits")));
        self
    }

    /// Everything in a folder of the disk, but `.git`; links and executable bits are kept.
    pub fn folder(mut self, directory: &Path) -> io::Result<Self> {
        let mut pending = vec![(directory.to_owned(), String::new())];
        while let Some((folder, prefix)) = pending.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{prefix}{name}");
                let kind = entry.file_type()?;
                if kind.is_symlink() {
                    let target = fs::read_link(entry.path())?.to_string_lossy().into_owned();
                    self = self.link(&path, &target);
                } else if kind.is_dir() && name != ".git" {
                    pending.push((entry.path(), format!("{path}/")));
                } else if kind.is_file() {
                    let mode = if is_executable(&entry.metadata()?) { Mode::Executable } else { Mode::File };
                    self = self.entry(&path, mode, fs::read(entry.path())?);
                }
            }
        }
        Ok(self)
    }

    fn entry(mut self, path: &str, mode: Mode, content: impl Into<Vec<u8>>) -> Self {
        self.entries.push((path.into(), mode, content.into()));
        self
    }

    /// Makes the repository and returns the SHA of its first commit; without files it has none and is empty.
    pub fn seed(self) -> String {
        let (owner, name) = self.full_name.split_once('/').expect("a repository is owner/name");
        let mut world = lock(&self.world);
        let id = 1000 + world.repositories.len() as u64;
        let mut repository = Repository::new(id, owner, name);
        repository.private = self.private;
        repository.archived = self.archived;
        repository.default_branch = self.default_branch.clone();
        repository.environments = self.environments;
        let mut changes: Vec<(String, Target)> = Vec::new();
        for (path, mode, bytes) in self.entries {
            changes.push((path, Some((mode, repository.store.put_blob(bytes)))));
        }
        changes.extend(self.submodules.into_iter().map(|(path, oid)| (path, Some((Mode::Submodule, oid)))));
        let head = if changes.is_empty() {
            String::new()
        } else {
            repository.push(&self.default_branch, &self.message, &changes, &somebody()).to_string()
        };
        world.repositories.insert(self.full_name.to_ascii_lowercase(), repository);
        head
    }
}

/// Who seeds and pushes when nobody in particular does.
pub(crate) fn somebody() -> Person {
    Person { name: "Mona".into(), email: "583231+octocat@users.noreply.github.com".into(), seconds: clock::now() }
}

fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}
