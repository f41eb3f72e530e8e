//! Environment and flags → one typed task, or every input error at once. Pure: files behind secrets are read through the
//! function that is passed in, and nothing is printed here.

pub mod context;
pub mod table;
pub mod task;
pub mod value;
mod values;

use std::collections::BTreeMap;

pub use context::{Ci, Context};
pub use task::{
    Build, Bump, CiUser, ClusterAccess, Deploy, Diff, Forge, GithubApi, ImageEdits, Judge, KubeconfigSource, Render,
    Rollback, Source, Strategy, Task,
};
use values::Values;

/// What the process was given: its arguments after the program's name, and its variables.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Arguments, the program's name left out.
    pub arguments: Vec<String>,
    /// Variables.
    pub variables: BTreeMap<String, String>,
    /// Text of the file at `GITHUB_EVENT_PATH`, where there is one.
    pub event: Option<String>,
    /// The job's steps are over, and only what they left behind is cleared away.
    pub is_post: bool,
}

impl Environment {
    /// Returns a variable that is set to more than blanks.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// Tells whether this runs inside GitHub Actions.
    pub fn is_github_actions(&self) -> bool {
        self.variable("GITHUB_ACTIONS") == Some("true")
    }

    /// Returns the CI that started the process.
    pub fn ci(&self) -> Ci {
        if self.is_github_actions() {
            Ci::Github
        } else if self.variable("GITLAB_CI") == Some("true") {
            Ci::Gitlab
        } else {
            Ci::Shell
        }
    }

    /// Tells whether the runner asked for debug output.
    pub fn wants_debug(&self) -> bool {
        self.variable("RUNNER_DEBUG") == Some("1") || self.variable("CI_DEBUG_TRACE") == Some("true")
    }
}

/// The modes of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Builds and prints.
    Render,
    /// Sets images in the config repo.
    Bump,
    /// Applies and judges.
    Deploy,
    /// Shows what a deploy would change.
    Diff,
    /// Goes back to earlier images.
    Rollback,
    /// Judges objects from a file.
    Judge,
    /// Makes a least-privileged identity.
    CiUser,
}

impl Mode {
    /// Returns the mode's name in inputs and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Render => "render",
            Self::Bump => "bump",
            Self::Deploy => "deploy",
            Self::Diff => "diff",
            Self::Rollback => "rollback",
            Self::Judge => "judge",
            Self::CiUser => "ci-user",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        table::MODES.iter().map(|(mode, _)| *mode).find(|mode| mode.name() == name)
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// `--help`, of all or of one mode.
    Help(Option<Mode>),
    /// `--version`.
    Version,
    /// A task, with remarks on inputs that have no use in its mode.
    Run(Box<Task>, Vec<String>),
}

/// Reads a file (or `-` for standard input) that holds a secret.
pub type ReadSecret<'a> = &'a dyn Fn(&str) -> std::io::Result<String>;

/// Reads everything that was given.
///
/// # Errors
/// Every input error, each naming its input.
pub fn parse(environment: &Environment, read_secret: ReadSecret<'_>) -> Result<Command, Vec<String>> {
    let mut values = Values::collect(environment, read_secret);
    if values.asks_for_version() {
        return Ok(Command::Version);
    }
    if values.asks_for_help() {
        return Ok(Command::Help(values.mode_named()));
    }
    let Some(mode) = values.mode() else {
        return Err(values.into_errors());
    };
    let task = task::build(mode, &mut values, environment);
    let remarks = values.unused(mode);
    if values.is_clean() { Ok(Command::Run(Box::new(task), remarks)) } else { Err(values.into_errors()) }
}

#[cfg(test)]
mod tests;
