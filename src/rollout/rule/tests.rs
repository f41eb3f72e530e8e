//! Rules as users write them.

use serde_json::{Value, json};

use super::answer;
use crate::rollout::verdict::Status;

fn object() -> Value {
    json!({"status": {"phase": "Running", "readyReplicas": 2, "address": "", "conditions": [
        {"type": "Ready", "status": "False", "reason": "Starting"}, {"type": "Synced", "status": "True"}]}})
}

fn status(rule: &str) -> Status {
    answer(rule, &object()).status
}

#[test]
fn a_condition_is_met_when_it_has_the_status() {
    assert_eq!(status("condition=Synced"), Status::Ready);
    assert_eq!(status("condition=Ready"), Status::InProgress);
    assert_eq!(status("condition=Ready=false"), Status::Ready);
    assert_eq!(status("condition=Absent"), Status::InProgress);
}

#[test]
fn a_json_path_is_compared_or_only_there() {
    assert_eq!(status("{.status.phase}=Running"), Status::Ready);
    assert_eq!(status("jsonpath='{.status.phase}'=Running"), Status::Ready);
    assert_eq!(status(".status.phase == \"Running\""), Status::Ready);
    assert_eq!(status("{.status.phase}"), Status::Ready);
    assert_eq!(status("{.status.address}"), Status::InProgress);
    assert_eq!(status("{.status.nothing}=x"), Status::InProgress);
    assert_eq!(status("{.status.nothing}!=x"), Status::InProgress);
}

#[test]
fn numbers_are_compared_as_numbers() {
    assert_eq!(status("{.status.readyReplicas}>=2"), Status::Ready);
    assert_eq!(status("{.status.readyReplicas}>=10"), Status::InProgress);
}

#[test]
fn a_filter_selects_by_equality() {
    assert_eq!(status(r#"{.status.conditions[?(@.type=="Synced")].status}=True"#), Status::Ready);
    assert_eq!(status(r#"{.status.conditions[?(@.type=="Ready")].status}=True"#), Status::InProgress);
    assert_eq!(status("{.status.conditions[-1:].type}=x"), Status::Failed);
    assert_eq!(status("{.status.conditions[-1].type}=Synced"), Status::Ready);
}

#[test]
fn terms_are_joined_and_a_line_may_say_when_it_failed() {
    assert_eq!(status("condition=Synced && {.status.phase}=Running"), Status::Ready);
    assert_eq!(status("condition=Synced && condition=Ready"), Status::InProgress);
    assert_eq!(status("condition=Ready\nfailed: {.status.phase}=Running"), Status::Failed);
}

#[test]
fn a_rule_that_cannot_be_read_fails_and_says_so() {
    for rule in ["", "Ready", "{.status", "condition=", "{.status.phase}~x"] {
        let verdict = answer(rule, &object());
        assert_eq!(verdict.status, Status::Failed, "{rule}");
    }
}
