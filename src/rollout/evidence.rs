//! How much a piece of evidence weighs, and when it is enough for a failure. Finds none itself.

use super::Time;
use super::answer::Answer;
use super::case::Case;
use super::hints;
use super::sightings::Confirmed;
use super::time::after;
use super::verdict::Culprit;

/// How soon evidence may fail a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Heals, or may: shown, never a failure before the deadline.
    Transient,
    /// Seldom heals: a failure once it was seen twice, so many seconds apart.
    Likely(i64),
    /// Never heals by itself: a failure at once.
    Terminal,
}

/// Seconds between the two sightings that make likely evidence a failure.
pub(crate) const PERSIST: i64 = 10;

/// The same for refusals at creation: a webhook or a quota may be on its way in the same deploy.
pub(crate) const PERSIST_REFUSED: i64 = 15;

/// The same for crashes while a pod of the very same revision is ready: then image and configuration work somewhere.
pub(crate) const PERSIST_BESIDE_READY: i64 = 60;

/// One thing that speaks against a rollout.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) grade: Grade,
    pub(crate) reason: String,
    pub(crate) message: String,
    /// The pod's uid (or name), for the budget; empty when no pod is to blame.
    pub(crate) pod: String,
    pub(crate) culprit: Culprit,
    /// A crash, as opposed to an object or image that is not there: may be one node's fault.
    pub(crate) crash: bool,
}

impl Evidence {
    /// Returns evidence that no pod is to blame for.
    pub(crate) fn new(grade: Grade, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            grade,
            reason: reason.into(),
            message: message.into(),
            pod: String::new(),
            culprit: Culprit::default(),
            crash: false,
        }
    }

    /// Names it among the sightings. What has to last longer (a first crash) does not count for what has not (a third).
    fn mark(&self, seconds: i64) -> String {
        let container = self.culprit.container.as_deref().unwrap_or("");
        format!("{}/{container}/{}/{seconds}", self.pod, self.reason)
    }
}

/// What evidence amounts to.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    /// The failure, if there is enough.
    pub(crate) failed: Option<Evidence>,
    /// The weightiest of what is there.
    pub(crate) worst: Option<Evidence>,
    /// When it may be enough.
    pub(crate) look_again: Option<Time>,
}

impl Outlook {
    /// Returns the failure as an answer.
    pub(crate) fn failure(&self) -> Option<Answer> {
        let evidence = self.failed.as_ref()?;
        let hint = hints::next_step(&evidence.reason, &evidence.message);
        Some(Answer::failed(&evidence.reason, &evidence.message).hinted(hint).caused_by(evidence.culprit.clone()))
    }

    /// Adds to an answer that is no failure what holds the object up.
    pub(crate) fn explain(&self, answer: Answer) -> Answer {
        let answer = answer.again_at(self.look_again);
        match &self.worst {
            None => answer,
            Some(evidence) => answer
                .because(&evidence.message)
                .reasoned(&evidence.reason)
                .hinted(hints::next_step(&evidence.reason, &evidence.message))
                .caused_by(evidence.culprit.clone()),
        }
    }
}

/// Weighs evidence against an object. `replicas` is its budget; `beside_ready` says that a pod of the same revision is ready.
pub(crate) fn weigh(case: &mut Case<'_>, found: Vec<Evidence>, replicas: usize, beside_ready: bool) -> Outlook {
    let mut outlook = Outlook::default();
    for evidence in found {
        let enough = match evidence.grade {
            Grade::Terminal => true,
            Grade::Transient => false,
            Grade::Likely(seconds) => likely_is_enough(case, &evidence, seconds, replicas, beside_ready, &mut outlook),
        };
        if enough && outlook.failed.as_ref().is_none_or(|known| known.grade < evidence.grade) {
            outlook.failed = Some(evidence.clone());
        }
        if outlook.worst.as_ref().is_none_or(|known| known.grade < evidence.grade) {
            outlook.worst = Some(evidence);
        }
    }
    outlook
}

fn likely_is_enough(
    case: &mut Case<'_>,
    evidence: &Evidence,
    seconds: i64,
    replicas: usize,
    beside_ready: bool,
    outlook: &mut Outlook,
) -> bool {
    let persist = if beside_ready && evidence.crash { seconds.max(PERSIST_BESIDE_READY) } else { seconds };
    let confirmed = case.sightings.saw(case.key, &evidence.mark(seconds), persist, case.now);
    if confirmed == Confirmed::Yes {
        return true;
    }
    if !evidence.pod.is_empty() && case.sightings.over_budget(case.key, &evidence.pod, replicas, persist, case.now) {
        return true;
    }
    if let Confirmed::NotBefore(time) = confirmed {
        let time = if time > case.now { time } else { after(case.now, 1) };
        outlook.look_again = [outlook.look_again, Some(time)].into_iter().flatten().min();
    }
    false
}
