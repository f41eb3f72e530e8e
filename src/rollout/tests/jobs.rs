//! Jobs and what runs once.

use serde_json::{Value, json};

use super::world::{fails, heals, key, pod, replay, waits};
use crate::rollout::{ObjectKey, Status};

fn job(status: Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "namespace": "shop", "uid": "j", "generation": 1},
        "spec": {"backoffLimit": 1, "completions": 1}, "status": status})
}

fn migrate() -> ObjectKey {
    key("batch", "Job", "migrate")
}

fn of_job(name: &str) -> super::world::Pod {
    pod(name).of("Job", "j").set("/spec/restartPolicy", json!("Never"))
}

#[test]
fn a_running_job_is_not_ready_until_it_is_complete() {
    let complete = job(json!({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}));
    let frames = [
        (1, vec![job(json!({}))]),
        (2, vec![job(json!({"active": 1, "startTime": "2026-11-20T12:00:02Z"}))]),
        (50, vec![job(json!({"succeeded": 1, "startTime": "2026-11-20T12:00:02Z"}))]),
        (51, vec![complete]),
    ];
    heals(&migrate(), &frames, 51);
}

#[test]
fn a_failed_job_is_failed_at_once_with_its_last_pods_end() {
    let failed = job(json!({"failed": 2, "startTime": "2026-11-20T12:00:02Z", "conditions": [
        {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}));
    let mut last = of_job("migrate-x").ended(0, 3, "Error");
    last["status"]["phase"] = json!("Failed");
    let verdict = fails(
        &migrate(),
        &[(2, vec![job(json!({"active": 1}))]), (30, vec![last, failed])],
        30..=30,
        "BackoffLimitExceeded",
    );
    assert!(verdict.message.contains("exit 3"), "{verdict:?}");
}

#[test]
fn a_job_whose_first_pod_fails_and_whose_second_succeeds_is_ready() {
    let mut first = of_job("migrate-a").ended(0, 1, "Error");
    first["status"]["phase"] = json!("Failed");
    let frames = [
        (2, vec![job(json!({"active": 1, "startTime": "2026-11-20T12:00:02Z"}))]),
        (10, vec![first, job(json!({"active": 1, "failed": 1, "startTime": "2026-11-20T12:00:02Z"}))]),
        (60, vec![job(json!({"succeeded": 1, "failed": 1, "conditions": [{"type": "Complete", "status": "True"}]}))]),
    ];
    heals(&migrate(), &frames, 60);
}

#[test]
fn a_jobs_pod_that_crash_loops_waits_for_the_job() {
    let looping =
        pod("migrate-x").of("Job", "j").set("/spec/restartPolicy", json!("OnFailure")).backing_off(4, 1, "Error");
    waits(
        &migrate(),
        &[(2, vec![job(json!({"active": 1, "startTime": "2026-11-20T12:00:02Z"})), looping])],
        "CrashLoopBackOff",
    );
}

#[test]
fn a_jobs_pod_whose_image_is_missing_is_failed() {
    let stuck = of_job("migrate-x").waiting("ErrImagePull", "manifest unknown");
    fails(
        &migrate(),
        &[(2, vec![job(json!({"active": 1, "startTime": "2026-11-20T12:00:02Z"})), stuck])],
        12..=13,
        "ImageNotFound",
    );
}

#[test]
fn a_job_that_removes_itself_when_done_is_ready() {
    let short = key("batch", "Job", "short-lived");
    let mut running = job(json!({"active": 1, "startTime": "2026-11-20T12:00:02Z"}));
    running["metadata"]["name"] = json!("short-lived");
    heals(&short, &[(1, vec![running]), (20, vec![json!("Job/short-lived")])], 20);
}

#[test]
fn a_job_that_is_gone_without_a_time_to_live_is_failed() {
    fails(&migrate(), &[(1, vec![job(json!({"active": 1}))]), (20, vec![json!("Job/migrate")])], 20..=20, "Deleted");
}

#[test]
fn a_suspended_job_is_suspended() {
    let mut held = job(json!({"conditions": [{"type": "Suspended", "status": "True"}]}));
    held["spec"]["suspend"] = json!(true);
    assert_eq!(replay(&migrate(), &[(1, vec![held])], 30).verdict.status, Status::Suspended);
}

#[test]
fn a_job_that_leaves_suspension_goes_on() {
    let mut leaving = job(json!({"conditions": [{"type": "Suspended", "status": "True"}]}));
    leaving["spec"]["suspend"] = json!(false);
    let complete = job(json!({"conditions": [{"type": "Complete", "status": "True"}]}));
    heals(&migrate(), &[(1, vec![leaving]), (30, vec![complete])], 30);
}

#[test]
fn more_failures_than_the_limit_wait_for_the_jobs_own_word() {
    let over = job(json!({"failed": 5, "startTime": "2026-11-20T12:00:02Z"}));
    let verdict = waits(&migrate(), &[(1, vec![over])], "Running");
    assert!(verdict.message.contains("more than backoffLimit 1"), "{verdict:?}");
}
