//! The writes of a deploy: stage by stage, several objects at a time, none after a refusal or a signal.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::plan::{self, Action, CONCURRENCY, Policy, Refusal, Step};
use super::stop::Stop;
use crate::apply::stage::{self, Stage};
use crate::apply::takeover;
use crate::failure::{Failure, FailureKind, Result};
use crate::kubernetes::Cluster;
use crate::kubernetes::answer::Answer;
use crate::kubernetes::failure::ApiError;

/// How long an object may take to be gone before it is made anew.
const GONE_WITHIN: Duration = Duration::from_secs(60);
/// How long the API may take to serve a kind whose CRD is new, or a namespace to get its accounts.
const SERVED_WITHIN: Duration = Duration::from_secs(30);
/// Tries of the migration from client-side apply; each lost one means that somebody else wrote in between.
const MIGRATION_TRIES: usize = 5;

/// What became of one object.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Index of its step.
    pub index: usize,
    /// `created`, `configured`, `recreated`.
    pub change: &'static str,
    /// The server's answer.
    pub object: Answer,
    /// When the request was sent, seconds since 1970 with a fraction.
    pub at: k8s_openapi::jiff::Timestamp,
}

/// What was written, and what ended the writing before its end.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// In the order of the answers.
    pub done: Vec<Written>,
    /// Refusals.
    pub failures: Vec<Failure>,
    /// A signal came.
    pub cancelled: bool,
}

impl Writes {
    /// Tells whether every object was written.
    pub(crate) fn complete(&self) -> bool {
        self.failures.is_empty() && !self.cancelled
    }
}

/// Applies all that the plan says, in stages; `say` gets a line for each object.
pub(crate) async fn all(
    cluster: &Cluster,
    steps: &mut [Step],
    policy: Policy,
    stop: &Stop,
    say: &dyn Fn(&str),
) -> Writes {
    let stages = stage::all(steps.iter().map(|step| &step.target.manifest.reference));
    let mut writes = Writes::default();
    for (stage, members) in stages {
        run_stage(cluster, steps, &members, policy, stop, say, &mut writes).await;
        if !writes.complete() {
            return writes;
        }
        if stage == Stage::Foundation
            && let Err(failure) = settle_foundation(cluster, steps, &members, policy, stop).await
        {
            writes.failures.push(failure);
            return writes;
        }
    }
    writes
}

/// Applies one stage's objects side by side.
async fn run_stage(
    cluster: &Cluster,
    steps: &mut [Step],
    members: &[usize],
    policy: Policy,
    stop: &Stop,
    say: &dyn Fn(&str),
    writes: &mut Writes,
) {
    let wanted: HashSet<usize> = members.iter().copied().collect();
    let refused = Cell::new(false);
    let refused = &refused;
    let todo =
        steps.iter_mut().enumerate().filter(|(index, step)| wanted.contains(index) && step.action != Action::Keep).map(
            |(index, step)| async move {
                let halted = refused.get() || stop.came();
                if halted { None } else { Some(one(cluster, index, step, policy).await) }
            },
        );
    let mut results = stream::iter(todo).buffer_unordered(CONCURRENCY);
    // A refusal or a signal lets what is under way end, and starts nothing more.
    while let Some(result) = results.next().await {
        match result {
            None => {}
            Some(Ok(written)) => writes.done.push(written),
            Some(Err(failure)) => {
                refused.set(true);
                writes.failures.push(failure);
            }
        }
    }
    drop(results);
    writes.cancelled = stop.came();
    for written in &writes.done {
        if wanted.contains(&written.index) {
            say(&format!("{} {}", steps[written.index].target.manifest.reference, written.change));
        }
    }
}

/// Writes one object.
async fn one(cluster: &Cluster, index: usize, step: &mut Step, policy: Policy) -> Result<Written> {
    let at = k8s_openapi::jiff::Timestamp::now();
    let was_there = step.live.is_some();
    let change = match step.action {
        Action::Recreate => {
            remove(cluster, step).await?;
            "recreated"
        }
        _ if was_there => "configured",
        _ => "created",
    };
    if let Some(live) = step.live.as_ref().filter(|live| change == "configured" && takeover::is_needed(live)) {
        let live = live.clone();
        migrate(cluster, step, live).await?;
    }
    let object = apply(cluster, step, policy).await?;
    Ok(Written { index, change, object, at })
}

/// Applies one object, waiting a while for what a new CRD or Namespace still lacks.
async fn apply(cluster: &Cluster, step: &mut Step, policy: Policy) -> Result<Answer> {
    let started = Instant::now();
    loop {
        let error = match plan::settle(cluster, step, policy, false).await {
            Ok(object) => return Ok(object),
            Err(Refusal::Conflict(failure)) => return Err(failure),
            Err(Refusal::Api(error)) => error,
        };
        if !lacks_something_new(&error, step) || started.elapsed() > SERVED_WITHIN {
            return Err(plan::located(error.into_failure(&step.target.manifest.reference), &step.target));
        }
        sleep(Duration::from_millis(250)).await;
    }
}

/// Tells an object that comes a moment too early from one that is refused.
fn lacks_something_new(error: &ApiError, step: &Step) -> bool {
    let Some(status) = error.status() else { return false };
    let fresh = step.target.after.is_some();
    match status.code {
        404 => fresh,
        403 => step.target.manifest.reference.is("", "Pod") && status.message.contains("service account"),
        500 => fresh && status.message.contains("failed calling webhook"),
        _ => false,
    }
}

