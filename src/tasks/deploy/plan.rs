//! Before the first write: the live state of every object, and what the server would make of each that is not already as
//! rendered. Writes nothing.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::live;
use crate::apply::autoscaler::{self, Scaled};
use crate::apply::conflict::{self, Decision};
use crate::apply::target::Target;
use crate::apply::{difference, ownership, path, takeover};
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::task::Recreate;
use crate::kubernetes::Cluster;
use crate::kubernetes::answer::Answer;
use crate::kubernetes::failure::{ApiError, Status};
use crate::kubernetes::objects::{self, ApplyMode};

/// Requests at a time: more gains nothing against one API server (measured at 8, 16 and 32).
pub(crate) const CONCURRENCY: usize = 16;
/// Rounds of conflict and answer before giving up; each round settles every conflict that the server names.
const MOST_ROUNDS: usize = 4;

/// What is to be done with one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Live and rendered are the same.
    Keep,
    /// Not there yet.
    Create,
    /// There, and different.
    Change,
    /// An immutable field changes: delete and create.
    Recreate,
    /// Cannot be known before its Namespace or CRD exists.
    Later,
}

/// One object's plan.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The object, without the fields that are left to their owners.
    pub target: Target,
    /// The live object before this run.
    pub live: Option<Value>,
    /// What the server would make of it, when it is there already.
    pub coming: Option<Answer>,
    /// What is to be done.
    pub action: Action,
    /// Fields are taken from other managers.
    pub force: bool,
    /// A line for each field taken over or left.
    pub remarks: Vec<String>,
}

impl Step {
    fn new(target: Target, live: Option<Value>) -> Self {
        Self { target, live, coming: None, action: Action::Keep, force: false, remarks: Vec::new() }
    }
}

/// The rules of a run for fields and immutables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Take over fields of people and pipelines.
    pub take_over: bool,
    /// What may be made anew.
    pub recreate: Recreate,
}

/// Reads the live state and has the server check every object that is not already as rendered.
///
/// # Errors
/// Everything that the server refuses, all at once.
pub(crate) async fn make(cluster: &Cluster, targets: Vec<Target>, policy: Policy) -> Result<Vec<Step>> {
    let live = live::read(cluster, &targets).await?;
    let settled: Vec<bool> = live.iter().map(|live| live.as_ref().is_some_and(|live| live.as_rendered)).collect();
    let live = live.into_iter().map(|live| live.map(|live| live.object));
    let mut steps: Vec<Step> = targets.into_iter().zip(live).map(|(target, live)| Step::new(target, live)).collect();
    keep_scaled(cluster, &mut steps).await;
    let checks = steps.into_iter().zip(settled).map(|(step, settled)| check(cluster, step, settled, policy));
    let mut steps = Vec::new();
    let mut failures = Vec::new();
    let mut results = stream::iter(checks).buffered(CONCURRENCY);
    while let Some(result) = results.next().await {
        match result {
            Ok(step) => steps.push(step),
            Err(failure) => failures.push(failure),
        }
    }
    match joined(failures) {
        Some(failure) => Err(failure),
        None => Ok(steps),
    }
}

/// Makes one failure of many: the first's kind, every message, every hint once.
pub(crate) fn joined(failures: Vec<Failure>) -> Option<Failure> {
    let mut failures = failures.into_iter();
    let first = failures.next()?;
    let rest: Vec<Failure> = failures.collect();
    if rest.is_empty() {
        return Some(first);
    }
    let place = first.place.clone();
    let messages: Vec<String> = std::iter::once(&first).chain(&rest).map(ToString::to_string).collect();
    let mut joined = Failure::new(first.kind, messages.join("\n"));
    for hint in first.hints.into_iter().chain(rest.into_iter().flat_map(|failure| failure.hints)) {
        if !joined.hints.contains(&hint) {
            joined.hints.push(hint);
        }
    }
    Some(match place {
        Some(place) => joined.at(place),
        None => joined,
    })
}

