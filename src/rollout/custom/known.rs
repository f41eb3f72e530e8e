//! The kinds that say how they fare in their own way: facts about their status, as data.

use serde_json::Value;

use super::opinion::Opinion;
use crate::rollout::verdict::Status;

/// What is known of a kind beforehand.
#[derive(Clone, Copy, Default)]
pub(super) struct Profile {
    /// It may have no status and be in order.
    pub(super) needs_no_status: bool,
    /// It runs to an end: Running is not done.
    pub(super) ends: bool,
    /// Further paths below `status` that hold a phase word.
    pub(super) phases: &'static [&'static str],
    /// Words that mean something else here.
    pub(super) words: &'static [(&'static str, Status)],
    /// A rule that stands for all others where it answers.
    pub(super) opinion: Option<fn(&Value) -> Option<Opinion>>,
}

/// Returns what is known of a kind.
pub(super) fn profile(group: &str, kind: &str) -> Profile {
    let ends = ["Run", "Job", "Workflow", "Experiment", "Backup", "Restore", "Migration", "Task", "Scan"];
    Profile { ends: ends.iter().any(|ending| kind.ends_with(ending)), ..Profile::default() }
}
