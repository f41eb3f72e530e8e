//! What runs after the job's last step (`post-entrypoint` of action.yml): gives back the lock of a run that was killed before it
//! could, so that the next one need not wait for the lock's time to run out. Everything else ended with its own step.

use std::time::Duration;

use super::deploy::{lock, session};
use crate::inputs::task::ClusterAccess;
use crate::inputs::{Context, Environment, Task};
use crate::kubernetes::lease;
use crate::runner::Console;

/// Longest time that this may take; the lock's own time is hardly longer.
const WITHIN: Duration = Duration::from_secs(10);

/// Frees the lock that the saved state names, if it is still this run's. Never fails the job: the lock's time runs out anyway.
pub(crate) async fn run(task: &Task, environment: &Environment, context: &Context, console: &Console) {
    let Some(claim) = environment.variable(&format!("STATE_{}", lock::STATE)).and_then(lock::recalled) else { return };
    let Some(access) = access(task) else { return };
    let session = match session::open(access, context, environment, WITHIN, console) {
        Ok(session) => session,
        Err(failure) => return console.line(&format!("note: the lock {} was not given back: {failure}", claim.name)),
    };
    match tokio::time::timeout(WITHIN, lease::release(&session.cluster, &claim)).await {
        Ok(true) => console.line(&format!("the lock {} of a run that was killed is free again", claim.name)),
        Ok(false) => {}
        Err(_) => console.line(&format!("note: the lock {} was not given back: no answer", claim.name)),
    }
}

/// The cluster of a task that takes a lock there.
fn access(task: &Task) -> Option<&ClusterAccess> {
    match task {
        Task::Deploy(task) => Some(&task.access),
        Task::Rollback(task) => Some(&task.access),
        Task::Render(_) | Task::Bump(_) | Task::Diff(_) | Task::Judge(_) | Task::CiUser(_) => None,
    }
}