/// Takes the fields of an earlier client-side apply over, as kubectl does: bound to the state read, tried again when lost.
async fn migrate(cluster: &Cluster, step: &Step, mut live: Value) -> Result<()> {
    let reference = &step.target.manifest.reference;
    for _ in 0..MIGRATION_TRIES {
        let Some(fields) = takeover::migrated(&live, &reference.api_version()) else { return Ok(()) };
        match cluster.json_patch(&step.target.path, &takeover::patch(&live, fields)).await {
            Ok(_) => return Ok(()),
            Err(error) if matches!(error.code(), Some(409 | 422)) => {}
            Err(error) => return Err(error.into_failure(format!("{reference}: taking over from kubectl apply"))),
        }
        match cluster.read(&step.target.path).await {
            Ok(Some(fresh)) => live = fresh,
            Ok(None) => return Ok(()),
            Err(error) => return Err(error.into_failure(format!("reading {reference}"))),
        }
    }
    Err(Failure::new(
        FailureKind::Conflict,
        format!("{reference}: somebody else keeps writing it while it is taken over"),
    ))
}

/// Deletes an object and waits until it is gone.
async fn remove(cluster: &Cluster, step: &Step) -> Result<()> {
    let reference = &step.target.manifest.reference;
    let uid = step.live.as_ref().and_then(|live| live.pointer("/metadata/uid")).and_then(Value::as_str);
    let deleting = || format!("deleting {reference}");
    cluster.delete(&step.target.path, uid).await.map_err(|error| error.into_failure(deleting()))?;
    let started = Instant::now();
    loop {
        let found = cluster.read(&step.target.path).await.map_err(|error| error.into_failure(deleting()))?;
        let same = found.is_some_and(|object| object.pointer("/metadata/uid").and_then(Value::as_str) == uid);
        if !same {
            return Ok(());
        }
        if started.elapsed() > GONE_WITHIN {
            let message = format!("{reference} is not gone {} s after it was deleted", GONE_WITHIN.as_secs());
            return Err(Failure::new(FailureKind::TimedOut, message).hinted("look at its finalizers"));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// After Namespaces and CRDs: waits until their kinds are served, then has the server check what waited for them, so that
/// a refusal still comes before any of the rest is written.
async fn settle_foundation(
    cluster: &Cluster,
    steps: &mut [Step],
    foundation: &[usize],
    policy: Policy,
    stop: &Stop,
) -> Result<()> {
    for index in
        foundation.iter().filter(|index| steps[**index].target.manifest.reference.kind == "CustomResourceDefinition")
    {
        if let Err(failure) = established(cluster, &steps[*index], stop).await {
            // With objects of its kind in the set this is the end; else the judge says it of the definition.
            if steps.iter().any(|step| step.action == Action::Later) {
                return Err(failure);
            }
        }
    }
    let waiting = steps.iter_mut().filter(|step| step.action == Action::Later);
    let mut checks = stream::iter(waiting.map(|step| check_late(cluster, step, policy))).buffered(CONCURRENCY);
    let mut failures = Vec::new();
    while let Some(result) = checks.next().await {
        failures.extend(result.err());
    }
    plan::joined(failures).map_or(Ok(()), Err)
}

/// Waits until a CRD is Established.
async fn established(cluster: &Cluster, step: &Step, stop: &Stop) -> Result<()> {
    let reference = &step.target.manifest.reference;
    let started = Instant::now();
    loop {
        let crd = cluster
            .read(&step.target.path)
            .await
            .map_err(|error| error.into_failure(format!("reading {reference}")))?;
        let condition = |kind: &str| {
            let conditions = crd.as_ref()?.pointer("/status/conditions")?.as_array()?;
            conditions.iter().find(|condition| condition["type"] == kind).cloned()
        };
        if condition("Established").is_some_and(|established| established["status"] == "True") {
            return Ok(());
        }
        if let Some(refused) = condition("NamesAccepted").filter(|accepted| accepted["status"] == "False") {
            let reason = refused["message"].as_str().unwrap_or("its names are taken");
            return Err(Failure::new(FailureKind::Rollout, format!("{reference}: NamesNotAccepted: {reason}"))
                .hinted("another CustomResourceDefinition has these names: rename this one, or remove the other"));
        }
        if started.elapsed() > SERVED_WITHIN || stop.came() {
            return Err(Failure::new(FailureKind::TimedOut, format!("{reference} was not established in time")));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Checks an object that could not be checked before, once what it waits for is there.
async fn check_late(cluster: &Cluster, step: &mut Step, policy: Policy) -> Result<()> {
    let started = Instant::now();
    loop {
        match plan::settle(cluster, step, policy, true).await {
            Ok(_) => {
                step.action = Action::Create;
                return Ok(());
            }
            Err(Refusal::Conflict(failure)) => return Err(failure),
            Err(Refusal::Api(error)) => {
                if !lacks_something_new(&error, step) || started.elapsed() > SERVED_WITHIN {
                    return Err(plan::located(error.into_failure(&step.target.manifest.reference), &step.target));
                }
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
}
