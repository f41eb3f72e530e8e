//! Brings an edit of kustomization files onto a branch, into a pull request or into a local folder: what `bump` and
//! `rollback` share. One commit for all files; a lost race reads again and edits again.

mod effect;
mod local;
mod order;
mod plan;
mod propose;
mod push;
mod race;
mod report;
pub(super) mod targets;

use std::collections::BTreeMap;

use crate::config::trailers::Source;
use crate::failure::{Failure, FailureKind, Result};
use crate::github::{Attempt, Github, Opened, Repository, TokenKind};
use crate::images::Request;
use crate::inputs::task::Commit;
use crate::inputs::{Context, Strategy};
use crate::outcome::{Conclusion, Notice, Outcome};
use crate::runner::Console;
use crate::runner::stop::Stop;
use plan::Plan;
use race::Race;
use targets::Targets;

/// What is to be brought where.
pub(crate) struct Job<'run> {
    /// Where and how to commit.
    pub(crate) commit: &'run Commit,
    /// The run around us.
    pub(crate) context: &'run Context,
    /// The log.
    pub(crate) console: &'run Console,
    /// `Bump` or `Roll back`.
    pub(crate) verb: &'static str,
    /// What the files shall say.
    pub(crate) wanted: Wanted,
    /// An entry that is not there is added.
    pub(crate) create_missing: bool,
    /// A change of no workload is fine.
    pub(crate) allow_no_effect: bool,
    /// Going back behind a newer source commit is fine.
    pub(crate) allow_older: bool,
    /// For the trailers.
    pub(crate) source: Source,
    /// Lines for the message's body.
    pub(crate) remarks: Vec<String>,
}

/// What the files shall say.
pub(crate) enum Wanted {
    /// The same in every folder that the `path` lines mean.
    Same(Request),
    /// Its own in each of these folders.
    Each(BTreeMap<String, Request>),
}

impl Wanted {
    /// Returns what the file in a folder shall say.
    fn of(&self, folder: &str) -> Option<&Request> {
        match self {
            Self::Same(request) => Some(request),
            Self::Each(requests) => requests.get(folder),
        }
    }
}

/// Runs a job.
///
/// # Errors
/// Whatever ended it; then nothing was written, or the failure says what may have been.
pub(crate) async fn run(job: &Job<'_>) -> Result<Outcome> {
    if let Some(folder) = &job.commit.config_dir {
        return local::run(job, folder).await;
    }
    let name = job.commit.config_repo.as_deref().unwrap_or_default();
    let repository = Repository::parse(name, "config-repo")?;
    let stop = Stop::listen();
    let github = Github::connect(job.context, &job.commit.forge, job.commit.timeout, job.console)?;
    let github = github.stopping(stop.clone());
    let landed = Landing {
        job,
        github: &github,
        repository: &repository,
        race: Race::new(&github, job.console),
        attempts: Vec::new(),
        tried: None,
        proven: None,
        stop,
    }
    .run()
    .await;
    match landed {
        Err(failure) if failure.kind == FailureKind::Cancelled => Ok(cancelled(failure)),
        landed => landed,
    }
}

/// What a cancelled run leaves: at most a branch and a commit on it, which the next one finds and uses.
pub(crate) fn cancelled(failure: Failure) -> Outcome {
    let failure = if failure.hints.is_empty() {
        failure.hinted("run it again: nothing is half-written, and what is there already is used")
    } else {
        failure
    };
    Outcome { failure: Some(failure), ..Outcome::new(Conclusion::Cancelled) }
}

/// What the proof of effect showed of an edit.
struct Proven {
    /// Files and names of entries.
    edit: Vec<(String, String)>,
    workloads: BTreeMap<String, Vec<String>>,
    notices: Vec<Notice>,
}

/// One job on its way.
struct Landing<'run> {
    job: &'run Job<'run>,
    github: &'run Github<'run>,
    repository: &'run Repository,
    race: Race<'run>,
    stop: Stop,
    /// Writes that had no answer.
    attempts: Vec<Attempt>,
    /// The plan of the last write, in case that write turns out to have landed.
    tried: Option<Plan>,
    /// The effect of this very edit, proven on an earlier head of the branch.
    proven: Option<Proven>,
}

