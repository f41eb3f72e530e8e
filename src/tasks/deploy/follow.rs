//! The one loop of a rollout: watches in, verdicts out, until every object has one, the first failure is ten seconds old, the
//! deadline passed or a signal came. Fetches and prints; what anything means is the judge's to say.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use k8s_openapi::jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::plan::{Action, Step};
use super::scope;
use super::stop::Stop;
use super::write::Written;
use crate::kubernetes::Cluster;
use crate::kubernetes::failure::ApiError;
use crate::kubernetes::watch::{self, Collection, Seen};
use crate::rollout::{self, Applied, ObjectKey, Settled, Sightings, Snapshot, Verdict};
use crate::runner::Console;

/// How long others may still come to their verdict after the first failure.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
const REMINDER: Duration = Duration::from_secs(30);
/// Pause between reads of objects that may not be watched.
const POLL: Duration = Duration::from_secs(2);
/// Least time between two lines on one object that say no more than another number.
const CALM: Duration = Duration::from_secs(5);
/// Objects named in a reminder.
const NAMED: usize = 8;

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every object is good.
    Good,
    /// At least one failed.
    Failed,
    /// The deadline passed.
    TimedOut,
    /// A signal came.
    Cancelled,
}

/// One waited-for object.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// Index of its step.
    pub index: usize,
    /// Its name for the judge.
    pub key: ObjectKey,
    /// What our apply left behind.
    pub applied: Applied,
    /// The last verdict.
    pub verdict: Option<Verdict>,
    /// The object as the server answered it last.
    answer: Value,
    said: Option<(Instant, String, String)>,
}

/// What the loop came to.
#[derive(Debug)]
pub(crate) struct Followed {
    /// How it ended.
    pub end: End,
    /// Every waited-for object with its verdict.
    pub watched: Vec<Watched>,
    /// Everything last seen.
    pub snapshot: Snapshot,
    /// What may not be seen, said once each.
    pub notices: Vec<String>,
}

impl Watched {
    /// Returns where it stands for the run.
    pub(crate) fn settled(&self) -> Settled {
        self.verdict.as_ref().map_or(Settled::NotYet, |verdict| verdict.settled(&self.applied))
    }
}

/// Returns the waited-for objects with what the apply left behind for each.
pub(crate) fn watched(steps: &[Step], written: &[Written]) -> Vec<Watched> {
    let answers: HashMap<usize, &Written> = written.iter().map(|written| (written.index, written)).collect();
    steps
        .iter()
        .enumerate()
        .filter(|(_, step)| scope::is_waited_for(step))
        .filter_map(|(index, step)| {
            let answer = answers.get(&index);
            let object = answer.map(|written| &written.object).or(step.live.as_ref())?;
            let key = ObjectKey::of(object)?;
            let applied = applied(step, object, answer.map(|written| written.at));
            Some(Watched { index, key, applied, verdict: None, answer: object.clone(), said: None })
        })
        .collect()
}

fn applied(step: &Step, object: &Value, at: Option<Timestamp>) -> Applied {
    let manifest = &step.target.manifest.value;
    let says = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_bool) == Some(true);
    Applied {
        at,
        generation: object.pointer("/metadata/generation").and_then(Value::as_i64),
        uid: object.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned),
        changed: at.is_some() && step.action != Action::Keep,
        pauses: says("/spec/paused") || says("/spec/suspend"),
        removes_itself: manifest.pointer("/spec/ttlSecondsAfterFinished").is_some(),
    }
}

/// Follows the objects to their end.
pub(crate) async fn run(
    cluster: &Cluster,
    steps: &[Step],
    watched: Vec<Watched>,
    deadline: Instant,
    stop: &Stop,
    console: &Console,
) -> Followed {
    let (own, related) = scope::collections(steps);
    let (sink, seen) = unbounded_channel();
    let mut followers: FuturesUnordered<_> =
        own.iter().chain(&related).map(|collection| watch::follow(cluster, collection.clone(), sink.clone())).collect();
    drop(sink);
    let mut state = State::new(watched, steps, own, related, console);
    state.first_look(cluster, steps).await;
    state.follow(cluster, &mut followers, seen, deadline, stop).await
}

struct State<'a> {
    watched: Vec<Watched>,
    by_key: HashMap<ObjectKey, usize>,
    paths: HashMap<ObjectKey, String>,
    snapshot: Snapshot,
    sightings: Sightings,
    own: Vec<Collection>,
    waiting: Vec<Collection>,
    polled: Vec<ObjectKey>,
    dirty: Vec<usize>,
    notices: Vec<String>,
    silent: Option<String>,
    console: &'a Console,
}

