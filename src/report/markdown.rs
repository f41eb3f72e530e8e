//! The job summary: the verdict first, then tables, causes, changes and the timeline. Whatever others wrote is escaped.

use std::fmt::Write as _;

use super::escape::{code, escape, link};
use super::{fold, gantt, tables};
use crate::failure::Failure;
use crate::inputs::{Context, Mode};
use crate::outcome::{Conclusion, Outcome};

/// Returns the summary of an outcome; empty for modes that only print.
pub(super) fn summary(mode: Mode, outcome: &Outcome, context: &Context) -> String {
    if outcome.conclusion == Conclusion::Printed {
        return String::new();
    }
    let mut text = headline(mode, outcome);
    if let Some(failure) = &outcome.failure {
        text.push_str(&why(failure));
    }
    text.push_str(&facts(outcome, context));
    for notice in outcome.notices.iter().take(NOTICES) {
        let _ = writeln!(text, "- ⚠️ {}", escape(&notice.message));
    }
    if !outcome.notices.is_empty() {
        text.push('\n');
    }
    text.push_str(&tables::images(outcome));
    text.push_str(&tables::objects(outcome));
    text.push_str(&fold::causes(&outcome.details));
    text.push_str(&fold::changes(&outcome.details));
    let chart = gantt::chart(&outcome.timeline);
    if !chart.is_empty() {
        let _ = writeln!(text, "{}", fold::folded_open("Timeline", &chart, outcome.changed));
    }
    text
}

/// Warnings shown in the summary; all of them are in the log.
const NOTICES: usize = 10;

/// Returns the summary of a run that failed before it did anything.
pub(super) fn failure(mode: Option<Mode>, failure: &Failure, context: &Context) -> String {
    let name = mode.map_or("k8s-deploy", Mode::name);
    format!("### ❌ {name}: failed\n\n{}{}", why(failure), line(run(context).into_iter().collect()))
}

fn headline(mode: Mode, outcome: &Outcome) -> String {
    let mark = if outcome.failure.is_some() {
        "❌"
    } else if matches!(outcome.conclusion, Conclusion::Superseded | Conclusion::Cancelled) {
        "⚠️"
    } else {
        "✅"
    };
    format!("### {mark} {}: {}\n\n", mode.name(), outcome.conclusion.word())
}

/// What went wrong as a quote, and the next steps.
fn why(failure: &Failure) -> String {
    let said = failure.to_string();
    let quote = said.lines().map(|line| format!("> {}", escape(line))).collect::<Vec<_>>().join("<br>\n");
    let mut text = format!("{quote}\n\n");
    for hint in &failure.hints {
        let _ = writeln!(text, "- **next:** {}", escape(hint));
    }
    if !failure.hints.is_empty() {
        text.push('\n');
    }
    text
}

/// One line: what changed, how long it took, which commit, which run.
fn facts(outcome: &Outcome, context: &Context) -> String {
    let mut facts: Vec<String> = outcome.diff_summary.iter().map(|summary| escape(summary)).collect();
    facts.extend(took(outcome));
    facts.extend(commit(outcome));
    if let Some(request) = &outcome.pull_request {
        facts.push(format!("pull request {}", link(&format!("#{}", request.number), &request.url)));
    }
    facts.extend(run(context));
    line(facts)
}

fn line(facts: Vec<String>) -> String {
    if facts.is_empty() { String::new() } else { format!("{}\n\n", facts.join(" · ")) }
}

fn took(outcome: &Outcome) -> Option<String> {
    let from = outcome.timeline.iter().map(|span| span.from).min()?;
    let until = outcome.timeline.iter().map(|span| span.until).max()?;
    Some(gantt::seconds(until - from))
}

fn commit(outcome: &Outcome) -> Option<String> {
    let linked = |sha: &str, url: Option<&String>| {
        let short = code(&sha.chars().take(10).collect::<String>());
        url.map_or_else(|| short.clone(), |url| link(&short, url))
    };
    if let Some(commit) = &outcome.commit {
        let verified = if commit.verified == Some(true) { ", verified" } else { "" };
        let branch = code(&commit.branch);
        return Some(format!("commit {} on {branch}{verified}", linked(&commit.sha, commit.url.as_ref())));
    }
    let read = outcome.read.as_ref()?;
    let of = read.repository.as_deref().map(|repository| format!(" of {}", escape(repository))).unwrap_or_default();
    Some(format!("commit {}{of}", linked(&read.sha, read.url.as_ref())))
}

fn run(context: &Context) -> Option<String> {
    context.run_url().map(|url| link("this run", &url))
}
