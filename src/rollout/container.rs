//! What one container's status says against its pod. Reads one entry of `containerStatuses`; weighs nothing.

use serde_json::Value;

use super::evidence::{Grade, PERSIST};
use super::fields::{at, count, flag, text};
use super::pull::{PullError, classify, essence};

/// A finding about one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) grade: Grade,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) crash: bool,
}

/// What must be known of the pod to read a container's status.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// `Always`, `OnFailure` or `Never`.
    pub(crate) restart_policy: &'a str,
    /// The last pull error that said something, from this look or an earlier one.
    pub(crate) pull_error: Option<&'a str>,
    /// There is one snapshot only: a back-off counts whatever its count of restarts.
    pub(crate) one_look: bool,
    /// The pod's owner is a Job: it counts the crashes, and gives up itself.
    pub(crate) of_job: bool,
    /// It is an init container that is to end.
    pub(crate) init: bool,
}

/// Restarts at which a container that is not ready counts as crashing even between two back-offs.
fn many_restarts(around: &Around<'_>) -> i64 {
    if around.one_look { 2 } else { 3 }
}

/// Seconds that a back-off after a first crash has to last: longer than the kubelet's own first ones.
const PERSIST_FEW_RESTARTS: i64 = 45;

/// Seconds that a container which crashed often has to become ready after its last start.
const PERSIST_RUNNING: i64 = 30;

/// Returns what speaks against a container, if anything does.
pub(crate) fn trouble(status: &Value, around: &Around<'_>) -> Option<Trouble> {
    if let Some(waiting) = at(status, "state.waiting") {
        return waiting_trouble(status, waiting, around);
    }
    if let Some(terminated) = at(status, "state.terminated") {
        return terminated_trouble(status, terminated, around);
    }
    running_trouble(status, around)
}

fn waiting_trouble(status: &Value, waiting: &Value, around: &Around<'_>) -> Option<Trouble> {
    let (reason, message) = (text(waiting, "reason"), text(waiting, "message"));
    let terminal = || Some(Trouble { grade: Grade::Terminal, ..likely(reason, with(reason, message)) });
    match reason {
        "" | "PodInitializing" | "ContainerCreating" => None,
        "InvalidImageName" | "ErrImageNeverPull" => terminal(),
        "CrashLoopBackOff" => Some(crash_loop(status, around)),
        "CreateContainerConfigError" | "CreateContainerError" => Some(creation_trouble(reason, message)),
        "VerifyNonRootError" | "GenerateConfigFailed" => Some(likely(reason, with(reason, message))),
        "RunContainerError" | "RunInitContainerError" | "StartError" | "ContainerCannotRun" => {
            let hiccup = is_hiccup(message, count(status, "lastState.terminated.exitCode"));
            Some(crashed(reason, with(reason, message), if hiccup { Grade::Transient } else { Grade::Likely(PERSIST) }))
        }
        "PostStartHookError" | "PreStartHookError" | "PreCreateHookError" => {
            Some(crashed(reason, with(reason, message), Grade::Likely(PERSIST)))
        }
        _ if is_pull(reason) => Some(pull_trouble(status, reason, message, around)),
        _ => Some(transient(reason, with(reason, message))),
    }
}

/// Returns whether a waiting reason is about getting the image; kubelets and their forks spell it in many ways.
pub(crate) fn is_pull(reason: &str) -> bool {
    reason.contains("Image") || reason.contains("Registry") || reason.contains("SignatureValidation")
}

fn pull_trouble(status: &Value, reason: &str, message: &str, around: &Around<'_>) -> Trouble {
    let image = text(status, "image");
    let own = classify(message, image);
    let (kind, told) = match own {
        PullError::Unclear => around.pull_error.map_or((own, message), |earlier| (classify(earlier, image), earlier)),
        _ => (own, message),
    };
    let kind = if reason == "SignatureValidationFailed" { PullError::Unusable } else { kind };
    let told = if told.is_empty() { reason.to_owned() } else { without_account(essence(told)) };
    let message = format!("cannot pull image {image}: {told}");
    match kind.word() {
        Some(word) => likely(word, message),
        None => transient(reason, message),
    }
}

/// Docker Hub puts the account's name into its rate limit message.
fn without_account(message: &str) -> String {
    const BEFORE: &str = "rate limit as '";
    match message.split_once(BEFORE) {
        Some((head, rest)) => {
            let rest = rest.split_once('\'').map_or("", |(_, rest)| rest);
            format!("{head}{BEFORE}***'{rest}")
        }
        None => message.to_owned(),
    }
}

/// Missing keys and objects last; a kubelet cache that is not filled yet does not.
fn creation_trouble(reason: &str, message: &str) -> Trouble {
    let text = message.to_ascii_lowercase();
    let cold_cache = text.contains("failed to sync") && text.contains("cache");
    let passing = [
        "deadline exceeded",
        "is already in use",
        "name is reserved",
        "timeout",
        "connection refused",
        "rpc error: code = unavailable",
    ];
    match cold_cache || passing.iter().any(|phrase| text.contains(phrase)) {
        true => transient(reason, with(reason, message)),
        false => likely(reason, with(reason, message)),
    }
}

