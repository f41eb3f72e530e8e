//! The one loop of a rollout: watches in, verdicts out, until every object has one, the first failure is ten seconds old, the
//! deadline passed or a signal came. Fetches and prints; what anything means is the judge's to say.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use k8s_openapi::jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::nodes;
use super::plan::Step;
use super::scope;
use super::soak::Soak;
use super::stop::Stop;
use super::watched::{self, Watched};
use super::write::Written;
use crate::kubernetes::Cluster;
use crate::kubernetes::failure::ApiError;
use crate::kubernetes::watch::{self, Collection, Seen};
use crate::rollout::{self, ObjectKey, Settled, Sightings, Snapshot};
use crate::runner::Console;

/// How long others may still come to their verdict after the first failure.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
const REMINDER: Duration = Duration::from_secs(30);
/// Pause between reads of objects that may not be watched.
const POLL: Duration = Duration::from_secs(2);
/// How often the progress line of a terminal is renewed when nothing happens.
const TICK: Duration = Duration::from_secs(1);
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

/// Follows the objects to their end.
pub(crate) async fn run(
    cluster: &Cluster,
    steps: &[Step],
    written: &[Written],
    deadline: Instant,
    soak: Duration,
    stop: &Stop,
    console: &Console,
) -> Followed {
    let (own, related) = scope::collections(steps);
    let (sink, seen) = unbounded_channel();
    let mut followers: FuturesUnordered<_> =
        own.iter().chain(&related).map(|collection| watch::follow(cluster, collection.clone(), sink.clone())).collect();
    drop(sink);
    let mut state = State::new(steps, written, (own, related), Soak::of(soak), console);
    state.first_look(cluster).await;
    state.follow(cluster, &mut followers, seen, deadline, stop).await
}

/// Whether any object is still open, and whether any failed.
#[derive(Clone, Copy, Default)]
struct Tally {
    open: bool,
    failed: bool,
}

impl Tally {
    fn end(self, now: Instant, deadline: Instant, give_up: Option<Instant>) -> Option<End> {
        match (self.open, self.failed) {
            (false, false) => Some(End::Good),
            (false, true) => Some(End::Failed),
            (true, true) if give_up.is_some_and(|at| now >= at) => Some(End::Failed),
            (true, true) if now >= deadline => Some(End::Failed),
            (true, false) if now >= deadline => Some(End::TimedOut),
            _ => None,
        }
    }
}

struct State<'a> {
    steps: &'a [Step],
    written: &'a [Written],
    watched: Vec<Watched>,
    by_key: HashMap<ObjectKey, usize>,
    paths: HashMap<ObjectKey, String>,
    snapshot: Snapshot,
    sightings: Sightings,
    own: Vec<Collection>,
    waiting: Vec<Collection>,
    polled: Vec<ObjectKey>,
    dirty: Vec<usize>,
    pods_changed: bool,
    notices: Vec<String>,
    silent: Option<String>,
    nodes_denied: bool,
    soak: Soak,
    console: &'a Console,
}

impl<'a> State<'a> {
    fn new(
        steps: &'a [Step],
        written: &'a [Written],
        (own, related): (Vec<Collection>, Vec<Collection>),
        soak: Soak,
        console: &'a Console,
    ) -> Self {
        let watched = watched::all(steps, written);
        let by_key = watched.iter().enumerate().map(|(at, watched)| (watched.key.clone(), at)).collect();
        let paths =
            watched.iter().map(|watched| (watched.key.clone(), steps[watched.index].target.path.clone())).collect();
        let waiting = own.iter().chain(&related).cloned().collect();
        let dirty = (0..watched.len()).collect();
        Self {
            steps,
            written,
            watched,
            by_key,
            paths,
            snapshot: Snapshot::default(),
            sightings: Sightings::default(),
            own,
            waiting,
            polled: Vec::new(),
            dirty,
            pods_changed: false,
            notices: Vec::new(),
            silent: None,
            nodes_denied: false,
            soak,
            console,
        }
    }

