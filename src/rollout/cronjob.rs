//! CronJob: applying one runs nothing, so there is nothing to wait for; an old run's failure is not the deploy's.

use super::answer::Answer;
use super::case::Case;
use super::fields::{flag, list};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let active = list(case.object, "status.active").len();
    if flag(case.object, "spec.suspend").unwrap_or(false) {
        return Answer::ready("Scheduled", "suspended by spec.suspend: it runs nothing")
            .warned("spec.suspend is true: the schedule runs nothing");
    }
    Answer::ready("Scheduled", format!("runs by its schedule; active now: {active}"))
}
