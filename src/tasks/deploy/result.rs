//! What a deploy came to, as an outcome: objects with change and verdict, the failure with every cause. Pure.

use std::collections::HashMap;

use super::account;
use super::follow::{End, Followed};
use super::plan::{self, Action, Step};
use super::stop::Stop;
use super::write::Writes;
use crate::failure::{Failure, FailureKind};
use crate::outcome::{Conclusion, Detail, Notice, ObjectOutcome, Outcome};
use crate::rollout::{Settled, Verdict};

/// Nothing was written when the signal came.
pub(super) fn cancelled_before_writing(stop: &Stop) -> Outcome {
    let mut outcome = Outcome::new(Conclusion::Cancelled);
    let message = format!("cancelled before anything was written ({})", stop.reason());
    outcome.failure = Some(Failure::new(FailureKind::Cancelled, message));
    outcome
}

/// A newer commit is there already: nothing was written, and that is right.
pub(super) fn superseded(newer: &str, mut notices: Vec<Notice>) -> Outcome {
    notices.insert(
        0,
        Notice::new(format!("the cluster runs {newer}, which is newer than this run's commit: nothing was written")),
    );
    Outcome { notices, ..Outcome::new(Conclusion::Superseded) }
}

/// `dry-run`: what would be done.
pub(super) fn planned(steps: &[Step], notices: Vec<Notice>) -> Outcome {
    let objects = steps.iter().map(|step| object(step, word(step.action))).collect();
    let conclusion =
        if steps.iter().all(|step| step.action == Action::Keep) { Conclusion::Unchanged } else { Conclusion::Planned };
    finish(Outcome { objects, notices, ..Outcome::new(conclusion) })
}

/// Writing ended before its end: what was applied, what was not.
pub(super) fn interrupted(steps: &[Step], writes: &Writes, notices: Vec<Notice>) -> Outcome {
    let objects: Vec<ObjectOutcome> = changes(steps, writes).collect();
    let missing = objects.iter().filter(|object| object.change == NOT_APPLIED).count();
    let conclusion = if writes.failures.is_empty() { Conclusion::Cancelled } else { Conclusion::Failed };
    let summary = format!("{} objects were applied, {missing} were not", writes.done.len());
    let failure = match plan::joined(writes.failures.iter().map(copy).collect()) {
        Some(failure) => failure.hinted(format!("{summary}; run again to finish")),
        None => Failure::new(FailureKind::Cancelled, format!("cancelled: {summary}"))
            .hinted("run again: it goes on where this run stopped"),
    };
    let changed = !writes.done.is_empty();
    finish(Outcome { changed, objects, notices, failure: Some(failure), ..Outcome::new(conclusion) })
}

/// A failure again: what it holds cannot be cloned, what it says can.
fn copy(failure: &Failure) -> Failure {
    let mut copy = Failure::new(failure.kind, failure);
    copy.hints.clone_from(&failure.hints);
    copy.place.clone_from(&failure.place);
    copy
}

/// A check after a good rollout failed.
pub(super) fn fail(outcome: &mut Outcome, failure: Failure) {
    outcome.conclusion =
        if failure.kind == FailureKind::Cancelled { Conclusion::Cancelled } else { Conclusion::Failed };
    outcome.failure = Some(failure);
}

