//! What the judge says of an object, and what it must know of our own apply. No rules here.

use super::Time;
use super::snapshot::ObjectKey;

/// The verdict's word, as the contract names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Done, or nothing to wait for.
    Ready,
    /// Not done; may still come.
    InProgress,
    /// Will not come by itself.
    Failed,
    /// Is being deleted.
    Terminating,
    /// Told not to go on, by its own manifest or by somebody else.
    Suspended,
    /// Cannot be told from what is reported.
    Unknown,
}

impl Status {
    /// Returns the word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::InProgress => "in-progress",
            Self::Failed => "failed",
            Self::Terminating => "terminating",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a failure sits below the judged object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Culprit {
    /// The pod, as namespace and name.
    pub pod: Option<(String, String)>,
    /// The container in it.
    pub container: Option<String>,
}

/// What the judge says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which object.
    pub object: ObjectKey,
    /// The word.
    pub status: Status,
    /// One CamelCase word that says why; a machine may compare it.
    pub reason: String,
    /// A sentence for people, with the numbers.
    pub message: String,
    /// The next step, where one is known.
    pub hint: Option<String>,
    /// Something to be said although it changes nothing, such as an autoscaler without metrics.
    pub warning: Option<String>,
    /// Where the failure (or what holds the object up) sits.
    pub culprit: Culprit,
    /// When to judge again even if nothing changes: a rule that counts time is pending.
    pub look_again: Option<Time>,
}

/// What our own apply left behind, so that older states are not taken for answers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// When our request was sent.
    pub at: Option<Time>,
    /// `metadata.generation` that the API server answered.
    pub generation: Option<i64>,
    /// `metadata.uid` that the API server answered.
    pub uid: Option<String>,
    /// Whether the apply changed the object; an unchanged one needs no new answer from its controller.
    pub changed: bool,
    /// Whether the manifest itself suspends or pauses the object.
    pub pauses: bool,
    /// Whether the object is a Job that removes itself when done (`ttlSecondsAfterFinished`).
    pub removes_itself: bool,
}

/// Where an object stands for the run that deploys it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Good.
    Good,
    /// Good, and the verdict has something to say about it.
    GoodWithWarning,
    /// Bad: fails the run.
    Bad,
    /// Neither yet.
    NotYet,
}

impl Verdict {
    /// Returns where the object stands for the run that applied it: what its own manifest suspends is good with a
    /// warning, what somebody else suspends is bad.
    pub fn settled(&self, applied: &Applied) -> Settled {
        match self.status {
            Status::Ready if self.warning.is_some() => Settled::GoodWithWarning,
            Status::Ready => Settled::Good,
            Status::Suspended if applied.pauses => Settled::GoodWithWarning,
            Status::Failed | Status::Suspended => Settled::Bad,
            Status::InProgress | Status::Terminating | Status::Unknown => Settled::NotYet,
        }
    }
}