    /// Puts in what no watch will tell, and the CRDs that define custom objects.
    async fn first_look(&mut self, cluster: &Cluster) {
        self.recall(|watched| !watched.is_followed());
        let custom: std::collections::BTreeSet<String> = self
            .steps
            .iter()
            .filter(|step| scope::is_custom(&step.target.manifest.reference))
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

    /// Puts in the last known state of some.
    fn recall(&mut self, which: impl Fn(&Watched) -> bool) {
        let recalled = self.watched.iter().filter(|watched| which(watched));
        for object in recalled.filter_map(|watched| watched.last_known(self.steps, self.written)) {
            self.snapshot.insert(object);
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
        let begun = Instant::now();
        let mut first_failure: Option<Instant> = None;
        let mut reminder = Instant::now() + REMINDER;
        let mut poll = Instant::now();
        loop {
            let now = Instant::now();
            if now >= deadline || now >= reminder {
                self.look_at_nodes(cluster).await;
            }
            if self.waiting.is_empty() || now >= deadline {
                self.judge();
            }
            let tally = self.tally();
            first_failure = if tally.failed { first_failure.or(Some(now)) } else { None };
            let give_up = first_failure.map(|at| at + AFTER_FAILURE);
            match tally.end(now, deadline, give_up) {
                Some(End::Good) if !self.has_soaked(now) => {}
                Some(end) => return self.finish(end),
                None => {}
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
            let tick = self.console.is_live().then(|| now + TICK);
            self.console.passing(&self.progress(now.duration_since(begun)));
            let wake = [Some(deadline), give_up, Some(reminder), polls, tick, self.soak.until(), self.look_again()];
            let wake = wake.into_iter().flatten().min().unwrap_or(deadline);
            tokio::select! {
                biased;
                () = stop.wait() => return self.finish(End::Cancelled),
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

    fn has_soaked(&mut self, now: Instant) -> bool {
        let begins = self.soak.until().is_none();
        let over = self.soak.is_over(now);
        if begins && !over {
            self.console.line("everything is ready; watching for restarts");
        }
        over
    }

    fn finish(self, end: End) -> Followed {
        self.console.clear_passing();
        Followed { end, watched: self.watched, snapshot: self.snapshot, notices: self.notices }
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for watched in &self.watched {
            match watched.settled() {
                Settled::NotYet => tally.open = true,
                Settled::Bad => tally.failed = true,
                Settled::Good | Settled::GoodWithWarning => {}
            }
        }
        tally
    }

    /// Takes one event in and notes whose verdict it may alter.
    fn take(&mut self, event: Seen) {
        match event {
            Seen::Is(object) => {
                self.silent = None;
                let Some(key) = self.snapshot.insert(object) else { return };
                let Some(object) = self.snapshot.get(&key) else { return };
                let affected = self.snapshot.affected_by(object);
                if key.kind == "Pod" {
                    let owners = affected.iter().filter(|key| self.by_key.contains_key(*key)).cloned();
                    self.soak.see(object, owners);
                }
                self.touch(&key, &affected);
            }
            Seen::Gone(object) => {
                let Some(key) = ObjectKey::of(&object) else { return };
                let affected = self.snapshot.affected_by(&object);
                self.touch(&key, &affected);
                self.snapshot.remove(&key);
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

    /// Puts the nodes in under what is not done, and judges that again.
    async fn look_at_nodes(&mut self, cluster: &Cluster) {
        let open = self.watched.iter().enumerate().filter(|(_, watched)| watched.settled() == Settled::NotYet);
        let (open, namespaces) =
            open.map(|(at, watched)| (at, watched.key.namespace.clone())).unzip::<_, _, Vec<_>, _>();
        if open.is_empty() || self.nodes_denied {
            return;
        }
        match nodes::read(cluster, &self.snapshot, namespaces).await {
            Some(nodes) => nodes.into_iter().for_each(|node| drop(self.snapshot.insert(node))),
            None => self.nodes_denied = true,
        }
        self.dirty.extend(open);
    }

    fn touch(&mut self, key: &ObjectKey, affected: &[ObjectKey]) {
        self.dirty.extend(affected.iter().filter_map(|key| self.by_key.get(key)));
        // Services and claims look at pods that they do not own.
        self.pods_changed |= key.kind == "Pod";
    }

    /// Returns those that look at pods that they do not own, and have no verdict yet.
    fn lookers(&self) -> impl Iterator<Item = usize> {
        let lookers = self.watched.iter().enumerate().filter(|(_, watched)| {
            matches!(watched.key.kind.as_str(), "Service" | "PersistentVolumeClaim" | "StatefulSet")
                && watched.settled() == Settled::NotYet
        });
        lookers.map(|(at, _)| at)
    }

    /// What may not be watched is read now and then when it is ours, and missed with one notice when it only explains.
    fn denied(&mut self, collection: &Collection, error: &ApiError) {
        self.waiting.retain(|waiting| waiting != collection);
        let what = collection.path.rsplit('/').next().unwrap_or_default();
        let ours = self.own.contains(collection);
        let notice = match (ours, error.code()) {
            (true, _) => format!("{what} may not be watched ({error}): read every {} s instead", POLL.as_secs()),
            // What is not served explains nothing, and misses nobody.
            (false, Some(404)) => return,
            (false, _) => format!("{what} may not be watched, so causes in them cannot be shown: {error}"),
        };
        if ours {
            let below = |path: &String| path.strip_prefix(&collection.path).is_some_and(|rest| rest.starts_with('/'));
            let polled: HashSet<ObjectKey> =
                self.by_key.keys().filter(|key| self.paths.get(*key).is_some_and(below)).cloned().collect();
            self.recall(|watched| polled.contains(&watched.key));
            self.polled.extend(polled);
        }
        self.console.line(&format!("note: {notice}"));
        self.notices.push(notice);
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
        if std::mem::take(&mut self.pods_changed) {
            dirty.extend(self.lookers());
        }
        dirty.sort_unstable();
        dirty.dedup();
        let now = Timestamp::now();
        for at in dirty {
            let watched = &mut self.watched[at];
            let verdict =
                rollout::judge(&self.snapshot, &watched.key, Some(&watched.applied), &mut self.sightings, now);
            let verdict = self.soak.weigh(watched::disproved(&self.snapshot, verdict, now));
            watched.take(verdict, self.console);
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

    /// How many objects there are of each verdict.
    fn counts(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for watched in &self.watched {
            *counts.entry(watched.verdict.as_ref().map_or("unknown", |verdict| verdict.status.word())).or_default() +=
                1;
        }
        let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        counts.join(", ")
    }

    /// The line of a terminal: how long, how many, and one of those that are waited for.
    fn progress(&self, since: Duration) -> String {
        if !self.console.is_live() {
            return String::new();
        }
        let open = self.watched.iter().find(|watched| watched.settled() == Settled::NotYet);
        let open = open.and_then(|watched| watched.verdict.as_ref());
        let open = open.map_or_else(String::new, |verdict| format!(" | {}: {}", verdict.object, verdict.message));
        format!("{} s: {}{open}", since.as_secs(), self.counts())
    }

    /// Says now and then what is still open.
    fn remind(&self) {
        self.console.line(&format!("still waiting: {}", self.counts()));
        let open = self.watched.iter().filter(|watched| watched.settled() == Settled::NotYet);
        for verdict in open.filter_map(|watched| watched.verdict.as_ref()).take(NAMED) {
            self.console.line(&format!("  {}: {}: {}", verdict.object, verdict.reason, verdict.message));
        }
    }
}
