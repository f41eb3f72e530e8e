//! What a job reports: its outcome as data, with what should be known about it.

use super::Job;
use super::plan::Plan;
use crate::github::{Author, Place};
use crate::outcome::{CommitMade, Conclusion, Notice, Outcome};

/// Returns the outcome of a plan.
pub(super) fn outcome(job: &Job<'_>, plan: Plan, conclusion: Conclusion) -> Outcome {
    let images = plan.images();
    let mut outcome = Outcome::new(conclusion);
    outcome.images = images;
    outcome.files = plan.files.iter().map(|file| file.path.clone()).collect();
    outcome.notices = plan.notices;
    for step in &plan.steps {
        let folder = if step.folder.is_empty() { "." } else { &step.folder };
        let old = step.old.as_deref().unwrap_or("-");
        job.console.line(&format!("{folder}: {} {old} -> {}", step.name, step.new));
    }
    outcome
}

/// Returns the outcome of a commit that stands on the branch.
pub(super) fn committed(job: &Job<'_>, plan: Plan, made: CommitMade, author: Option<Author>) -> Outcome {
    let mut outcome = outcome(job, plan, Conclusion::Committed);
    outcome.changed = true;
    if author == Some(Author::Job) {
        outcome.notices.push(Notice::new(
            "the commit was made with the job's own token: GitHub starts no workflow for it; a GitHub App's token or a \
             personal access token does",
        ));
    }
    outcome.commit = Some(made);
    outcome
}

/// Returns the outcome of a plan that changes nothing.
pub(super) fn unchanged(job: &Job<'_>, plan: Plan, place: &Place) -> Outcome {
    job.console.line(&format!("branch {} of {} already says so: no commit", place.branch, place.repository));
    outcome(job, plan, Conclusion::Unchanged)
}
