//! PodDisruptionBudget: done when observed; it never stops a rollout.

use super::answer::Answer;
use super::case::Case;
use super::fields::{at, conditions, count, generation, list};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let observed = count(case.object, "status.observedGeneration");
    let wanted = generation(case.object);
    if at(case.object, "status").is_none() || (wanted.is_some() && observed < wanted) {
        return Answer::in_progress("NotObserved", "the controller has not seen the budget yet");
    }
    let number = |path| count(case.object, path).unwrap_or(0);
    let message = format!("Healthy: {}, wanted: {}", number("status.currentHealthy"), number("status.desiredHealthy"));
    let failed = conditions(list(case.object, "status.conditions")).find(|condition| condition.reason == "SyncFailed");
    match failed {
        Some(failed) => Answer::ready("Observed", message).warned(failed.phrase()),
        None => Answer::ready("Observed", message),
    }
}
