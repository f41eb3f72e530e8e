//! How many replicas of a Deployment are enough where its manifest asks for less than all: the annotations of krane and kapp,
//! which sets that come from those tools carry. Says the number; whether the rest fails is not asked then.

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::fields::{annotation, at, count};
use super::revision;

const KRANE: &str = "krane.shopify.io/required-rollout";
const KAPP: &str = "kapp.k14s.io/apps-v1-deployment-wait-minimum-replicas-available";

/// Returns the answer for a Deployment that asks for less than all its replicas, and has them.
pub(crate) fn enough(case: &Case<'_>) -> Option<Answer> {
    let wanted = count(case.object, "spec.replicas").unwrap_or(1);
    let (name, needed) = asked(case.object, wanted).filter(|(_, needed)| *needed < wanted)?;
    let new = revision::new_replica_set(case);
    let available = match new {
        Some(set) => count(set, "status.availableReplicas").unwrap_or(0),
        None => available_at_least(case.object),
    };
    let made = new.map_or_else(|| count(case.object, "status.updatedReplicas"), |set| count(set, "spec.replicas"));
    let begun = new.is_some() || made.unwrap_or(0) > 0;
    (begun && available >= needed && made.unwrap_or(0) >= needed).then(|| {
        let told = format!("Available: {available}/{wanted}; annotation {name} asks for {needed}");
        Answer::ready("EnoughAvailable", told.clone()).warned(told)
    })
}

/// Returns the annotation and how many replicas it asks for.
fn asked(deployment: &Value, wanted: i64) -> Option<(&'static str, i64)> {
    if let Some(word) = annotation(deployment, KRANE) {
        let needed = match word {
            "none" => 0,
            "maxUnavailable" => wanted - unavailable(deployment, wanted),
            share => share.strip_suffix('%')?.parse().ok().map(|percent| rounded_up(wanted, percent))?,
        };
        return Some((KRANE, needed.max(0)));
    }
    let word = annotation(deployment, KAPP)?;
    let needed = match word.strip_suffix('%') {
        Some(percent) => rounded_up(wanted, percent.parse().ok()?),
        None => word.parse().ok()?,
    };
    Some((KAPP, needed.max(0)))
}

/// Kubernetes rounds maxUnavailable down, and takes 25 % where none is given.
fn unavailable(deployment: &Value, wanted: i64) -> i64 {
    match at(deployment, "spec.strategy.rollingUpdate.maxUnavailable") {
        Some(Value::String(share)) => {
            let percent: i64 = share.trim_end_matches('%').parse().unwrap_or(0);
            wanted.saturating_mul(percent) / 100
        }
        Some(number) => number.as_i64().unwrap_or(0),
        None => wanted / 4,
    }
}

fn rounded_up(wanted: i64, percent: i64) -> i64 {
    (wanted.saturating_mul(percent) + 99) / 100
}

/// Without the replica set: what is available even if every old replica is among it.
fn available_at_least(deployment: &Value) -> i64 {
    let number = |path| count(deployment, path).unwrap_or(0);
    let old = number("status.replicas") - number("status.updatedReplicas");
    (number("status.availableReplicas") - old.max(0)).max(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(annotation: (&str, &str), unavailable: Value) -> Value {
        json!({"metadata": {"annotations": {annotation.0: annotation.1}},
            "spec": {"replicas": 10, "strategy": {"rollingUpdate": {"maxUnavailable": unavailable}}}})
    }

    #[test]
    fn a_share_is_read_as_the_tools_read_it() {
        let table = [
            ((KRANE, "full"), None),
            ((KRANE, "none"), Some(0)),
            ((KRANE, "33%"), Some(4)),
            ((KRANE, "maxUnavailable"), Some(8)),
            ((KAPP, "5"), Some(5)),
            ((KAPP, "25%"), Some(3)),
            ((KAPP, "many"), None),
            (("other", "1"), None),
        ];
        for (annotation, needed) in table {
            let found = asked(&deployment(annotation, json!("25%")), 10).map(|(_, needed)| needed);
            assert_eq!(found, needed, "{annotation:?}");
        }
        let by_number = asked(&deployment((KRANE, "maxUnavailable"), json!(3)), 10);
        assert_eq!(by_number.map(|(_, needed)| needed), Some(7));
    }

    #[test]
    fn available_replicas_may_all_be_old_ones() {
        let object = json!({"status": {"replicas": 5, "updatedReplicas": 2, "availableReplicas": 4}});
        assert_eq!(available_at_least(&object), 1);
    }
}
