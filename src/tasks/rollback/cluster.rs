//! A rollback's way to the cluster: which commit was last judged good there, and the deploy of the tree just committed.

use crate::apply::record;
use crate::failure::{Failure, Result};
use crate::inputs::task::{Build, Deploy, ImageEdits};
use crate::inputs::{Context, Rollback, Source};
use crate::outcome::{Conclusion, Outcome};
use crate::runner::Console;
use crate::tasks::deploy::{self, manifests, session};
use crate::tasks::source::{self, Plain};

/// Reads the last commit whose deploy was judged good from the set's anchor in the cluster.
///
/// # Errors
/// When the cluster cannot be read, or nothing is recorded there.
pub(super) async fn last_good(task: &Rollback, context: &Context, console: &Console) -> Result<String> {
    let source = source_at(task, task.commit.branch.clone());
    let none = ImageEdits::default();
    let rendered = source::read(&source, &Build::default(), &none, Plain::Taken, context, console).await?;
    let environment = crate::runner::environment();
    let session = session::open(&task.access, context, &environment, task.options.timeout, console)?;
    let targets = deploy::find(manifests::of(rendered.objects)?, &session).await?;
    let anchor = record::anchor(targets.iter().map(|target| &target.manifest));
    let anchor =
        anchor.map(|index| &targets[index]).ok_or_else(|| Failure::input("there is nothing to deploy at `path`"))?;
    let reference = &anchor.manifest.reference;
    let live =
        session.cluster.read(&anchor.path).await.map_err(|error| error.into_failure(format!("reading {reference}")))?;
    live.as_ref().and_then(record::good_commit).map(str::to_owned).ok_or_else(|| {
        Failure::input(format!("rollback-to: {reference} does not say which deploy was last judged good"))
            .hinted("only `deploy` of this action records it; name a commit or an image tag")
    })
}

/// Deploys the very tree that was committed, or the branch that already says so, and reports both.
///
/// # Errors
/// Whatever kept the deploy from starting; the commit stands, and the failure says so.
pub(super) async fn deploy(
    task: &Rollback,
    context: &Context,
    console: &Console,
    committed: Outcome,
) -> Result<Outcome> {
    let commit = committed.commit.as_ref().map(|commit| commit.sha.clone());
    let short = commit.as_deref().map_or("the branch's head", |sha| sha.get(..7).unwrap_or(sha)).to_owned();
    let request = Deploy {
        source: source_at(task, commit.or_else(|| task.commit.branch.clone())),
        build: Build::default(),
        edits: ImageEdits::default(),
        access: task.access.clone(),
        options: task.options.clone(),
        allow_older: true,
    };
    console.line(&format!("deploying {short}"));
    match deploy::run(&request, context, console).await {
        Ok(deployed) => Ok(joined(committed, deployed)),
        Err(failure) => {
            let mut outcome = committed;
            outcome.conclusion = Conclusion::Failed;
            outcome.failure =
                Some(failure.during(format!("the config repo says so at {short}, its deploy did not start")));
            Ok(outcome)
        }
    }
}

/// The deploy's report with what was committed before it.
fn joined(committed: Outcome, mut deployed: Outcome) -> Outcome {
    deployed.changed |= committed.changed;
    deployed.commit = committed.commit.or(deployed.commit);
    deployed.pull_request = committed.pull_request;
    deployed.images = committed.images;
    deployed.files = committed.files;
    deployed.details.splice(0..0, committed.details);
    deployed.notices.splice(0..0, committed.notices);
    deployed
}

fn source_at(task: &Rollback, reference: Option<String>) -> Source {
    Source {
        paths: task.commit.paths.clone(),
        config_repo: task.commit.config_repo.clone(),
        reference,
        allow_hosts: task.commit.allow_hosts.clone(),
        forge: task.commit.forge.clone(),
    }
}