impl<'a> State<'a> {
    fn new(
        watched: Vec<Watched>,
        steps: &[Step],
        own: Vec<Collection>,
        related: Vec<Collection>,
        console: &'a Console,
    ) -> Self {
        let by_key = watched.iter().enumerate().map(|(at, watched)| (watched.key.clone(), at)).collect();
        let paths =
            watched.iter().map(|watched| (watched.key.clone(), steps[watched.index].target.path.clone())).collect();
        let waiting = own.iter().chain(&related).cloned().collect();
        let dirty = (0..watched.len()).collect();
        Self {
            watched,
            by_key,
            paths,
            snapshot: Snapshot::default(),
            sightings: Sightings::default(),
            own,
            waiting,
            polled: Vec::new(),
            dirty,
            notices: Vec::new(),
            silent: None,
            console,
        }
    }

    /// Puts in what the server answered to the apply, and the CRDs that define custom objects.
    async fn first_look(&mut self, cluster: &Cluster, steps: &[Step]) {
        for watched in &mut self.watched {
            self.snapshot.insert(std::mem::take(&mut watched.answer));
        }
        let custom: std::collections::BTreeSet<String> = steps
            .iter()
            .filter(|step| step.target.manifest.reference.group.contains('.'))
            .filter(|step| !step.target.manifest.reference.group.ends_with(".k8s.io"))
            .map(|step| format!("{}.{}", step.target.resource.plural, step.target.manifest.reference.group))
            .collect();
        for name in custom {
            let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
            // Only says whether a status is to be expected; without permission the judge does without.
            if let Ok(Some(definition)) = cluster.read(&path).await {
                self.snapshot.insert(definition);
            }
        }
    }

    async fn follow<F: Future<Output = ()>>(
        mut self,
        cluster: &Cluster,
        followers: &mut FuturesUnordered<F>,
        mut seen: UnboundedReceiver<Seen>,
        deadline: Instant,
        stop: &Stop,
    ) -> Followed {
        let mut first_failure: Option<Instant> = None;
        let mut reminder = Instant::now() + REMINDER;
        let mut poll = Instant::now();
        loop {
            let now = Instant::now();
            if self.waiting.is_empty() || now >= deadline {
                self.judge();
            }
            let failed = self.count(Settled::Bad) > 0;
            first_failure = if failed { first_failure.or(Some(now)) } else { None };
            let give_up = first_failure.map(|at| at + AFTER_FAILURE);
            if let Some(end) = self.end(now, deadline, give_up) {
                return self.finish(end);
            }
            if now >= reminder {
                self.remind();
                reminder = now + REMINDER;
            }
            if now >= poll && !self.polled.is_empty() {
                self.poll(cluster).await;
                poll = Instant::now() + POLL;
                continue;
            }
            let polls = (!self.polled.is_empty()).then_some(poll);
            let wake = [Some(deadline), give_up, Some(reminder), polls, self.look_again()];
            let wake = wake.into_iter().flatten().min().unwrap_or(deadline);
            tokio::select! {
                biased;
                _ = stop.wait() => return self.finish(End::Cancelled),
                Some(event) = seen.recv() => {
                    self.take(event);
                    while let Ok(event) = seen.try_recv() {
                        self.take(event);
                    }
                }
                Some(()) = followers.next(), if !followers.is_empty() => {}
                () = sleep_until(wake) => self.wake(),
            }
        }
    }

    fn end(&self, now: Instant, deadline: Instant, give_up: Option<Instant>) -> Option<End> {
        let open = self.count(Settled::NotYet) > 0;
        let failed = self.count(Settled::Bad) > 0;
        match (open, failed) {
            (false, false) => Some(End::Good),
            (false, true) => Some(End::Failed),
            (true, true) if give_up.is_some_and(|at| now >= at) => Some(End::Failed),
            (true, true) if now >= deadline => Some(End::Failed),
            (true, false) if now >= deadline => Some(End::TimedOut),
            _ => None,
        }
    }

    fn finish(self, end: End) -> Followed {
        Followed { end, watched: self.watched, snapshot: self.snapshot, notices: self.notices }
    }

    fn count(&self, settled: Settled) -> usize {
        self.watched.iter().filter(|watched| watched.settled() == settled).count()
    }

    /// Takes one event in and notes whose verdict it may alter.
    fn take(&mut self, event: Seen) {
        match event {
            Seen::Is(object) => {
                self.silent = None;
                self.snapshot.insert(object.clone());
                self.touch(&object);
            }
            Seen::Gone(object) => {
                self.touch(&object);
                if let Some(key) = ObjectKey::of(&object) {
                    self.snapshot.remove(&key);
                }
            }
            Seen::Complete(collection) => self.waiting.retain(|waiting| *waiting != collection),
            Seen::Denied(collection, error) => self.denied(&collection, &error),
            Seen::Silent(reason) => {
                if self.silent.replace(reason.clone()).is_none() {
                    self.console.line(&format!("the API server does not answer, trying on: {reason}"));
                }
            }
        }
    }