impl Landing<'_> {
    async fn run(mut self) -> Result<Outcome> {
        let lines = targets::read_lines(&self.job.commit.paths)?;
        for round in 0.. {
            let once = self.once(&lines, round).await;
            if let Some(outcome) = once.map_err(|failure| self.race.ended_by(failure))? {
                return Ok(outcome);
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// One try from fresh bytes; `None` when another one is to be made.
    async fn once(&mut self, lines: &[crate::config::paths::PathLine], round: u32) -> Result<Option<Outcome>> {
        let (mut opened, targets) = self.open(lines).await?;
        if round == 0 {
            self.check_rights(&opened)?;
        }
        if let Some(made) = self.github.find_own(&opened.tree.place, &self.attempts).await?
            && let Some(plan) = self.tried.take()
        {
            self.job.console.line(&format!("the commit {} had landed although there was no answer", made.sha));
            return Ok(Some(report::committed(self.job, plan, made, None)));
        }
        let mut plan = plan::make(self.job, &opened.tree, &targets)?;
        if plan.files.is_empty() {
            return Ok(Some(report::unchanged(self.job, plan, &opened.tree.place)));
        }
        if let Some(outcome) = order::guard(self.job, self.github, &opened, &mut plan).await? {
            return Ok(Some(outcome));
        }
        self.prove(&mut opened, &mut plan).await?;
        if self.job.commit.dry_run {
            return self.planned(plan, &opened).await.map(Some);
        }
        if self.job.commit.strategy == Strategy::PullRequest {
            return propose::run(self.job, self.github, &opened, &targets, plan).await.map(Some);
        }
        self.push(opened, &targets, plan, round).await
    }

    /// Reads the head of the branch and the files that the lines mean.
    async fn open(&self, lines: &[crate::config::paths::PathLine]) -> Result<(Opened, Targets)> {
        let folders: Vec<String> = match &self.job.wanted {
            Wanted::Same(_) => lines.iter().map(|line| line.fixed()).collect(),
            Wanted::Each(requests) => requests.keys().cloned().collect(),
        };
        let common = crate::config::paths::common(folders.iter().map(String::as_str));
        let logs = if order::is_known(self.job) { vec![common] } else { Vec::new() };
        let guesses = targets::guesses(lines, &self.job.wanted);
        let branch = self.job.commit.branch.as_deref();
        let mut opened = self.github.open(self.repository, branch, &guesses, &logs).await?;
        let targets = targets::find(self.github, &mut opened.tree, lines, &self.job.wanted).await?;
        Ok((opened, targets))
    }

    /// Proves the effect once: after a lost race the edit is the same, and time spent here is time to lose the next.
    async fn prove(&mut self, opened: &mut Opened, plan: &mut Plan) -> Result<()> {
        let edit: Vec<_> = plan.changes.iter().map(|(path, change)| (path.clone(), change.name.clone())).collect();
        if let Some(proven) = self.proven.as_ref().filter(|proven| proven.edit == edit) {
            plan.workloads = proven.workloads.clone();
            plan.notices.extend(proven.notices.iter().cloned());
            return Ok(());
        }
        let said = plan.notices.len();
        self.stop.ended(effect::prove(self.job, self.github, &mut opened.tree, plan)).await?;
        let notices = plan.notices[said..].to_vec();
        self.proven = Some(Proven { edit, workloads: plan.workloads.clone(), notices });
        Ok(())
    }

    /// Says before anything is tried what a read can show: a repository that nobody writes to, a token that only reads.
    fn check_rights(&self, opened: &Opened) -> Result<()> {
        let repository = self.repository;
        if opened.archived {
            return Err(Failure::new(
                FailureKind::Forbidden,
                format!("{repository} is archived: it cannot be written to"),
            )
            .hinted("unarchive it, or name another `config-repo`"));
        }
        // What an installation token's rights say is not what it may do; its refused write is explained.
        if opened.can_push == Some(false) && self.github.token() != TokenKind::Installation {
            let message = format!("the token can read {repository} and not write to it");
            return Err(Failure::new(FailureKind::Forbidden, message).hinted(
                "use a token of somebody who can push there: a GitHub App's with Contents: write, or a personal access \
                 token with Contents: Read and write (classic: scope `repo`)",
            ));
        }
        Ok(())
    }

    /// Ends a dry run: everything but the writes, and what would stand in their way.
    async fn planned(&self, plan: Plan, opened: &Opened) -> Result<Outcome> {
        let rules = self.github.rules(self.repository, &opened.tree.place.branch).await?;
        let mut outcome = report::outcome(self.job, plan, Conclusion::Planned);
        if !rules.is_empty() {
            let message = format!("branch {} has rules: {}", opened.tree.place.branch, rules.join(", "));
            outcome.notices.push(Notice::new(message));
        }
        Ok(outcome)
    }
}
