//! The time after everything was ready, in which nothing may restart. Pure: times and pods come in as arguments.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::rollout::hints::next_step;
use crate::rollout::{ObjectKey, Status, Verdict};

/// Restart counts of every pod seen, and what restarted since everything was ready.
#[derive(Debug, Default)]
pub(crate) struct Soak {
    length: Duration,
    until: Option<Instant>,
    restarts: HashMap<String, u64>,
    relapsed: HashMap<ObjectKey, String>,
}

impl Soak {
    /// Returns a soak that is so long once it begins.
    pub(crate) fn of(length: Duration) -> Self {
        Self { length, ..Self::default() }
    }

    /// Returns when it ends, once it began.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Begins it when everything is ready for the first time, and tells whether it is over.
    pub(crate) fn is_over(&mut self, now: Instant) -> bool {
        now >= *self.until.get_or_insert(now + self.length)
    }

    /// Counts a pod's restarts; one that comes while soaking is held against the objects that the pod belongs to.
    pub(crate) fn see(&mut self, pod: &Value, owners: impl Iterator<Item = ObjectKey>) {
        let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
        let count = statuses.into_iter().flatten().filter_map(|status| status.get("restartCount")?.as_u64()).sum();
        let before = self.restarts.insert(text("/metadata/uid").to_owned(), count).unwrap_or(0);
        if self.until.is_some() && count > before {
            let name = text("/metadata/name");
            let why = format!("pod {name} restarted after everything was ready (restarts: {before}, now {count})");
            self.relapsed.extend(owners.map(|owner| (owner, why.clone())));
        }
    }

    /// Turns the verdict of an object that relapsed into a failed one.
    pub(crate) fn weigh(&self, verdict: Verdict) -> Verdict {
        match self.relapsed.get(&verdict.object) {
            Some(why) => Verdict {
                status: Status::Failed,
                reason: "RestartedAfterReady".to_owned(),
                message: why.clone(),
                hint: next_step("RestartedAfterReady", ""),
                ..verdict
            },
            None => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key() -> ObjectKey {
        ObjectKey { group: "apps".into(), kind: "Deployment".into(), namespace: "a".into(), name: "web".into() }
    }

    fn pod(restarts: u64) -> Value {
        json!({"metadata": {"uid": "u", "name": "web-1"}, "status": {"containerStatuses": [{"restartCount": restarts}]}})
    }

    #[test]
    fn only_restarts_after_ready_count() {
        let mut soak = Soak::of(Duration::from_secs(60));
        let now = Instant::now();
        soak.see(&pod(1), std::iter::once(key()));
        assert!(!soak.is_over(now) && soak.relapsed.is_empty());
        soak.see(&pod(1), std::iter::once(key()));
        assert!(soak.relapsed.is_empty());
        soak.see(&pod(2), std::iter::once(key()));
        assert!(soak.relapsed[&key()].contains("restarts: 1, now 2"));
        assert!(soak.is_over(now + Duration::from_secs(60)));
    }

    #[test]
    fn no_soak_is_over_at_once() {
        assert!(Soak::of(Duration::ZERO).is_over(Instant::now()));
    }
}
