//! The CI around us: environment, log, outputs, summary, masks. The only place that reads variables or prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "edge: the process's own environment and output")]

mod command;
mod console;
mod files;
pub(crate) mod stop;

use std::io::{self, Read as _, Write as _};

pub use console::{Console, Dialect};

use crate::inputs::Environment;
use crate::report::Report;

/// The runner allows this many annotations of a kind in a step.
const ANNOTATIONS_PER_KIND: usize = 10;

/// Reads the process's arguments and variables; what is no UTF-8 is passed over.
pub fn environment() -> Environment {
    let variables: std::collections::BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let event = variables.get("GITHUB_EVENT_PATH").and_then(|path| std::fs::read_to_string(path).ok());
    Environment { arguments, variables, event }
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

/// Returns the log that fits the environment; data modes keep standard output to themselves.
pub fn console(environment: &Environment, data_on_stdout: bool) -> Console {
    let dialect = if environment.is_github_actions() { Dialect::Github } else { Dialect::Plain };
    Console::new(dialect, data_on_stdout, environment.variable("RUNNER_DEBUG") == Some("1"))
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
    if let Some(file) = environment.variable("GITHUB_OUTPUT") {
        for (name, value) in &report.outputs {
            files::append_value(file, name, &console.scrub(value))?;
        }
    }
    Ok(())
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
