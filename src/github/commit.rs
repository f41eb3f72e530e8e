//! One commit on a branch by compare-and-swap: it lands on the very commit that was read, or not at all.
//! No force and no second try of a write: whoever gets [`Push::Lost`] or [`Push::Unknown`] reads again.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::place::escape_path;
use super::query::{Graph, Trouble, messages};
use super::read::short;
use super::tree::{Mode, Tree};
use super::wire::{Answer, Request, Sent};
use super::{Github, Logged, Place, refusal};
use crate::failure::{Failure, FailureKind, Result};
use crate::outcome::CommitMade;

/// GraphQL takes about 40 MB in one request, base64 included; beyond this the files go one by one.
const GRAPHQL_LIMIT: usize = 20_000_000;

/// How far back our own commit is looked for after a write without an answer.
const LOOK_BACK: usize = 300;

const MUTATION: &str = "mutation($input:CreateCommitOnBranchInput!) { createCommitOnBranch(input:$input) { commit { oid url \
     signature { isValid } author { name user { login } } } } }";

/// A file that a commit changes.
#[derive(Clone, Debug)]
pub struct FileChange {
    /// Its path in the repository.
    pub path: String,
    /// Its mode, which stays.
    pub mode: Mode,
    /// Its new bytes.
    pub bytes: Vec<u8>,
}

/// A commit to make.
#[derive(Clone, Debug)]
pub struct Write {
    /// Where: the branch, and the commit that must still be its head.
    pub place: Place,
    /// The files.
    pub files: Vec<FileChange>,
    /// The whole message.
    pub message: String,
}

/// Who a commit was made by, as GitHub says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The job's own token: such commits start no workflow.
    Job,
    /// Anybody else, or not said.
    Other,
}

/// How a push ended.
#[derive(Debug)]
pub enum Push {
    /// The commit stands on the branch.
    Landed(CommitMade, Author),
    /// Somebody else was faster.
    Lost(String),
    /// A rule of the branch refuses; with GitHub's words.
    Refused(String),
    /// No answer: it may have landed.
    Unknown(Attempt),
}

/// A write without an answer, for [`Github::find_own`].
#[derive(Clone, Debug)]
pub struct Attempt {
    parent: String,
    message: String,
    /// The commit's SHA, where it was known before the branch was moved.
    sha: Option<String>,
    /// What was seen in place of an answer.
    pub seen: String,
}

