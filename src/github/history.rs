//! The log of a branch or a folder, and how two commits lie to each other.

use serde_json::Value;

use super::place::{escape, escape_path};
use super::wire::{Answer, Request};
use super::{Github, Place, Repository, refusal};
use crate::failure::Result;

/// Most commits that the REST API lists at once.
const PAGE: usize = 100;

/// How many it lists when it is not asked for a number.
const DEFAULT_PAGE: usize = 30;

/// A commit of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// Full SHA.
    pub sha: String,
    /// The whole message.
    pub message: String,
    /// SHAs of its parents; empty where they were not asked for.
    pub parents: Vec<String>,
    /// The commit's page.
    pub url: Option<String>,
    /// As GitHub says; absent where it did not.
    pub verified: Option<bool>,
    /// When it was committed, as GitHub writes it.
    pub date: Option<String>,
}

/// How a commit lies to another one, the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They are the same.
    Identical,
    /// It descends from the base.
    Ahead,
    /// The base descends from it.
    Behind,
    /// Neither descends from the other.
    Diverged,
    /// GitHub does not say; with its words.
    Unknown(String),
}

impl Github<'_> {
    /// Lists the commits from a place back, newest first; with `folder` those that changed something in it.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn log(&self, place: &Place, folder: Option<&str>, count: usize) -> Result<Vec<Logged>> {
        let mut log: Vec<Logged> = Vec::new();
        for page in 1.. {
            let size = PAGE.min(count);
            let mut path = format!(
                "{}/commits?sha={}&per_page={size}&page={page}",
                place.repository.path(),
                escape(&place.commit)
            );
            if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
                path.push_str(&format!("&path={}", escape(folder)));
            }
            let what = format!("reading the history of {}", place.repository);
            let answer = self.fetch(Request::get(path, what)).await?;
            let found = answer.body.as_array().map_or(&[][..], Vec::as_slice);
            let listed: Vec<Logged> = found.iter().filter_map(logged).collect();
            // A server that does not know the parameter gives the same page again and again.
            if listed.is_empty() || log.iter().any(|known| known.sha == listed[0].sha) {
                break;
            }
            log.extend(listed);
            if log.len() >= count || !has_more(&answer, found.len(), size) {
                break;
            }
        }
        log.truncate(count);
        Ok(log)
    }

    /// Lists the files that differ between a commit and one of its descendants, as far as GitHub lists them (300).
    ///
    /// # Errors
    /// When GitHub cannot be reached in time.
    pub async fn changed_files(&self, repository: &Repository, base: &str, head: &str) -> Result<Vec<String>> {
        let path = format!("{}/compare/{}...{}", repository.path(), escape(base), escape(head));
        let answer = self.rest(Request::get(path, format!("comparing two commits of {repository}"))).await?;
        let files = answer.body["files"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(files.iter().filter_map(|file| file["filename"].as_str().map(str::to_owned)).collect())
    }

    /// Compares two commits.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time.
    pub async fn compare(&self, repository: &Repository, base: &str, head: &str) -> Result<Relation> {
        let path = format!("{}/compare/{}...{}?per_page=1", repository.path(), escape(base), escape(head));
        let what = format!("comparing two commits of {repository}");
        let answer = self.rest(Request::get(path, what)).await?;
        let status = answer.text("/status").or_else(|| counted(&answer.body));
        Ok(match status {
            Some("identical") if answer.is_success() => Relation::Identical,
            Some("ahead") if answer.is_success() => Relation::Ahead,
            Some("behind") if answer.is_success() => Relation::Behind,
            Some("diverged") if answer.is_success() => Relation::Diverged,
            _ => Relation::Unknown(unknown(&answer)),
        })
    }

    /// Finds the full SHA of a commit that is named by a branch, tag or the beginning of its SHA.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses for another reason than that there is none.
    pub async fn resolve(&self, repository: &Repository, name: &str) -> Result<Option<Logged>> {
        let what = format!("looking for commit {name} in {repository}");
        let answer = self
            .rest(Request::get(format!("{}/commits/{}", repository.path(), escape_path(name)), what.clone()))
            .await?;
        match answer.status {
            200..=299 => Ok(logged(&answer.body)),
            404 | 422 | 409 => Ok(None),
            _ => Err(refusal::explain(&answer, &what, self.token)),
        }
    }
}

/// Tells whether there is another page: by the `Link` header; without one, by a page that is as long as one can be
/// (`size`, or the 30 of a server that goes by its default).
fn has_more(answer: &Answer, found: usize, size: usize) -> bool {
    match answer.header("link") {
        Some(link) => link.contains("rel=\"next\""),
        None => found == size || found == DEFAULT_PAGE,
    }
}

/// The word for a comparison, from its counts.
fn counted(body: &Value) -> Option<&'static str> {
    Some(match (body["ahead_by"].as_u64()?, body["behind_by"].as_u64()?) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    })
}

fn unknown(answer: &Answer) -> String {
    let message = answer.message();
    if message.is_empty() { format!("status {}", answer.status) } else { format!("{message} ({})", answer.status) }
}

fn logged(item: &Value) -> Option<Logged> {
    let parents = item["parents"].as_array().map_or(&[][..], Vec::as_slice);
    Some(Logged {
        sha: item["sha"].as_str()?.to_owned(),
        message: item.pointer("/commit/message")?.as_str()?.to_owned(),
        parents: parents.iter().filter_map(|parent| parent["sha"].as_str().map(str::to_owned)).collect(),
        url: item["html_url"].as_str().map(str::to_owned),
        verified: item.pointer("/commit/verification/verified").and_then(Value::as_bool),
        date: item.pointer("/commit/committer/date").and_then(Value::as_str).map(str::to_owned),
    })
}
