//! The summary for those who read the log: a line an object in columns, where the time went, the verdict last. Pure.

use super::gantt::seconds;
use super::order::by_key;
use super::tables::rank;
use crate::outcome::{ObjectOutcome, Outcome, Span};

/// Objects listed; the others are counted.
const MOST: usize = 60;

/// Returns the last lines of the log.
pub(super) fn lines(outcome: &Outcome) -> Vec<String> {
    let mut lines = objects(outcome);
    lines.extend(times(&outcome.timeline));
    // What a deploy changed stands beside its objects; these are the entries of the config repo.
    for image in outcome.images.iter().filter(|image| !image.files.is_empty()).take(MOST) {
        let old = image.old.as_deref().unwrap_or("(none)");
        lines.push(format!("image {}: {old} -> {}", image.name, image.new));
    }
    if let Some(commit) = &outcome.commit {
        lines.push(format!("commit {} on {}", commit.sha, commit.branch));
        lines.extend(commit.url.clone().map(|url| format!("  {url}")));
    } else if let Some(read) = &outcome.read {
        let of = read.repository.as_deref().map(|repository| format!(" of {repository}")).unwrap_or_default();
        lines.push(format!("commit {}{of}", read.sha));
        lines.extend(read.url.clone().map(|url| format!("  {url}")));
    }
    if let Some(request) = &outcome.pull_request {
        let verb = if request.updated { "updated" } else { "opened" };
        lines.push(format!("pull request #{} {verb}: {}", request.number, request.url));
    }
    lines.extend(outcome.diff_summary.clone());
    let word = outcome.conclusion.word();
    if !word.is_empty() {
        lines.push(format!("result: {word}"));
    }
    lines
}

/// Every object that changed or is not good, the bad ones first.
fn objects(outcome: &Outcome) -> Vec<String> {
    let rows: Vec<&ObjectOutcome> = outcome
        .objects
        .iter()
        .filter(|row| !row.verdict.is_empty() && (row.change != "unchanged" || row.verdict != "ready"))
        .collect();
    let order = by_key(rows.iter().map(|row| rank(row)));
    let rows: Vec<&ObjectOutcome> = order.into_iter().map(|index| rows[index]).collect();
    let shown = &rows[..rows.len().min(MOST)];
    let width = |of: fn(&ObjectOutcome) -> usize| shown.iter().map(|row| of(row)).max().unwrap_or(0);
    let (change, object) = (width(|row| row.change.len()), width(|row| row.object.len()));
    let mut lines: Vec<String> = shown
        .iter()
        .map(|row| {
            let images = changed_images(row);
            format!("{:change$}  {:object$}  {:11}  {images}", row.change, row.object, row.verdict)
                .trim_end()
                .to_owned()
        })
        .collect();
    if rows.len() > MOST {
        lines.push(format!("and {} more", rows.len() - MOST));
    }
    lines
}

fn changed_images(row: &ObjectOutcome) -> String {
    let changed = row.images.iter().filter(|image| image.old.as_ref() != Some(&image.new));
    let said = changed.map(|image| match &image.old {
        Some(old) => format!("{old} -> {}", image.new),
        None => image.new.clone(),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// `checks 0.8 s, writes 0.4 s, rollout 12 s`
fn times(timeline: &[Span]) -> Option<String> {
    let phases: Vec<String> = timeline
        .iter()
        .filter(|span| !span.is_object)
        .map(|span| format!("{} {}", span.name, seconds(span.until - span.from)))
        .collect();
    (!phases.is_empty()).then(|| phases.join(", "))
}
