//! What a run did, as data: the outputs, the summary and the log's last lines are made from it.
//! Holds no wording of its own beyond the words of the contract.

use crate::failure::{Failure, Place};

/// The words of the output `result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing had to be done.
    Unchanged,
    /// Files of `config-dir` were edited.
    Edited,
    /// A commit stands on the branch.
    Committed,
    /// A pull request stands.
    PullRequest,
    /// A newer run was there first.
    Superseded,
    /// `dry-run`: what would be done.
    Planned,
    /// `diff` found differences.
    Different,
    /// `ci-user` made the identity.
    Created,
    /// Rolled out and judged good.
    Deployed,
    /// The rollout or a check of it failed.
    Failed,
    /// The rollout did not end in time.
    TimedOut,
    /// Failed, and the previous configuration runs again.
    RolledBack,
    /// Failed, and the way back failed too.
    RollbackFailed,
    /// Cancelled from outside.
    Cancelled,
    /// `render` and `judge` end with what they print.
    Printed,
}

impl Conclusion {
    /// Returns the contract's word; empty for [`Conclusion::Printed`].
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Edited => "edited",
            Self::Committed => "committed",
            Self::PullRequest => "pull-request",
            Self::Superseded => "superseded",
            Self::Planned => "planned",
            Self::Different => "different",
            Self::Created => "created",
            Self::Deployed => "deployed",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::RolledBack => "rolled-back",
            Self::RollbackFailed => "rollback-failed",
            Self::Cancelled => "cancelled",
            Self::Printed => "",
        }
    }
}

/// Something to say that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One sentence or two; no secrets.
    pub message: String,
    /// Where it comes from.
    pub place: Option<Place>,
}

impl Notice {
    /// Returns a notice without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None }
    }
}

/// A commit of the config repo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitMade {
    /// Full SHA.
    pub sha: String,
    /// Page of the commit.
    pub url: Option<String>,
    /// As GitHub's answer says; absent when it did not say.
    pub verified: Option<bool>,
    /// Branch it stands on.
    pub branch: String,
}

/// The commit that a run read, for modes that make none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitRead {
    /// Full SHA.
    pub sha: String,
    /// Repository that it stands in, as it was named.
    pub repository: Option<String>,
    /// Page of the commit.
    pub url: Option<String>,
}

/// What was done with a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequestMade {
    /// Number in its repository.
    pub number: u64,
    /// Page.
    pub url: String,
    /// `true` when it was there already.
    pub updated: bool,
}

/// One image before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageChange {
    /// Name of the `images` entry.
    pub name: String,
    /// Reference before: `name:tag@digest`, as far as known.
    pub old: Option<String>,
    /// Reference after.
    pub new: String,
    /// Files of the config repo in which it stands.
    pub files: Vec<String>,
    /// Workloads and containers that it changes: `Deployment/ns/web: container app`.
    pub workloads: Vec<String>,
}

/// One object of a deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectOutcome {
    /// `Deployment/ns/name`, `Namespace/name`.
    pub object: String,
    /// `created`, `configured`, `unchanged`, `recreated`, `not applied`.
    pub change: String,
    /// Verdict word; empty when it was not judged.
    pub verdict: String,
    /// CamelCase reason.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Images of its containers, before and after.
    pub images: Vec<ContainerImage>,
}

/// The image of one container of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerImage {
    /// Name of the container.
    pub container: String,
    /// What the cluster had; none for a container that was not there.
    pub old: Option<String>,
    /// What was applied.
    pub new: String,
}

/// How a stretch of the timeline ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanEnd {
    /// Well.
    Good,
    /// Badly.
    Bad,
    /// It was not over when the run ended.
    Open,
}

/// One stretch of the run's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// A phase of the run, or an object.
    pub name: String,
    /// It is an object's way to its verdict, not a phase.
    pub is_object: bool,
    /// Milliseconds since 1970.
    pub from: i64,
    /// Milliseconds since 1970.
    pub until: i64,
    /// How it ended.
    pub end: SpanEnd,
}

/// How a detail is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The chain of causes of a failure: always shown.
    Chain,
    /// A container's log: folded.
    Log,
    /// Changed fields of an object, a line each that starts with `+`, `-`, `~` or `!`: folded, all objects together.
    Diff,
}

/// More on an object, as others wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// What it is about.
    pub title: String,
    /// Lines.
    pub text: String,
    /// How it is shown.
    pub form: Form,
}

/// What a run did. A run that failed after it did something has both its deeds and its failure.
#[derive(Debug)]
pub struct Outcome {
    /// The word that says how it ended.
    pub conclusion: Conclusion,
    /// Something was written.
    pub changed: bool,
    /// The commit made (bump, rollback).
    pub commit: Option<CommitMade>,
    /// The commit that was read (deploy, diff).
    pub read: Option<CommitRead>,
    /// The pull request.
    pub pull_request: Option<PullRequestMade>,
    /// Images before and after.
    pub images: Vec<ImageChange>,
    /// Changed files.
    pub files: Vec<String>,
    /// Objects of the cluster.
    pub objects: Vec<ObjectOutcome>,
    /// `2 created, 1 configured, 5 unchanged`
    pub diff_summary: Option<String>,
    /// SHA-256 of what was rendered, in hexadecimal.
    pub manifest_sha256: Option<String>,
    /// What belongs on standard output as it is.
    pub printed: Option<String>,
    /// More on single objects, behind the verdict and the tables.
    pub details: Vec<Detail>,
    /// Where the time went.
    pub timeline: Vec<Span>,
    /// Warnings, most important first.
    pub notices: Vec<Notice>,
    /// Why the run is red.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// Returns an outcome that says no more than how it ended.
    pub fn new(conclusion: Conclusion) -> Self {
        Self {
            conclusion,
            changed: false,
            commit: None,
            read: None,
            pull_request: None,
            images: Vec::new(),
            files: Vec::new(),
            objects: Vec::new(),
            diff_summary: None,
            manifest_sha256: None,
            printed: None,
            details: Vec::new(),
            timeline: Vec::new(),
            notices: Vec::new(),
            failure: None,
        }
    }

    /// Returns the outcome of a run that prints `text` and ends.
    pub fn printed(text: String) -> Self {
        Self { printed: Some(text), ..Self::new(Conclusion::Printed) }
    }
}
