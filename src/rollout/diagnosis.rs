//! Why an object failed, from workload to container: the chain, the grouped events since the apply, the log to read, the
//! next step. Reads the same snapshot that the verdict came from; fetches nothing, prints nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::case::Case;
use super::container::last_end;
use super::fields::{at, count, list, text};
use super::podevidence::{event_time, is_ready};
use super::sightings::Sightings;
use super::snapshot::{ObjectKey, Snapshot};
use super::verdict::{Applied, Verdict};
use super::{Time, revision};

/// Events older than the apply by more than these seconds are another rollout's; clocks differ that much.
const BEFORE_APPLY: i64 = 5;

/// Groups of events shown for one object.
const MOST_GROUPS: usize = 8;

/// Events that say that something went well.
const WENT_WELL: &[&str] = &[
    "AddedInterface",
    "Created",
    "DeploymentRollbackRevisionNotFound",
    "Killing",
    "LeaderElection",
    "Pulled",
    "Pulling",
    "ScalingReplicaSet",
    "Scheduled",
    "Started",
    "SuccessfulAttachVolume",
    "SuccessfulCreate",
    "SuccessfulDelete",
];

/// One step of the chain from the judged object down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// `ReplicaSet/shop/web-5d9`, `Pod/shop/web-5d9-x`, `container app`.
    pub what: String,
    /// How it stands, with its numbers.
    pub state: String,
}

/// Events of one reason and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// Reason, as the component wrote it.
    pub reason: String,
    /// Text, of the latest one.
    pub message: String,
    /// How often it happened.
    pub times: i64,
    /// About how many objects it was.
    pub objects: usize,
    /// When last.
    pub last: Option<Time>,
}

/// A container whose log says more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogWanted {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The log of the run before this one: the current one is still empty.
    pub previous: bool,
}

/// Why one object stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The judged object and everything down to the container that holds it up.
    pub chain: Vec<Link>,
    /// Warnings since the apply, most frequent first.
    pub events: Vec<EventGroup>,
    /// The log that says more, when a container ran.
    pub log: Option<LogWanted>,
    /// The image that could not be pulled.
    pub image: Option<String>,
    /// The next step.
    pub next_step: Option<String>,
}

/// Returns why an object stands where its verdict says.
pub fn diagnose(snapshot: &Snapshot, verdict: &Verdict, applied: Option<&Applied>, now: Time) -> Diagnosis {
    let mut diagnosis = Diagnosis {
        chain: vec![head(verdict)],
        events: Vec::new(),
        log: None,
        image: None,
        next_step: verdict.hint.clone(),
    };
    let Some(object) = snapshot.get(&verdict.object) else { return diagnosis };
    let mut sightings = Sightings::of_one_look();
    let case = Case { key: &verdict.object, object, snapshot, applied, sightings: &mut sightings, now };
    let pods = if case.key.kind == "Pod" { Vec::new() } else { revision::pods(&case) };
    if let Some(set) = revision::new_replica_set(&case) {
        diagnosis.chain.push(Link { what: name_of(set), state: replica_set_state(set, &pods) });
    }
    if let Some(pod) = culprit(verdict, &pods, snapshot) {
        diagnosis.chain.push(Link { what: name_of(pod), state: pod_state(pod) });
        describe_container(&mut diagnosis, verdict, pod);
    }
    let set = revision::new_replica_set(&case);
    let subjects = std::iter::once(object).chain(set).chain(pods);
    diagnosis.events = group(snapshot, subjects, applied);
    diagnosis
}

impl Diagnosis {
    /// Returns the diagnosis as lines for a log, indented by the depth of the chain.
    pub fn lines(&self) -> Vec<String> {
        let chain = self.chain.iter().enumerate();
        let mut lines: Vec<String> =
            chain.map(|(depth, link)| format!("{}{}: {}", "  ".repeat(depth), link.what, link.state)).collect();
        for event in &self.events {
            let spread = if event.objects > 1 { format!(", {} objects", event.objects) } else { String::new() };
            lines.push(format!("  event {} ({}x{spread}): {}", event.reason, event.times, event.message));
        }
        lines.extend(self.next_step.iter().map(|step| format!("  next: {step}")));
        lines
    }
}

fn head(verdict: &Verdict) -> Link {
    let state = format!("{}, {}: {}", verdict.status.word(), verdict.reason, verdict.message);
    Link { what: verdict.object.to_string(), state }
}

fn name_of(object: &Value) -> String {
    ObjectKey::of(object).map_or_else(String::new, |key| key.to_string())
}

