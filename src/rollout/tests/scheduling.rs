//! Pods that find no node, lose theirs, or may not be created.

use serde_json::{Value, json};

use super::world::{deployment, event, fails, heals, key, pod, replica_set, waits, web, with_condition};

fn refused(message: &str) -> Value {
    let failure = json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message});
    with_condition(deployment(0, 3), failure)
}

#[test]
fn unschedulable_waits_with_the_schedulers_words() {
    let words = "0/3 nodes are available: 3 Insufficient cpu.";
    let frames = [(1, vec![deployment(1, 2), replica_set(2)]), (2, vec![pod("a").unscheduled("Unschedulable", words)])];
    let verdict = waits(&web(), &frames, "Unschedulable");
    assert!(verdict.message.contains(words), "{verdict:?}");
}

#[test]
fn unschedulable_that_heals_is_ready() {
    let words = "0/3 nodes are available: 3 Insufficient cpu.";
    let frames = [
        (1, vec![deployment(1, 2), replica_set(2)]),
        (2, vec![pod("a").unscheduled("Unschedulable", words)]),
        (240, vec![pod("a").waiting("ContainerCreating", "")]),
        (260, vec![pod("a").ready(), deployment(3, 3)]),
    ];
    heals(&web(), &frames, 260);
}

#[test]
fn a_scheduling_gate_waits() {
    let frames = [(1, vec![deployment(1, 2), replica_set(2), pod("a").unscheduled("SchedulingGated", "gated")])];
    waits(&web(), &frames, "SchedulingGated");
}

#[test]
fn quota_exceeded_that_lasts_is_failed() {
    let message =
        "pods \"web-2-x\" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3";
    let verdict = fails(&web(), &[(1, vec![refused(message), replica_set(2)])], 31..=32, "QuotaExceeded");
    assert!(verdict.message.contains("exceeded quota: compute"), "{verdict:?}");
}

#[test]
fn quota_that_ending_pods_give_back_is_ready() {
    let message = "pods \"web-2-x\" is forbidden: exceeded quota: compute";
    let frames = [(1, vec![refused(message)]), (20, vec![deployment(1, 2)]), (50, vec![deployment(3, 3)])];
    heals(&web(), &frames, 50);
}

#[test]
fn an_admission_webhook_that_says_no_is_failed() {
    let message = "admission webhook \"policy.example.com\" denied the request: image must be signed";
    fails(&web(), &[(1, vec![refused(message)])], 16..=17, "AdmissionDenied");
}

#[test]
fn an_admission_webhook_that_cannot_be_reached_waits() {
    let message =
        "Internal error occurred: failed calling webhook \"x\": dial tcp 10.0.0.1:443: connect: connection refused";
    waits(&web(), &[(1, vec![refused(message)])], "FailedCreate");
}

#[test]
fn pod_security_that_refuses_is_failed() {
    let message = "pods \"web-2-x\" is forbidden: violates PodSecurity \"restricted:latest\": privileged";
    fails(&web(), &[(1, vec![refused(message)])], 16..=17, "PodSecurityViolation");
}

#[test]
fn the_replica_sets_own_failure_counts_before_the_deployment_repeats_it() {
    let mut set = replica_set(2);
    set["status"] = json!({"replicas": 0, "conditions": [{"type": "ReplicaFailure", "status": "True",
        "reason": "FailedCreate", "message": "admission webhook \"p\" denied the request: no"}]});
    fails(&web(), &[(1, vec![deployment(0, 3), set])], 16..=17, "AdmissionDenied");
}

#[test]
fn an_old_replica_sets_failure_is_not_ours() {
    let mut old = replica_set(1);
    old["status"] = json!({"replicas": 0, "conditions": [{"type": "ReplicaFailure", "status": "True",
        "reason": "FailedCreate", "message": "exceeded quota: compute"}]});
    let frames = [(1, vec![deployment(1, 2), old, replica_set(2)]), (60, vec![deployment(3, 3)])];
    heals(&web(), &frames, 60);
}

#[test]
fn a_stateful_set_that_may_not_create_pods_is_failed() {
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop", "uid": "s",
        "generation": 1}, "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 0}});
    let told = event("StatefulSet", "db", "FailedCreate", "create Pod db-0 failed: exceeded quota: compute", 3);
    fails(&key("apps", "StatefulSet", "db"), &[(1, vec![set]), (3, vec![told])], 33..=34, "QuotaExceeded");
}

#[test]
fn a_refusal_from_before_our_apply_is_not_ours() {
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop", "uid": "s",
        "generation": 1}, "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 0}});
    let told = event("StatefulSet", "db", "FailedCreate", "exceeded quota: compute", -600);
    waits(&key("apps", "StatefulSet", "db"), &[(1, vec![set, told])], "Progressing");
}

#[test]
fn an_evicted_pod_is_replaced_and_no_failure() {
    let frames = [
        (1, vec![deployment(1, 2), replica_set(2)]),
        (10, vec![pod("a").failed("Evicted", "The node was low on resource: memory.")]),
        (80, vec![pod("b").ready(), deployment(3, 3)]),
    ];
    heals(&web(), &frames, 80);
}

#[test]
fn a_lost_node_waits_and_is_named() {
    let mut lost = pod("a").running(0, 0, "");
    lost["status"] =
        json!({"phase": "Unknown", "reason": "NodeLost", "message": "Node n1 which was running pod a is unresponsive"});
    let verdict = waits(&web(), &[(1, vec![deployment(1, 2), replica_set(2), lost])], "NodeLost");
    assert!(verdict.message.contains("n1"), "{verdict:?}");
}

#[test]
fn a_volume_that_does_not_mount_waits_and_is_named() {
    let told =
        event("Pod", "a", "FailedMount", "MountVolume.SetUp failed for volume \"certs\" : secret \"tls\" not found", 9);
    let frames =
        [(1, vec![deployment(1, 2), replica_set(2), pod("a").waiting("ContainerCreating", "")]), (9, vec![told])];
    let verdict = waits(&web(), &frames, "FailedMount");
    assert!(verdict.hint.is_some_and(|hint| hint.contains("Secret or ConfigMap")));
}

#[test]
fn a_pod_on_a_node_that_went_silent_waits_and_the_node_is_named() {
    let mut running = pod("a").running(0, 0, "");
    running["spec"]["nodeName"] = json!("node-7");
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-7"}, "status": {"conditions": [
        {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}]}});
    let frames = vec![(1, vec![deployment(3, 0), replica_set(2), running]), (30, vec![node])];
    let verdict = waits(&web(), &frames, "NodeNotReady");
    assert!(verdict.message.contains("node-7") && verdict.message.contains("stopped posting"), "{verdict:?}");
}
