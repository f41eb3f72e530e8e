//! The CI around us: environment, log, outputs, summary, masks. The only place that reads variables or prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "edge: the process's own environment and output")]

mod console;
mod files;
mod github;
mod gitlab;
mod shell;
pub(crate) mod stop;

use std::io::{self, IsTerminal as _, Read as _, Write as _};

pub use console::{Console, Style};

use crate::inputs::{Ci, Environment};
use crate::report::Report;

/// How the program's name ends where the runner starts it once more after the job's last step (`post-entrypoint`).
const POST: &str = "-post";
/// The runner allows this many annotations of a kind in a step.
const ANNOTATIONS_PER_KIND: usize = 10;

/// Reads the process's arguments and variables; what is no UTF-8 is passed over.
pub fn environment() -> Environment {
    let variables: std::collections::BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let is_post = std::env::args_os().next().is_some_and(|program| program.to_string_lossy().ends_with(POST));
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let event = variables.get("GITHUB_EVENT_PATH").and_then(|path| std::fs::read_to_string(path).ok());
    Environment { arguments, variables, event, is_post }
}

/// Keeps a value for the step after the job, where the runner has such a step; a later value takes an earlier one's place.
///
/// # Errors
/// The runner's file cannot be written.
pub(crate) fn remember(name: &str, value: &str) -> io::Result<()> {
    match std::env::var("GITHUB_STATE") {
        Ok(file) if !file.is_empty() => files::append_value(&file, name, value),
        _ => Ok(()),
    }
}

/// Reads a file that holds a secret; `-` is standard input.
///
/// # Errors
/// The file cannot be read, or is no UTF-8.
pub fn read_secret(name: &str) -> io::Result<String> {
    if name != "-" {
        return std::fs::read_to_string(name);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// Reads standard input to its end.
///
/// # Errors
/// It cannot be read.
pub fn read_standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the time on this machine's clock.
pub fn now() -> crate::rollout::Time {
    crate::rollout::Time::now()
}

/// Returns the time since this was first asked for, to measure by.
pub fn clock() -> std::time::Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Returns the log that fits the environment; data modes keep standard output to themselves.
pub fn console(environment: &Environment, data_on_stdout: bool) -> Console {
    let ci = environment.ci();
    let terminal = if data_on_stdout { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let colour = shell::colours(|name| environment.variable(name), terminal || ci != Ci::Shell);
    let in_ci = environment.variable("CI").is_some() || environment.variable("TERM") == Some("dumb");
    let live = terminal && ci == Ci::Shell && !in_ci;
    Console::new(Style { ci, to_stderr: data_on_stdout, colour, live, debug: environment.wants_debug() })
}

/// Prints text on standard output as it is.
///
/// # Errors
/// Standard output cannot be written; a reader that went away counts as having read enough.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes what the report says to where this CI wants it: annotations, summary, outputs.
///
/// # Errors
/// One of the runner's files cannot be written.
pub fn publish(report: &Report, environment: &Environment, console: &Console) -> io::Result<()> {
    console.end_group();
    annotate(report, console);
    for line in &report.lines {
        console.line(line);
    }
    if let Some(file) = environment.variable("GITHUB_STEP_SUMMARY").filter(|_| !report.summary.is_empty()) {
        files::append_summary(file, &console.scrub(&report.summary))?;
    }
    let outputs: Vec<_> = report.outputs.iter().map(|(name, value)| (*name, console.scrub(value))).collect();
    if let Some(file) = environment.variable("GITHUB_OUTPUT") {
        for (name, value) in &outputs {
            files::append_value(file, name, value)?;
        }
    }
    if environment.ci() == Ci::Gitlab {
        hand_on(&outputs, environment, console)?;
    }
    Ok(())
}

/// Puts the outputs into GitLab's dotenv report in the job's folder.
fn hand_on(outputs: &[(&'static str, String)], environment: &Environment, console: &Console) -> io::Result<()> {
    let folder = environment.variable("CI_PROJECT_DIR").unwrap_or(".");
    let file = std::path::Path::new(folder).join(gitlab::REPORT);
    let existing = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let (text, left_out) = gitlab::report(&existing, outputs);
    if !left_out.is_empty() {
        let names = left_out.join(", ");
        console.line(&format!(
            "note: {} has no room for {names}: GitLab takes one line a value and 5 KiB",
            gitlab::REPORT
        ));
    }
    std::fs::write(file, text)
}

/// The first ten of a kind as annotations, the rest as lines of the log.
fn annotate(report: &Report, console: &Console) {
    for (kind, notices) in [("error", &report.errors), ("warning", &report.warnings)] {
        for (index, notice) in notices.iter().enumerate() {
            if index < ANNOTATIONS_PER_KIND {
                console.annotate(kind, notice.place.as_ref(), None, &notice.message);
            } else {
                console.line(&format!("{kind}: {}", notice.message));
            }
        }
    }
}