    fn touch(&mut self, object: &Value) {
        for key in self.snapshot.affected_by(object) {
            if let Some(at) = self.by_key.get(&key) {
                self.dirty.push(*at);
            }
        }
        // Services and claims look at pods that they do not own.
        if object.get("kind").and_then(Value::as_str) == Some("Pod") {
            let lookers = self.watched.iter().enumerate();
            let looking = lookers.filter(|(_, watched)| {
                matches!(watched.key.kind.as_str(), "Service" | "PersistentVolumeClaim" | "StatefulSet")
                    && watched.settled() == Settled::NotYet
            });
            self.dirty.extend(looking.map(|(at, _)| at));
        }
    }

    /// What may not be watched is read now and then when it is ours, and missed with one notice when it only explains.
    fn denied(&mut self, collection: &Collection, error: &ApiError) {
        self.waiting.retain(|waiting| waiting != collection);
        let what = collection.path.rsplit('/').next().unwrap_or_default();
        if self.own.contains(collection) {
            let of_kind = |key: &&ObjectKey| {
                let path = self.paths.get(*key);
                path.is_some_and(|path| path.strip_prefix(&collection.path).is_some_and(|rest| rest.starts_with('/')))
            };
            let polled: Vec<ObjectKey> = self.by_key.keys().filter(of_kind).cloned().collect();
            self.polled.extend(polled);
            self.notices.push(format!("{what} may not be watched ({error}): read every {} s instead", POLL.as_secs()));
        } else if error.code() != Some(404) {
            self.notices.push(format!("{what} may not be watched, so causes in them cannot be shown: {error}"));
        }
        if let Some(notice) = self.notices.last() {
            self.console.line(&format!("note: {notice}"));
        }
    }

    /// Reads the objects that may not be watched.
    async fn poll(&mut self, cluster: &Cluster) {
        for key in self.polled.clone() {
            let Some(path) = self.paths.get(&key) else { continue };
            match cluster.read(path).await {
                Ok(Some(object)) => self.take(Seen::Is(object)),
                Ok(None) => {
                    if let Some(object) = self.snapshot.get(&key).cloned() {
                        self.take(Seen::Gone(object));
                    }
                }
                Err(error) => self.take(Seen::Silent(error.to_string())),
            }
        }
    }

    /// Judges what may have changed, and says what did.
    fn judge(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        let now = Timestamp::now();
        for at in dirty {
            let watched = &mut self.watched[at];
            let verdict =
                rollout::judge(&self.snapshot, &watched.key, Some(&watched.applied), &mut self.sightings, now);
            watched.say(&verdict, self.console);
            watched.verdict = Some(verdict);
        }
    }

    /// The next moment at which a rule that counts time may speak.
    fn look_again(&self) -> Option<Instant> {
        let next = self.watched.iter().filter_map(|watched| watched.verdict.as_ref()?.look_again).min()?;
        let wait = next.as_millisecond() - Timestamp::now().as_millisecond();
        Some(Instant::now() + Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(100)))
    }

    /// Looks again at those whose time has come.
    fn wake(&mut self) {
        let now = Timestamp::now();
        let due = self.watched.iter().enumerate().filter(|(_, watched)| {
            watched.verdict.as_ref().is_none_or(|verdict| verdict.look_again.is_some_and(|at| at <= now))
        });
        let due: Vec<usize> = due.map(|(at, _)| at).collect();
        self.dirty.extend(due);
    }

    /// Says now and then what is still open.
    fn remind(&self) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for watched in &self.watched {
            *counts.entry(watched.verdict.as_ref().map_or("unknown", |verdict| verdict.status.word())).or_default() +=
                1;
        }
        let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        self.console.line(&format!("still waiting: {}", counts.join(", ")));
        let open = self.watched.iter().filter(|watched| watched.settled() == Settled::NotYet);
        for verdict in open.filter_map(|watched| watched.verdict.as_ref()).take(NAMED) {
            self.console.line(&format!("  {}: {}: {}", verdict.object, verdict.reason, verdict.message));
        }
    }
}

impl Watched {
    /// Says a verdict that differs from the last one said.
    fn say(&mut self, verdict: &Verdict, console: &Console) {
        let now = Instant::now();
        let head = format!("{}: {}: {}", verdict.object, verdict.status.word(), verdict.reason);
        let calm = match &self.said {
            None => true,
            Some((at, said, message)) => *said != head || (*message != verdict.message && now >= *at + CALM),
        };
        let silent =
            self.said.is_none() && self.applied.at.is_none() && verdict.settled(&self.applied) == Settled::Good;
        let dull = scope_is_dull(verdict);
        if calm && !silent && !dull {
            console.line(&format!("{head}: {}", verdict.message));
            self.said = Some((now, head, verdict.message.clone()));
        }
    }
}

/// Objects without a state of their own need no line beyond `created`.
fn scope_is_dull(verdict: &Verdict) -> bool {
    verdict.status == rollout::Status::Ready
        && matches!(
            verdict.object.kind.as_str(),
            "ConfigMap" | "Secret" | "ServiceAccount" | "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding"
        )
}
