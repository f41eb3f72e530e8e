//! Reading: the head of a branch with the files and the log that are needed first, then more files of that commit.
//! With GraphQL many at once, with REST one by one; both give the same.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::facts::Facts;
use super::place::escape_path;
use super::query::{Graph, Trouble, messages};
use super::selection::{FILE, LOG, base_variables, declarations, read_files, read_log, read_opened, selection};
use super::tree::Tree;
use super::wire::{Request, no_answer};
use super::{Github, Logged, Place, Repository, refusal};
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::GithubApi;

/// Most files asked for in one query.
const CHUNK: usize = 100;

/// REST reads that run at the same time.
const AT_ONCE: usize = 8;

/// What the first look at a repository shows.
#[derive(Debug)]
pub struct Opened {
    /// The commit at the branch's head, with the files asked for.
    pub tree: Tree,
    /// Logs of the folders asked for, newest first.
    pub logs: BTreeMap<String, Vec<Logged>>,
    /// The branch that the repository calls its default.
    pub default_branch: String,
    /// The token's rights, where the answer tells: `true` when it can push.
    pub can_push: Option<bool>,
    /// The repository is read-only.
    pub archived: bool,
}

impl Github<'_> {
    /// Reads the head of a branch (the default one when none is named), files of that commit, and logs of folders.
    ///
    /// # Errors
    /// When the repository or the branch is not there, or GitHub cannot be reached in time.
    pub async fn open(
        &self,
        repository: &Repository,
        branch: Option<&str>,
        files: &[String],
        logs: &[String],
    ) -> Result<Opened> {
        let opened = self.look(repository, branch, files, logs).await?;
        opened.ok_or_else(|| missing_branch(repository, branch.unwrap_or_default()))
    }

    /// The same for a branch that GitHub has said to be there: a read that does not show it yet is asked again.
    ///
    /// # Errors
    /// As [`Github::open`], when the time is over.
    pub async fn open_known(
        &self,
        repository: &Repository,
        branch: &str,
        files: &[String],
        logs: &[String],
    ) -> Result<Opened> {
        for attempt in 0.. {
            if let Some(opened) = self.look(repository, Some(branch), files, logs).await? {
                return Ok(opened);
            }
            self.await_branch(branch, attempt).await?;
        }
        unreachable!("the loop ends by returning")
    }

    async fn await_branch(&self, branch: &str, attempt: u32) -> Result<()> {
        self.pause(self.pause_before(attempt), &format!("GitHub does not show the new branch {branch} yet")).await
    }

    /// Looks at a branch; `None` when there is none of that name.
    async fn look(
        &self,
        repository: &Repository,
        branch: Option<&str>,
        files: &[String],
        logs: &[String],
    ) -> Result<Option<Opened>> {
        for attempt in 0.. {
            if !self.uses_graphql() {
                break;
            }
            match self.open_graphql(repository, branch, files, logs).await? {
                Look::Opened(opened) => return Ok(Some(*opened)),
                Look::NoBranch => return Ok(None),
                Look::NoGraphql if self.without_graphql() => break,
                Look::NoGraphql => return Err(no_graphql(repository)),
                // Even the smallest query is too much just now: that says more of the server than of the query.
                Look::TooMuch(_) if self.api == GithubApi::Auto => break,
                Look::TooMuch(said) => {
                    self.pause(self.pause_before(attempt), &format!("reading {repository}: {said}")).await?;
                }
            }
        }
        self.open_rest(repository, branch, files, logs).await
    }

    async fn open_graphql(
        &self,
        repository: &Repository,
        branch: Option<&str>,
        files: &[String],
        logs: &[String],
    ) -> Result<Look> {
        let what = format!("reading {repository}{}", branch.map(|name| format!(", branch {name}")).unwrap_or_default());
        let first = &files[..files.len().min(CHUNK)];
        let mut variables = base_variables(repository);
        let fields = selection(first, logs, &mut variables);
        let reference = match branch {
            Some(name) => {
                variables.insert("ref".into(), format!("refs/heads/{name}").into());
                "ref(qualifiedName:$ref)"
            }
            None => "ref: defaultBranchRef",
        };
        let query = format!(
            "query({}) {{ repository(owner:$owner,name:$name) {{ isArchived viewerPermission default: defaultBranchRef {{ name }} \
             {reference} {{ name target {{ oid ... on Commit {{ tree {{ oid }} {fields} }} }} }} }} }} {FILE}",
            declarations(&variables),
        );
        let variables = Value::Object(variables);
        let (data, troubles) = match self.query(&query, variables, &what).await? {
            Graph::Answered(data, troubles) => (data, troubles),
            Graph::Missing => return Ok(Look::NoGraphql),
            Graph::Unknown(seen) => return Err(no_answer(&what, &seen)),
        };
        if troubles.iter().any(Trouble::is_too_much) {
            if files.is_empty() && logs.is_empty() {
                return Ok(Look::TooMuch(messages(&troubles)));
            }
            let mut look = Box::pin(self.open_graphql(repository, branch, &[], &[])).await?;
            if let Look::Opened(opened) = &mut look {
                self.read(&mut opened.tree, files).await?;
                self.read_logs(opened, logs).await?;
            }
            return Ok(look);
        }
        let found = &data["repository"];
        if found.is_null() {
            return Err(missing_repository(repository, &troubles, self.token));
        }
        refuse_gaps(&what, &troubles)?;
        let Some(mut opened) = read_opened(repository, branch, found) else { return Ok(Look::NoBranch) };
        read_files(&mut opened.tree, first, &found["ref"]["target"]);
        for (index, folder) in logs.iter().enumerate() {
            opened.logs.insert(folder.clone(), read_log(&found["ref"]["target"][format!("l{index}")]["nodes"]));
        }
        self.read(&mut opened.tree, files).await?;
        Ok(Look::Opened(Box::new(opened)))
    }

    async fn open_rest(
        &self,
        repository: &Repository,
        branch: Option<&str>,
        files: &[String],
        logs: &[String],
    ) -> Result<Option<Opened>> {
        let Facts { default_branch, can_push, archived } = self.facts(repository).await?;
        let branch = branch.unwrap_or(&default_branch).to_owned();
        let Some(commit) = self.find_head(repository, &branch).await? else { return Ok(None) };
        let mut tree = Tree::new(Place { repository: repository.clone(), branch, commit });
        self.read(&mut tree, files).await?;
        let mut opened = Opened { tree, logs: BTreeMap::new(), default_branch, can_push, archived };
        self.read_logs(&mut opened, logs).await?;
        Ok(Some(opened))
    }

    async fn read_logs(&self, opened: &mut Opened, logs: &[String]) -> Result<()> {
        for folder in logs {
            let log = self.log(&opened.tree.place, Some(folder), LOG).await?;
            opened.logs.insert(folder.clone(), log);
        }
        Ok(())
    }

    /// Reads the SHA at the head of a branch that GitHub has said to be there.
    ///
    /// # Errors
    /// When GitHub does not show it in time, or refuses.
    pub async fn head(&self, repository: &Repository, branch: &str) -> Result<String> {
        for attempt in 0.. {
            if let Some(commit) = self.find_head(repository, branch).await? {
                return Ok(commit);
            }
            self.await_branch(branch, attempt).await?;
        }
        unreachable!("the loop ends by returning")
    }

    /// Reads the SHA at the head of a branch, where there is one.
    pub(super) async fn find_head(&self, repository: &Repository, branch: &str) -> Result<Option<String>> {
        let path = format!("{}/git/ref/heads/{}", repository.path(), escape_path(branch));
        let what = format!("reading branch {branch} of {repository}");
        let answer = self.rest(Request::get(path, what.clone())).await?;
        match answer.status {
            404 => Ok(None),
            // A repository without a commit.
            409 if answer.message().to_ascii_lowercase().contains("empty") => Ok(None),
            _ if answer.is_success() => Ok(answer.text("/object/sha").map(str::to_owned)),
            _ => Err(refusal::explain(&answer, &what, self.token)),
        }
    }

    /// Reads the bytes of files, and learns which of them are not there.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn read(&self, tree: &mut Tree, paths: &[String]) -> Result<()> {
        let mut lacking: Vec<String> = paths.iter().filter(|path| tree.lacks(path)).cloned().collect();
        lacking.sort_unstable();
        lacking.dedup();
        if self.uses_graphql() {
            let mut chunks: Vec<Vec<String>> = lacking.chunks(CHUNK).map(<[String]>::to_vec).collect();
            chunks.reverse();
            while let Some(chunk) = chunks.pop() {
                match self.read_graphql(tree, &chunk).await? {
                    Chunk::Read => {}
                    Chunk::TooMuch if chunk.len() > 1 => {
                        let half = chunk.len() / 2;
                        chunks.push(chunk[half..].to_vec());
                        chunks.push(chunk[..half].to_vec());
                    }
                    Chunk::TooMuch => self.read_rest(tree, &chunk).await?,
                    Chunk::NoGraphql if self.without_graphql() => return self.read_rest(tree, paths).await,
                    Chunk::NoGraphql => return Err(no_graphql(&tree.place.repository)),
                }
            }
        }
        // What GraphQL does not give as text (binary, too long), and everything where there is no GraphQL.
        self.read_rest(tree, &lacking).await
    }

    async fn read_graphql(&self, tree: &mut Tree, paths: &[String]) -> Result<Chunk> {
        let place = tree.place.clone();
        let mut variables = base_variables(&place.repository);
        variables.insert("oid".into(), place.commit.clone().into());
        let fields = selection(paths, &[], &mut variables);
        let query = format!(
            "query({}) {{ repository(owner:$owner,name:$name) {{ object(oid:$oid) {{ ... on Commit {{ tree {{ oid }} {fields} }} }} }} }} {FILE}",
            declarations(&variables).replace("$oid:String!", "$oid:GitObjectID!"),
        );
        let what = format!("reading {} files of {} at {}", paths.len(), place.repository, short(&place.commit));
        let (data, troubles) = match self.query(&query, Value::Object(variables), &what).await? {
            Graph::Answered(data, troubles) => (data, troubles),
            Graph::Missing => return Ok(Chunk::NoGraphql),
            Graph::Unknown(seen) => return Err(no_answer(&what, &seen)),
        };
        if troubles.iter().any(Trouble::is_too_much) {
            return Ok(Chunk::TooMuch);
        }
        let commit = &data["repository"]["object"];
        if !commit.is_object() {
            let said = messages(&troubles);
            return Err(Failure::new(FailureKind::Other, format!("{what}: GitHub does not give the commit: {said}")));
        }
        refuse_gaps(&what, &troubles)?;
        read_files(tree, paths, commit);
        Ok(Chunk::Read)
    }

    /// Reads files over REST: where they stand from the commit's tree, their bytes as blobs.
    async fn read_rest(&self, tree: &mut Tree, paths: &[String]) -> Result<()> {
        for path in paths {
            if tree.known(path).is_none() {
                self.locate(tree, path).await?;
            }
        }
        let wanted: Vec<(String, String)> = paths
            .iter()
            .filter(|path| tree.lacks(path))
            .filter_map(|path| tree.entry(path).map(|entry| (path.clone(), entry.oid.clone())))
            .collect();
        let repository = tree.place.repository.clone();
        let reads = wanted.into_iter().map(|(path, oid)| {
            let repository = &repository;
            async move { self.blob(repository, &oid, &path).await.map(|bytes| (path, bytes)) }
        });
        let results: Vec<Result<(String, Vec<u8>)>> =
            futures_util::stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        for result in results {
            let (path, bytes) = result?;
            if let Some(Some(entry)) = tree.entries.get_mut(&path) {
                entry.bytes = Some(bytes);
            }
        }
        Ok(())
    }

    async fn blob(&self, repository: &Repository, oid: &str, path: &str) -> Result<Vec<u8>> {
        let what = format!("reading {path} of {repository}");
        let answer = self.fetch(Request::get(format!("{}/git/blobs/{oid}", repository.path()), what.clone())).await?;
        let content = answer.text("/content").unwrap_or_default();
        if answer.text("/encoding") == Some("utf-8") {
            return Ok(content.as_bytes().to_vec());
        }
        let packed: String = content.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        STANDARD
            .decode(packed)
            .map_err(|_| Failure::new(FailureKind::Other, format!("{what}: the answer is no base64")))
    }
}

