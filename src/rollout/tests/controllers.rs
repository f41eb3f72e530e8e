//! What the workload controllers count: generations, revisions, partitions, deadlines.

use serde_json::{Value, json};

use super::world::{
    Frame, deployment, deployment_unobserved, fails, heals, key, pod, replay, replay_applied, replica_set, second,
    waits, web, with_condition,
};
use crate::rollout::{Applied, Settled, Status};

fn deadline(at: i64) -> Value {
    json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": second(at),
        "message": "ReplicaSet \"web-2\" has timed out progressing."})
}

#[test]
fn a_clean_rollout_is_ready_when_the_last_old_pod_is_gone() {
    let mut last = deployment(3, 3);
    last["status"]["replicas"] = json!(4);
    let frames = [
        (0, vec![deployment_unobserved()]),
        (1, vec![deployment(1, 2)]),
        (10, vec![deployment(2, 3)]),
        (20, vec![last]),
        (40, vec![deployment(3, 3)]),
    ];
    heals(&web(), &frames, 40);
}

#[test]
fn progress_deadline_exceeded_is_failed_at_once_and_names_the_pods_cause() {
    let words = "0/3 nodes are available: 3 Insufficient memory.";
    let frames = [
        (1, vec![deployment(1, 2), replica_set(2), pod("a").unscheduled("Unschedulable", words)]),
        (601, vec![with_condition(deployment(1, 2), deadline(601))]),
    ];
    let verdict = fails(&web(), &frames, 601..=601, "ProgressDeadlineExceeded");
    assert!(verdict.message.contains(words), "{verdict:?}");
}

#[test]
fn a_deadline_exceeded_before_our_apply_is_not_ours() {
    let frames = [(1, vec![with_condition(deployment(1, 2), deadline(-300))]), (60, vec![deployment(3, 3)])];
    heals(&web(), &frames, 60);
}

#[test]
fn a_deadline_exceeded_without_a_cause_is_failed() {
    let verdict = fails(
        &web(),
        &[(1, vec![deployment(1, 2)]), (601, vec![with_condition(deployment(1, 2), deadline(601))])],
        601..=601,
        "ProgressDeadlineExceeded",
    );
    assert!(verdict.message.contains("Updated: 1/3"), "{verdict:?}");
}

#[test]
fn progressing_false_for_another_reason_waits() {
    let other =
        json!({"type": "Progressing", "status": "False", "reason": "ReplicaSetCreateError", "message": "conflict"});
    waits(&web(), &[(1, vec![with_condition(deployment(0, 3), other)])], "ReplicaSetCreateError");
}

#[test]
fn a_deployment_paused_by_somebody_else_is_bad_and_by_its_manifest_good() {
    let mut paused = deployment(1, 2);
    paused["spec"]["paused"] = json!(true);
    let end = replay(&web(), &[(1, vec![paused])], 60);
    assert_eq!(end.verdict.status, Status::Suspended);
    assert_eq!(end.verdict.settled(&Applied::default()), Settled::Bad);
    assert_eq!(end.verdict.settled(&Applied { pauses: true, ..Applied::default() }), Settled::GoodWithWarning);
}

#[test]
fn a_state_older_than_the_apply_answers_nothing() {
    let applied = Applied { generation: Some(3), ..Applied::default() };
    let end = replay_applied(&web(), &[(1, vec![deployment(3, 3)])], 30, Some(&applied));
    assert_eq!((end.verdict.status, end.verdict.reason.as_str()), (Status::InProgress, "NotObserved"));
    let applied = Applied { uid: Some("d-web-again".to_owned()), ..Applied::default() };
    let end = replay_applied(&web(), &[(1, vec![deployment(3, 3)])], 30, Some(&applied));
    assert_eq!(end.verdict.status, Status::InProgress);
}

#[test]
fn a_deployment_deleted_under_us_is_failed_once_it_is_gone() {
    let mut dying = deployment(1, 2);
    dying["metadata"]["deletionTimestamp"] = json!(second(20));
    fails(
        &web(),
        &[(1, vec![deployment(1, 2)]), (20, vec![dying]), (50, vec![json!("Deployment/web")])],
        50..=50,
        "Deleted",
    );
}

