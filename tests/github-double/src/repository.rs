//! One repository: objects, refs that move by rules only, pull requests, secrets. Knows nothing of HTTP.

use std::collections::BTreeMap;

use x25519_dalek::{PublicKey, StaticSecret};

use crate::clock;
use crate::git::{Commit, ObjectStore, Oid, Person, graph, tree};
use crate::lag::Lag;
use crate::rules::{Move, Protection, Ruleset, Violation, protection_violations};

/// A stored secret: what the client sealed, untouched.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    /// The sealed box in base64, as it came.
    pub encrypted_value: String,
    /// The key it was sealed for.
    pub key_id: String,
    /// Seconds since 1970 of the first and the last write.
    pub created: i64,
    /// See `created`.
    pub updated: i64,
}

/// A pull request.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Body, when it has one.
    pub body: Option<String>,
    /// Branch it comes from.
    pub head: String,
    /// Branch it goes to.
    pub base: String,
    /// `open` or `closed`.
    pub state: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Labels' names.
    pub labels: Vec<String>,
    /// Who opened it.
    pub login: String,
    /// Seconds since 1970 of the opening and the last change.
    pub created: i64,
    /// See `created`.
    pub updated: i64,
    /// The merge commit and the moment, once merged.
    pub merged: Option<(Oid, i64)>,
}

/// Why a ref was not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefError {
    /// The new head does not descend from the old one.
    NotFastForward,
    /// A rule forbids it.
    Violation(Violation),
}

/// One repository.
pub struct Repository {
    /// Its number.
    pub id: u64,
    /// Owner's login.
    pub owner: String,
    /// Name.
    pub name: String,
    /// Whether only tokens with a grant see it.
    pub private: bool,
    /// Whether it is read-only.
    pub archived: bool,
    /// Name of the default branch.
    pub default_branch: String,
    /// Objects.
    pub store: ObjectStore,
    /// Rulesets.
    pub rulesets: Vec<Ruleset>,
    /// Classic protection by branch.
    pub protection: BTreeMap<String, Protection>,
    /// Pull requests in order of their numbers.
    pub pulls: Vec<PullRequest>,
    /// Secrets by environment (`None` for the repository's own) and name.
    pub secrets: BTreeMap<(Option<String>, String), StoredSecret>,
    /// Environments that exist.
    pub environments: Vec<String>,
    /// Seconds since 1970.
    pub created: i64,
    /// How stale reads are.
    pub lag: Lag,
    refs: BTreeMap<String, Oid>,
    secret_key: StaticSecret,
}

impl Repository {
    /// An empty repository.
    pub fn new(id: u64, owner: &str, name: &str) -> Self {
        Self {
            id,
            owner: owner.into(),
            name: name.into(),
            private: false,
            archived: false,
            default_branch: "main".into(),
            store: ObjectStore::default(),
            rulesets: Vec::new(),
            protection: BTreeMap::new(),
            pulls: Vec::new(),
            secrets: BTreeMap::new(),
            environments: Vec::new(),
            created: clock::now(),
            lag: Lag::default(),
            refs: BTreeMap::new(),
            secret_key: StaticSecret::random(),
        }
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The true head of a ref (`refs/heads/main`).
    pub fn head(&self, name: &str) -> Option<Oid> {
        self.refs.get(name).copied()
    }

    /// What a read of the ref answers: the true head, or an older one while a replica lags.
    pub fn read(&mut self, name: &str) -> Option<Oid> {
        let actual = self.head(name);
        self.lag.read(name, actual)
    }

    /// All refs below a prefix, in order.
    pub fn refs(&self, prefix: &str) -> Vec<(String, Oid)> {
        self.refs.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(name, oid)| (name.clone(), *oid)).collect()
    }

    /// Moves, creates or deletes (`new` is `None`) a ref: rules first, then fast-forward unless forced.
    pub fn update_ref(&mut self, name: &str, new: Option<Oid>, force: bool, login: &str) -> Result<(), RefError> {
        let old = self.head(name);
        if let (Some(old), Some(new)) = (old, new)
            && !force
            && !graph::is_ancestor(&self.store, old, new)
        {
            return Err(RefError::NotFastForward);
        }
        self.check_rules(name, old, new, login)?;
        self.set_ref(name, new);
        Ok(())
    }

    /// Moves a ref without asking anybody: for seeding and for tests that play another pusher.
    pub fn set_ref(&mut self, name: &str, new: Option<Oid>) {
        let old = self.head(name);
        self.lag.wrote(name, old);
        match new {
            Some(new) => self.refs.insert(name.to_owned(), new),
            None => self.refs.remove(name),
        };
    }

    fn check_rules(&self, name: &str, old: Option<Oid>, new: Option<Oid>, login: &str) -> Result<(), RefError> {
        let Some(branch) = name.strip_prefix("refs/heads/") else { return Ok(()) };
        let is_default = branch == self.default_branch;
        let change = Move { store: &self.store, branch, is_default, old, new, login };
        let texts: Vec<String> = self.rulesets.iter().flat_map(|ruleset| ruleset.violations(&change)).collect();
        if !texts.is_empty() {
            return Err(RefError::Violation(Violation::Ruleset(texts)));
        }
        let texts = self.protection.get(branch).map(|rules| protection_violations(rules, &change)).unwrap_or_default();
        if texts.is_empty() { Ok(()) } else { Err(RefError::Violation(Violation::Protection(texts))) }
    }

    /// Finds a commit by branch, tag, full ref, `HEAD` or SHA (at least 4 digits), as a reader sees them.
    pub fn resolve(&mut self, reference: &str) -> Option<Oid> {
        if reference.is_empty() || reference == "HEAD" {
            let name = format!("refs/heads/{}", self.default_branch);
            return self.read(&name);
        }
        let mut names = vec![format!("refs/heads/{reference}"), format!("refs/tags/{reference}")];
        names.push(if reference.starts_with("refs/") { reference.to_owned() } else { format!("refs/{reference}") });
        if let Some(oid) = names.iter().find_map(|name| self.read(name)) {
            return Some(oid);
        }
        self.store.by_prefix(reference, "commit")
    }

    /// Commits changes on top of a branch without rules: for seeding and for tests that play another pusher.
    pub fn push(&mut self, branch: &str, message: &str, changes: &[(String, tree::Target)], who: &Person) -> Oid {
        let name = format!("refs/heads/{branch}");
        let parent = self.head(&name);
        let base = parent.and_then(|oid| self.store.commit(oid)).map(|commit| commit.tree);
        let tree = tree::write(&mut self.store, base, changes).expect("seeded paths are well-formed");
        let commit = Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: who.clone(),
            committer: who.clone(),
            signature: None,
            message: message.into(),
        };
        let oid = self.store.put_commit(commit);
        self.set_ref(&name, Some(oid));
        oid
    }

    /// The public key that secrets are sealed with.
    pub fn public_key(&self) -> [u8; 32] {
        PublicKey::from(&self.secret_key).to_bytes()
    }

    /// The private key that opens them, for tests.
    pub fn private_key(&self) -> [u8; 32] {
        self.secret_key.to_bytes()
    }

    /// Name of the sealing key.
    pub fn key_id(&self) -> String {
        format!("33820413800000{:05}", self.id)
    }
}
