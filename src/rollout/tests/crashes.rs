//! Containers that crash, cannot start, or lack their configuration.

use serde_json::json;

use super::world::{Frame, deployment, event, fails, heals, key, pod, replica_set, waits, web};

fn started(more: Vec<Frame>) -> Vec<Frame> {
    let mut frames = vec![(1, vec![deployment(1, 2), replica_set(2), pod("a").waiting("ContainerCreating", "")])];
    frames.extend(more);
    frames
}

#[test]
fn a_crash_loop_is_failed_at_the_second_restart() {
    let frames = started(vec![
        (5, vec![pod("a").ended(0, 1, "Error")]),
        (6, vec![pod("a").running(1, 1, "Error")]),
        (8, vec![pod("a").backing_off(1, 1, "Error")]),
        (20, vec![pod("a").running(2, 1, "Error")]),
        (22, vec![pod("a").backing_off(2, 1, "Error")]),
    ]);
    let verdict = fails(&web(), &frames, 32..=33, "CrashLoopBackOff");
    assert!(verdict.message.contains("ended with exit 1"), "{verdict:?}");
}

#[test]
fn a_crash_that_heals_is_ready() {
    let frames = started(vec![
        (5, vec![pod("a").ended(0, 1, "Error")]),
        (6, vec![pod("a").backing_off(1, 1, "Error")]),
        (18, vec![pod("a").running(1, 1, "Error")]),
        (25, vec![pod("a").ready()]),
        (60, vec![deployment(3, 3)]),
    ]);
    heals(&web(), &frames, 60);
}

#[test]
fn one_restart_is_no_failure_while_the_kubelets_first_back_off_lasts() {
    let frames = started(vec![
        (5, vec![pod("a").backing_off(1, 1, "Error")]),
        (45, vec![pod("a").ready()]),
        (46, vec![deployment(3, 3)]),
    ]);
    heals(&web(), &frames, 46);
}

#[test]
fn a_first_back_off_that_lasts_longer_than_kubelets_back_off_is_failed() {
    let frames = started(vec![(5, vec![pod("a").backing_off(1, 1, "Error")])]);
    fails(&web(), &frames, 50..=51, "CrashLoopBackOff");
}

#[test]
fn a_back_off_after_the_first_crash_does_not_count_for_the_third() {
    let frames = started(vec![
        (5, vec![pod("a").backing_off(1, 1, "Error")]),
        (16, vec![pod("a").backing_off(2, 1, "Error")]),
        (24, vec![pod("a").ready()]),
        (26, vec![deployment(3, 3)]),
    ]);
    heals(&web(), &frames, 26);
}

#[test]
fn an_init_container_that_crashes_is_failed() {
    let frames = started(vec![(5, vec![pod("a").init_backing_off(2)])]);
    let verdict = fails(&web(), &frames, 15..=16, "CrashLoopBackOff");
    assert!(verdict.message.contains("migrate"), "{verdict:?}");
}

#[test]
fn a_crash_of_one_pod_beside_ready_ones_has_a_minute() {
    let frames = started(vec![(5, vec![pod("b").ready(), pod("a").backing_off(2, 1, "Error")])]);
    fails(&web(), &frames, 65..=66, "CrashLoopBackOff");
}

#[test]
fn a_crash_of_one_pod_beside_ready_ones_that_heals_is_ready() {
    let frames = started(vec![
        (5, vec![pod("b").ready(), pod("a").backing_off(2, 1, "Error")]),
        (40, vec![pod("a").ready()]),
        (42, vec![deployment(3, 3)]),
    ]);
    heals(&web(), &frames, 42);
}

#[test]
fn out_of_memory_again_and_again_is_failed_and_says_so() {
    let frames = started(vec![(5, vec![pod("a").backing_off(3, 137, "OOMKilled")])]);
    let verdict = fails(&web(), &frames, 15..=16, "CrashLoopBackOff");
    assert!(verdict.message.contains("out of memory"), "{verdict:?}");
    assert!(verdict.hint.is_some_and(|hint| hint.contains("memory limit")));
}

#[test]
fn out_of_memory_between_two_back_offs_is_failed() {
    fails(&web(), &started(vec![(5, vec![pod("a").running(2, 137, "OOMKilled")])]), 35..=36, "OOMKilled");
}

#[test]
fn a_server_that_ends_with_exit_0_is_failed_in_its_back_off() {
    let frames =
        started(vec![(5, vec![pod("a").ended(0, 0, "Completed")]), (7, vec![pod("a").backing_off(2, 0, "Completed")])]);
    let verdict = fails(&web(), &frames, 17..=18, "CrashLoopBackOff");
    assert!(verdict.hint.is_some_and(|hint| hint.contains("Job")));
}

#[test]
fn a_missing_secret_is_failed() {
    let frames = started(vec![(4, vec![pod("a").waiting("CreateContainerConfigError", "secret \"db\" not found")])]);
    let verdict = fails(&web(), &frames, 14..=15, "CreateContainerConfigError");
    assert!(verdict.message.contains("secret \"db\" not found"), "{verdict:?}");
}

#[test]
fn a_missing_config_map_is_failed() {
    let frames =
        started(vec![(4, vec![pod("a").waiting("CreateContainerConfigError", "configmap \"app\" not found")])]);
    fails(&web(), &frames, 14..=15, "CreateContainerConfigError");
}

