//! How a run ends when it does not end well: one kind (which alone decides the exit code), the error, and the next steps.
//! Holds no wording of its own; whoever fails knows best what to say.

use std::fmt;

/// The exit codes of the contract, by what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Anything that no other kind names.
    Other,
    /// Bad input, manifest or kustomization; what the API refuses with 400, 404 or 422; a webhook's denial.
    Input,
    /// Not permitted: 401, 403, a branch rule with `strategy: push`, an untrusted run.
    Forbidden,
    /// 409, a field owned by somebody else, a race or a lock lost until the timeout.
    Conflict,
    /// A rollout or a verify failed.
    Rollout,
    /// A rollout timed out.
    TimedOut,
    /// Gave up reaching GitHub or the cluster.
    Network,
    /// Differences were found where the caller asked to be told by exit code.
    Different,
    /// The run was cancelled.
    Cancelled,
}

impl FailureKind {
    /// Returns the process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Input => 2,
            Self::Forbidden => 3,
            Self::Conflict => 4,
            Self::Rollout => 5,
            Self::TimedOut => 6,
            Self::Network => 7,
            Self::Different => 8,
            Self::Cancelled => 9,
        }
    }
}

/// Where in a file a failure has its cause, for an annotation on that line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path as the user knows it, relative to the workspace where possible.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

/// A failure with its next steps. Secrets must not be in any of its texts.
#[derive(Debug)]
pub struct Failure {
    /// Decides the exit code.
    pub kind: FailureKind,
    /// What happened, outermost context first.
    pub error: anyhow::Error,
    /// What to do next, a sentence each.
    pub hints: Vec<String>,
    /// The line of a file that caused it, where there is one.
    pub place: Option<Place>,
}

/// The result of whatever can end a run.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// Returns a failure of `kind` that says `message`.
    pub fn new(kind: FailureKind, message: impl fmt::Display) -> Self {
        Self { kind, error: anyhow::anyhow!("{message}"), hints: Vec::new(), place: None }
    }

    /// Returns a failure of kind [`FailureKind::Input`].
    pub fn input(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Input, message)
    }

    /// Adds a next step.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the place in a file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Puts what was being done in front of the error.
    #[must_use]
    pub fn during(mut self, what: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(what);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.error)
    }
}

impl std::error::Error for Failure {}
