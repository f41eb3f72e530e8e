//! Conditions of custom resources, by the conventions for their types: which ones are good when true, which ones bad.

use serde_json::Value;

use super::opinion::{LOOKS_LIKE_A_START, Opinion};
use crate::rollout::fields::{Condition, Truth, conditions, generation, list, map};
use crate::rollout::verdict::Status;

/// Lists under `status` whose entries carry conditions of their own.
const NESTED: &[&str] = &["parents", "ingress", "listeners", "ancestors"];

/// Types that speak of a failure when false (and of an answer still out when unknown).
const GOOD_WHEN_TRUE: &[&str] = &[
    "Accepted",
    "Admitted",
    "Configured",
    "Deployed",
    "Healthy",
    "Installed",
    "ParametersGenerated",
    "Programmed",
    "Promoted",
    "ReconcileSuccess",
    "ReconcileSucceeded",
    "LastAsyncOperation",
    "Reconciled",
    "ResolvedRefs",
    "ResourcesUpToDate",
    "RevisionHealthy",
    "Succeeded",
    "Synced",
    "Valid",
];

/// Types that speak of work under way when true.
const WORK_WHEN_TRUE: &[&str] = &[
    "Creating",
    "Deploying",
    "Initializing",
    "Installing",
    "Issuing",
    "Migrating",
    "Pending",
    "Provisioning",
    "Restoring",
    "RollingUpdate",
    "RolloutProgressing",
    "Running",
    "Scaling",
    "Updating",
    "Upgrading",
    "BundleUnpacking",
];

/// Types that speak of a halt when true.
const HALT_WHEN_TRUE: &[&str] = &["Paused", "Suspended", "Stopped", "Hibernated", "cnpg.io/hibernation"];

/// Returns what the object's conditions say. Those about an older generation say only that the new one is unanswered.
pub(super) fn opinions(object: &Value) -> Vec<Opinion> {
    let own: Vec<Condition<'_>> = conditions(list(object, "status.conditions")).collect();
    let ready = own.iter().find(|condition| condition.kind == "Ready").map(|condition| condition.status);
    let wanted = generation(object);
    let mut opinions: Vec<Opinion> =
        own.iter().filter_map(|condition| fresh_opinion(condition, wanted, ready)).collect();
    for entry in NESTED.iter().flat_map(|name| nested(object, name)) {
        opinions.extend(of_entry(entry, wanted, ready));
    }
    opinions
}

/// Returns the failures that the object's conditions name by their types.
pub(super) fn failures(object: &Value) -> Vec<Opinion> {
    let own = conditions(list(object, "status.conditions")).filter(|condition| is_bad(condition.kind));
    let wanted = generation(object);
    let fresh = own.filter_map(|condition| fresh_opinion(&condition, wanted, None));
    fresh.filter(|opinion| opinion.status == Status::Failed).collect()
}

fn nested<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    let entries = map(object, "status").and_then(|status| status.get(name)).and_then(Value::as_array);
    entries.map_or(&[], Vec::as_slice)
}

/// An entry that lags behind (a parent that the route left) says nothing.
fn of_entry(entry: &Value, wanted: Option<i64>, ready: Option<Truth>) -> Vec<Opinion> {
    let own = conditions(list(entry, "conditions"));
    own.filter(|condition| !is_stale(condition, wanted)).filter_map(|condition| opinion(&condition, ready)).collect()
}

fn is_stale(condition: &Condition<'_>, wanted: Option<i64>) -> bool {
    condition.observed_generation.zip(wanted).is_some_and(|(observed, wanted)| observed < wanted)
}

fn fresh_opinion(condition: &Condition<'_>, wanted: Option<i64>, ready: Option<Truth>) -> Option<Opinion> {
    if !is_stale(condition, wanted) {
        return opinion(condition, ready);
    }
    let headline =
        matches!(condition.kind, "Ready" | "Available" | "Succeeded") || GOOD_WHEN_TRUE.contains(&condition.kind);
    (headline && (condition.kind == "Ready" || ready.is_none()))
        .then(|| Opinion::in_progress("NotObserved", format!("{} is about an older generation", condition.kind)))
}

fn opinion(condition: &Condition<'_>, ready: Option<Truth>) -> Option<Opinion> {
    let kind = condition.kind;
    match kind {
        "Ready" => Some(of_ready(condition)),
        "Progressing" => of_progressing(condition),
        "Available" | "Completed" | "Complete" | "Done" => of_headline(condition, ready),
        _ if GOOD_WHEN_TRUE.contains(&kind) => of_good(condition, ready),
        _ if HALT_WHEN_TRUE.contains(&kind) => when_true(condition, Status::Suspended),
        _ if WORK_WHEN_TRUE.contains(&kind) => when_true(condition, Status::InProgress),
        // What is not ready because it is being made is at work.
        "NotReady" if sounds_unfinished(condition.reason) => when_true(condition, Status::InProgress),
        _ if is_bad(kind) => when_true(condition, Status::Failed),
        _ if is_part(kind) && ready.is_none() => of_part(condition),
        _ => None,
    }
}

