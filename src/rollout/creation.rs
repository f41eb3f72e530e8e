//! Pods that a controller may not create: quota, admission, pod security. Reads conditions and events of the controller.

use serde_json::Value;

use super::case::Case;
use super::evidence::{Evidence, Grade, PERSIST_REFUSED};
use super::fields::{Truth, condition, text};
use super::podevidence::event_time;

/// How long a quota may refuse: pods of the old revision that are ending give theirs back.
const PERSIST_QUOTA: i64 = 30;

/// Returns what `status.conditions` ReplicaFailure of a Deployment or replica set says.
pub(crate) fn replica_failure(object: &Value) -> Option<Evidence> {
    let failure = condition(object, "ReplicaFailure").filter(|failure| failure.status == Truth::True)?;
    Some(refusal(failure.reason, failure.message))
}

/// Returns what the latest FailedCreate event about a controller says, for kinds that have no such condition.
pub(crate) fn failed_create_event(case: &Case<'_>, controller: &Value) -> Option<Evidence> {
    let events = case.snapshot.events_about(controller).filter(|event| text(event, "reason") == "FailedCreate");
    let latest = events.filter(|event| case.since_apply(event_time(event))).max_by_key(|event| event_time(event))?;
    Some(refusal("FailedCreate", text(latest, "message")))
}

/// Returns the evidence in a refusal's text.
fn refusal(reason: &str, message: &str) -> Evidence {
    let reason = if reason.is_empty() { "FailedCreate" } else { reason };
    let (grade, reason) = grade(message).unwrap_or((Grade::Transient, reason));
    let told = if message.is_empty() { "no reason given" } else { message };
    Evidence::new(grade, reason, format!("pods cannot be created: {told}"))
}

fn grade(message: &str) -> Option<(Grade, &'static str)> {
    let text = message.to_ascii_lowercase();
    let says = |phrase: &str| text.contains(phrase);
    // A webhook that cannot be reached may be of this very deploy; one that answers no has decided.
    if says("failed calling webhook") || says("failed to call webhook") || says("timeout") || says("connection refused")
    {
        return None;
    }
    if says("exceeded quota") || says("failed quota") {
        return Some((Grade::Likely(PERSIST_QUOTA), "QuotaExceeded"));
    }
    if says("violates podsecurity") {
        return Some((Grade::Likely(PERSIST_REFUSED), "PodSecurityViolation"));
    }
    if says("denied the request") || says("admission webhook") || says("validatingadmissionpolicy") {
        return Some((Grade::Likely(PERSIST_REFUSED), "AdmissionDenied"));
    }
    if says("serviceaccount") && says("not found") {
        return Some((Grade::Likely(PERSIST_REFUSED), "ServiceAccountNotFound"));
    }
    if says("is forbidden") || says("is invalid") || says("no matches for kind") {
        return Some((Grade::Likely(PERSIST_REFUSED), "PodRefused"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(message: &str) -> Option<&'static str> {
        grade(message).map(|(_, reason)| reason)
    }

    #[test]
    fn a_refusal_is_read_for_who_refused() {
        assert_eq!(
            graded(r#"pods "web-1" is forbidden: exceeded quota: compute, requested: pods=1"#),
            Some("QuotaExceeded")
        );
        assert_eq!(
            graded(r#"pods "web-1" is forbidden: violates PodSecurity "restricted:latest": privileged"#),
            Some("PodSecurityViolation")
        );
        assert_eq!(
            graded(r#"admission webhook "policy.example.com" denied the request: no latest tag"#),
            Some("AdmissionDenied")
        );
        assert_eq!(
            graded(r#"error looking up service account shop/app: serviceaccount "app" not found"#),
            Some("ServiceAccountNotFound")
        );
    }

    #[test]
    fn a_webhook_that_does_not_answer_is_no_refusal() {
        let text = r#"Internal error occurred: failed calling webhook "x": Post "https://x.y.svc:443/": dial tcp: connection refused"#;
        assert_eq!(graded(text), None);
    }
}
