//! Why objects failed: the judge's diagnosis, and the last lines of the container's log that it asks for. Text that others wrote
//! is printed fenced.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;

use super::follow::Followed;
use super::watched::Watched;
use crate::kubernetes::{Call, Cluster, objects};
use crate::outcome::{Detail, Form};
use crate::rollout::Settled;
use crate::rollout::diagnosis::{LogWanted, diagnose};
use crate::runner::Console;

/// Log lines shown of a container.
const LINES: u32 = 25;
/// Failed objects that are explained with events and logs; the others are listed with their reason.
const EXPLAINED: usize = 5;
/// A log that takes longer costs this part of the answer.
const LOG_WITHIN: Duration = Duration::from_secs(3);

/// Prints the evidence on every failed object (or, when none failed, on what is still open), and returns it.
pub(crate) async fn explain(cluster: &Cluster, followed: &Followed, console: &Console) -> Vec<Detail> {
    let failed: Vec<&Watched> = of(followed, Settled::Bad);
    let shown = if failed.is_empty() { of(followed, Settled::NotYet) } else { failed };
    let mut details = Vec::new();
    for watched in shown.into_iter().take(EXPLAINED) {
        let Some(verdict) = &watched.verdict else { continue };
        let diagnosis = diagnose(&followed.snapshot, verdict, Some(&watched.applied), Timestamp::now());
        console.group(&format!("why {} is {}", verdict.object, verdict.status.word()));
        // The first line is the verdict, which stands right above.
        let below: Vec<String> = diagnosis.lines().into_iter().skip(1).collect();
        if !below.is_empty() {
            console.untrusted(&below.join("\n"));
        }
        let log = match &diagnosis.log {
            Some(wanted) => log(cluster, wanted).await,
            None => None,
        };
        if let Some((title, text)) = &log {
            console.line(&format!("{title}:"));
            console.untrusted(text);
        }
        console.end_group();
        let title = verdict.object.to_string();
        details.push(Detail { title, text: diagnosis.lines().join("\n"), form: Form::Chain });
        details.extend(log.map(|(title, text)| Detail { title, text, form: Form::Log }));
    }
    details
}

fn of(followed: &Followed, settled: Settled) -> Vec<&Watched> {
    followed.watched.iter().filter(|watched| watched.settled() == settled).collect()
}

/// Returns the last lines of a container's log: of the run that is wanted, else of the other one.
async fn log(cluster: &Cluster, wanted: &LogWanted) -> Option<(String, String)> {
    let LogWanted { namespace, pod, container, previous } = wanted;
    let base = format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&tailLines={LINES}",
        objects::encoded(namespace),
        objects::encoded(pod),
        objects::encoded(container)
    );
    for previous in [*previous, !*previous] {
        let call = Call::get(format!("{base}&previous={previous}")).accepting("*/*").within(LOG_WITHIN);
        // A container that never ran has no log, and a missing permission only costs this part of the answer.
        let Ok(bytes) = cluster.try_once(&call).await else { continue };
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if !text.is_empty() {
            let which = if previous { "previous log" } else { "log" };
            return Some((format!("{which} of Pod/{namespace}/{pod}, container {container}"), text));
        }
    }
    None
}
