//! CustomResourceDefinition: done when established; failed when its names belong to another one.

use super::answer::Answer;
use super::case::Case;
use super::fields::{Truth, condition};
use super::hints;

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let found = |kind| condition(case.object, kind);
    if let Some(refused) = found("NamesAccepted").filter(|accepted| accepted.status == Truth::False) {
        let reason = if refused.reason.is_empty() { "NamesNotAccepted" } else { refused.reason };
        return Answer::failed(reason, format!("names not accepted: {}", refused.phrase()))
            .hinted(hints::next_step("NamesNotAccepted", ""));
    }
    if let Some(terminating) = found("Terminating").filter(|terminating| terminating.status == Truth::True) {
        return Answer::in_progress("Terminating", format!("is being removed: {}", terminating.phrase()));
    }
    match found("Established") {
        Some(established) if established.status == Truth::True => {
            let answer = Answer::ready("Established", "the API server serves it");
            match found("NonStructuralSchema").filter(|schema| schema.status == Truth::True) {
                Some(schema) => answer.warned(format!("its schema is not structural: {}", schema.phrase())),
                None => answer,
            }
        }
        Some(waiting) => Answer::in_progress(waiting.reason, format!("not established yet: {}", waiting.phrase())),
        None => Answer::in_progress("NotEstablished", "no conditions reported yet"),
    }
}
