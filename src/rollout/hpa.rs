//! HorizontalPodAutoscaler: done when it scales, or would with metrics; failed when its own spec cannot work.
//! Rule: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::fields::{Condition, Truth, annotation, condition, conditions, list};
use super::hints;

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    // autoscaling/v1 keeps its conditions in an annotation.
    let kept = annotation(case.object, "autoscaling.alpha.kubernetes.io/conditions");
    let kept: Option<Value> = kept.and_then(|written| serde_json::from_str(written).ok());
    let entries = match kept.as_ref().and_then(Value::as_array) {
        Some(entries) => entries.as_slice(),
        None => list(case.object, "status.conditions"),
    };
    if entries.is_empty() {
        return match condition(case.object, "AbleToScale") {
            None => Answer::in_progress("NotObserved", "no conditions reported yet"),
            Some(_) => Answer::ready("Observed", "is there"),
        };
    }
    let wrong = conditions(entries).find(|condition| condition.status == Truth::False && is_own_fault(condition));
    if let Some(wrong) = wrong {
        return Answer::failed(wrong.reason, wrong.phrase()).hinted(hints::next_step(wrong.reason, wrong.message));
    }
    let off = conditions(entries).find(|condition| {
        condition.status == Truth::False && condition.kind != "ScalingLimited" && condition.reason != "ScalingDisabled"
    });
    match off {
        Some(off) if !off.reason.starts_with("Failed") => {
            Answer::in_progress(off.reason, format!("{}: {}", off.kind, off.phrase()))
        }
        Some(off) => Answer::ready(off.reason, format!("{}: {}", off.kind, off.phrase()))
            .warned(format!("does not scale now: {}", off.phrase())),
        None => Answer::ready("Scaling", "able to scale"),
    }
}

/// A spec that no waiting mends, as opposed to metrics that come after the first pods.
fn is_own_fault(condition: &Condition<'_>) -> bool {
    matches!(condition.reason, "InvalidSelector" | "InvalidMetricSourceType")
}