impl Github<'_> {
    /// Commits.
    ///
    /// # Errors
    /// When GitHub refuses for good, or cannot be reached in time.
    pub async fn push(&self, write: &Write, tree: &mut Tree) -> Result<Push> {
        let plain = write.files.iter().all(|file| file.mode == Mode::File);
        let size: usize = write.files.iter().map(|file| file.bytes.len()).sum();
        let slow = self.mutations_too_slow.load(Ordering::Relaxed);
        if self.uses_graphql() && plain && size < GRAPHQL_LIMIT && !slow {
            match self.push_graphql(write, tree).await? {
                Some(push) => return Ok(push),
                None if self.without_graphql() => {}
                None => {
                    return Err(Failure::new(FailureKind::Other, "there is no GraphQL API at this address")
                        .hinted("use `github-api: auto` or `rest`"));
                }
            }
        }
        self.push_git(write, tree).await
    }

    async fn push_graphql(&self, write: &Write, tree: &mut Tree) -> Result<Option<Push>> {
        let (headline, body) = write.message.split_once('\n').unwrap_or((&write.message, ""));
        let mut message = json!({ "headline": headline });
        if !body.trim().is_empty() {
            message["body"] = body.trim_start_matches('\n').into();
        }
        let additions: Vec<Value> = write
            .files
            .iter()
            .map(|file| json!({ "path": file.path, "contents": STANDARD.encode(&file.bytes) }))
            .collect();
        let input = json!({ "input": {
            "branch": { "repositoryNameWithOwner": write.place.repository.to_string(), "branchName": write.place.branch },
            "expectedHeadOid": write.place.commit,
            "message": message,
            "fileChanges": { "additions": additions },
        }});
        let what = what(&write.place);
        Ok(match self.mutate(MUTATION, input, &what).await? {
            Graph::Missing => None,
            Graph::Unknown(seen) => Some(Push::Unknown(attempt(write, None, seen))),
            Graph::Answered(data, troubles) => match read_commit(&data, &write.place.branch) {
                Some((commit, author)) => Some(Push::Landed(commit, author)),
                // Too much for one mutation: the git database takes the same commit in parts.
                None if troubles.iter().any(Trouble::is_refused_as_too_much) => Some(self.push_git(write, tree).await?),
                // It took too long, and may have landed: look first, and go in parts if it did not.
                None if troubles.iter().any(Trouble::is_too_much) => {
                    self.mutations_too_slow.store(true, Ordering::Relaxed);
                    Some(Push::Unknown(attempt(write, None, messages(&troubles))))
                }
                None => Some(self.judge(write, &troubles, &what)?),
            },
        })
    }

    /// Says what the errors of a refused mutation mean.
    fn judge(&self, write: &Write, troubles: &[Trouble], what: &str) -> Result<Push> {
        let said = messages(troubles);
        if refusal::is_rule_violation(&said) {
            return Ok(Push::Refused(said));
        }
        if troubles.iter().any(|trouble| trouble.kind == "STALE_DATA") || says_moved(&said) {
            return Ok(Push::Lost(said));
        }
        let kinds = |kind: &str| troubles.iter().any(|trouble| trouble.kind == kind);
        if kinds("FORBIDDEN") || said.contains("Resource not accessible") {
            return Err(Failure::new(FailureKind::Forbidden, format!("{what}: not permitted: {said}"))
                .hinted(refusal::missing("contents=write", self.token)));
        }
        if kinds("NOT_FOUND") {
            return Err(Failure::input(format!("{what}: {said}"))
                .hinted("GitHub says so, too, when the token may read the repository and not write it")
                .hinted(refusal::missing("contents=write", self.token)));
        }
        if troubles.is_empty() {
            let seen = "the answer names no commit".to_owned();
            return Ok(Push::Unknown(attempt(write, None, seen)));
        }
        Err(Failure::input(format!("{what}: GitHub refuses: {said}")))
    }

    async fn push_git(&self, write: &Write, tree: &mut Tree) -> Result<Push> {
        let what = what(&write.place);
        let repository = write.place.repository.path();
        let base = self.root_tree(tree).await?;
        let mut entries = Vec::new();
        for file in &write.files {
            let mut entry = json!({ "path": file.path, "mode": file.mode.octal(), "type": "blob" });
            match std::str::from_utf8(&file.bytes) {
                Ok(text) => entry["content"] = text.into(),
                Err(_) => return Err(Failure::input(format!("{}: the file is no UTF-8", file.path))),
            }
            entries.push(entry);
        }
        let body = json!({ "base_tree": base, "tree": entries });
        let new_tree = self.object(&format!("{repository}/git/trees"), body, &what).await?;
        // Without author, committer and date GitHub signs the commit for a bot.
        let body = json!({ "message": write.message, "tree": new_tree.text("/sha"), "parents": [write.place.commit] });
        let commit = self.object(&format!("{repository}/git/commits"), body, &what).await?;
        let sha = commit.text("/sha").unwrap_or_default().to_owned();
        let path = format!("{repository}/git/refs/heads/{}", escape_path(&write.place.branch));
        let request = Request::write(Method::PATCH, path, json!({ "sha": sha, "force": false }), what.clone());
        match self.attempt(&self.clients.rest, &request).await? {
            Sent::Unknown(seen) => Ok(Push::Unknown(attempt(write, Some(sha), seen))),
            Sent::Answered(answer) if answer.is_success() => {
                let made = CommitMade {
                    url: commit.text("/html_url").map(str::to_owned),
                    verified: commit.body.pointer("/verification/verified").and_then(Value::as_bool),
                    branch: write.place.branch.clone(),
                    sha,
                };
                Ok(Push::Landed(made, author(commit.text("/author/name"))))
            }
            Sent::Answered(answer) => self.judge_move(&answer, &write.place, &what).await,
        }
    }

    /// Says what a refused move of the branch means. Where the words are not GitHub's own, the branch tells: its head is
    /// no longer where it was, or it stands under rules.
    async fn judge_move(&self, answer: &Answer, place: &Place, what: &str) -> Result<Push> {
        let said = answer.message();
        if refusal::is_rule_violation(&said) {
            return Ok(Push::Refused(said));
        }
        if matches!(answer.status, 409 | 422) {
            if says_moved(&said) || self.has_moved(place).await? {
                return Ok(Push::Lost(said));
            }
            if !self.rules(&place.repository, &place.branch).await?.is_empty() {
                return Ok(Push::Refused(said));
            }
        }
        let failure = refusal::explain(answer, what, self.token);
        // Reading went well: what is not found now is the right to write.
        Err(if answer.status == 404 { failure.hinted(refusal::missing("contents=write", self.token)) } else { failure })
    }

    async fn has_moved(&self, place: &Place) -> Result<bool> {
        let head = self.find_head(&place.repository, &place.branch).await?;
        Ok(head.is_some_and(|head| head != place.commit))
    }

    /// Writes an object that no branch points to; doing it twice leaves one more object and nothing else.
    async fn object(&self, path: &str, body: Value, what: &str) -> Result<Answer> {
        let answer = self.rest(Request::write(Method::POST, path, body, what).repeatable()).await?;
        if answer.is_success() && answer.text("/sha").is_some() {
            return Ok(answer);
        }
        let failure = refusal::explain(&answer, what, self.token);
        // Reading went well: what is not found now is the right to write.
        Err(if answer.status == 404 { failure.hinted(refusal::missing("contents=write", self.token)) } else { failure })
    }

    /// Looks for a commit of ours behind writes that had no answer. `place` is what the branch shows now.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn find_own(&self, place: &Place, attempts: &[Attempt]) -> Result<Option<CommitMade>> {
        if attempts.iter().all(|attempt| attempt.parent == place.commit) {
            return Ok(None);
        }
        let log = self.log(place, None, LOOK_BACK).await?;
        let own = log.iter().find(|commit| attempts.iter().any(|attempt| attempt.is(commit)));
        Ok(own.map(|commit| CommitMade {
            sha: commit.sha.clone(),
            url: commit.url.clone(),
            verified: commit.verified,
            branch: place.branch.clone(),
        }))
    }
}

