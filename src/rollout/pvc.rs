//! PersistentVolumeClaim: done when bound, or when its class binds at first use and nothing uses it yet.
//! Rule: https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::fields::{annotation, list, map, text};
use super::{hints, podevidence};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    match text(case.object, "status.phase") {
        "Bound" => return Answer::ready("Bound", format!("Bound to {}", text(case.object, "spec.volumeName"))),
        "Lost" => {
            let message = format!("Lost: its volume {} is gone", text(case.object, "spec.volumeName"));
            return Answer::failed("Lost", message).hinted(hints::next_step("Lost", ""));
        }
        _ => {}
    }
    let class = storage_class(case).filter(|class| text(class, "volumeBindingMode") == "WaitForFirstConsumer");
    if let Some(class) = class.filter(|_| consumer(case).is_none()) {
        let message =
            format!("Pending until a pod uses it (class {} binds at first use)", text(class, "metadata.name"));
        return Answer::ready("WaitForFirstConsumer", message);
    }
    let warnings =
        case.snapshot.events_about(case.object).filter(|event| case.since_apply(podevidence::event_time(event)));
    let latest = warnings.max_by_key(|event| podevidence::event_time(event));
    let told = latest.map_or("", |event| text(event, "message"));
    let reason = latest.map_or("", |event| text(event, "reason"));
    // The event is the only place where a binding at first use shows when the class may not be read.
    if reason == "WaitForFirstConsumer" && consumer(case).is_none() {
        return Answer::ready("WaitForFirstConsumer", "Pending until a pod uses it (its class binds at first use)");
    }
    Answer::in_progress("Pending", "not bound yet")
        .because(told)
        .reasoned(reason)
        .hinted(hints::next_step("Pending", ""))
}

fn storage_class<'a>(case: &Case<'a>) -> Option<&'a Value> {
    let named = map(case.object, "spec").and_then(|spec| spec.get("storageClassName")).and_then(Value::as_str);
    let named = named.or_else(|| annotation(case.object, "volume.beta.kubernetes.io/storage-class"));
    match named {
        Some(name) => case.snapshot.named("StorageClass", "", name),
        None => case
            .snapshot
            .of_kind("StorageClass", "")
            .find(|class| annotation(class, "storageclass.kubernetes.io/is-default-class") == Some("true")),
    }
}

/// Returns a pod that uses the claim.
fn consumer<'a>(case: &Case<'a>) -> Option<&'a Value> {
    let claim = text(case.object, "metadata.name");
    let mut pods = case.snapshot.of_kind("Pod", text(case.object, "metadata.namespace"));
    pods.find(|pod| {
        list(pod, "spec.volumes").iter().any(|volume| text(volume, "persistentVolumeClaim.claimName") == claim)
    })
}