#[test]
fn an_object_that_the_watch_has_not_shown_yet_waits() {
    heals(&web(), &[(25, vec![deployment(3, 3)])], 25);
}

#[test]
fn zero_replicas_are_ready() {
    let mut none = deployment(0, 0);
    none["spec"]["replicas"] = json!(0);
    none["status"]["replicas"] = json!(0);
    let frames = [(
        1,
        vec![with_condition(
            none,
            json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}),
        )],
    )];
    heals(&web(), &frames, 1);
}

fn stateful(ready: i64, updated: i64, current: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop", "uid": "s-db", "generation": 2},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "app", "image": "shop/app:2"}]}}},
        "status": {"observedGeneration": 2, "replicas": 3, "readyReplicas": ready, "updatedReplicas": updated,
            "currentRevision": current, "updateRevision": "db-2"}})
}

fn db() -> crate::rollout::ObjectKey {
    key("apps", "StatefulSet", "db")
}

#[test]
fn a_stateful_set_is_ready_when_the_revision_is_the_current_one() {
    let frames = [
        (1, vec![stateful(3, 0, "db-1")]),
        (20, vec![stateful(2, 1, "db-1")]),
        (80, vec![stateful(3, 3, "db-1")]),
        (81, vec![stateful(3, 3, "db-2")]),
    ];
    heals(&db(), &frames, 81);
}

#[test]
fn a_rolling_update_without_a_partition_is_not_taken_for_a_partitioned_one() {
    let mut set = stateful(3, 1, "db-1");
    set["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {}});
    waits(&db(), &[(1, vec![set])], "Progressing");
}

#[test]
fn a_partition_is_done_when_the_replicas_above_it_are_updated() {
    let partitioned = |updated| {
        let mut set = stateful(3, updated, "db-1");
        set["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}});
        set
    };
    heals(&db(), &[(1, vec![partitioned(0)]), (30, vec![partitioned(1)])], 30);
}

#[test]
fn on_delete_is_ready_with_a_warning() {
    let mut set = stateful(3, 1, "db-1");
    set["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
    let end = replay(&db(), &[(1, vec![set])], 60);
    assert_eq!(end.verdict.settled(&Applied::default()), Settled::GoodWithWarning);
}

#[test]
fn a_stateful_pod_of_the_update_revision_that_crashes_is_failed() {
    let broken = pod("db-2").of("StatefulSet", "s-db").revision("db-2").backing_off(2, 1, "Error");
    fails(&db(), &[(1, vec![stateful(2, 1, "db-1"), broken])], 11..=12, "CrashLoopBackOff");
}

#[test]
fn a_stateful_pod_of_the_old_revision_that_blocks_the_update_is_named_and_waits() {
    let broken = pod("db-2").of("StatefulSet", "s-db").revision("db-1").backing_off(9, 1, "Error");
    let verdict = waits(&db(), &[(1, vec![stateful(2, 0, "db-1"), broken])], "OldPodBlocksUpdate");
    assert!(verdict.message.contains("db-2") && verdict.hint.is_some(), "{verdict:?}");
}

fn daemon(updated: i64, available: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "shop", "uid": "ds", "generation": 2,
            "annotations": {"deprecated.daemonset.template.generation": "2"}},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "shop/app:2"}]}}},
        "status": {"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
            "updatedNumberScheduled": updated, "numberAvailable": available, "numberReady": available}})
}

fn agent() -> crate::rollout::ObjectKey {
    key("apps", "DaemonSet", "agent")
}

