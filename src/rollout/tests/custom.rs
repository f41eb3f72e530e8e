//! Custom resources: stale answers, no answers, conditions, words.

use serde_json::{Value, json};

use super::world::{Frame, fails, heals, key, replay, replay_applied, waits};
use crate::rollout::{Applied, ObjectKey, Settled, Status};

fn widget(status: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop", "generation": 2}, "status": status})
}

fn w() -> ObjectKey {
    key("example.com", "Widget", "w")
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "told"})
}

#[test]
fn ready_of_an_older_generation_is_no_answer() {
    let frames = [
        (1, vec![widget(json!({"observedGeneration": 1, "conditions": [condition("Ready", "True", "Done")]}))]),
        (30, vec![widget(json!({"observedGeneration": 2, "conditions": [condition("Ready", "True", "Done")]}))]),
    ];
    heals(&w(), &frames, 30);
}

#[test]
fn a_condition_about_an_older_generation_is_no_answer() {
    let ready = |generation: i64| json!({"type": "Ready", "status": "True", "observedGeneration": generation});
    let frames =
        [(1, vec![widget(json!({"conditions": [ready(1)]}))]), (30, vec![widget(json!({"conditions": [ready(2)]}))])];
    heals(&w(), &frames, 30);
}

#[test]
fn a_ready_without_a_generation_right_after_the_apply_has_to_stand_ten_seconds() {
    heals(&w(), &[(1, vec![widget(json!({"conditions": [condition("Ready", "True", "Done")]}))])], 10);
}

#[test]
fn an_unchanged_object_needs_no_new_answer() {
    let end = replay_applied(
        &w(),
        &[(1, vec![widget(json!({"conditions": [condition("Ready", "True", "Done")]}))])],
        60,
        Some(&Applied::default()),
    );
    assert_eq!((end.verdict.status, end.at), (Status::Ready, 1));
}

#[test]
fn ready_false_waits_with_its_reason() {
    waits(
        &w(),
        &[(
            1,
            vec![widget(
                json!({"observedGeneration": 2, "conditions": [condition("Ready", "False", "SecretSyncedError")]}),
            )],
        )],
        "SecretSyncedError",
    );
}

#[test]
fn stalled_is_failed_at_once() {
    let conditions = [condition("Ready", "False", "ChartNotFound"), condition("Stalled", "True", "ChartNotFound")];
    fails(
        &w(),
        &[(1, vec![widget(json!({"observedGeneration": 2, "conditions": conditions}))])],
        1..=1,
        "ChartNotFound",
    );
}

#[test]
fn reconciling_waits() {
    let conditions = [condition("Ready", "True", "Done"), condition("Reconciling", "True", "Upgrading")];
    waits(&w(), &[(1, vec![widget(json!({"observedGeneration": 2, "conditions": conditions}))])], "Upgrading");
}

#[test]
fn a_controller_that_never_answers_is_ready_with_a_warning_after_a_minute() {
    let end = replay(&w(), &[(1, vec![widget(Value::Null)])], 600);
    assert_eq!((end.verdict.settled(&Applied::default()), end.at), (Settled::GoodWithWarning, 60));
}

#[test]
fn a_controller_that_answers_late_is_waited_for() {
    let frames: [Frame; 3] = [
        (1, vec![widget(Value::Null)]),
        (50, vec![widget(json!({"observedGeneration": 2, "conditions": [condition("Ready", "Unknown", "Working")]}))]),
        (90, vec![widget(json!({"observedGeneration": 2, "conditions": [condition("Ready", "True", "Done")]}))]),
    ];
    heals(&w(), &frames, 90);
}

#[test]
fn a_kind_whose_definition_has_no_status_is_ready() {
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "names": {"kind": "Widget"}, "versions": [{"name": "v1", "schema": {}}]}});
    heals(&w(), &[(1, vec![definition, widget(Value::Null)])], 1);
}

#[test]
fn a_phase_that_says_failed_is_failed_when_it_lasts() {
    fails(&w(), &[(12, vec![widget(json!({"observedGeneration": 2, "phase": "Failed"}))])], 42..=43, "Failed");
}

#[test]
fn a_phase_that_said_failed_before_our_repair_is_no_failure() {
    let frames = [
        (1, vec![widget(json!({"phase": "Failed"}))]),
        (15, vec![widget(json!({"phase": "Provisioning"}))]),
        (40, vec![widget(json!({"phase": "Ready"}))]),
    ];
    heals(&w(), &frames, 40);
}

#[test]
fn a_named_failure_condition_is_failed_when_it_lasts() {
    let conditions = [condition("Degraded", "True", "NoQuorum")];
    fails(&w(), &[(1, vec![widget(json!({"observedGeneration": 2, "conditions": conditions}))])], 31..=32, "NoQuorum");
}

#[test]
fn an_unavailable_start_has_five_minutes() {
    let prometheus = |available: &str| {
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": "p", "namespace": "shop", "generation": 1},
            "status": {"conditions": [{"type": "Available", "status": available, "reason": "NoPodReady", "observedGeneration": 1},
                {"type": "Reconciled", "status": "True", "observedGeneration": 1}]}})
    };
    let p = key("monitoring.coreos.com", "Prometheus", "p");
    heals(&p, &[(1, vec![prometheus("False")]), (200, vec![prometheus("True")])], 200);
    let end = replay(&p, &[(1, vec![prometheus("False")])], 600);
    assert_eq!((end.verdict.status, end.at), (Status::Failed, 301));
}

#[test]
fn the_users_own_rule_stands_above_the_convention() {
    let mut object =
        widget(json!({"observedGeneration": 2, "address": "", "conditions": [condition("Ready", "True", "Done")]}));
    object["metadata"]["annotations"] = json!({"k8s-deploy-action/ready-when": "{.status.address}"});
    let mut addressed = object.clone();
    addressed["status"]["address"] = json!("10.0.0.1");
    heals(&w(), &[(1, vec![object]), (44, vec![addressed])], 44);
}

#[test]
fn an_observed_generation_that_is_a_hash_says_nothing() {
    let status = json!({"observedGeneration": "77646c9d4c", "conditions": [condition("Ready", "True", "Done")]});
    heals(&w(), &[(1, vec![widget(status)])], 1);
}
