//! Namespace: done when active.

use super::answer::Answer;
use super::case::Case;
use super::fields::text;
use super::verdict::Status;

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    match text(case.object, "status.phase") {
        "Active" => Answer::ready("Active", "Phase: Active"),
        "Terminating" => Answer::new(Status::Terminating, "Terminating", "Phase: Terminating"),
        phase => {
            Answer::in_progress("NotActive", format!("Phase: {}", if phase.is_empty() { "none yet" } else { phase }))
        }
    }
}
