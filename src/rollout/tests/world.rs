//! A cluster in words: objects that read as English, and a loop that judges them as the watch does.

use serde_json::{Value, json};

use crate::rollout::time::{after, parse};
use crate::rollout::{Applied, ObjectKey, Sightings, Snapshot, Status, Time, Verdict, judge};

/// What changed at a second after the apply: objects as they are from then on; a string `Kind/name` is gone.
pub(crate) type Frame = (i64, Vec<Value>);

fn start() -> Time {
    parse("2026-11-20T12:00:00Z").expect("a time")
}

/// Returns the moment so many seconds after the apply, as the API writes it.
pub(crate) fn second(seconds: i64) -> String {
    after(start(), seconds).to_string()
}

/// How a timeline ended, and when.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) at: i64,
    pub(crate) verdict: Verdict,
}

/// Replays frames until `until`, judging at each change, at each `look_again`, and every 30 s; ends at the first yes or no.
pub(crate) fn replay(key: &ObjectKey, frames: &[Frame], until: i64) -> End {
    let applied =
        Applied { at: Some(start()), changed: true, removes_itself: key.name == "short-lived", ..Applied::default() };
    replay_applied(key, frames, until, Some(&applied))
}

pub(crate) fn replay_applied(key: &ObjectKey, frames: &[Frame], until: i64, applied: Option<&Applied>) -> End {
    let (mut snapshot, mut sightings) = (Snapshot::default(), Sightings::default());
    let (mut now, mut next) = (0, 0);
    loop {
        while next < frames.len() && frames[next].0 <= now {
            put(&mut snapshot, &frames[next].1);
            next += 1;
        }
        let verdict = judge(&snapshot, key, applied, &mut sightings, after(start(), now));
        let settled = matches!(verdict.status, Status::Ready | Status::Failed | Status::Suspended);
        if settled || now >= until {
            return End { at: now, verdict };
        }
        let look_again = verdict.look_again.map_or(i64::MAX, |time| time.as_second() - start().as_second());
        let change = frames.get(next).map_or(i64::MAX, |frame| frame.0);
        now = look_again.max(now + 1).min(change).min(now + 30).min(until);
    }
}

fn put(snapshot: &mut Snapshot, objects: &[Value]) {
    for object in objects {
        match object.as_str() {
            Some(gone) => {
                let (kind, name) = gone.split_once('/').expect("Kind/name");
                let group = match kind {
                    "Pod" | "Service" => "",
                    "Job" => "batch",
                    _ => "apps",
                };
                snapshot.remove(&key(group, kind, name));
            }
            None => {
                snapshot.insert(object.clone());
            }
        }
    }
}

pub(crate) fn key(group: &str, kind: &str, name: &str) -> ObjectKey {
    ObjectKey { group: group.into(), kind: kind.into(), namespace: "shop".into(), name: name.into() }
}

pub(crate) fn web() -> ObjectKey {
    key("apps", "Deployment", "web")
}

#[track_caller]
pub(crate) fn heals(key: &ObjectKey, frames: &[Frame], ready_at: i64) {
    let end = replay(key, frames, 600);
    assert_eq!((end.verdict.status, end.at), (Status::Ready, ready_at), "{:?}", end.verdict);
}

#[track_caller]
pub(crate) fn fails(
    key: &ObjectKey,
    frames: &[Frame],
    between: std::ops::RangeInclusive<i64>,
    reason: &str,
) -> Verdict {
    let end = replay(key, frames, 900);
    assert_eq!(end.verdict.status, Status::Failed, "{end:?}");
    assert!(between.contains(&end.at), "failed at {}: {:?}", end.at, end.verdict);
    assert_eq!(end.verdict.reason, reason, "{:?}", end.verdict);
    assert!(end.verdict.hint.is_some(), "no next step: {:?}", end.verdict);
    end.verdict
}

/// Neither yes nor no for ten minutes, with the reason shown.
#[track_caller]
pub(crate) fn waits(key: &ObjectKey, frames: &[Frame], reason: &str) -> Verdict {
    let end = replay(key, frames, 600);
    assert_eq!((end.verdict.status, end.at), (Status::InProgress, 600), "{:?}", end.verdict);
    assert_eq!(end.verdict.reason, reason, "{:?}", end.verdict);
    end.verdict
}

/// Deployment `web` with three replicas at generation 2, so many of them updated and available.
pub(crate) fn deployment(updated: i64, available: i64) -> Value {
    let complete = updated == 3 && available == 3;
    let reason = if complete { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "d-web", "generation": 2,
            "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": [{"name": "app", "image": "shop/app:2"}]}}},
        "status": {"observedGeneration": 2, "replicas": updated.max(3), "updatedReplicas": updated,
            "readyReplicas": available, "availableReplicas": available,
            "conditions": [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
                {"type": "Progressing", "status": "True", "reason": reason}]}})
}

