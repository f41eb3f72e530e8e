//! Why objects failed: the last lines of the failing container, the events below the object, the next step. Reads logs; the text
//! that others wrote is printed fenced.

use std::collections::BTreeMap;

use serde_json::Value;

use super::follow::{Followed, Watched};
use crate::kubernetes::{Call, Cluster, objects};
use crate::rollout::{ObjectKey, Settled, Snapshot, Verdict};
use crate::runner::Console;

/// Log lines shown of a container.
const LINES: u32 = 25;
/// Failed objects whose logs are read; the others are listed with their reason.
const EXPLAINED: usize = 5;
const EVENTS: usize = 8;

/// Prints the evidence on every failed object (or, when none failed, on what is still open), and returns it as Markdown.
pub(crate) async fn explain(cluster: &Cluster, followed: &Followed, console: &Console) -> Vec<String> {
    let failed: Vec<&Watched> = of(followed, Settled::Bad);
    let shown = if failed.is_empty() { of(followed, Settled::NotYet) } else { failed };
    let mut sections = Vec::new();
    for watched in shown.into_iter().take(EXPLAINED) {
        let Some(verdict) = &watched.verdict else { continue };
        console.group(&format!("why {} is {}", verdict.object, verdict.status.word()));
        let mut section = format!("### {}\n\n**{}**: {}\n", verdict.object, verdict.reason, verdict.message);
        if let Some(hint) = &verdict.hint {
            console.line(&format!("next step: {hint}"));
            section.push_str(&format!("\nNext step: {hint}\n"));
        }
        let events = events(&followed.snapshot, verdict);
        if !events.is_empty() {
            console.line("events:");
            console.untrusted(&events.join("\n"));
            section.push_str(&fenced("Events", &events.join("\n")));
        }
        if let Some((title, log)) = log(cluster, verdict).await {
            console.line(&format!("{title}:"));
            console.untrusted(&log);
            section.push_str(&fenced(&title, &log));
        }
        console.end_group();
        sections.push(section);
    }
    sections
}

fn of(followed: &Followed, settled: Settled) -> Vec<&Watched> {
    followed.watched.iter().filter(|watched| watched.settled() == settled).collect()
}

fn fenced(title: &str, text: &str) -> String {
    format!("\n{title}:\n\n~~~~text\n{}\n~~~~\n", text.trim_end())
}

/// Returns the last lines of the failing container: of its previous run, which holds the crash, else of this one.
async fn log(cluster: &Cluster, verdict: &Verdict) -> Option<(String, String)> {
    let (namespace, pod) = verdict.culprit.pod.as_ref()?;
    let container = verdict.culprit.container.as_deref();
    let base = format!(
        "/api/v1/namespaces/{}/pods/{}/log?tailLines={LINES}",
        objects::encoded(namespace),
        objects::encoded(pod)
    );
    let base = container.map_or(base.clone(), |name| format!("{base}&container={}", objects::encoded(name)));
    for (which, path) in [("previous log", format!("{base}&previous=true")), ("log", base)] {
        let call = Call::get(path).accepting("*/*").within(std::time::Duration::from_secs(5));
        // A container that never ran has no log, and a missing permission only costs this part of the answer.
        let Ok(bytes) = cluster.try_once(&call).await else { continue };
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if !text.is_empty() {
            let name = container.map(|name| format!(", container {name}")).unwrap_or_default();
            return Some((format!("{which} of Pod/{namespace}/{pod}{name}"), text));
        }
    }
    None
}

/// Returns warnings about the object and what it owns, each text once with its count.
fn events(snapshot: &Snapshot, verdict: &Verdict) -> Vec<String> {
    let mut subjects: Vec<ObjectKey> = vec![verdict.object.clone()];
    if let Some((namespace, pod)) = &verdict.culprit.pod {
        let key =
            ObjectKey { group: String::new(), kind: "Pod".to_owned(), namespace: namespace.clone(), name: pod.clone() };
        if let Some(pod) = snapshot.get(&key) {
            subjects.extend(snapshot.affected_by(pod));
        }
        subjects.push(key);
    }
    subjects.sort();
    subjects.dedup();
    let mut grouped: BTreeMap<(String, String), u64> = BTreeMap::new();
    for event in subjects.iter().filter_map(|key| snapshot.get(key)).flat_map(|object| snapshot.events_about(object)) {
        let text = |field: &str| event.get(field).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        if text("type") != "Normal" {
            let count = event.get("count").and_then(Value::as_u64).unwrap_or(1);
            *grouped.entry((text("reason"), text("message").replace('\n', " "))).or_default() += count;
        }
    }
    let mut lines: Vec<String> =
        grouped.into_iter().map(|((reason, message), count)| format!("{count}x {reason}: {message}")).collect();
    lines.truncate(EVENTS);
    lines
}