fn crash_loop(status: &Value, around: &Around<'_>) -> Trouble {
    let restarts = count(status, "restartCount").unwrap_or(0);
    let last = last_end(status);
    let message = match last.as_str() {
        "" => format!("keeps crashing ({restarts} restarts)"),
        last => format!("keeps crashing ({restarts} restarts): {last}"),
    };
    let grade = match (around.of_job, restarts >= 2 || around.one_look) {
        (true, _) => Grade::Transient,
        (false, true) => Grade::Likely(PERSIST),
        (false, false) => Grade::Likely(PERSIST_FEW_RESTARTS),
    };
    crashed("CrashLoopBackOff", message, grade)
}

fn terminated_trouble(status: &Value, terminated: &Value, around: &Around<'_>) -> Option<Trouble> {
    let exit = count(terminated, "exitCode").unwrap_or(0);
    let (reason, message) = (text(terminated, "reason"), text(terminated, "message"));
    let restarts = count(status, "restartCount").unwrap_or(0);
    if matches!(reason, "ContainerCannotRun" | "StartError") {
        let grade = if is_hiccup(message, Some(exit)) { Grade::Transient } else { Grade::Likely(PERSIST) };
        return Some(crashed(reason, format!("cannot start (exit {exit}): {message}"), grade));
    }
    if exit == 0 {
        let ends = around.init || around.restart_policy != "Always";
        return (!ends).then(|| transient("Completed", "ended with exit 0, but is to run for ever".to_owned()));
    }
    let told = ended(exit, reason, message);
    let grade = match restarts >= many_restarts(around) && !around.of_job {
        true => Grade::Likely(PERSIST),
        false => Grade::Transient,
    };
    Some(crashed(if reason.is_empty() { "Error" } else { reason }, format!("{told} ({restarts} restarts)"), grade))
}

/// A container that runs, but was killed before and is not ready, crashes between two back-offs.
fn running_trouble(status: &Value, around: &Around<'_>) -> Option<Trouble> {
    if flag(status, "ready").unwrap_or(false) {
        return None;
    }
    let last = at(status, "lastState.terminated")?;
    let restarts = count(status, "restartCount").unwrap_or(0);
    let exit = count(last, "exitCode").unwrap_or(0);
    if exit == 0 {
        return None;
    }
    let reason = Some(text(last, "reason")).filter(|reason| !reason.is_empty()).unwrap_or("Error");
    let message = format!("{} ({restarts} restarts)", last_end(status));
    let out_of_memory = reason == "OOMKilled" && restarts >= 2;
    let enough = (out_of_memory || restarts >= many_restarts(around)) && !around.of_job;
    Some(crashed(reason, message, if enough { Grade::Likely(PERSIST_RUNNING) } else { Grade::Transient }))
}

/// Returns how the container's last run ended, in words.
pub(crate) fn last_end(status: &Value) -> String {
    let ends = [at(status, "lastState.terminated"), at(status, "state.terminated")];
    ends.into_iter().flatten().next().map_or_else(String::new, |end| {
        ended(count(end, "exitCode").unwrap_or(0), text(end, "reason"), text(end, "message"))
    })
}

fn ended(exit: i64, reason: &str, message: &str) -> String {
    let mut told = match reason {
        "OOMKilled" => format!("out of memory, killed (exit {exit})"),
        "" | "Error" | "Completed" => format!("ended with exit {exit}"),
        reason => format!("ended with exit {exit} ({reason})"),
    };
    let message = message.trim();
    if !message.is_empty() {
        told.push_str(": ");
        told.push_str(message);
    }
    told
}

/// Exit 128 is what runtimes report when they themselves could not start the container: the kubelet tries again. A text
/// that names what is wrong with the command is no such hiccup.
fn is_hiccup(message: &str, exit: Option<i64>) -> bool {
    let text = message.to_ascii_lowercase();
    let commands = [
        "executable file not found",
        "no such file or directory",
        "permission denied",
        "exec format error",
        "is a directory",
        "not a directory",
    ];
    exit == Some(128) && !commands.iter().any(|phrase| text.contains(phrase))
}

fn with(reason: &str, message: &str) -> String {
    if message.is_empty() { reason.to_owned() } else { message.to_owned() }
}

fn likely(reason: &str, message: String) -> Trouble {
    Trouble { grade: Grade::Likely(PERSIST), reason: reason.to_owned(), message, crash: false }
}

fn transient(reason: &str, message: String) -> Trouble {
    Trouble { grade: Grade::Transient, reason: reason.to_owned(), message, crash: false }
}

fn crashed(reason: &str, message: String, grade: Grade) -> Trouble {
    Trouble { grade, reason: reason.to_owned(), message, crash: true }
}