/// The Deployment before its controller saw generation 2: complete, of the old template.
pub(crate) fn deployment_unobserved() -> Value {
    let mut object = deployment(3, 3);
    object["status"]["observedGeneration"] = json!(1);
    object
}

/// Adds a condition, in place of one of its type.
pub(crate) fn with_condition(mut object: Value, condition: Value) -> Value {
    let conditions = object["status"]["conditions"].as_array_mut().expect("conditions");
    conditions.retain(|other| other["type"] != condition["type"]);
    conditions.push(condition);
    object
}

/// The replica set of revision 2 (`web-2`) or an older one.
pub(crate) fn replica_set(revision: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": format!("web-{revision}"), "namespace": "shop", "uid": format!("rs-{revision}"),
            "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
            "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": "d-web", "controller": true}]},
        "spec": {"replicas": 3}, "status": {"replicas": 3}})
}

/// A pod in the making. Belongs to the new replica set unless told otherwise.
#[derive(Clone)]
pub(crate) struct Pod(Value);

pub(crate) fn pod(name: &str) -> Pod {
    Pod(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": format!("p-{name}"), "labels": {"app": "web"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-2", "uid": "rs-2", "controller": true}]},
        "spec": {"restartPolicy": "Always", "containers": [{"name": "app", "image": "shop/app:2"}]},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"}]}}))
}

impl Pod {
    pub(crate) fn of(mut self, kind: &str, uid: &str) -> Self {
        self.0["metadata"]["ownerReferences"] = json!([{"kind": kind, "name": uid, "uid": uid, "controller": true}]);
        self
    }

    pub(crate) fn bare(mut self) -> Self {
        self.0["metadata"]["ownerReferences"] = json!([]);
        self
    }

    pub(crate) fn revision(mut self, hash: &str) -> Self {
        self.0["metadata"]["labels"]["controller-revision-hash"] = json!(hash);
        self
    }

    pub(crate) fn set(mut self, pointer: &str, value: Value) -> Self {
        *self.0.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        self
    }

    fn container(mut self, list: &str, state: Value, last: Value, restarts: i64, ready: bool) -> Value {
        let name = if list == "initContainerStatuses" { "migrate" } else { "app" };
        self.0["status"][list] = json!([{"name": name, "image": "shop/app:2", "ready": ready, "restartCount": restarts,
            "state": state, "lastState": last}]);
        self.0
    }

    pub(crate) fn waiting(self, reason: &str, message: &str) -> Value {
        self.container(
            "containerStatuses",
            json!({"waiting": {"reason": reason, "message": message}}),
            json!({}),
            0,
            false,
        )
    }

    /// In the back-off after so many restarts.
    pub(crate) fn backing_off(self, restarts: i64, exit: i64, reason: &str) -> Value {
        let state =
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}});
        let last = json!({"terminated": {"exitCode": exit, "reason": reason}});
        self.set("/status/phase", json!("Running")).container("containerStatuses", state, last, restarts, false)
    }

    pub(crate) fn init_backing_off(self, restarts: i64) -> Value {
        let state = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}});
        let last = json!({"terminated": {"exitCode": 1, "reason": "Error"}});
        self.container("initContainerStatuses", state, last, restarts, false)
    }

    /// Ended, and about to be restarted.
    pub(crate) fn ended(self, restarts: i64, exit: i64, reason: &str) -> Value {
        let state = json!({"terminated": {"exitCode": exit, "reason": reason}});
        self.set("/status/phase", json!("Running")).container("containerStatuses", state, json!({}), restarts, false)
    }

    /// Runs again after so many restarts, not ready.
    pub(crate) fn running(self, restarts: i64, last_exit: i64, last_reason: &str) -> Value {
        let last = json!({"terminated": {"exitCode": last_exit, "reason": last_reason}});
        let last = if restarts == 0 { json!({}) } else { last };
        self.set("/status/phase", json!("Running")).container(
            "containerStatuses",
            json!({"running": {}}),
            last,
            restarts,
            false,
        )
    }

    pub(crate) fn ready(self) -> Value {
        self.set("/status/phase", json!("Running")).set("/status/conditions/0/status", json!("True")).container(
            "containerStatuses",
            json!({"running": {}}),
            json!({}),
            0,
            true,
        )
    }

    pub(crate) fn unscheduled(mut self, reason: &str, message: &str) -> Value {
        self.0["status"]["conditions"] =
            json!([{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]);
        self.0
    }

    pub(crate) fn failed(mut self, reason: &str, message: &str) -> Value {
        self.0["status"] = json!({"phase": "Failed", "reason": reason, "message": message});
        self.0
    }

    pub(crate) fn done(self) -> Value {
        self.0
    }
}

/// An event about an object, so many seconds after the apply.
pub(crate) fn event(kind: &str, name: &str, reason: &str, message: &str, seconds: i64) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "message": message, "count": 2,
        "metadata": {"name": format!("{name}.{reason}"), "namespace": "shop"}, "lastTimestamp": second(seconds),
        "involvedObject": {"kind": kind, "namespace": "shop", "name": name}})
}
