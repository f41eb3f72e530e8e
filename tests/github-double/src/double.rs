//! The handle that tests hold: start, seed, disturb, look.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::Token;
use crate::export;
use crate::git::tree::{self, Target, entry_at};
use crate::git::{Mode, Oid, graph};
use crate::repository::{PullRequest, Repository, StoredSecret};
use crate::rules::{Protection, Rule, Ruleset};
use crate::seed::{Seed, somebody};
use crate::wire::chaos::Chaos;
use crate::wire::fault::Fault;
use crate::wire::log::Entry;
use crate::wire::request::Face;
use crate::wire::server::{Shared, lock, serve};
use crate::world::{Switches, Urls, World};

/// A commit as tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// SHA.
    pub sha: String,
    /// Parents' SHAs.
    pub parents: Vec<String>,
    /// The whole message.
    pub message: String,
    /// Author's name.
    pub author: String,
    /// Whether GitHub says it is verified.
    pub verified: bool,
}

/// A running double. It stops when the last handle is dropped.
#[derive(Clone)]
pub struct Double {
    world: Shared,
    urls: Urls,
    _stop: Arc<watch::Sender<bool>>,
}

impl Double {
    /// Starts on free loopback ports. Needs a Tokio runtime that stays alive.
    pub async fn start() -> Self {
        Self::start_on(0).await.expect("a free loopback port")
    }

