//! `deploy`: read, check, apply, watch, judge, record.

pub(crate) mod account;
mod ancestry;
mod back;
pub(crate) mod follow;
mod live;
pub(crate) mod lock;
pub(crate) mod manifests;
mod nodes;
pub(crate) mod note;
pub(crate) mod plan;
pub(crate) mod probe;
mod result;
mod rights;
pub(crate) mod scope;
pub(crate) mod session;
mod soak;
mod unstick;
pub(crate) mod watched;
mod why;
pub(crate) mod write;

use std::collections::BTreeSet;

use tokio::time::Instant;

use self::follow::End;
use self::note::Compare;
use self::plan::{Action, Policy, Step};
use self::session::Session;
use self::stop::Stop;
use self::write::Writes;
use crate::apply::object::Manifest;
use crate::apply::record::{self, Origin};
use crate::apply::target::{self, Target};
use crate::apply::verify::Check;
use crate::apply::{lint, redeploy, secrets};
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::Context;
use crate::inputs::task::{ApplyOptions, Deploy};
use crate::kubernetes::discovery::Discovery;
use crate::outcome::{CommitRead, Notice, Outcome};
use crate::runner::Console;
pub(crate) use crate::runner::stop;
use crate::tasks::render;
use crate::tasks::source::{self, Rendered};

/// One deploy: what, where, how.
pub(crate) struct Request<'a> {
    /// The set, in output order.
    pub manifests: Vec<Manifest>,
    /// The cluster.
    pub session: &'a Session,
    /// How to apply.
    pub options: &'a ApplyOptions,
    /// Where the set comes from.
    pub origin: Origin,
    /// Tells whether what runs is newer; none where no repository can be asked.
    pub compare: Option<Compare<'a>>,
    /// Permits going back behind a newer commit.
    pub allow_older: bool,
    /// What was said while the set was rendered.
    pub notices: Vec<Notice>,
    /// When the run began.
    pub started: Instant,
}

/// Runs the mode.
///
/// # Errors
/// Whatever ended the run before anything was written; later failures stand in the outcome.
pub(crate) async fn run(task: &Deploy, context: &Context, console: &Console) -> Result<Outcome> {
    let started = Instant::now();
    let mut rendered =
        source::read(&task.source, &task.build, &task.edits, source::Plain::Taken, context, console).await?;
    let sha256 = render::printed_sha256(&rendered.objects, context);
    let manifests = manifests::of(std::mem::take(&mut rendered.objects))?;
    let environment = crate::runner::environment();
    let session = session::open(&task.access, context, &environment, task.options.timeout, console)?;
    let origin = origin(&rendered, &task.source.paths, context);
    let read = commit_read(&rendered, context);
    let repository = rendered.repository.as_deref();
    let forge = &task.source.forge;
    let compare = |running: String, ours: String| -> std::pin::Pin<Box<dyn Future<Output = note::Ancestry> + '_>> {
        Box::pin(async move { ancestry::compare(repository, &running, &ours, forge, context, console).await })
    };
    let request = Request {
        manifests,
        session: &session,
        options: &task.options,
        origin,
        compare: Some(&compare),
        allow_older: task.allow_older,
        notices: rendered.notices,
        started,
    };
    let mut outcome = deploy(request, console).await?;
    outcome.read = read;
    outcome.manifest_sha256 = sha256;
    Ok(outcome)
}

/// Returns the commit that a set was read from, with its page.
pub(crate) fn commit_read(rendered: &Rendered, context: &Context) -> Option<CommitRead> {
    let sha = rendered.commit.clone()?;
    let repository = rendered.repository.as_deref().map(|repository| context.short_name(repository).to_owned());
    let url = repository.as_deref().and_then(|repository| context.commit_page(repository, &sha));
    Some(CommitRead { sha, repository, url })
}

/// Says where a rendered set comes from.
pub(crate) fn origin(rendered: &Rendered, paths: &[String], context: &Context) -> Origin {
    let repository = rendered.repository.clone().unwrap_or_default();
    Origin {
        identity: format!("{repository}\n{}", paths.join("\n")),
        commit: rendered.commit.clone(),
        run: context.run_url(),
        source: rendered.repository.as_ref().map(|repository| format!("{repository} {}", paths.join(" "))),
    }
}

/// Brings the cluster to the manifests and judges what comes of it.
///
/// # Errors
/// Whatever ended the run before anything was written; later failures stand in the outcome.
pub(crate) async fn deploy(request: Request<'_>, console: &Console) -> Result<Outcome> {
    let stop = Stop::listen();
    let Request { manifests, session, options, origin, compare, allow_older, mut notices, started } = request;
    notices.extend(session.warnings.iter().map(Notice::new));
    let checks = probe::parse(&options.verify)?;
    let run = Run { session, options, origin, compare, allow_older, started, stop: &stop, console };
    for secret in secrets::to_mask(&manifests) {
        console.mask(&secret);
    }
    let targets = match stop.or(find(manifests, session)).await {
        Some(targets) => targets?,
        None => return Ok(result::cancelled_before_writing(&stop)),
    };
    let anchor = record::anchor(targets.iter().map(|target| &target.manifest));
    let claim = anchor
        .filter(|_| options.lock && !options.dry_run)
        .map(|anchor| lock::claim(&run.origin, &targets[anchor], session));
    lock::holding(session, claim, options.lock_timeout, &stop, console, run.locked(targets, notices, &checks)).await
}

