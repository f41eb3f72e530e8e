//! Before the first write: the live state of every object, and what the server would make of each that is not already as
//! rendered. Writes nothing.

use std::collections::{BTreeMap, HashMap};

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use crate::apply::conflict::{self, Decision};
use crate::apply::target::Target;
use crate::apply::{difference, ownership, path, takeover};
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::task::Recreate;
use crate::kubernetes::Cluster;
use crate::kubernetes::failure::ApiError;
use crate::kubernetes::objects::{self, ApplyMode};

/// Requests at a time: more gains nothing against one API server (measured at 8, 16 and 32).
pub(crate) const CONCURRENCY: usize = 16;
/// From so many objects of one kind and namespace on, one list is cheaper than single reads.
const WORTH_A_LIST: usize = 4;
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
    /// What the server would make of it.
    pub coming: Option<Value>,
    /// What is to be done.
    pub action: Action,
    /// Fields are taken from other managers.
    pub force: bool,
    /// A line for each field taken over or left.
    pub remarks: Vec<String>,
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
    let live = read_live(cluster, &targets).await?;
    let checks = targets.into_iter().zip(live).map(|(target, live)| check(cluster, target, live, policy));
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

/// Reads every object: one list for many of a kind and namespace, single reads for few or where lists are not permitted.
async fn read_live(cluster: &Cluster, targets: &[Target]) -> Result<Vec<Option<Value>>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        let collection = objects::collection(&target.manifest.reference, &target.resource);
        groups.entry(collection).or_default().push(index);
    }
    let reads = groups.into_iter().map(|(collection, members)| read_group(cluster, targets, collection, members));
    let mut live = vec![None; targets.len()];
    let mut results = stream::iter(reads).buffer_unordered(CONCURRENCY);
    while let Some(found) = results.next().await {
        for (index, object) in found? {
            live[index] = object;
        }
    }
    Ok(live)
}

async fn read_group(
    cluster: &Cluster,
    targets: &[Target],
    collection: String,
    members: Vec<usize>,
) -> Result<Vec<(usize, Option<Value>)>> {
    if members.len() >= WORTH_A_LIST {
        match cluster.list(&collection).await {
            Ok((items, _)) => return Ok(sorted_out(targets, &members, items)),
            Err(error) if matches!(error.code(), Some(403 | 404 | 405)) => {}
            Err(error) => return Err(error.into_failure(format!("listing {collection}"))),
        }
    }
    let reads = members.into_iter().map(|index| async move {
        let target = &targets[index];
        let object = cluster.read(&target.path).await;
        object
            .map(|object| (index, object))
            .map_err(|error| error.into_failure(format!("reading {}", target.manifest.reference)))
    });
    stream::iter(reads).buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await.into_iter().collect()
}

/// Finds the members in a list, whose items carry neither kind nor apiVersion.
fn sorted_out(targets: &[Target], members: &[usize], items: Vec<Value>) -> Vec<(usize, Option<Value>)> {
    let mut by_name: HashMap<String, Value> = items
        .into_iter()
        .filter_map(|item| Some((item.pointer("/metadata/name")?.as_str()?.to_owned(), item)))
        .collect();
    members
        .iter()
        .map(|index| {
            let reference = &targets[*index].manifest.reference;
            let object = by_name.remove(&reference.name).map(|mut object| {
                if let Some(members) = object.as_object_mut() {
                    members.insert("apiVersion".to_owned(), Value::String(reference.api_version()));
                    members.insert("kind".to_owned(), Value::String(reference.kind.clone()));
                }
                object
            });
            (*index, object)
        })
        .collect()
}

/// Plans one object.
async fn check(cluster: &Cluster, target: Target, live: Option<Value>, policy: Policy) -> Result<Step> {
    let taken = live.as_ref().is_some_and(takeover::is_needed);
    let same = !taken && live.as_ref().is_some_and(|live| ownership::as_rendered(&target.manifest.value, live));
    let mut step = Step { target, live, coming: None, action: Action::Keep, force: false, remarks: Vec::new() };
    if same {
        return Ok(step);
    }
    if step.live.is_none() && step.target.after.is_some() && !is_there(cluster, &step.target).await {
        step.action = Action::Later;
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

/// Has the server check one object and fills the plan from its answer.
///
/// # Errors
/// What the server refuses.
pub(crate) async fn dry_run(cluster: &Cluster, step: &mut Step, policy: Policy) -> Result<()> {
    match settle(cluster, step, policy, true).await {
        Ok(coming) => {
            let same = step.live.as_ref().is_some_and(|live| same_object(live, &coming) && !takeover::is_needed(live));
            step.action = match (&step.live, same) {
                (None, _) => Action::Create,
                (Some(_), true) => Action::Keep,
                (Some(_), false) => Action::Change,
            };
            step.coming = Some(coming);
            Ok(())
        }
        Err(Refusal::Conflict(failure)) => Err(failure),
        Err(Refusal::Api(error)) if error.status().is_some_and(crate::kubernetes::failure::Status::is_immutable) => {
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
) -> std::result::Result<Value, Refusal> {
    for _ in 0..MOST_ROUNDS {
        let body = step.target.manifest.value.to_string();
        let mode = ApplyMode { dry_run, force: step.force };
        let error = match cluster.apply(&step.target.path, body.as_bytes(), mode).await {
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
fn may_recreate(target: &Target, rule: Recreate) -> bool {
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