#[test]
fn a_missing_key_is_failed() {
    let message = "couldn't find key url in Secret shop/db";
    let verdict = fails(
        &web(),
        &started(vec![(4, vec![pod("a").waiting("CreateContainerConfigError", message)])]),
        14..=15,
        "CreateContainerConfigError",
    );
    assert!(verdict.hint.is_some_and(|hint| hint.contains("key")));
}

#[test]
fn a_secret_that_comes_within_seconds_is_ready() {
    let frames = started(vec![
        (4, vec![pod("a").waiting("CreateContainerConfigError", "secret \"db\" not found")]),
        (9, vec![pod("a").running(0, 0, "")]),
        (30, vec![deployment(3, 3)]),
    ]);
    heals(&web(), &frames, 30);
}

#[test]
fn a_secret_that_another_object_is_to_make_is_waited_for() {
    let maker = json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": "database", "namespace": "shop"}, "spec": {"target": {"name": "db"}}});
    let frames = started(vec![
        (4, vec![maker, pod("a").waiting("CreateContainerConfigError", "secret \"db\" not found")]),
        (90, vec![deployment(3, 3)]),
    ]);
    heals(&web(), &frames, 90);
}

#[test]
fn a_cold_kubelet_cache_never_fails() {
    let message = "failed to sync secret cache: timed out waiting for the condition";
    let frames = started(vec![(4, vec![pod("a").waiting("CreateContainerConfigError", message)])]);
    waits(&web(), &frames, "CreateContainerConfigError");
}

#[test]
fn a_command_that_is_not_in_the_image_is_failed() {
    let message = "failed to create containerd task: exec: \"serve\": executable file not found in $PATH";
    fails(
        &web(),
        &started(vec![(4, vec![pod("a").waiting("RunContainerError", message)])]),
        14..=15,
        "RunContainerError",
    );
}

#[test]
fn exit_128_of_the_runtime_itself_waits() {
    let hiccup = json!([{"name": "app", "restartCount": 0, "state": {"terminated":
        {"exitCode": 128, "reason": "ContainerCannotRun", "message": "grpc: the connection is unavailable"}}}]);
    let broken = pod("a").waiting("ContainerCreating", "");
    let mut broken = broken;
    broken["status"]["containerStatuses"] = hiccup;
    waits(&web(), &started(vec![(4, vec![broken])]), "ContainerCannotRun");
}

#[test]
fn a_bad_readiness_probe_waits_for_the_deadline_and_is_named() {
    let frames = started(vec![
        (4, vec![pod("a").running(0, 0, "")]),
        (
            20,
            vec![event("Pod", "a", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404", 20)],
        ),
    ]);
    let verdict = waits(&web(), &frames, "Unhealthy");
    assert!(verdict.message.contains("statuscode: 404"), "{verdict:?}");
}

#[test]
fn a_liveness_probe_that_kills_again_and_again_is_failed() {
    let frames = started(vec![
        (40, vec![pod("a").running(1, 137, "Error")]),
        (80, vec![pod("a").running(2, 137, "Error")]),
        (120, vec![pod("a").running(3, 137, "Error")]),
    ]);
    fails(&web(), &frames, 150..=151, "Error");
}

#[test]
fn more_failing_pods_than_replicas_are_failed_though_each_is_new() {
    let message = "secret \"db\" not found";
    let mut frames = started(vec![]);
    for (number, second) in [(1, 4), (2, 9), (3, 14), (4, 19)] {
        let gone = json!(format!("Pod/p{}", number - 1));
        let made = pod(&format!("p{number}")).waiting("CreateContainerConfigError", message);
        frames.push((second, vec![gone, made]));
    }
    fails(&web(), &frames, 19..=20, "CreateContainerConfigError");
}

#[test]
fn a_bare_pod_that_fails_is_failed_at_once() {
    let broken = pod("once").bare().failed("", "");
    fails(&key("", "Pod", "once"), &[(2, vec![broken])], 2..=2, "PodFailed");
}

#[test]
fn a_bare_pod_that_is_deleted_under_us_is_failed() {
    let mut dying = pod("once").bare().ready();
    dying["status"]["conditions"] = json!([]);
    dying["metadata"]["deletionTimestamp"] = json!("2026-11-20T12:00:03Z");
    fails(&key("", "Pod", "once"), &[(1, vec![pod("once").bare().done()]), (3, vec![dying])], 3..=3, "Terminating");
}

#[test]
fn a_bare_pod_that_is_gone_is_failed() {
    let frames = [(1, vec![pod("once").bare().done()]), (5, vec![json!("Pod/once")])];
    fails(&key("", "Pod", "once"), &frames, 5..=5, "Deleted");
}

#[test]
fn ready_beats_failed() {
    let frames = started(vec![(5, vec![pod("a").backing_off(5, 1, "Error"), deployment(3, 3)])]);
    heals(&web(), &frames, 5);
}

#[test]
fn a_start_error_with_exit_128_that_names_the_command_is_failed() {
    let mut broken = pod("a").waiting("ContainerCreating", "");
    broken["status"]["containerStatuses"] = json!([{"name": "app", "restartCount": 1, "state": {"terminated":
        {"exitCode": 128, "reason": "StartError", "message": "exec: \"serve\": executable file not found in $PATH"}}}]);
    fails(&web(), &started(vec![(4, vec![broken])]), 14..=15, "StartError");
}