impl Attempt {
    /// Tells whether a commit is the one that was tried: of one parent and one message there is no second.
    fn is(&self, commit: &Logged) -> bool {
        match &self.sha {
            Some(sha) => *sha == commit.sha,
            None => commit.parents.first() == Some(&self.parent) && same_message(&commit.message, &self.message),
        }
    }
}

fn same_message(left: &str, right: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    lines(left) == lines(right)
}

fn attempt(write: &Write, sha: Option<String>, seen: String) -> Attempt {
    Attempt { parent: write.place.commit.clone(), message: write.message.clone(), sha, seen }
}

fn what(place: &Place) -> String {
    format!("committing to branch {} of {} on {}", place.branch, place.repository, short(&place.commit))
}

/// Tells whether a text says that the branch is no longer where it was.
fn says_moved(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "expected branch to point to",
        "but expected",
        "not a fast forward",
        "not a fast-forward",
        "reference cannot be updated",
        "is not up to date",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn read_commit(data: &Value, branch: &str) -> Option<(CommitMade, Author)> {
    let commit = data.pointer("/createCommitOnBranch/commit")?;
    let made = CommitMade {
        sha: commit["oid"].as_str()?.to_owned(),
        url: commit["url"].as_str().map(str::to_owned),
        verified: Some(commit["signature"]["isValid"].as_bool().unwrap_or(false)),
        branch: branch.to_owned(),
    };
    let name = commit.pointer("/author/user/login").or_else(|| commit.pointer("/author/name"));
    Some((made, author(name.and_then(Value::as_str))))
}

fn author(name: Option<&str>) -> Author {
    if name.is_some_and(|name| name.starts_with("github-actions")) { Author::Job } else { Author::Other }
}

#[cfg(test)]
mod tests {
    use super::{Logged, same_message, says_moved};

    #[test]
    fn lost_races_are_known_by_githubs_words() {
        for text in [
            "Expected branch to point to \"a\" but it did not. Pull and try again.",
            "is at a1 but expected b2",
            "Update is not a fast forward",
            "Reference cannot be updated",
        ] {
            assert!(says_moved(text), "{text}");
        }
        assert!(!says_moved("Reference does not exist"));
    }

    #[test]
    fn our_own_commit_is_known_by_its_parent_and_message() {
        let attempt = super::Attempt { parent: "p".into(), message: "a\n\nb".into(), sha: None, seen: String::new() };
        let commit = |parent: &str, message: &str| Logged {
            sha: "x".into(),
            message: message.into(),
            parents: vec![parent.into()],
            ..Logged::default()
        };
        assert!(attempt.is(&commit("p", "a\n\nb\n")));
        assert!(!attempt.is(&commit("q", "a\n\nb")));
        assert!(!attempt.is(&commit("p", "a\n\nc")));
        assert!(same_message("a\r\n\r\nb", "a\n\nb"));
    }
}
