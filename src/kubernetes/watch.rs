//! A collection followed for as long as anybody listens: listed, watched from there, watched again after a dropped connection,
//! listed again when the server has forgotten the place. Reports what it sees and judges nothing.

use std::collections::HashSet;
use std::time::Duration;

use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};

use super::answer::Trimmed;
use super::failure::{ApiError, Status};
use super::request::{reason, refusal};
use super::{Call, Cluster};

/// How long the server keeps one watch open; short, so that a connection that died silently is noticed soon.
const WATCH_SECONDS: u64 = 60;
/// Longest silence before a watch counts as dead.
const SILENCE: Duration = Duration::from_secs(WATCH_SECONDS + 15);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What is followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Collection {
    /// Path without a query.
    pub path: String,
    /// `apps/v1`
    pub api_version: String,
    /// `Deployment`
    pub kind: String,
}

/// Something seen.
#[derive(Debug)]
pub(crate) enum Seen {
    /// An object as it is now.
    Is(Value),
    /// An object that is gone.
    Gone(Value),
    /// Everything of the collection has been reported once.
    Complete(Collection),
    /// It may not be listed or watched, or is not served.
    Denied(Collection, ApiError),
    /// The server does not answer; tried again all the while.
    Silent(String),
}

/// Follows a collection until nobody listens or it is denied.
pub(crate) async fn follow(cluster: &Cluster, collection: Collection, sink: UnboundedSender<Seen>) {
    let mut known: HashSet<Id> = HashSet::new();
    let mut pause = FIRST_PAUSE;
    while !sink.is_closed() {
        let version = match cluster.list_trimmed(&collection.path).await {
            Ok((items, version)) => {
                report_list(&collection, items, &mut known, &sink);
                let _ = sink.send(Seen::Complete(collection.clone()));
                version
            }
            Err(error) if matches!(error.code(), Some(401 | 403 | 404 | 405)) => {
                let _ = sink.send(Seen::Denied(collection, error));
                return;
            }
            Err(error) => {
                let _ = sink.send(Seen::Silent(error.to_string()));
                rest(&mut pause).await;
                continue;
            }
        };
        pause = FIRST_PAUSE;
        if let Err(error) = stay(cluster, &collection, version, &mut known, &sink).await {
            let _ = sink.send(Seen::Denied(collection, error));
            return;
        }
    }
}

async fn rest(pause: &mut Duration) {
    sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

/// Reports a whole list, and as gone what an earlier one had and this one has not.
fn report_list(collection: &Collection, items: Vec<Trimmed>, known: &mut HashSet<Id>, sink: &UnboundedSender<Seen>) {
    let mut now = HashSet::with_capacity(items.len());
    for Trimmed(mut item) in items {
        named(collection, &mut item);
        now.insert(Id::of(&item));
        let _ = sink.send(Seen::Is(item));
    }
    for gone in known.difference(&now) {
        let _ = sink.send(Seen::Gone(gone.object(collection)));
    }
    *known = now;
}

/// Watches from `version` on, reconnecting; returns when the server has forgotten the place.
async fn stay(
    cluster: &Cluster,
    collection: &Collection,
    mut version: String,
    known: &mut HashSet<Id>,
    sink: &UnboundedSender<Seen>,
) -> Result<(), ApiError> {
    let mut pause = FIRST_PAUSE;
    while !sink.is_closed() {
        let before = version.clone();
        match once(cluster, collection, &mut version, known, sink).await {
            Ok(()) => pause = FIRST_PAUSE,
            Err(error) if matches!(error.code(), Some(410)) => return Ok(()),
            Err(error) if matches!(error.code(), Some(401 | 403 | 404 | 405)) => return Err(error),
            Err(error) => {
                if version == before {
                    let _ = sink.send(Seen::Silent(error.to_string()));
                } else {
                    pause = FIRST_PAUSE;
                }
                rest(&mut pause).await;
            }
        }
    }
    Ok(())
}

/// One watch, from its request to its end.
async fn once(
    cluster: &Cluster,
    collection: &Collection,
    version: &mut String,
    known: &mut HashSet<Id>,
    sink: &UnboundedSender<Seen>,
) -> Result<(), ApiError> {
    let path = format!(
        "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}",
        collection.path
    );
    let silent = || ApiError::Unreachable("the watch went silent".to_owned());
    let response = timeout(SILENCE, cluster.send(&Call::get(path))).await.map_err(|_| silent())??;
    let (head, mut body) = response.into_parts();
    if !head.status.is_success() {
        let bytes = body.collect_bytes().await.unwrap_or_default();
        return Err(refusal(head.status.as_u16(), &head.headers, &bytes));
    }
    let mut buffer = Vec::new();
    while let Some(chunk) = timeout(SILENCE, next(&mut body)).await.map_err(|_| silent())?? {
        buffer.extend_from_slice(&chunk);
        let Some(end) = buffer.iter().rposition(|byte| *byte == b'\n') else { continue };
        for line in buffer[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            take(collection, line, version, known, sink)?;
        }
        buffer.drain(..=end);
    }
    Ok(())
}

/// Returns the next piece of the answer; `None` at its end.
async fn next(body: &mut Body) -> Result<Option<Vec<u8>>, ApiError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(ApiError::Unreachable(reason(&error))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data.to_vec()));
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    object: Trimmed,
}

/// Takes one event in.
fn take(
    collection: &Collection,
    line: &[u8],
    version: &mut String,
    known: &mut HashSet<Id>,
    sink: &UnboundedSender<Seen>,
) -> Result<(), ApiError> {
    let Line { kind, object: Trimmed(mut object) } = serde_json::from_slice(line)
        .map_err(|error| ApiError::Unreachable(format!("the watch answered something else: {error}")))?;
    if kind == "ERROR" {
        let status: Status = serde_json::from_value(object).unwrap_or_default();
        return Err(ApiError::Refused(Box::new(status)));
    }
    if let Some(new) = object.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
        new.clone_into(version);
    }
    if kind == "BOOKMARK" {
        return Ok(());
    }
    named(collection, &mut object);
    let id = Id::of(&object);
    let seen = if kind == "DELETED" {
        known.remove(&id);
        Seen::Gone(object)
    } else {
        known.insert(id);
        Seen::Is(object)
    };
    let _ = sink.send(seen);
    Ok(())
}

/// Items of a list carry neither kind nor apiVersion.
fn named(collection: &Collection, object: &mut Value) {
    if let Some(members) = object.as_object_mut() {
        members.entry("apiVersion").or_insert_with(|| Value::String(collection.api_version.clone()));
        members.entry("kind").or_insert_with(|| Value::String(collection.kind.clone()));
    }
}

/// What remains of an object of a collection when it is gone: enough to know which one it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Id {
    namespace: String,
    name: String,
    uid: String,
}

impl Id {
    fn of(object: &Value) -> Self {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { namespace: text("/metadata/namespace"), name: text("/metadata/name"), uid: text("/metadata/uid") }
    }

    fn object(&self, collection: &Collection) -> Value {
        serde_json::json!({"apiVersion": collection.api_version, "kind": collection.kind,
            "metadata": {"name": self.name, "namespace": self.namespace, "uid": self.uid}})
    }
}
