//! The way through a pull request: a branch of its own, one commit on it, and one open pull request for the same images.

use super::plan::{self, Plan};
use super::push::warn_of_skips;
use super::race::Race;
use super::targets::Targets;
use super::{Job, order, report};
use crate::config::paths;
use crate::failure::{Failure, FailureKind, Result};
use crate::github::{Attempt, Github, Opened, Place, Proposal, PullRequest, Push, Relation, Tree, Write};
use crate::outcome::{CommitMade, Conclusion, Outcome, PullRequestMade};

/// Brings a plan into a pull request. `opened` is the base branch, and `plan` what the edit makes of it.
pub(super) async fn run(
    job: &Job<'_>,
    github: &Github<'_>,
    opened: &Opened,
    targets: &Targets,
    mut plan: Plan,
) -> Result<Outcome> {
    let base = &opened.tree.place;
    let words = plan.words(job);
    let name = words.branch(job.commit.pull_request_branch.as_deref(), &base.branch, &job.commit.paths);
    if name == base.branch {
        return Err(Failure::input(format!(
            "pull-request-branch: {name:?} is the branch that the pull request is for"
        )));
    }
    warn_of_skips(&words.message(job.commit.message.as_deref()), &mut plan);
    let open = github.find_pull(&base.repository, &name, &base.branch).await?;
    let branch = if open.is_some() { Branch::There(name) } else { prepare(github, base, &name).await? };
    let made = match commit(job, github, base, targets, &plan, &branch).await? {
        Committed::Made(made) => Some(made),
        Committed::Nothing => None,
        Committed::Superseded(outcome) => return Ok(*outcome),
    };
    let proposal = Proposal {
        repository: base.repository.clone(),
        head: branch.name().to_owned(),
        base: base.branch.clone(),
        title: words.title(job.commit.pull_request_title.as_deref()),
        body: words.body(job.commit.pull_request_body.as_deref()),
        labels: job.commit.pull_request_labels.clone(),
    };
    let is_current =
        made.is_none() && open.as_ref().is_some_and(|open| open.title == proposal.title && open.body == proposal.body);
    let (pull, updated) = github.propose(&proposal, open).await?;
    Ok(outcome(job, plan, made, &pull, updated, is_current, branch.name()))
}

fn outcome(
    job: &Job<'_>,
    plan: Plan,
    made: Option<CommitMade>,
    pull: &PullRequest,
    updated: bool,
    is_current: bool,
    branch: &str,
) -> Outcome {
    let mut outcome = report::outcome(job, plan, Conclusion::PullRequest);
    outcome.changed = !is_current;
    outcome.commit = Some(made.unwrap_or_else(|| CommitMade { branch: branch.to_owned(), ..CommitMade::default() }));
    outcome.pull_request = Some(PullRequestMade { number: pull.number, url: pull.url.clone(), updated });
    outcome
}

/// The pull request's branch.
enum Branch {
    /// At the base's head: nothing of ours is on it yet.
    Fresh(String),
    /// With commits of its own.
    There(String),
}

impl Branch {
    fn name(&self) -> &str {
        match self {
            Self::Fresh(name) | Self::There(name) => name,
        }
    }
}

/// Makes the branch. One that is left over from an earlier run is used when it leads on from the base; one that is not
/// merged as it stands (squashed, or closed) is left alone, and another one made beside it.
async fn prepare(github: &Github<'_>, base: &Place, name: &str) -> Result<Branch> {
    let place = |branch: &str| Place { branch: branch.to_owned(), ..base.clone() };
    if github.create_branch(&place(name)).await? {
        return Ok(Branch::Fresh(name.to_owned()));
    }
    let head = github.head(&base.repository, name).await?;
    match github.compare(&base.repository, &base.commit, &head).await? {
        Relation::Identical => return Ok(Branch::Fresh(name.to_owned())),
        Relation::Ahead => return Ok(Branch::There(name.to_owned())),
        Relation::Behind if github.forward_branch(&place(name)).await? => return Ok(Branch::Fresh(name.to_owned())),
        _ => {}
    }
    let other = format!("{name}-{}", base.commit.get(..7).unwrap_or(&base.commit));
    if github.create_branch(&place(&other)).await? { Ok(Branch::Fresh(other)) } else { Ok(Branch::There(other)) }
}

/// What became of the commit to the branch.
enum Committed {
    /// It stands there.
    Made(CommitMade),
    /// The branch already says what it shall.
    Nothing,
    /// The branch holds an image of a newer source commit.
    Superseded(Box<Outcome>),
}

/// Commits to the branch.
async fn commit(
    job: &Job<'_>,
    github: &Github<'_>,
    base: &Place,
    targets: &Targets,
    plan: &Plan,
    branch: &Branch,
) -> Result<Committed> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut race = Race::new(github, job.console);
    for round in 0.. {
        let (mut tree, plan) = if round == 0 && matches!(branch, Branch::Fresh(_)) {
            // Its head is the commit that the plan was made for.
            (Tree::new(Place { branch: branch.name().to_owned(), ..base.clone() }), plan.clone())
        } else {
            let paths: Vec<String> = targets.files.iter().map(|file| file.path.clone()).collect();
            let folders = targets.files.iter().map(|file| file.path.rsplit_once('/').map_or("", |(folder, _)| folder));
            let logs = if order::is_known(job) { vec![paths::common(folders)] } else { Vec::new() };
            let opened = github.open_known(&base.repository, branch.name(), &paths, &logs).await;
            let opened = opened.map_err(|failure| race.ended_by(failure))?;
            if let Some(made) = github.find_own(&opened.tree.place, &attempts).await? {
                return Ok(Committed::Made(made));
            }
            let mut plan = plan::make(job, &opened.tree, targets)?;
            if let Some(outcome) = order::guard(job, github, &opened, &mut plan).await? {
                return Ok(Committed::Superseded(Box::new(outcome)));
            }
            (opened.tree, plan)
        };
        if plan.files.is_empty() {
            return Ok(Committed::Nothing);
        }
        let message = plan.words(job).message(job.commit.message.as_deref());
        let write = Write { place: tree.place.clone(), files: plan.files.clone(), message };
        let push = github.push(&write, &mut tree).await;
        match push.map_err(|failure| race.ended_by(failure))? {
            Push::Landed(made, _) => return Ok(Committed::Made(made)),
            Push::Refused(said) => {
                return Err(Failure::new(
                    FailureKind::Forbidden,
                    format!("a rule refuses the push to branch {}: {}", branch.name(), said.trim()),
                )
                .hinted("choose a branch that the rules leave alone: `pull-request-branch`"));
            }
            Push::Lost(said) => race.lost(branch.name(), said).await?,
            Push::Unknown(attempt) => {
                let seen = attempt.seen.clone();
                attempts.push(attempt);
                race.unanswered(&seen).await?;
            }
        }
    }
    unreachable!("the loop ends by returning")
}
