//! The way back after a failed rollout: the previous configuration of every object that this run changed, applied again and judged
//! like any rollout, within a time budget of its own.

use tokio::time::Instant;

use super::follow::{self, End};
use super::plan::{Action, Policy, Step};
use super::write::{self, Writes};
use super::{Run, unstick, why};
use crate::apply::object::Manifest;
use crate::apply::previous::{self, Back};
use crate::outcome::{Conclusion, Notice, Outcome};

/// Brings back what was before, and says so in the outcome.
pub(super) async fn roll_back(run: &Run<'_, '_>, steps: &[Step], writes: &Writes, outcome: &mut Outcome) {
    run.console.line("rolling back: applying the previous configuration of every object that this run changed");
    let mut plan = Vec::new();
    let mut doomed = Vec::new();
    for written in &writes.done {
        let step = &steps[written.index];
        let reference = &step.target.manifest.reference;
        let now = written.object.value();
        match previous::way_back(reference, step.live.as_ref(), &now) {
            Back::Apply(value) => plan.extend(step_back(step, value, now)),
            Back::Delete => doomed.push(step),
            Back::Stay(why) => {
                outcome.notices.push(Notice::new(format!("{reference} stays as this run left it: {why}")))
            }
        }
    }
    let mut failures = remove(run, &doomed).await;
    let end = if plan.is_empty() { End::Good } else { restore(run, &mut plan, outcome, &mut failures).await };
    outcome.conclusion =
        if failures.is_empty() && end == End::Good { Conclusion::RolledBack } else { Conclusion::RollbackFailed };
    for failure in failures {
        outcome.notices.push(Notice::new(format!("rollback: {failure}")));
    }
    outcome.notices.push(Notice::new(said(run, outcome.conclusion)));
}

/// A step that applies the previous configuration over what this run wrote.
fn step_back(step: &Step, value: serde_json::Value, written: serde_json::Value) -> Option<Step> {
    let manifest = Manifest::new(value, step.target.manifest.place.clone()).ok()?;
    let mut target = step.target.clone();
    target.manifest = manifest;
    let action = if step.action == Action::Recreate { Action::Recreate } else { Action::Change };
    Some(Step { target, live: Some(written), coming: None, action, force: true, remarks: Vec::new() })
}

/// Deletes what this run created, the last first.
async fn remove(run: &Run<'_, '_>, doomed: &[&Step]) -> Vec<String> {
    let mut failures = Vec::new();
    for step in doomed.iter().rev() {
        let reference = &step.target.manifest.reference;
        match run.session.cluster.delete(&step.target.path, None).await {
            Ok(()) => run.console.line(&format!("{reference} deleted")),
            Err(error) => failures.push(format!("{reference} could not be deleted: {error}")),
        }
    }
    failures
}

/// Applies the previous configuration and follows it to its end.
async fn restore(run: &Run<'_, '_>, plan: &mut [Step], outcome: &mut Outcome, failures: &mut Vec<String>) -> End {
    let policy = Policy { take_over: true, recreate: run.options.recreate };
    let deadline = Instant::now() + run.options.timeout;
    let say = |line: &str| run.console.line(&format!("{line} (rollback)"));
    let writes = write::all(&run.session.cluster, plan, policy, run.stop, &say).await;
    failures.extend(writes.failures.iter().map(ToString::to_string));
    if !writes.complete() {
        return End::Failed;
    }
    let left = unstick::release(&run.session.cluster, plan, run.console).await;
    outcome.notices.extend(left.into_iter().map(Notice::new));
    let soak = std::time::Duration::ZERO;
    let followed = follow::run(&run.session.cluster, plan, &writes.done, deadline, soak, run.stop, run.console).await;
    if followed.end != End::Good {
        failures.push("the previous configuration did not become ready either".to_owned());
        outcome.details.extend(why::explain(&run.session.cluster, &followed, run.console).await);
    }
    followed.end
}

/// States what runs and what the config repo says, with the way to bring it in line.
fn said(run: &Run<'_, '_>, conclusion: Conclusion) -> String {
    let runs = match conclusion {
        Conclusion::RolledBack => "the cluster runs the previous configuration again",
        _ => "the rollback did not succeed: look at the cluster",
    };
    let commit = run.origin.commit.as_deref().map(|commit| format!(" at {commit}")).unwrap_or_default();
    let source = run.origin.source.as_deref().unwrap_or("the manifests");
    format!(
        "{runs}; {source}{commit} still says the one that failed. `mode: rollback` with the same `path` takes it back there"
    )
}