/// What a look at a branch by GraphQL ended with.
enum Look {
    Opened(Box<Opened>),
    NoBranch,
    NoGraphql,
    /// The smallest query was refused; with the server's words.
    TooMuch(String),
}

enum Chunk {
    Read,
    TooMuch,
    NoGraphql,
}

/// Refuses an answer in which a file or a log is left out: it would look as if there were none.
fn refuse_gaps(what: &str, troubles: &[Trouble]) -> Result<()> {
    match troubles.iter().find(|trouble| trouble.hides_a_file()) {
        Some(trouble) if trouble.kind == "FORBIDDEN" => {
            Err(Failure::new(FailureKind::Forbidden, format!("{what}: not permitted: {}", trouble.message)))
        }
        Some(trouble) => Err(Failure::new(FailureKind::Other, format!("{what}: {}", trouble.message))),
        None => Ok(()),
    }
}

fn missing_repository(repository: &Repository, troubles: &[Trouble], token: super::TokenKind) -> Failure {
    let said = messages(troubles);
    if troubles.iter().any(|trouble| trouble.kind == "FORBIDDEN") {
        return Failure::new(FailureKind::Forbidden, format!("reading {repository}: not permitted: {said}"))
            .hinted(refusal::missing("contents=read", token));
    }
    Failure::input(format!("reading {repository}: not found: {said}"))
        .hinted("check `config-repo`; GitHub also says so when the token must not see it: a job's own token reaches its own repository only")
}

fn missing_branch(repository: &Repository, branch: &str) -> Failure {
    // A repository without a commit has no branch at all, not even its default one.
    if branch.is_empty() {
        return Failure::input(format!("{repository} has no commit yet: there is nothing to edit"));
    }
    Failure::input(format!("{repository} has no branch {branch:?}"))
        .hinted("check `branch`; without it the repository's default branch is used")
}

fn no_graphql(repository: &Repository) -> Failure {
    Failure::new(FailureKind::Other, format!("reading {repository}: there is no GraphQL API at this address"))
        .hinted("use `github-api: auto` or `rest`, or set GITHUB_GRAPHQL_URL")
}

/// Returns the first digits of a SHA.
pub(super) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