/// Keeps the count of workloads that an autoscaler scales and whose manifests stopped saying one. Autoscalers are only asked
/// for where that is the case.
async fn keep_scaled(cluster: &Cluster, steps: &mut [Step]) {
    let at_risk = |step: &Step| autoscaler::count_at_risk(&step.target.manifest.value, step.live.as_ref()?);
    let namespaces: BTreeSet<String> = steps
        .iter()
        .filter(|step| at_risk(step).is_some())
        .filter_map(|step| step.target.manifest.reference.namespace.clone())
        .collect();
    let mut scaled = Scaled::default();
    for namespace in namespaces {
        let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", objects::encoded(&namespace));
        // Without permission only those of the set are known.
        let (found, _) = cluster.list(&path).await.unwrap_or_default();
        found.iter().for_each(|autoscaler| scaled.add(autoscaler));
    }
    let own = steps.iter().filter(|step| step.target.manifest.reference.is("autoscaling", "HorizontalPodAutoscaler"));
    own.for_each(|step| scaled.add(&step.target.manifest.value));
    for step in steps {
        let reference = step.target.manifest.reference.clone();
        if let (Some(count), Some(name)) = (at_risk(step), scaled.autoscaler(&reference)) {
            autoscaler::keep(&mut step.target.manifest.value, count);
            step.remarks
                .push(format!("{reference}: .spec.replicas stays {count}: HorizontalPodAutoscaler/{name} scales it"));
        }
    }
}

/// Plans one object; `settled` when it was found to be as rendered.
async fn check(cluster: &Cluster, mut step: Step, settled: bool, policy: Policy) -> Result<Step> {
    if settled {
        return Ok(step);
    }
    if step.live.is_none() && step.target.after.is_some() && !is_there(cluster, &step.target).await {
        step.action = Action::Later;
        try_elsewhere(cluster, &step).await?;
        return Ok(step);
    }
    dry_run(cluster, &mut step, policy).await?;
    Ok(step)
}

/// Tells whether the Namespace or CRD that an object waits for is there already from an earlier run.
async fn is_there(cluster: &Cluster, target: &Target) -> bool {
    let collection = objects::collection(&target.manifest.reference, &target.resource);
    let first = match &target.after {
        Some(after) if after.is("", "Namespace") => format!("/api/v1/namespaces/{}", objects::encoded(&after.name)),
        _ => collection,
    };
    matches!(cluster.read(&first).await, Ok(Some(_)))
}

/// Has the server check an object whose Namespace is of the same set, as if it went to `default`: its form is refused before
/// anything is written; what depends on the namespace is not known before it exists.
async fn try_elsewhere(cluster: &Cluster, step: &Step) -> Result<()> {
    if !step.target.after.as_ref().is_some_and(|after| after.is("", "Namespace")) {
        return Ok(());
    }
    let mut target = step.target.clone();
    target.manifest.reference.namespace = Some("default".to_owned());
    target.manifest.value["metadata"]["namespace"] = Value::String("default".to_owned());
    let path = objects::path(&target.manifest.reference, &target.resource);
    let body = target.manifest.value.to_string();
    let refused = cluster.apply(&path, body.into_bytes(), ApplyMode { dry_run: true, force: true }).await;
    match refused {
        Err(error)
            if error.status().is_some_and(|status| {
                matches!(status.code, 400 | 422) && !status.is_immutable() || status.is_misfit()
            }) =>
        {
            Err(located(error.into_failure(&step.target.manifest.reference), &step.target))
        }
        _ => Ok(()),
    }
}

/// Has the server check one object and fills the plan from its answer.
///
/// # Errors
/// What the server refuses.
pub(crate) async fn dry_run(cluster: &Cluster, step: &mut Step, policy: Policy) -> Result<()> {
    match settle(cluster, step, policy, true).await {
        Ok(coming) => {
            let same = |live: &Value| !takeover::is_needed(live) && same_object(live, &coming.value());
            let same = step.live.as_ref().is_some_and(same);
            step.action = match (&step.live, same) {
                (None, _) => Action::Create,
                (Some(_), true) => Action::Keep,
                (Some(_), false) => Action::Change,
            };
            // A new object is shown as it was rendered: its answer is of no use.
            step.coming = step.live.is_some().then_some(coming);
            Ok(())
        }
        Err(Refusal::Conflict(failure)) => Err(failure),
        Err(Refusal::Api(error)) if error.status().is_some_and(Status::is_immutable) => {
            if may_recreate(&step.target, policy.recreate) {
                step.action = Action::Recreate;
                return Ok(());
            }
            Err(immutable(error, &step.target))
        }
        Err(Refusal::Api(error)) => Err(located(error.into_failure(&step.target.manifest.reference), &step.target)),
    }
}

/// Why an apply did not go through.
pub(crate) enum Refusal {
    /// Fields that belong to somebody else.
    Conflict(Failure),
    /// Anything else.
    Api(ApiError),
}

