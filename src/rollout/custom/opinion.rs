//! What one part of a custom resource's status says of the whole.

use crate::rollout::verdict::Status;

/// Seconds that a failure which the controller itself names must last.
pub(super) const NAMED_FAILURE: i64 = 30;

/// Seconds that a failure must last which is also what a start looks like.
pub(super) const LOOKS_LIKE_A_START: i64 = 300;

/// One part's opinion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(super) status: Status,
    pub(super) reason: String,
    pub(super) message: String,
    /// Seconds that a failure must last before it counts; controllers report errors while they try again.
    pub(super) persist: i64,
}

impl Opinion {
    pub(super) fn new(status: Status, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), message: message.into(), persist: NAMED_FAILURE }
    }

    pub(super) fn ready(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Ready, reason, message)
    }

    pub(super) fn in_progress(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::InProgress, reason, message)
    }

    pub(super) fn failed(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Failed, reason, message)
    }

    pub(super) fn suspended(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Suspended, reason, message)
    }

    pub(super) fn unknown(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Unknown, reason, message)
    }

    /// Sets how long a failure must last.
    pub(super) fn lasting(mut self, seconds: i64) -> Self {
        self.persist = seconds;
        self
    }
}
