//! Custom resources: judged by what their controllers say in the conventions of the field (observed generations,
//! conditions, phase words), and by a table of the kinds that say it in their own way. Never green before an answer.

mod conditions;
mod known;
mod opinion;
mod words;

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::evidence::{Evidence, Grade, weigh};
use super::fields::{annotation, at, condition, flag, generation, list, map, text};
use super::time::after;
use super::verdict::Status;
use super::{Time, hints};
use opinion::Opinion;

/// Seconds that a controller has for its first word, before an object without a status counts as one that never gets any.
const SETTLE: i64 = 60;

/// Seconds that a changed object has, when its controller writes no observed generation, before its status counts as new.
const SETTLE_UNVERSIONED: i64 = 10;

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let known = known::profile(&case.key.group, &case.key.kind);
    if let Some(told) = paused(case.object) {
        return Answer::suspended("Suspended", told).hinted(hints::next_step("Suspended", ""));
    }
    let Some(status) = at(case.object, "status").filter(|status| !is_empty(status)) else {
        return without_status(case, &known);
    };
    if let Some(answer) = too_early(case, status) {
        return answer;
    }
    let mut opinions = known.opinion.and_then(|rule| rule(case.object)).map_or_else(Vec::new, |own| vec![own]);
    if opinions.iter().any(|own| own.status == Status::InProgress) {
        // Counters that are not complete yet may never be: a failure that the controller names stands beside them.
        opinions.extend(conditions::failures(case.object));
    }
    if opinions.is_empty() && known.reports_ready && condition(case.object, "Ready").is_none() {
        opinions
            .extend(conditions::opinions(case.object).into_iter().filter(|opinion| opinion.status != Status::Ready));
        opinions.push(Opinion::in_progress("ReadyNotReported", "its controller has not reported condition Ready yet"));
    }
    if opinions.is_empty() {
        opinions = conditions::opinions(case.object);
        opinions.extend(words::opinions(status, &known));
        opinions.extend(counted(case.object));
    }
    decide(case, opinions)
}

/// The weightiest opinion wins: failed, suspended, in progress, unknown, ready.
fn decide(case: &mut Case<'_>, opinions: Vec<Opinion>) -> Answer {
    let by = |status| opinions.iter().find(move |opinion| opinion.status == status);
    let mut look_again = None;
    if let Some(failed) = by(Status::Failed) {
        let evidence = Evidence::new(Grade::Likely(failed.persist), &failed.reason, &failed.message);
        let outlook = weigh(case, vec![evidence], 1, false);
        if let Some(answer) = outlook.failure() {
            let own = hints::next_step(&failed.reason, &failed.message);
            return answer.hinted(own.or_else(|| Some(controllers_word(&case.key.kind))));
        }
        look_again = outlook.look_again;
    }
    let order = [Status::Failed, Status::Suspended, Status::InProgress, Status::Unknown, Status::Ready];
    let Some(first) = order.into_iter().find_map(by) else {
        let message = "its status has no condition or phase that says whether it is done";
        return Answer::ready("NothingToWaitFor", message).warned(message);
    };
    let status = if first.status == Status::Failed { Status::InProgress } else { first.status };
    let hint = if status == Status::Ready { None } else { hints::next_step(&first.reason, &first.message) };
    Answer::new(status, &first.reason, &first.message).hinted(hint).again_at(look_again)
}

fn controllers_word(kind: &str) -> String {
    format!("correct what the message names; the log of the controller of {kind} says more")
}

/// A status of nothing but empty lists and maps is what some controllers (and API defaults) begin with.
fn is_empty(status: &Value) -> bool {
    match status {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Told not to go on, by spec or annotation, in the spellings of the field.
fn paused(object: &Value) -> Option<String> {
    const FIELDS: &[&str] =
        &["spec.paused", "spec.pause", "spec.suspend", "spec.suspended", "spec.updateStrategy.paused"];
    const ANNOTATIONS: &[&str] =
        &["cnpg.io/hibernation", "cluster.x-k8s.io/paused", "crossplane.io/paused", "cnpg.io/reconciliationLoop"];
    let field = FIELDS.iter().find(|field| flag(object, field).unwrap_or(false));
    if let Some(field) = field {
        return Some(format!("{field} is true"));
    }
    let set = ANNOTATIONS.iter().find_map(|name| annotation(object, name).map(|value| (name, value)));
    let (name, value) = set?;
    let on = !matches!(value, "off" | "false" | "enabled" | "no");
    on.then(|| format!("annotation {name} is {value:?}"))
}

/// Right after an apply no controller has looked at the object yet; some kinds never get a status.
fn without_status(case: &Case<'_>, known: &known::Profile) -> Answer {
    if (known.needs_no_status)(case.object) || has_status_subresource(case) == Some(false) {
        return Answer::ready("NoStatus", "is there; this kind reports no status");
    }
    let message = "its controller has not reported anything yet";
    let Some(applied) = case.applied.and_then(|applied| applied.at) else {
        return Answer::in_progress("NoStatusYet", message).hinted(hints::next_step("NoStatusYet", ""));
    };
    let until = after(applied, SETTLE);
    if case.now < until {
        let hint = hints::next_step("NoStatusYet", "");
        return Answer::in_progress("NoStatusYet", message).hinted(hint).again_at(Some(until));
    }
    let message = format!("no controller reported a status within {SETTLE} s; taken for a kind without one");
    Answer::ready("NoStatus", message.clone()).warned(message)
}

/// Returns whether the kind's definition has a status subresource, when the definition is at hand.
fn has_status_subresource(case: &Case<'_>) -> Option<bool> {
    let definition = case.snapshot.of_kind("CustomResourceDefinition", "").find(|definition| {
        text(definition, "spec.names.kind") == case.key.kind && text(definition, "spec.group") == case.key.group
    })?;
    let version = text(case.object, "apiVersion").rsplit('/').next().unwrap_or("");
    let versions = list(definition, "spec.versions");
    let served = versions.iter().find(|served| text(served, "name") == version)?;
    Some(map(served, "subresources").is_some_and(|subresources| subresources.contains_key("status")))
}

/// Where no observed generation says so, a status right after a change may still be the one from before it.
fn too_early(case: &Case<'_>, status: &Value) -> Option<Answer> {
    let applied = case.applied.filter(|applied| applied.changed)?;
    let until: Time = after(applied.at?, SETTLE_UNVERSIONED);
    let versioned = at(status, "observedGeneration").is_some()
        || list(status, "conditions").iter().any(|condition| at(condition, "observedGeneration").is_some());
    (!versioned && generation(case.object).is_some() && case.now < until).then(|| {
        let message = "was just changed, and its status does not say which generation it is about";
        Answer::in_progress("NotObserved", message).again_at(Some(until))
    })
}

/// Scaled kinds that report replicas the way workloads do.
fn counted(object: &Value) -> Option<Opinion> {
    let wanted = super::fields::count(object, "spec.replicas")?;
    let ready = super::fields::count(object, "status.readyReplicas")
        .or_else(|| super::fields::count(object, "status.availableReplicas"))?;
    match ready < wanted {
        true => Some(Opinion::in_progress("Progressing", format!("Ready: {ready}/{wanted}"))),
        false => Some(Opinion::ready("ReplicasReady", format!("Ready: {ready}/{wanted}"))),
    }
}