/// The rollout was followed to an end.
pub(super) fn judged(
    steps: &[Step],
    writes: &Writes,
    followed: Followed,
    mut notices: Vec<Notice>,
    details: Vec<Detail>,
) -> Outcome {
    let mut objects: Vec<ObjectOutcome> = changes(steps, writes).collect();
    for watched in &followed.watched {
        let Some(verdict) = &watched.verdict else { continue };
        let object = &mut objects[watched.index];
        verdict.status.word().clone_into(&mut object.verdict);
        object.reason.clone_from(&verdict.reason);
        object.message.clone_from(&verdict.message);
        if watched.settled() == Settled::GoodWithWarning {
            let text = verdict.warning.as_ref().unwrap_or(&verdict.message);
            let mut notice = Notice::new(format!("{}: {text}", verdict.object));
            notice.place.clone_from(&steps[watched.index].target.manifest.place);
            notices.push(notice);
        }
    }
    notices.extend(followed.notices.iter().map(Notice::new));
    let changed = !writes.done.is_empty();
    let conclusion = match followed.end {
        End::Good if changed => Conclusion::Deployed,
        End::Good => Conclusion::Unchanged,
        End::Failed => Conclusion::Failed,
        End::TimedOut => Conclusion::TimedOut,
        End::Cancelled => Conclusion::Cancelled,
    };
    let failure = failure(steps, &followed);
    finish(Outcome { changed, objects, notices, details, failure, ..Outcome::new(conclusion) })
}

const NOT_APPLIED: &str = "not applied";

/// Each object with what became of it.
fn changes<'a>(steps: &'a [Step], writes: &Writes) -> impl Iterator<Item = ObjectOutcome> + 'a {
    let done: HashMap<usize, &'static str> =
        writes.done.iter().map(|written| (written.index, written.change)).collect();
    steps.iter().enumerate().map(move |(index, step)| {
        let change = match step.action {
            Action::Keep => "unchanged",
            _ => done.get(&index).copied().unwrap_or(NOT_APPLIED),
        };
        object(step, change)
    })
}

fn object(step: &Step, change: &str) -> ObjectOutcome {
    ObjectOutcome {
        object: step.target.manifest.reference.to_string(),
        change: change.to_owned(),
        images: account::images(step.live.as_ref(), &step.target.manifest.value),
        ..ObjectOutcome::default()
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Keep => "unchanged",
        Action::Create | Action::Later => "created",
        Action::Change => "configured",
        Action::Recreate => "recreated",
    }
}

/// Names every object that failed, or that was not done in time.
fn failure(steps: &[Step], followed: &Followed) -> Option<Failure> {
    let of = |settled: Settled| followed.watched.iter().filter(move |watched| watched.settled() == settled);
    let (kind, guilty): (_, Vec<_>) = match followed.end {
        End::Good => return None,
        End::Failed => (FailureKind::Rollout, of(Settled::Bad).collect()),
        End::TimedOut => (FailureKind::TimedOut, of(Settled::NotYet).collect()),
        End::Cancelled => (FailureKind::Cancelled, of(Settled::NotYet).collect()),
    };
    let lines: Vec<String> = guilty.iter().filter_map(|watched| watched.verdict.as_ref()).map(line).collect();
    let head = match followed.end {
        End::TimedOut => "not done within the timeout",
        End::Cancelled => "cancelled; everything was applied, and the rollout goes on in the cluster. Not done yet",
        _ => "",
    };
    let text = if head.is_empty() { lines.join("\n") } else { format!("{head}:\n{}", lines.join("\n")) };
    let mut failure = Failure::new(kind, text);
    for hint in guilty.iter().filter_map(|watched| watched.verdict.as_ref()?.hint.clone()) {
        if !failure.hints.contains(&hint) {
            failure.hints.push(hint);
        }
    }
    let place = guilty.first().and_then(|watched| steps[watched.index].target.manifest.place.clone());
    Some(match place {
        Some(place) => failure.at(place),
        None => failure,
    })
}

fn line(verdict: &Verdict) -> String {
    format!("{}: {}: {}", verdict.object, verdict.reason, verdict.message)
}

/// Counts the changes, and lists the images that changed.
fn finish(mut outcome: Outcome) -> Outcome {
    outcome.images = account::changed_images(&outcome.objects);
    let words = ["created", "configured", "recreated", "unchanged", NOT_APPLIED];
    let counts = words.iter().filter_map(|word| {
        let count = outcome.objects.iter().filter(|object| object.change == *word).count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    outcome.diff_summary = Some(counts.collect::<Vec<_>>().join(", ")).filter(|summary| !summary.is_empty());
    outcome
}