/// Ready=False is what controllers say while they try again: it ends with Stalled=True or the deadline.
fn of_ready(condition: &Condition<'_>) -> Opinion {
    let (reason, told) = told(condition);
    match condition.status {
        Truth::True => Opinion::ready(reason, told),
        Truth::False | Truth::Unknown => Opinion::in_progress(reason, told),
        Truth::Other => {
            Opinion::unknown("ReadyUnclear", format!("Ready is {:?}, neither True nor False", condition.word))
        }
    }
}

fn of_progressing(condition: &Condition<'_>) -> Option<Opinion> {
    let (reason, told) = told(condition);
    match (condition.status, condition.reason) {
        (Truth::False, "ProgressDeadlineExceeded" | "RolloutAborted") => Some(Opinion::failed(reason, told)),
        (_, reason) if reason.ends_with("Paused") => Some(Opinion::suspended(reason, told)),
        (Truth::True, reason) if reason.ends_with("Available") || reason.ends_with("Completed") => None,
        (Truth::True | Truth::Unknown, _) => Some(Opinion::in_progress(reason, told)),
        _ => None,
    }
}

fn of_headline(condition: &Condition<'_>, ready: Option<Truth>) -> Option<Opinion> {
    let (reason, told) = told(condition);
    match condition.status {
        Truth::True => Some(Opinion::ready(reason, told)),
        _ if ready.is_some() || !matches!(condition.kind, "Available" | "Done") => None,
        _ => Some(Opinion::in_progress(reason, told)),
    }
}

fn of_good(condition: &Condition<'_>, ready: Option<Truth>) -> Option<Opinion> {
    let (reason, told) = told(condition);
    match condition.status {
        Truth::True => Some(Opinion::ready(reason, told)),
        Truth::Unknown if ready.is_none() => Some(Opinion::in_progress(reason, told)),
        Truth::False if matches!(condition.kind, "Programmed" | "Accepted") && sounds_unfinished(condition.reason) => {
            Some(Opinion::in_progress(reason, told))
        }
        Truth::False if sounds_unfinished(condition.reason) => {
            Some(Opinion::failed(reason, told).lasting(LOOKS_LIKE_A_START))
        }
        Truth::False => Some(Opinion::failed(reason, told)),
        _ => None,
    }
}

fn when_true(condition: &Condition<'_>, status: Status) -> Option<Opinion> {
    let (reason, told) = told(condition);
    (condition.status == Truth::True).then(|| Opinion::new(status, reason, told))
}

/// Parts such as `ControlPlaneReady` hold the whole up where no Ready sums them up.
fn of_part(condition: &Condition<'_>) -> Option<Opinion> {
    let (reason, told) = told(condition);
    match condition.status {
        Truth::True => Some(Opinion::ready(reason, told)),
        Truth::False | Truth::Unknown => Some(Opinion::in_progress(reason, told)),
        Truth::Other => None,
    }
}

fn is_part(kind: &str) -> bool {
    ["ResourceSynced", "Ready", "Available", "Established", "Initialized"].iter().any(|ending| kind.ends_with(ending))
        && !kind.starts_with("Not")
}

/// Types that name a failure.
fn is_bad(kind: &str) -> bool {
    const BEGINNINGS: &[&str] = &["Failed"];
    const ENDINGS: &[&str] =
        &["Failed", "Failure", "Error", "Errors", "ErrorOccurred", "Unhealthy", "Degraded", "Terminal", "Rejected"];
    const WHOLE: &[&str] = &["Denied", "Invalid", "InvalidRequest", "InvalidSpec", "NotReady"];
    WHOLE.contains(&kind)
        || BEGINNINGS.iter().any(|beginning| kind.starts_with(beginning))
        || ENDINGS.iter().any(|ending| kind.ends_with(ending))
}

fn sounds_unfinished(reason: &str) -> bool {
    const WORDS: &[&str] = &[
        "Pending",
        "Progress",
        "Waiting",
        "Creating",
        "Provisioning",
        "Initializing",
        "Reconciling",
        "Unpacking",
        "Installing",
        "NotAssigned",
        "Updating",
    ];
    WORDS.iter().any(|word| reason.contains(word))
}

fn told(condition: &Condition<'_>) -> (String, String) {
    let reason = if condition.reason.is_empty() { condition.kind } else { condition.reason };
    let phrase = condition.phrase();
    let told = match phrase.as_str() {
        "" => format!("{}={}", condition.kind, condition.word),
        phrase => format!("{}={}: {phrase}", condition.kind, condition.word),
    };
    (reason.to_owned(), told)
}
