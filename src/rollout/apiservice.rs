//! APIService: done when the API server reaches what serves it.

use super::answer::Answer;
use super::case::Case;
use super::fields::{Truth, condition};
use super::hints;

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    match condition(case.object, "Available") {
        Some(available) if available.status == Truth::True => Answer::ready("Available", "the API server reaches it"),
        Some(waiting) => Answer::in_progress(waiting.reason, format!("not available: {}", waiting.phrase()))
            .hinted(hints::next_step("APIServiceUnavailable", "")),
        None => Answer::in_progress("NotAvailable", "no conditions reported yet"),
    }
}