    /// Starts on a thread of its own, for tests that block: those that run the binary and wait for it.
    pub fn start_in_background() -> Self {
        let (started, waiting) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a Tokio runtime");
            runtime.block_on(async move {
                let double = Self::start().await;
                let mut stopped = double._stop.subscribe();
                let _ = started.send(double);
                // Ends with an error when the last handle is gone, which is what is waited for.
                let _ = stopped.changed().await;
            });
        });
        waiting.recv().expect("the double starts")
    }

    /// Starts with the API on a given port.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let api = TcpListener::bind(("127.0.0.1", port)).await?;
        // Another host, so that clients treat the redirect as one that leaves GitHub's API.
        let codeload = TcpListener::bind(("127.0.0.2", 0)).await?;
        let base = format!("http://{}", api.local_addr()?);
        let urls = Urls {
            graphql: format!("{base}/graphql"),
            server: base.clone(),
            codeload: format!("http://{}", codeload.local_addr()?),
            api: base,
        };
        let world: Shared = Arc::new(Mutex::new(World::new(urls.clone())));
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve(api, Face::Api, Arc::clone(&world), stopped.clone()));
        tokio::spawn(serve(codeload, Face::Codeload, Arc::clone(&world), stopped));
        Ok(Self { world, urls, _stop: Arc::new(stop) })
    }

    /// `GITHUB_API_URL`.
    pub fn api_url(&self) -> &str {
        &self.urls.api
    }

    /// `GITHUB_GRAPHQL_URL`.
    pub fn graphql_url(&self) -> &str {
        &self.urls.graphql
    }

    /// `GITHUB_SERVER_URL`.
    pub fn server_url(&self) -> &str {
        &self.urls.server
    }

    /// `GITHUB_API_URL` of an Enterprise Server.
    pub fn enterprise_api_url(&self) -> String {
        format!("{}/api/v3", self.urls.server)
    }

    /// `GITHUB_GRAPHQL_URL` of an Enterprise Server.
    pub fn enterprise_graphql_url(&self) -> String {
        format!("{}/api/graphql", self.urls.server)
    }

    /// The whole state, for what no method is there for. Do not hold it across an await.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn with<T>(&self, repository: &str, look: impl FnOnce(&mut Repository) -> T) -> T {
        let mut world = self.world();
        look(world.repository(repository).unwrap_or_else(|| panic!("no repository {repository} was seeded")))
    }

    /// Begins a repository `owner/name`.
    pub fn repository(&self, full_name: &str) -> Seed {
        Seed::new(Arc::clone(&self.world), full_name)
    }

    /// Adds (or replaces) a token.
    pub fn token(&self, token: Token) {
        self.world().tokens.insert(token.value.clone(), token);
    }

    /// Changes switches of the double.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world().switches);
    }

    /// Adds a ruleset for branches (`~DEFAULT_BRANCH`, `~ALL`, names with `*`).
    pub fn ruleset(&self, repository: &str, branches: &[&str], rules: Vec<Rule>) {
        self.with(repository, |repository| {
            let id = 6000 + repository.rulesets.len() as u64;
            let branches = branches.iter().map(|name| (*name).to_owned()).collect();
            repository.rulesets.push(Ruleset {
                id,
                name: format!("ruleset-{id}"),
                branches,
                rules,
                bypass: Vec::new(),
            });
        });
    }

    /// Puts classic protection on a branch.
    pub fn protect(&self, repository: &str, branch: &str, protection: Protection) {
        self.with(repository, |repository| repository.protection.insert(branch.into(), protection));
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.push(fault);
    }

    /// Drops all faults that have not happened yet, random ones too.
    pub fn clear_faults(&self) {
        let mut world = self.world();
        world.faults.clear();
        world.chaos = None;
    }

    /// Plays random faults.
    pub fn chaos(&self, chaos: Chaos) {
        self.world().chaos = Some(chaos);
    }

    /// After each write of a ref, its next `reads` reads answer what stood there before.
    pub fn stale_reads_after_writes(&self, repository: &str, reads: u32) {
        self.with(repository, |repository| repository.lag.reads_after_write = reads);
    }

    /// The next `reads` reads of a branch answer its head's first parent.
    pub fn stale_reads(&self, repository: &str, branch: &str, reads: u32) {
        self.with(repository, |repository| {
            let name = format!("refs/heads/{branch}");
            let parent = repository.head(&name).and_then(|oid| repository.store.commit(oid)?.parents.first().copied());
            repository.lag.hold(&name, parent, reads);
        });
    }

    /// Slows every request down.
    pub fn latency(&self, at_least: Duration) {
        self.world().switches.latency = at_least;
    }

    /// Commits as somebody else, without rules; `None` deletes. Returns the SHA.
    pub fn push(&self, repository: &str, branch: &str, message: &str, files: &[(&str, Option<&str>)]) -> String {
        self.with(repository, |repository| {
            let changes: Vec<(String, Target)> = files
                .iter()
                .map(|(path, content)| {
                    let target = content.map(|text| (Mode::File, repository.store.put_blob(text.to_owned())));
                    ((*path).to_owned(), target)
                })
                .collect();
            repository.push(branch, message, &changes, &somebody()).to_string()
        })
    }

    /// Makes (or moves, by force) a branch, without rules.
    pub fn branch(&self, repository: &str, branch: &str, sha: &str) {
        let oid: Oid = sha.parse().expect("a SHA has 40 hex digits");
        self.with(repository, |repository| repository.set_ref(&format!("refs/heads/{branch}"), Some(oid)));
    }

    /// Deletes a branch, without rules.
    pub fn delete_branch(&self, repository: &str, branch: &str) {
        self.with(repository, |repository| repository.set_ref(&format!("refs/heads/{branch}"), None));
    }

    /// The true head of a branch.
    pub fn head(&self, repository: &str, branch: &str) -> Option<String> {
        self.with(repository, |repository| repository.head(&format!("refs/heads/{branch}")).map(|oid| oid.to_string()))
    }

    /// All branches.
    pub fn branches(&self, repository: &str) -> Vec<String> {
        let names = self.with(repository, |repository| repository.refs("refs/heads/"));
        names.into_iter().map(|(name, _)| name.trim_start_matches("refs/heads/").to_owned()).collect()
    }

    /// A file's text at the true head of a branch (or at a commit).
    pub fn read(&self, repository: &str, reference: &str, path: &str) -> Option<String> {
        let bytes = self.read_bytes(repository, reference, path)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A file's bytes at the true head of a branch (or at a commit).
    pub fn read_bytes(&self, repository: &str, reference: &str, path: &str) -> Option<Vec<u8>> {
        self.with(repository, |repository| {
            let commit = at(repository, reference)?;
            let (_, oid) = entry_at(&repository.store, repository.store.commit(commit)?.tree, path)?;
            repository.store.blob(oid).map(|bytes| bytes.to_vec())
        })
    }

    /// All files with their modes' digits at a branch or commit.
    pub fn files(&self, repository: &str, reference: &str) -> BTreeMap<String, &'static str> {
        self.with(repository, |repository| {
            let tree = at(repository, reference).and_then(|oid| repository.store.commit(oid)).map(|commit| commit.tree);
            let entries = tree.map(|tree| tree::walk(&repository.store, tree)).unwrap_or_default();
            let files = entries.into_iter().filter(|entry| entry.mode != Mode::Directory);
            files.map(|entry| (entry.path, entry.mode.digits())).collect()
        })
    }

    /// The commits of a branch, newest first.
    pub fn commits(&self, repository: &str, branch: &str) -> Vec<Commit> {
        self.with(repository, |repository| {
            let Some(head) = at(repository, branch) else { return Vec::new() };
            let all = graph::history(&repository.store, head, "");
            all.into_iter().filter_map(|oid| commit(repository, oid)).collect()
        })
    }

    /// All pull requests.
    pub fn pulls(&self, repository: &str) -> Vec<PullRequest> {
        self.with(repository, |repository| repository.pulls.clone())
    }

    /// A stored secret of the repository, or of an environment.
    pub fn secret(&self, repository: &str, environment: Option<&str>, name: &str) -> Option<StoredSecret> {
        let key = (environment.map(str::to_owned), name.to_ascii_uppercase());
        self.with(repository, |repository| repository.secrets.get(&key).cloned())
    }

    /// The X25519 key pair that the repository's secrets are sealed for: public, private.
    pub fn secret_keys(&self, repository: &str) -> ([u8; 32], [u8; 32]) {
        self.with(repository, |repository| (repository.public_key(), repository.private_key()))
    }

    /// Every request so far, with its answer.
    pub fn requests(&self) -> Vec<Entry> {
        self.world().log.entries.clone()
    }

    /// Requests by kind, as `GET contents`.
    pub fn request_counts(&self) -> BTreeMap<String, usize> {
        self.world().log.counts()
    }

    /// Bytes of all request bodies and of all answer bodies.
    pub fn bytes(&self) -> (usize, usize) {
        self.world().log.bytes()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.world().log.forget();
    }

    /// Appends every request from now on to a file, one JSON object a line.
    pub fn dump_log(&self, path: &Path) -> io::Result<()> {
        self.world().log.dump_to(path)
    }

    /// Requests to the archive host that carried a token: there must be none.
    pub fn leaked_tokens(&self) -> usize {
        let world = self.world();
        let leaks = |entry: &&Entry| entry.face == Face::Codeload && entry.headers.contains_key("authorization");
        world.log.entries.iter().filter(leaks).count()
    }

    /// Writes a real, bare git repository that the git binary can read.
    pub fn export(&self, repository: &str, directory: &Path) -> io::Result<()> {
        self.with(repository, |repository| export::write(repository, directory))
    }
}

fn at(repository: &Repository, reference: &str) -> Option<Oid> {
    repository.head(&format!("refs/heads/{reference}")).or_else(|| reference.parse().ok())
}

fn commit(repository: &Repository, oid: Oid) -> Option<Commit> {
    let commit = repository.store.commit(oid)?;
    Some(Commit {
        sha: oid.to_string(),
        parents: commit.parents.iter().map(Oid::to_string).collect(),
        message: commit.message.clone(),
        author: commit.author.name.clone(),
        verified: commit.signature.is_some(),
    })
}
