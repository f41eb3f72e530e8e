//! Phase words: what `status.phase`, `status.state` and their like say of a custom resource.

use serde_json::Value;

use super::known::Profile;
use super::opinion::Opinion;
use crate::rollout::fields::{at, flag, text};
use crate::rollout::verdict::Status;

/// Returns what the words and flags of a status say.
pub(super) fn opinions(status: &Value, known: &Profile) -> Vec<Opinion> {
    let mut opinions = Vec::new();
    let detail = text(status, "message");
    let own = status.as_str().map(|word| ("status", word));
    let fields = status.as_object().into_iter().flatten();
    let named =
        fields.filter(|(key, _)| is_phase(key)).filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let further = known.phases.iter().map(|path| (*path, text(status, path))).filter(|(_, word)| !word.is_empty());
    for (key, word) in own.into_iter().chain(named).chain(further) {
        if let Some(meaning) = meaning(word, known) {
            let told = if detail.is_empty() { format!("{key}: {word}") } else { format!("{key}: {word}: {detail}") };
            opinions.push(Opinion::new(meaning, word, told));
        }
    }
    opinions.extend(flags(status));
    opinions.extend(errors(status));
    if opinions.is_empty() && ["state", "phase"].iter().any(|name| status.get(name).and_then(Value::as_str) == Some(""))
    {
        opinions.push(Opinion::unknown("PhaseEmpty", "its phase is empty"));
    }
    opinions
}

/// Returns whether a field of that name holds a phase word.
fn is_phase(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let past = lower.starts_with("last") || lower.starts_with("previous") || lower.starts_with("observed");
    !past && ["phase", "state", "status", "health", "healthstatus"].iter().any(|ending| lower.ends_with(ending))
}

/// Returns what a phase word means.
pub(super) fn meaning(word: &str, known: &Profile) -> Option<Status> {
    let lower = word.trim().to_ascii_lowercase();
    if let Some((_, status)) = known.words.iter().find(|(own, _)| own.eq_ignore_ascii_case(word.trim())) {
        return Some(*status);
    }
    let first = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).find(|part| !part.is_empty())?;
    const FAILED: &[&str] = &[
        "failed",
        "failure",
        "error",
        "errored",
        "degraded",
        "invalid",
        "aborted",
        "unhealthy",
        "crashed",
        "fatal",
        "red",
        "failing",
        "broken",
        "rejected",
        "health_err",
        "denied",
        "lost",
        "cancelled",
        "canceled",
        "timedout",
    ];
    const WORKING: &[&str] = &[
        "pending",
        "new",
        "unpublished",
        "inprogress",
        "in_progress",
        "scheduled",
        "queued",
        "yellow",
        "scalingup",
        "scalingdown",
        "init",
        "notreconciled",
        "notready",
        "not_ready",
        "outofsync",
        "applyingchanges",
        "pendingrerun",
    ];
    const DONE: &[&str] = &[
        "ready",
        "healthy",
        "active",
        "available",
        "succeeded",
        "success",
        "successful",
        "completed",
        "complete",
        "deployed",
        "bound",
        "green",
        "health_ok",
        "synced",
        "valid",
        "initialized",
        "provisioned",
        "created",
        "established",
        "applied",
        "issued",
        "ok",
        "online",
        "up",
        "finished",
        "installed",
        "uptodate",
        "normal",
        "attached",
        "promoted",
    ];
    const HALTED: &[&str] = &["paused", "suspended", "stopped", "hibernated", "halted", "cordoned"];
    const UNCLEAR: &[&str] = &["unknown", "inconclusive", "dontknow"];
    let is = |words: &[&str]| words.contains(&lower.as_str());
    if is(FAILED)
        || lower.starts_with("failed")
        || lower.ends_with("failed")
        || lower.ends_with("error")
        || lower.ends_with("failure")
    {
        return Some(Status::Failed);
    }
    if is(&["running"]) {
        return Some(if known.ends { Status::InProgress } else { Status::Ready });
    }
    if is(HALTED) {
        return Some(Status::Suspended);
    }
    if is(WORKING) || (first.len() > 4 && first.ends_with("ing") && first != "running" && first != "serving") {
        return Some(Status::InProgress);
    }
    if is(UNCLEAR) {
        return Some(Status::Unknown);
    }
    is(DONE).then_some(Status::Ready)
}

/// Flags that sum a status up.
fn flags(status: &Value) -> Option<Opinion> {
    ["ready", "healthy", "readyToUse", "isReady"].iter().find_map(|name| match status.get(name)? {
        Value::Bool(_) => flag(status, name).map(|truth| match truth {
            true => Opinion::ready("Ready", format!("{name}: true")),
            false => Opinion::in_progress("NotReady", format!("{name}: false")),
        }),
        _ => None,
    })
}

/// Error texts beside a status that is not ready.
fn errors(status: &Value) -> Option<Opinion> {
    const FIELDS: &[&str] = &["error.message", "error", "errors", "errorMessage", "failureMessage", "failureReason"];
    let (name, value) = FIELDS.iter().find_map(|name| at(status, name).map(|value| (*name, value)))?;
    let told = match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Array(items) if !items.is_empty() => items.iter().map(item).collect::<Vec<_>>().join("; "),
        _ => return None,
    };
    let ready = flag(status, "ready").or_else(|| flag(status, "readyToUse")).unwrap_or(false);
    (!ready).then(|| Opinion::failed("Error", format!("{name}: {told}")))
}

fn item(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => text(other, "message").to_owned(),
    }
}
