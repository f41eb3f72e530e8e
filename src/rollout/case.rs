//! Everything that a rule may look at when it judges one object. No rules here.

use serde_json::Value;

use super::Time;
use super::sightings::Sightings;
use super::snapshot::{ObjectKey, Snapshot};
use super::verdict::Applied;

/// One object before the judge.
pub(crate) struct Case<'a> {
    pub(crate) key: &'a ObjectKey,
    pub(crate) object: &'a Value,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) applied: Option<&'a Applied>,
    pub(crate) sightings: &'a mut Sightings,
    pub(crate) now: Time,
}

impl Case<'_> {
    /// Returns whether something that happened at `time` may be an answer to our apply; what has no time may.
    pub(crate) fn since_apply(&self, time: Option<Time>) -> bool {
        match (self.applied.and_then(|applied| applied.at), time) {
            // API times have whole seconds: what happened within the second of the apply reads as earlier than it.
            (Some(applied), Some(time)) => time.as_second() >= applied.as_second(),
            _ => true,
        }
    }
}