/// Returns the pod that the verdict names, else the first that is not ready.
fn culprit<'a>(verdict: &Verdict, pods: &[&'a Value], snapshot: &'a Snapshot) -> Option<&'a Value> {
    if verdict.object.kind == "Pod" {
        return None;
    }
    let named = verdict.culprit.pod.as_ref().and_then(|(namespace, name)| snapshot.named("Pod", namespace, name));
    named.or_else(|| pods.iter().find(|pod| !is_ready(pod)).copied())
}

fn replica_set_state(set: &Value, pods: &[&Value]) -> String {
    let wanted = count(set, "spec.replicas").unwrap_or(1);
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    format!("{wanted} wanted, {} pods there, {ready} ready", pods.len())
}

fn pod_state(pod: &Value) -> String {
    let node = match text(pod, "spec.nodeName") {
        "" => "on no node".to_owned(),
        node => format!("on node {node}"),
    };
    format!("{}, {node}", Some(text(pod, "status.phase")).filter(|phase| !phase.is_empty()).unwrap_or("Pending"))
}

fn describe_container(diagnosis: &mut Diagnosis, verdict: &Verdict, pod: &Value) {
    let init = list(pod, "status.initContainerStatuses").iter();
    let statuses = init.chain(list(pod, "status.containerStatuses"));
    let named = verdict.culprit.container.as_deref();
    let mut suspects = statuses.filter(|status| match named {
        Some(name) => text(status, "name") == name,
        None => at(status, "state.running").is_none() && at(status, "ready").and_then(Value::as_bool) == Some(false),
    });
    let Some(status) = suspects.next() else { return };
    let container = text(status, "name");
    let image = text(status, "image");
    diagnosis.chain.push(Link { what: format!("container {container}"), state: container_state(status, image) });
    if super::container::is_pull(text(status, "state.waiting.reason")) {
        diagnosis.image = Some(image.to_owned());
    }
    let restarts = count(status, "restartCount").unwrap_or(0);
    let ran = restarts > 0 || at(status, "state.terminated").is_some() || at(status, "state.running").is_some();
    diagnosis.log = ran.then(|| LogWanted {
        namespace: text(pod, "metadata.namespace").to_owned(),
        pod: text(pod, "metadata.name").to_owned(),
        container: container.to_owned(),
        previous: restarts > 0 && at(status, "state.terminated").is_none(),
    });
}

fn container_state(status: &Value, image: &str) -> String {
    let restarts = count(status, "restartCount").unwrap_or(0);
    let (reason, message) = (text(status, "state.waiting.reason"), text(status, "state.waiting.message"));
    let waiting = [reason, if super::container::is_pull(reason) { super::pull::essence(message) } else { message }];
    let waiting = waiting.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(": ");
    let state = if !waiting.is_empty() {
        format!("waits, {waiting}")
    } else if at(status, "state.terminated").is_some() {
        "ended".to_owned()
    } else {
        "runs, not ready".to_owned()
    };
    let last = last_end(status);
    let last = if last.is_empty() { String::new() } else { format!("; last run {last}") };
    format!("image {image}, {state}, {restarts} restarts{last}")
}

/// Groups what went wrong by reason and text; names of pods in the text do not split a group.
fn group<'a>(
    snapshot: &'a Snapshot,
    subjects: impl Iterator<Item = &'a Value>,
    applied: Option<&Applied>,
) -> Vec<EventGroup> {
    let since = applied.and_then(|applied| applied.at).map(|at| at.as_second() - BEFORE_APPLY);
    let mut groups: BTreeMap<(String, String), EventGroup> = BTreeMap::new();
    for subject in subjects {
        let name = text(subject, "metadata.name");
        for event in snapshot.events_about(subject) {
            let (reason, message, last) = (text(event, "reason"), text(event, "message"), event_time(event));
            let old = since.zip(last).is_some_and(|(since, last)| last.as_second() < since);
            if old || WENT_WELL.contains(&reason) || text(event, "type") == "Normal" {
                continue;
            }
            let times = count(event, "count").or_else(|| count(event, "series.count")).unwrap_or(1);
            let same = (reason.to_owned(), message.replace(name, "…"));
            let group = groups.entry(same).or_insert_with(|| EventGroup {
                reason: reason.to_owned(),
                message: message.to_owned(),
                times: 0,
                objects: 0,
                last,
            });
            group.times += times;
            group.objects += 1;
            group.last = group.last.max(last);
        }
    }
    let mut groups: Vec<EventGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.times, group.last)));
    groups.truncate(MOST_GROUPS);
    groups
}

#[cfg(test)]
#[path = "diagnosis/tests.rs"]
mod tests;
