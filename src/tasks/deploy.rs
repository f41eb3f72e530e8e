//! `deploy`: read, check, apply, watch, judge, record.

pub(crate) mod follow;
pub(crate) mod manifests;
pub(crate) mod plan;
mod result;
pub(crate) mod scope;
pub(crate) mod session;
pub(crate) mod stop;
mod why;
pub(crate) mod write;

use std::collections::BTreeSet;

use tokio::time::Instant;

use self::follow::Followed;
use self::plan::{Policy, Step};
use self::session::Session;
use self::stop::Stop;
use self::write::Writes;
use crate::apply::object::Manifest;
use crate::apply::target::{self, Target};
use crate::apply::{lint, secrets};
use crate::failure::{Failure, Result};
use crate::inputs::Context;
use crate::inputs::task::{ApplyOptions, Deploy};
use crate::kubernetes::discovery::Discovery;
use crate::outcome::{Notice, Outcome};
use crate::runner::Console;
use crate::tasks::source;

/// Runs the mode.
///
/// # Errors
/// Whatever ended the run before anything was written; later failures stand in the outcome.
pub(crate) async fn run(task: &Deploy, context: &Context, console: &Console) -> Result<Outcome> {
    let rendered = source::read(&task.source, &task.build, &task.edits, context, console).await?;
    let manifests = manifests::of(&rendered.objects)?;
    let environment = crate::runner::environment();
    let session = session::open(&task.access, context, &environment, task.options.timeout, console)?;
    deploy(manifests, &session, &task.options, console).await
}

/// Brings the cluster to the manifests and judges what comes of it.
///
/// # Errors
/// Whatever ended the run before anything was written; later failures stand in the outcome.
pub(crate) async fn deploy(
    manifests: Vec<Manifest>,
    session: &Session,
    options: &ApplyOptions,
    console: &Console,
) -> Result<Outcome> {
    let stop = Stop::listen();
    let policy = Policy { take_over: options.take_over, recreate: options.recreate };
    let checked = stop.or(check(manifests, session, policy, console)).await;
    let mut steps = match checked {
        Some(steps) => steps?,
        None => return Ok(result::cancelled_before_writing()),
    };
    let notices = warnings(session);
    let deadline = Instant::now() + options.timeout;
    if options.dry_run {
        return Ok(result::planned(&steps, notices));
    }
    let writes = write::all(&session.cluster, &mut steps, policy, &stop, &|line| console.line(line)).await;
    if !writes.complete() {
        return Ok(result::interrupted(&steps, writes, notices));
    }
    let followed = judge(session, &steps, &writes, deadline, &stop, console).await;
    let details = why::explain(&session.cluster, &followed, console).await;
    Ok(result::judged(&steps, &writes, followed, notices, details))
}

/// Everything that can be known before the first write.
pub(crate) async fn check(
    manifests: Vec<Manifest>,
    session: &Session,
    policy: Policy,
    console: &Console,
) -> Result<Vec<Step>> {
    for secret in secrets::to_mask(&manifests) {
        console.mask(&secret);
    }
    let targets = find(manifests, session).await?;
    let steps = plan::make(&session.cluster, targets, policy).await?;
    for remark in steps.iter().flat_map(|step| &step.remarks) {
        console.line(remark);
    }
    Ok(steps)
}

/// Lints the set and finds each object's place in the cluster.
async fn find(manifests: Vec<Manifest>, session: &Session) -> Result<Vec<Target>> {
    if manifests.is_empty() {
        return Err(Failure::input("there is nothing to deploy: the path renders no object"));
    }
    let defects = lint::defects(&manifests);
    if !defects.is_empty() {
        return Err(Failure::input(defects.join("\n")));
    }
    let used: BTreeSet<(String, String)> = manifests
        .iter()
        .map(|manifest| (manifest.reference.group.clone(), manifest.reference.version.clone()))
        .collect();
    let discovery = Discovery::read(&session.cluster, &used)
        .await
        .map_err(|error| error.into_failure(format!("reaching {}", session.cluster.server)))?;
    target::all(manifests, &discovery, &session.namespaces)
}

async fn judge(
    session: &Session,
    steps: &[Step],
    writes: &Writes,
    deadline: Instant,
    stop: &Stop,
    console: &Console,
) -> Followed {
    let watched = follow::watched(steps, &writes.done);
    follow::run(&session.cluster, steps, watched, deadline, stop, console).await
}

/// Credentials that end soon, and what the API server warned of.
fn warnings(session: &Session) -> Vec<Notice> {
    session.warnings.iter().cloned().chain(session.cluster.take_warnings()).map(Notice::new).collect()
}