fn controller_revision(number: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": number,
        "metadata": {"name": format!("agent-{number}"), "namespace": "shop", "labels": {"controller-revision-hash": format!("h{number}")},
            "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "ds"}]}})
}

#[test]
fn a_daemon_set_is_ready_when_all_are_updated_and_available() {
    heals(&agent(), &[(1, vec![daemon(1, 3)]), (20, vec![daemon(3, 2)]), (30, vec![daemon(3, 3)])], 30);
}

#[test]
fn a_daemon_pod_of_the_newest_revision_that_crashes_is_failed() {
    let broken = pod("agent-x").of("DaemonSet", "ds").revision("h2").backing_off(2, 1, "Error");
    fails(
        &agent(),
        &[(1, vec![daemon(1, 2), controller_revision(1), controller_revision(2), broken])],
        11..=12,
        "CrashLoopBackOff",
    );
}

#[test]
fn a_daemon_pod_of_an_older_revision_that_crashes_is_not_ours() {
    let broken = pod("agent-x").of("DaemonSet", "ds").revision("h1").backing_off(2, 1, "Error");
    let frames =
        [(1, vec![daemon(1, 2), controller_revision(1), controller_revision(2), broken]), (90, vec![daemon(3, 3)])];
    heals(&agent(), &frames, 90);
}

#[test]
fn a_node_that_is_not_ready_is_named() {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n3"},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}});
    let mut lost = pod("agent-x").of("DaemonSet", "ds").revision("h2").running(0, 0, "");
    lost["spec"]["nodeName"] = json!("n3");
    let verdict = waits(&agent(), &[(1, vec![daemon(3, 2), controller_revision(2), lost, node])], "NodeNotReady");
    assert!(verdict.message.contains("n3"), "{verdict:?}");
}

#[test]
fn nodes_that_come_while_the_daemon_set_rolls_out_are_waited_for() {
    let mut grown = daemon(3, 3);
    grown["status"]["desiredNumberScheduled"] = json!(4);
    let mut done = daemon(4, 4);
    done["status"]["desiredNumberScheduled"] = json!(4);
    done["status"]["currentNumberScheduled"] = json!(4);
    heals(&agent(), &[(1, vec![daemon(2, 3)]), (10, vec![grown]), (50, vec![done])], 50);
}

#[test]
fn a_first_status_without_an_observed_generation_answers_nothing() {
    let mut fresh = stateful(0, 0, "");
    fresh["status"] = json!({"replicas": 0});
    let frames: [Frame; 2] = [(1, vec![fresh]), (40, vec![stateful(3, 3, "db-2")])];
    heals(&db(), &frames, 40);
}

#[test]
fn five_hundred_workloads_are_judged_by_their_own_pods_only() {
    use crate::rollout::{Sightings, Snapshot, judge};
    let mut snapshot = Snapshot::default();
    let mut keys = Vec::new();
    for number in 0..500 {
        let renamed = |mut object: Value, kind: &str, name: String| {
            object["metadata"]["name"] = json!(name);
            object["metadata"]["uid"] = json!(format!("{kind}-{number}"));
            object
        };
        let owned = |mut object: Value, uid: String| {
            object["metadata"]["ownerReferences"][0]["uid"] = json!(uid);
            object
        };
        keys.extend(snapshot.insert(renamed(deployment(1, 2), "d", format!("web-{number}"))));
        snapshot.insert(owned(renamed(replica_set(2), "rs", format!("rs-{number}")), format!("d-{number}")));
        let broken = if number == 250 { pod("x").backing_off(3, 1, "Error") } else { pod("x").running(0, 0, "") };
        snapshot.insert(owned(renamed(broken, "p", format!("p-{number}")), format!("rs-{number}")));
    }
    let mut sightings = Sightings::of_one_look();
    let now = crate::rollout::parse_time(&second(9)).expect("a time");
    let failed: Vec<String> = keys
        .iter()
        .filter(|key| judge(&snapshot, key, None, &mut sightings, now).status == Status::Failed)
        .map(|key| key.name.clone())
        .collect();
    assert_eq!(failed, ["web-250"]);
}

#[test]
fn an_old_pod_that_does_not_end_is_named_once_its_grace_period_is_over() {
    let leaving = || {
        let mut old = pod("old").of("ReplicaSet", "rs-1").ready();
        old["metadata"]["deletionTimestamp"] = json!(second(31));
        old["spec"]["nodeName"] = json!("node-7");
        old
    };
    let begun = |more: Vec<Value>| {
        let mut frames = vec![(1, vec![deployment(0, 0), replica_set(1), replica_set(2), leaving()])];
        frames.extend(more.into_iter().map(|object| (40, vec![object])));
        frames
    };
    let verdict = waits(&web(), &begun(Vec::new()), "OldPodTerminating");
    assert!(verdict.message.contains("pod old") && verdict.message.contains("node-7"), "{verdict:?}");
    heals(&web(), &begun(vec![json!("Pod/old"), deployment(3, 3)]), 40);
}