/// What stays the same through a run.
struct Run<'r, 'c> {
    session: &'r Session,
    options: &'r ApplyOptions,
    origin: Origin,
    compare: Option<Compare<'c>>,
    allow_older: bool,
    started: Instant,
    stop: &'r Stop,
    console: &'r Console,
}

impl Run<'_, '_> {
    /// The part that one deploy of a set does at a time.
    async fn locked(&self, targets: Vec<Target>, mut notices: Vec<Notice>, checks: &[Check]) -> Result<Outcome> {
        let policy = Policy { take_over: self.options.take_over, recreate: self.options.recreate };
        let looking = async {
            rights::check(self.session, &targets, self.console).await?;
            let steps = check(targets, self.session, policy, self.console).await?;
            rights::check_plan(self.session, &steps, self.console).await?;
            Ok(steps)
        };
        let mut steps = match self.stop.or(looking).await {
            Some(steps) => steps?,
            None => return Ok(result::cancelled_before_writing(self.stop)),
        };
        notices.extend(warnings(self.session));
        if !self.allow_older
            && let Some(newer) = note::newer(&steps, &self.origin, self.compare, self.console).await
        {
            return Ok(result::superseded(&newer, notices));
        }
        let set: Vec<_> = steps.iter().map(|step| (&step.target.manifest, step.action != Action::Keep)).collect();
        notices.extend(redeploy::remarks(&set).into_iter().map(Notice::new));
        let differences = account::differences(&steps);
        if self.options.dry_run {
            let mut outcome = result::planned(&steps, notices);
            outcome.details = differences;
            return Ok(outcome);
        }
        // Only a diff shows what is coming; a thousand answers are worth freeing.
        steps.iter_mut().for_each(|step| step.coming = None);
        let deadline = Instant::now() + self.options.timeout;
        let writing = Instant::now();
        let writes = self.write(&mut steps, policy).await;
        let wrote = Instant::now();
        self.console.line(&format!(
            "checked in {:.2} s, wrote {} objects in {:.2} s",
            writing.duration_since(self.started).as_secs_f64(),
            writes.done.len(),
            writing.elapsed().as_secs_f64()
        ));
        notices.extend(warnings(self.session));
        let mut outcome = if writes.complete() {
            self.judge(&steps, &writes, notices, checks, deadline).await
        } else {
            result::interrupted(&steps, &writes, notices)
        };
        outcome.details.extend(differences);
        account::add_phases(&mut outcome, self.started, writing, wrote);
        let failed = outcome.failure.as_ref().is_some_and(|failure| failure.kind != FailureKind::Cancelled);
        if failed && self.options.rollback_on_failure && !writes.done.is_empty() {
            back::roll_back(self, &steps, &writes, &mut outcome).await;
        }
        self.console.line(&format!("{} requests to the API server", self.session.cluster.requests()));
        Ok(outcome)
    }

    async fn write(&self, steps: &mut [Step], policy: Policy) -> Writes {
        let say = |line: &str| self.console.line(line);
        write::all(&self.session.cluster, steps, policy, self.stop, &say).await
    }

    /// Follows the rollout to its end, asks what is to be verified, and records what came of it.
    async fn judge(
        &self,
        steps: &[Step],
        writes: &Writes,
        notices: Vec<Notice>,
        checks: &[Check],
        deadline: Instant,
    ) -> Outcome {
        note::write(self.session, steps, writes, &self.origin, false, self.console).await;
        let (cluster, soak) = (&self.session.cluster, self.options.soak);
        let followed = follow::run(cluster, steps, &writes.done, deadline, soak, self.stop, self.console).await;
        let details = why::explain(&self.session.cluster, &followed, self.console).await;
        let good = followed.end == End::Good;
        let timeline = account::objects(&followed.watched);
        let mut outcome = result::judged(steps, writes, followed, notices, details);
        outcome.timeline = timeline;
        if good && !checks.is_empty() {
            outcome.timeline.push(account::begun("verify"));
        }
        if good {
            match probe::all(self.session, steps, checks, deadline, self.stop, self.console).await {
                Ok(()) => note::write(self.session, steps, writes, &self.origin, true, self.console).await,
                Err(failure) => result::fail(&mut outcome, failure),
            }
        }
        outcome
    }
}

/// Reads the live state and has the server check the set; says each field that changes hands.
pub(crate) async fn check(
    targets: Vec<Target>,
    session: &Session,
    policy: Policy,
    console: &Console,
) -> Result<Vec<Step>> {
    let steps = plan::make(&session.cluster, targets, policy).await?;
    for remark in steps.iter().flat_map(|step| &step.remarks) {
        console.line(remark);
    }
    Ok(steps)
}

/// Lints the set and finds each object's place in the cluster.
pub(crate) async fn find(manifests: Vec<Manifest>, session: &Session) -> Result<Vec<Target>> {
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

/// What the API server warned of since the last time.
pub(crate) fn warnings(session: &Session) -> Vec<Notice> {
    session.cluster.take_warnings().into_iter().map(Notice::new).collect()
}
