//! Phase words: what `status.phase`, `status.state` and their like say of a custom resource.

use serde_json::Value;

use super::known::Profile;
use super::opinion::{LOOKS_LIKE_A_START, NAMED_FAILURE, Opinion};
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
            // Red is what an empty cluster is before its first node has come.
            let persist = if word.eq_ignore_ascii_case("red") { LOOKS_LIKE_A_START } else { NAMED_FAILURE };
            let told = if detail.is_empty() { format!("{key}: {word}") } else { format!("{key}: {word}: {detail}") };
            opinions.push(Opinion::new(meaning, word, told).lasting(persist));
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

/// Words (without case and separators) that name a failure.
const FAILED: &[&str] = &[
    "aborted",
    "broken",
    "cancelled",
    "canceled",
    "crashed",
    "crashloopbackoff",
    "degraded",
    "denied",
    "errimagepull",
    "imagepullbackoff",
    "errored",
    "failing",
    "fatal",
    "faulted",
    "healtherr",
    "invalid",
    "lost",
    "red",
    "rejected",
    "timedout",
    "unhealthy",
    "unrecoverable",
];

/// Words that name a failure wherever they stand in a phrase.
const FAILED_ANYWHERE: &[&str] = &["error", "errors", "failed", "failure", "unrecoverable"];

/// Words that name work under way; so does every phrase that begins with a word in -ing.
const WORKING: &[&str] = &[
    "init",
    "installready",
    "new",
    "outofsync",
    "queued",
    "scheduled",
    "submitted",
    "unavailable",
    "unpublished",
    "yellow",
];

/// Words that name the wished-for end.
const DONE: &[&str] = &[
    "active",
    "applied",
    "attached",
    "available",
    "bound",
    "complete",
    "completed",
    "connected",
    "created",
    "deployed",
    "established",
    "finished",
    "green",
    "healthok",
    "healthy",
    "initialized",
    "installed",
    "issued",
    "normal",
    "ok",
    "online",
    "promoted",
    "provisioned",
    "ready",
    "stable",
    "succeeded",
    "success",
    "successful",
    "synced",
    "up",
    "uptodate",
    "valid",
];

/// Words that name a halt.
const HALTED: &[&str] =
    &["actionrequired", "cordoned", "halted", "hibernated", "paused", "requiresapproval", "stopped", "suspended"];

/// Words that say nothing.
const UNCLEAR: &[&str] = &["inconclusive", "unknown"];

/// Returns what a phase word or phrase means.
pub(super) fn meaning(word: &str, known: &Profile) -> Option<Status> {
    if let Some((_, status)) = known.words.iter().find(|(own, _)| own.eq_ignore_ascii_case(word.trim())) {
        return Some(*status);
    }
    let parts = parts(word);
    let whole = parts.concat();
    let first = parts.first()?.as_str();
    let is = |words: &[&str]| words.contains(&whole.as_str());
    let denied = matches!(first, "no" | "without" | "not");
    if is(FAILED) || (!denied && parts.iter().any(|part| FAILED_ANYWHERE.contains(&part.as_str()))) {
        return Some(Status::Failed);
    }
    if is(HALTED) {
        return Some(Status::Suspended);
    }
    if first == "running" {
        return Some(if known.ends { Status::InProgress } else { Status::Ready });
    }
    let begins_work = first.len() > 4 && first.ends_with("ing") && first != "serving";
    if is(WORKING)
        || begins_work
        || whole.contains("inprogress")
        || parts.iter().any(|part| part == "not" || part == "pending")
    {
        return Some(Status::InProgress);
    }
    if is(UNCLEAR) {
        return Some(Status::Unknown);
    }
    (is(DONE) || parts.iter().any(|part| part == "healthy")).then_some(Status::Ready)
}

/// Splits `ApplyingChanges`, `PENDING_RERUN` and `Waiting for Pods` into words of lower case.
fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in word.chars() {
        let starts = !before.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && before.is_ascii_lowercase());
        if letter.is_ascii_alphanumeric() {
            match parts.last_mut().filter(|_| !starts) {
                Some(part) => part.push(letter.to_ascii_lowercase()),
                None => parts.push(letter.to_ascii_lowercase().to_string()),
            }
        }
        before = letter;
    }
    parts
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

#[cfg(test)]
mod tests {
    use super::super::known::profile;
    use super::*;

    #[test]
    fn phase_words_mean_what_they_say() {
        let plain = profile("example.com", "Widget");
        let table = [
            ("UpdateFailed", Status::Failed),
            ("FailedNotVisible", Status::Failed),
            ("ErrorUnschedulable", Status::Failed),
            ("HEALTH_ERR", Status::Failed),
            ("ApplyingChanges", Status::InProgress),
            ("PENDING_RERUN", Status::InProgress),
            ("DEPLOYED_NOT_READY", Status::InProgress),
            ("ImportInProgress", Status::InProgress),
            ("Waiting for Pods to be ready", Status::InProgress),
            ("NotReady", Status::InProgress),
            ("Running", Status::Ready),
            ("Cluster in healthy state", Status::Ready),
            ("HEALTH_OK", Status::Ready),
            ("UpToDate", Status::Ready),
            ("Paused", Status::Suspended),
            ("Unknown", Status::Unknown),
        ];
        for (word, expected) in table {
            assert_eq!(meaning(word, &plain), Some(expected), "{word}");
        }
        assert_eq!(meaning("Banana", &plain), None);
        assert_eq!(meaning("Running", &profile("tekton.dev", "TaskRun")), Some(Status::InProgress));
    }
}
