//! What was seen so far: since when a piece of evidence is there, how often, in how many pods, and the last pull error
//! that said something. Remembers only; what is enough for a failure is said in `evidence`.

use std::collections::{HashMap, HashSet};

use super::Time;
use super::snapshot::ObjectKey;
use super::time::{after, seconds_between};

/// Evidence not seen for so long starts anew.
const FORGOTTEN_AFTER_SECONDS: i64 = 300;

/// The memory of one run (or of one look, for which likely evidence counts at once).
#[derive(Debug, Default)]
pub struct Sightings {
    one_look: bool,
    objects: HashMap<ObjectKey, Memory>,
    pull_errors: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Memory {
    marks: HashMap<String, Sighting>,
    failing_pods: HashSet<String>,
    failing_since: Option<Time>,
    there: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    first: Time,
    last: Time,
    times: u32,
}

/// Whether evidence was seen often enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    Yes,
    /// Not yet; at that moment it may be.
    NotBefore(Time),
}

impl Sightings {
    /// Returns the memory for judging a single snapshot: likely evidence counts at its first sighting.
    pub fn of_one_look() -> Self {
        Self { one_look: true, ..Self::default() }
    }

    /// Returns whether there is only one snapshot to judge by.
    pub(crate) fn one_look(&self) -> bool {
        self.one_look
    }

    /// Remembers that the object is there.
    pub(crate) fn saw_object(&mut self, object: &ObjectKey) {
        self.objects.entry(object.clone()).or_default().there = true;
    }

    /// Returns whether the object was there at an earlier look.
    pub(crate) fn was_there(&self, object: &ObjectKey) -> bool {
        self.objects.get(object).is_some_and(|memory| memory.there)
    }

    /// Remembers that evidence named `mark` is there now, and returns whether it was seen at least twice, first and last
    /// at least `persist` seconds apart.
    pub(crate) fn saw(&mut self, object: &ObjectKey, mark: &str, persist: i64, now: Time) -> Confirmed {
        if self.one_look {
            return Confirmed::Yes;
        }
        let memory = self.objects.entry(object.clone()).or_default();
        let fresh = Sighting { first: now, last: now, times: 0 };
        let sighting = memory.marks.entry(mark.to_owned()).or_insert(fresh);
        if seconds_between(sighting.last, now) > FORGOTTEN_AFTER_SECONDS {
            *sighting = fresh;
        }
        if sighting.times == 0 || now > sighting.last {
            sighting.times += 1;
        }
        sighting.last = now;
        match sighting.times >= 2 && seconds_between(sighting.first, now) >= persist {
            true => Confirmed::Yes,
            false => Confirmed::NotBefore(after(sighting.first, persist.max(1))),
        }
    }

    /// Remembers that a pod of the object shows likely evidence, and returns whether more pods did than `budget` allows,
    /// the first at least `persist` seconds ago: pods that are replaced do not start the count anew.
    pub(crate) fn over_budget(
        &mut self,
        object: &ObjectKey,
        pod: &str,
        budget: usize,
        persist: i64,
        now: Time,
    ) -> bool {
        let memory = self.objects.entry(object.clone()).or_default();
        memory.failing_pods.insert(pod.to_owned());
        let since = *memory.failing_since.get_or_insert(now);
        memory.failing_pods.len() > budget.max(1) && seconds_between(since, now) >= persist
    }

    /// Forgets what was held against the object: it is ready.
    pub(crate) fn absolve(&mut self, object: &ObjectKey) {
        if let Some(memory) = self.objects.get_mut(object) {
            memory.marks.clear();
            memory.failing_pods.clear();
            memory.failing_since = None;
        }
    }

    /// Forgets evidence of one pod: it is ready.
    pub(crate) fn absolve_pod(&mut self, object: &ObjectKey, pod: &str) {
        if let Some(memory) = self.objects.get_mut(object) {
            memory.failing_pods.remove(pod);
            memory.marks.retain(|mark, _| !mark.starts_with(pod));
        }
    }

    /// Remembers a pull error that says something: the back-off that follows often overwrites it.
    pub(crate) fn remember_pull_error(&mut self, container: &str, message: &str) {
        self.pull_errors.insert(container.to_owned(), message.to_owned());
    }

    /// Returns the last pull error of that container that said something.
    pub(crate) fn pull_error(&self, container: &str) -> Option<&str> {
        self.pull_errors.get(container).map(String::as_str)
    }
}