/// Applies an object, deciding each conflict that the server names by the policy; what is left to its owner leaves the
/// rendered object, so that a later write is the very one that was checked.
///
/// # Errors
/// A conflict that nobody may decide, or what the server refuses.
pub(crate) async fn settle(
    cluster: &Cluster,
    step: &mut Step,
    policy: Policy,
    dry_run: bool,
) -> std::result::Result<Answer, Refusal> {
    for _ in 0..MOST_ROUNDS {
        let body = step.target.manifest.value.to_string().into_bytes();
        let mode = ApplyMode { dry_run, force: step.force };
        let error = match cluster.apply(&step.target.path, body, mode).await {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        let conflicts = match error.status().filter(|status| status.is_field_conflict()) {
            Some(status) => conflict::read(status),
            None => return Err(Refusal::Api(error)),
        };
        decide(step, &conflicts, policy)?;
    }
    let reference = &step.target.manifest.reference;
    Err(Refusal::Conflict(Failure::new(
        FailureKind::Conflict,
        format!("{reference}: its fields change hands again and again"),
    )))
}

/// Decides each conflict of a round.
fn decide(step: &mut Step, conflicts: &[conflict::Conflict], policy: Policy) -> std::result::Result<(), Refusal> {
    let mut refused = Vec::new();
    let mut force = false;
    let mut leave = Vec::new();
    let client_side = step.live.as_ref().is_some_and(takeover::is_needed);
    for conflict in conflicts {
        let decision = conflict::decide(conflict, policy.take_over);
        let reference = &step.target.manifest.reference;
        let line = conflict::describe(conflict, decision, reference, &step.target.manifest.value, step.live.as_ref());
        match decision {
            Decision::Refuse => refused.push(line),
            Decision::Leave => {
                leave.push(conflict.field.clone());
                step.remarks.push(line);
            }
            Decision::TakeOver => {
                force = true;
                if !(client_side && conflict.manager == "kubectl-client-side-apply") {
                    step.remarks.push(line);
                }
            }
        }
    }
    if !refused.is_empty() {
        let failure = Failure::new(FailureKind::Conflict, refused.join("\n"))
            .hinted("take the field out of the manifest, or let its owner give it up; `conflicts: take-over` takes what people and pipelines own");
        return Err(Refusal::Conflict(failure));
    }
    for field in leave {
        path::remove(&mut step.target.manifest.value, &field);
    }
    step.force |= force;
    Ok(())
}

/// Tells whether two states hold the same content and the same fields of ours.
fn same_object(live: &Value, coming: &Value) -> bool {
    let fields = |object| ownership::ours(object).map(|entry| (entry.api_version, entry.fields));
    fields(live) == fields(coming) && difference::content(live) == difference::content(coming)
}

/// Tells whether an object may be deleted and made anew. Never what would lose data or take others with it.
pub(crate) fn may_recreate(target: &Target, rule: Recreate) -> bool {
    let reference = &target.manifest.reference;
    let never = [
        ("", "PersistentVolumeClaim"),
        ("", "PersistentVolume"),
        ("", "Namespace"),
        ("apps", "StatefulSet"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ];
    if never.iter().any(|(group, kind)| reference.is(group, kind)) {
        return false;
    }
    let load_balancer = target.manifest.value.pointer("/spec/type").and_then(Value::as_str) == Some("LoadBalancer");
    if reference.is("", "Service") && load_balancer {
        return false;
    }
    let annotated = target.manifest.annotation(RECREATE).is_some_and(|value| value != "false" && value != "never");
    match rule {
        Recreate::Never => false,
        Recreate::Annotated => annotated,
        Recreate::Jobs => annotated || reference.is("batch", "Job"),
    }
}

/// Annotation by which users permit an object to be made anew.
const RECREATE: &str = "k8s-deploy-action/recreate";

fn immutable(error: ApiError, target: &Target) -> Failure {
    let reference = &target.manifest.reference;
    let failure = located(error.into_failure(reference), target);
    let job = reference.is("batch", "Job");
    if job {
        return failure.hinted(
            "a Job's pod template cannot change: set `recreate: jobs` to delete and create it, or give it a new name",
        );
    }
    failure.hinted(format!(
        "annotate the object with `{RECREATE}: \"true\"` to have it deleted and created, or give it a new name"
    ))
}

/// Puts the manifest's place on a failure.
pub(crate) fn located(failure: Failure, target: &Target) -> Failure {
    match &target.manifest.place {
        Some(place) => failure.at(place.clone()),
        None => failure,
    }
}
