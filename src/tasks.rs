//! Dispatch: one file a mode, whose body reads as its phases.

mod bump;
mod ci_user;
pub(crate) mod deploy;
pub(crate) mod diff;
mod judge;
mod landing;
pub(crate) mod post;
pub(crate) mod render;
mod rollback;
pub(crate) mod source;

use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::{Context, Task};
use crate::outcome::Outcome;
use crate::runner::Console;

/// Runs the task.
///
/// # Errors
/// Whatever ended the run before it did anything worth reporting; later failures stand in the outcome.
pub async fn run(task: &Task, context: &Context, console: &Console) -> Result<Outcome> {
    trust(task, context, console)?;
    match task {
        Task::Render(task) => render::run(task, context, console).await,
        Task::Bump(task) => bump::run(task, context, console).await,
        Task::Deploy(task) => deploy::run(task, context, console).await,
        Task::Diff(task) => diff::run(task, context, console).await,
        Task::Judge(task) => judge::run(task),
        Task::Rollback(task) => rollback::run(task, context, console).await,
        Task::CiUser(task) => ci_user::run(task, context, console).await,
    }
}

/// Refuses what an untrusted run must not do, and says what the rest goes without.
fn trust(task: &Task, context: &Context, console: &Console) -> Result<()> {
    if !context.is_untrusted() {
        return Ok(());
    }
    let writes = matches!(task, Task::Bump(_) | Task::Deploy(_) | Task::Rollback(_) | Task::CiUser(_));
    let event = context.event_name.as_deref().unwrap_or_default();
    if !writes {
        console.line(&format!(
            "note: `{event}` of another repository's code: remote resources and exec plugins are refused, whatever the inputs say"
        ));
        return Ok(());
    }
    let message = format!("mode `{}` does not run for `{event}` of another repository's code", task.mode().name());
    Err(Failure::new(FailureKind::Forbidden, message).hinted(
        "run it on `push`, `release` or `workflow_dispatch`, or on pull requests of branches of this repository",
    ))
}
