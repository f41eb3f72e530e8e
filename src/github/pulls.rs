//! Pull requests: found by their branch, opened, updated, labelled; and the branch they come from.

use http::Method;
use serde_json::{Value, json};

use super::place::{escape, escape_path};
use super::wire::{Answer, Request, Sent, no_answer};
use super::{Github, Place, Repository, policy, refusal, wire};
use crate::failure::Result;

/// A pull request to open or to bring up to date.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The repository.
    pub repository: Repository,
    /// The branch with the change.
    pub head: String,
    /// The branch it is for.
    pub base: String,
    /// Title.
    pub title: String,
    /// Body.
    pub body: String,
    /// Labels to have.
    pub labels: Vec<String>,
}

/// An open pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Number.
    pub number: u64,
    /// Page.
    pub url: String,
    /// Title.
    pub title: String,
    /// Body.
    pub body: String,
}

impl Github<'_> {
    /// Finds the open pull request of a branch.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn find_pull(&self, repository: &Repository, head: &str, base: &str) -> Result<Option<PullRequest>> {
        let filter = format!(
            "state=open&per_page=100&head={}%3A{}&base={}",
            escape(&repository.owner),
            escape(head),
            escape(base)
        );
        let what = format!("looking for an open pull request of branch {head} in {repository}");
        let answer = self.fetch(Request::get(format!("{}/pulls?{filter}", repository.path()), what)).await?;
        let pulls = answer.body.as_array().map_or(&[][..], Vec::as_slice);
        // A server that does not know the filter lists others, too.
        let ours = |pull: &&Value| {
            pull.pointer("/head/ref").and_then(Value::as_str) == Some(head)
                && pull.pointer("/base/ref").and_then(Value::as_str) == Some(base)
        };
        Ok(pulls.iter().find(ours).and_then(read))
    }

    /// Opens a pull request, or brings the title and body of the open one up to date. Returns whether it was there.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn propose(&self, proposal: &Proposal, open: Option<PullRequest>) -> Result<(PullRequest, bool)> {
        let found = match open {
            Some(open) => Some(open),
            None => match self.open_pull(proposal).await? {
                Some(pull) => {
                    self.label(proposal, pull.number).await?;
                    return Ok((pull, false));
                }
                None => self.find_pull(&proposal.repository, &proposal.head, &proposal.base).await?,
            },
        };
        let Some(found) = found else {
            let what = opening(proposal);
            return Err(no_answer(&what, "GitHub says that there is one, and shows none"));
        };
        if found.title != proposal.title || found.body != proposal.body {
            self.update_pull(proposal, found.number).await?;
        }
        self.label(proposal, found.number).await?;
        Ok((found, true))
    }

    /// Opens a pull request; `None` when there is one already, opened by somebody else or by our own lost answer.
    async fn open_pull(&self, proposal: &Proposal) -> Result<Option<PullRequest>> {
        let what = opening(proposal);
        let body = json!({
            "title": proposal.title, "body": proposal.body, "head": proposal.head, "base": proposal.base,
            "maintainer_can_modify": true,
        });
        let path = format!("{}/pulls", proposal.repository.path());
        for attempt in 0.. {
            let request = Request::write(Method::POST, path.as_str(), body.clone(), what.clone());
            match self.attempt(&self.clients.rest, &request).await? {
                Sent::Answered(answer) if answer.is_success() => return Ok(read(&answer.body)),
                Sent::Answered(answer) if is_there_already(&answer) => return Ok(None),
                // GitHub says so for a moment after the branch was made.
                Sent::Answered(answer) if attempt < 5 && answer.message().contains("Could not resolve to a node") => {
                    self.pause(policy::pause(attempt + 2, wire::chance()), "GitHub does not see the new branch yet")
                        .await?;
                }
                // In other words than GitHub's own: whether there is one is seen by looking.
                Sent::Answered(answer) => {
                    let failure = refusal::explain(&answer, &what, self.token);
                    let may_be_there = matches!(answer.status, 409 | 422);
                    let there = may_be_there
                        && self.find_pull(&proposal.repository, &proposal.head, &proposal.base).await?.is_some();
                    return if there { Ok(None) } else { Err(failure) };
                }
                Sent::Unknown(seen) => {
                    self.pause(policy::pause(attempt, wire::chance()), &format!("{what}: {seen}")).await?;
                    if let Some(pull) = self.find_pull(&proposal.repository, &proposal.head, &proposal.base).await? {
                        return Ok(Some(pull));
                    }
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    async fn update_pull(&self, proposal: &Proposal, number: u64) -> Result<()> {
        let what = format!("updating pull request #{number} of {}", proposal.repository);
        let body = json!({ "title": proposal.title, "body": proposal.body });
        let path = format!("{}/pulls/{number}", proposal.repository.path());
        let answer = self.rest(Request::write(Method::PATCH, path, body, what.clone()).repeatable()).await?;
        if answer.is_success() { Ok(()) } else { Err(refusal::explain(&answer, &what, self.token)) }
    }

    async fn label(&self, proposal: &Proposal, number: u64) -> Result<()> {
        if proposal.labels.is_empty() {
            return Ok(());
        }
        let what = format!("labelling pull request #{number} of {}", proposal.repository);
        let path = format!("{}/issues/{number}/labels", proposal.repository.path());
        let body = json!({ "labels": proposal.labels });
        let answer = self.rest(Request::write(Method::POST, path, body, what.clone()).repeatable()).await?;
        if answer.is_success() { Ok(()) } else { Err(refusal::explain(&answer, &what, self.token)) }
    }

    /// Makes a branch at a commit; `false` when there is a branch of that name already.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn create_branch(&self, place: &Place) -> Result<bool> {
        let what = format!("creating branch {} of {}", place.branch, place.repository);
        let body = json!({ "ref": format!("refs/heads/{}", place.branch), "sha": place.commit });
        let path = format!("{}/git/refs", place.repository.path());
        // Asked twice, the second time is refused as existing, which is what it says.
        let answer = self.rest(Request::write(Method::POST, path, body, what.clone()).repeatable()).await?;
        match answer.status {
            200..=299 => Ok(true),
            409 | 422 if answer.message().to_ascii_lowercase().contains("already exists") => Ok(false),
            409 | 422 if self.find_head(&place.repository, &place.branch).await?.is_some() => Ok(false),
            _ => Err(refusal::explain(&answer, &what, self.token)),
        }
    }

    /// Moves a branch forward to a commit that descends from its head; `false` when it does not.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time, or refuses.
    pub async fn forward_branch(&self, place: &Place) -> Result<bool> {
        let what = format!("moving branch {} of {} forward", place.branch, place.repository);
        let path = format!("{}/git/refs/heads/{}", place.repository.path(), escape_path(&place.branch));
        let body = json!({ "sha": place.commit, "force": false });
        let answer = self.rest(Request::write(Method::PATCH, path, body, what.clone()).repeatable()).await?;
        match answer.status {
            200..=299 => Ok(true),
            409 | 422 => Ok(false),
            _ => Err(refusal::explain(&answer, &what, self.token)),
        }
    }

    /// Reads the rules that hold for a branch, as the types that GitHub names them by.
    ///
    /// # Errors
    /// When GitHub cannot be reached in time.
    pub async fn rules(&self, repository: &Repository, branch: &str) -> Result<Vec<String>> {
        let path = format!("{}/rules/branches/{}", repository.path(), escape_path(branch));
        let answer =
            self.rest(Request::get(path, format!("reading the rules of branch {branch} of {repository}"))).await?;
        let rules = answer.body.as_array().map_or(&[][..], Vec::as_slice);
        let mut types: Vec<String> = rules.iter().filter_map(|rule| rule["type"].as_str().map(str::to_owned)).collect();
        types.sort_unstable();
        types.dedup();
        Ok(types)
    }
}

fn opening(proposal: &Proposal) -> String {
    format!("opening a pull request from {} to {} in {}", proposal.head, proposal.base, proposal.repository)
}

fn is_there_already(answer: &Answer) -> bool {
    answer.status == 422 && answer.message().to_ascii_lowercase().contains("already exists")
}

fn read(pull: &Value) -> Option<PullRequest> {
    Some(PullRequest {
        number: pull["number"].as_u64()?,
        url: pull["html_url"].as_str().unwrap_or_default().to_owned(),
        title: pull["title"].as_str().unwrap_or_default().to_owned(),
        body: pull["body"].as_str().unwrap_or_default().to_owned(),
    })
}
