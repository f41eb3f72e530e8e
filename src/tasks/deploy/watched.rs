//! One waited-for object: what our apply left behind, its last verdict, and what was last said about it.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::plan::{Action, Step};
use super::scope;
use super::write::Written;
use crate::apply::object::ObjectRef;
use crate::kubernetes::answer::Head;
use crate::rollout::hints::next_step;
use crate::rollout::proof::{Proof, prove};
use crate::rollout::{Applied, ObjectKey, Settled, Snapshot, Status, Verdict};
use crate::runner::Console;

/// Least time between two lines on one object that say no more than another number.
const CALM: Duration = Duration::from_secs(5);

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
    /// Position of the write among the writes; none for what was as rendered.
    written: Option<usize>,
    /// Since when it stands where it stands for the run.
    pub since: Option<Timestamp>,
    /// Has no state to wait for, so that nothing needs to be said of it.
    inert: bool,
    said: Option<(Instant, String, String)>,
}

/// Returns the waited-for objects with what the apply left behind for each.
pub(crate) fn all(steps: &[Step], written: &[Written]) -> Vec<Watched> {
    let writes: HashMap<usize, usize> = written.iter().enumerate().map(|(at, written)| (written.index, at)).collect();
    steps
        .iter()
        .enumerate()
        .filter(|(_, step)| scope::is_waited_for(step))
        .map(|(index, step)| {
            let reference = &step.target.manifest.reference;
            let at = writes.get(&index).copied();
            let applied = applied(step, at.map(|at| &written[at]));
            let inert = scope::is_inert(reference);
            Watched { index, key: key(reference), applied, verdict: None, since: None, written: at, inert, said: None }
        })
        .collect()
}

fn key(reference: &ObjectRef) -> ObjectKey {
    let ObjectRef { group, kind, namespace, name, .. } = reference.clone();
    ObjectKey { group, kind, namespace: namespace.unwrap_or_default(), name }
}

fn applied(step: &Step, written: Option<&Written>) -> Applied {
    let head = match (written, &step.live) {
        (Some(written), _) => written.object.head().clone(),
        (None, Some(live)) => Head::of(live),
        (None, None) => Head::default(),
    };
    let at = written.map(|written| written.at);
    let manifest = &step.target.manifest.value;
    let says = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_bool) == Some(true);
    Applied {
        at,
        generation: head.generation,
        uid: Some(head.uid).filter(|uid| !uid.is_empty()),
        changed: at.is_some() && step.action != Action::Keep,
        pauses: says("/spec/paused") || says("/spec/suspend"),
        removes_itself: manifest.pointer("/spec/ttlSecondsAfterFinished").is_some(),
    }
}

impl Watched {
    /// Returns the object as this run last got it: the answer to its write, else what was there before.
    pub(crate) fn last_known(&self, steps: &[Step], written: &[Written]) -> Option<Value> {
        match self.written {
            Some(at) => Some(written[at].object.value()),
            None => steps[self.index].live.clone(),
        }
    }

    /// Tells whether its collection is followed, so that a list will tell its state.
    pub(crate) fn is_followed(&self) -> bool {
        !self.inert
    }

    /// Returns where it stands for the run.
    pub(crate) fn settled(&self) -> Settled {
        self.verdict.as_ref().map_or(Settled::NotYet, |verdict| verdict.settled(&self.applied))
    }

    /// Takes a new verdict, and says it when it differs from the last one said.
    pub(crate) fn take(&mut self, verdict: Verdict, console: &Console) {
        let now = Instant::now();
        let head = format!("{}: {}: {}", verdict.object, verdict.status.word(), verdict.reason);
        let news = match &self.said {
            None => true,
            Some((at, said, message)) => *said != head || (*message != verdict.message && now >= *at + CALM),
        };
        let good = verdict.settled(&self.applied) == Settled::Good;
        let untouched = self.said.is_none() && !self.applied.changed;
        if news && !(good && (untouched || self.inert)) {
            console.line(&format!("{head}: {}", verdict.message));
            self.said = Some((now, head, verdict.message.clone()));
        }
        if self.since.is_none() || self.settled() != verdict.settled(&self.applied) {
            self.since = Some(Timestamp::now());
        }
        self.verdict = Some(verdict);
    }
}

/// Turns a ready verdict into a failed one when the digest that runs is another one than asked for.
pub(crate) fn disproved(snapshot: &Snapshot, verdict: Verdict, now: Timestamp) -> Verdict {
    if verdict.status != Status::Ready {
        return verdict;
    }
    let contradiction = prove(snapshot, &verdict.object, now).into_iter().find_map(|proof| match proof.proof {
        Proof::Contradicted(why) => Some(format!("container {}, image {}: {why}", proof.container, proof.image)),
        Proof::Proven(_) | Proof::NotProvable(_) => None,
    });
    match contradiction {
        Some(message) => {
            let hint = next_step("OtherImageRuns", "");
            Verdict { status: Status::Failed, reason: "OtherImageRuns".to_owned(), message, hint, ..verdict }
        }
        None => verdict,
    }
}
