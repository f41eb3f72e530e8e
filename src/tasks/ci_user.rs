//! `ci-user`: reads what is to be deployed, works the fewest rights out, grants them to one identity, proves that it can deploy
//! and do nothing else, and hands its kubeconfig over.

mod check;
mod credential;
mod grant;
mod handover;
mod kubeconfig;
mod proof;

use std::collections::BTreeSet;
use std::time::Duration;

use self::credential::Credential;
use self::handover::Handover;
use crate::apply::target::Target;
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::task::{Build, CiUser, ImageEdits};
use crate::inputs::{Ci, Context};
use crate::kubernetes::kubeconfig::expiry;
use crate::outcome::{Conclusion, Notice, ObjectOutcome, Outcome};
use crate::rbac::objects::{Granting, Subject};
use crate::rbac::{self, Usage, Wants, objects, print, rules};
use crate::runner::Console;
use crate::runner::stop::Stop;
use crate::tasks::deploy::session::Session;
use crate::tasks::deploy::{self, manifests, probe, session};
use crate::tasks::source;

/// How long the command may take at most; an admin's credential that ends sooner is a warning.
const NEEDED: Duration = Duration::from_secs(300);
/// Kubernetes gives neither certificates nor tokens for less.
const SHORTEST: Duration = Duration::from_secs(600);
/// Signers count from some minutes ago, for clocks that are behind.
const TOLERANCE: i64 = 600;

/// Runs the mode.
///
/// # Errors
/// Whatever is missing, not permitted or refused; the kubeconfig is handed over after everything else went well.
pub(crate) async fn run(task: &CiUser, context: &Context, console: &Console) -> Result<Outcome> {
    let handover = checked(task, context)?;
    let (build, edits) = (Build::default(), ImageEdits::default());
    let mut rendered = source::read(&task.source, &build, &edits, source::Plain::Taken, context, console).await?;
    let manifests = manifests::of(std::mem::take(&mut rendered.objects))?;
    let checks = probe::parse(&task.options.verify)?;
    let environment = crate::runner::environment();
    let session = session::open(&task.access, context, &environment, NEEDED, console)?;
    let targets = deploy::find(manifests, &session).await?;
    let home = home(&targets, &session, task.check);
    let usage = Usage { options: &task.options, checks: &checks, namespace: &home };
    let wants = rbac::wants(&targets, &usage);
    let mut outcome = if task.check {
        check::run(&session, &wants, console).await?
    } else {
        let subject = subject(task, &home);
        let grants = objects::all(&subject, &rules::of(&wants.needs));
        if task.options.dry_run {
            planned(&grants, &wants)
        } else if let Some(failure) = refused(&wants) {
            return Err(failure);
        } else {
            let work = Work { task, context, console, session: &session, targets, wants, subject, home: &home };
            match work.make(&grants, handover, &Stop::listen()).await {
                Err(failure) if failure.kind == FailureKind::Cancelled => cancelled(failure, &task.name),
                made => made?,
            }
        }
    };
    let said = session.warnings.iter().map(Notice::new).chain(rendered.notices).chain(deploy::warnings(&session));
    outcome.notices.extend(said);
    Ok(outcome)
}

/// Refuses inputs that do not fit one another before anything is read.
fn checked<'a>(task: &'a CiUser, context: &Context) -> Result<Handover<'a>> {
    let mut errors = Vec::new();
    let word = |name: &str| {
        !name.is_empty()
            && name.len() <= 63
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
            && !name.starts_with(['-', '.'])
            && !name.ends_with(['-', '.'])
    };
    if !task.check && !word(&task.name) {
        errors.push(format!(
            "name: `{}` cannot name an identity: use up to 63 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends",
            task.name
        ));
    }
    if task.expires_in < SHORTEST {
        errors.push("expires-in: Kubernetes gives nothing for less than 10m".to_owned());
    }
    if task.long_lived && !task.token_auth {
        errors.push("long-lived: only a token can live for ever: add `auth: token`".to_owned());
    }
    let makes = !task.check && !task.options.dry_run;
    if makes && context.ci != Ci::Shell && task.out.is_none() && task.store.is_none() {
        errors.push("out: in CI the kubeconfig would end in the log: give `store` or `out`".to_owned());
    }
    let handover = Handover::read(task.store.as_deref(), task.out.as_deref());
    match handover {
        Err(error) => {
            errors.push(error);
            Err(Failure::input(errors.join("\n")))
        }
        Ok(handover) if errors.is_empty() => Ok(handover),
        Ok(_) => Err(Failure::input(errors.join("\n"))),
    }
}

/// The namespace of the identity: the given one, else the only one that the set is in, else the admin's. A kubeconfig that is
/// only looked at has its own, which is what `deploy` will take.
fn home(targets: &[Target], session: &Session, check: bool) -> String {
    let chosen = session.namespaces.chosen();
    let used: BTreeSet<&str> =
        targets.iter().filter_map(|target| target.manifest.reference.namespace.as_deref()).collect();
    match used.first() {
        Some(only) if used.len() == 1 && !check && session.namespaces.given.is_none() => (*only).to_owned(),
        _ => chosen.to_owned(),
    }
}

fn subject(task: &CiUser, home: &str) -> Subject {
    let name = task.name.clone();
    if task.token_auth { Subject::ServiceAccount { namespace: home.to_owned(), name } } else { Subject::User(name) }
}

/// Says what of the set no such identity can deploy.
fn refused(wants: &Wants) -> Option<Failure> {
    (!wants.refused.is_empty()).then(|| Failure::input(wants.refused.join("\n")))
}

/// The rules, printed.
fn planned(grants: &[Granting], wants: &Wants) -> Outcome {
    Outcome {
        printed: Some(print::yaml(grants, &wants.remarks)),
        objects: shown(grants, |_| "planned"),
        notices: wants.remarks.iter().map(Notice::new).collect(),
        failure: refused(wants),
        ..Outcome::new(Conclusion::Planned)
    }
}

fn shown(grants: &[Granting], change: impl Fn(usize) -> &'static str) -> Vec<ObjectOutcome> {
    let objects = grants.iter().enumerate().map(|(index, granting)| ObjectOutcome {
        object: granting.shown(),
        change: change(index).to_owned(),
        ..ObjectOutcome::default()
    });
    objects.collect()
}

/// The part that writes.
struct Work<'a> {
    task: &'a CiUser,
    context: &'a Context,
    console: &'a Console,
    session: &'a Session,
    targets: Vec<Target>,
    wants: Wants,
    subject: Subject,
    home: &'a str,
}

impl Work<'_> {
    async fn make(self, grants: &[Granting], handover: Handover<'_>, stop: &Stop) -> Result<Outcome> {
        let Self { task, context, console, session, .. } = self;
        let admin = session::read(&task.access, context, &crate::runner::environment(), NEEDED)?;
        let mut notices = kubeconfig::objections(&admin)?;
        let handover = stop.ended(handover.prepared(&task.source.forge, context, console)).await?;
        if !task.token_auth {
            stop.ended(credential::signer(&session.cluster)).await?;
        }
        console.group(&format!("rights of {}", task.name));
        console.line(&print::yaml(grants, &self.wants.remarks));
        console.end_group();
        let changes = stop.ended(grant::apply(session, grants, &self.targets, task, console)).await?;
        let stale = grant::remove_stale(session, grants, task, self.home, console);
        notices.extend(stop.ended(async { Ok(stale.await) }).await?);
        let credential = credential::make(session, &self.subject, task, stop).await?;
        notices.extend(expiry_notice(&credential, task));
        let document = kubeconfig::text(&admin, &task.name, self.home, &credential);
        let new = kubeconfig::session(&document, task, context)?;
        let known = check::existing(session).await;
        let proof = stop.ended(proof::run(&new, self.targets, &self.wants, known, task, console)).await;
        notices.extend(proof.map_err(|failure| failure.during("the new kubeconfig is not handed over: proving it"))?);
        let printed = handover.give(&kubeconfig::encoded(&document)).await?;
        console.line(&said(&credential, &task.name));
        notices.extend(self.wants.remarks.iter().map(Notice::new));
        Ok(Outcome {
            changed: true,
            printed,
            objects: shown(grants, |index| changes[index]),
            notices,
            ..Outcome::new(Conclusion::Created)
        })
    }
}

/// Says what a cancelled run leaves: rights, but nobody who holds a credential for them.
fn cancelled(failure: Failure, name: &str) -> Outcome {
    let hint = format!(
        "no kubeconfig was handed over; the rights of {name} may be granted already: run it again, or delete what carries the label {}={name}",
        objects::LABEL
    );
    Outcome { failure: Some(failure.hinted(hint)), ..Outcome::new(Conclusion::Cancelled) }
}

/// Warns of a credential that ends sooner than was asked for, or never.
fn expiry_notice(credential: &Credential, task: &CiUser) -> Option<Notice> {
    let what = credential.what();
    let Some(ends) = credential.ends() else {
        return Some(Notice::new(format!(
            "the {what} of {} never expires: whoever finds it can deploy for ever; delete the Secret {}-token to revoke it",
            task.name, task.name
        )));
    };
    let now = crate::runner::now().as_second();
    let asked = i64::try_from(task.expires_in.as_secs()).unwrap_or(i64::MAX);
    let short = ends - now < asked.saturating_sub(TOLERANCE);
    short.then(|| {
        Notice::new(format!(
            "the cluster gives the {what} of {} until {} only, and not for the {} asked for",
            task.name,
            expiry::utc(ends),
            expiry::span(asked)
        ))
    })
}

fn said(credential: &Credential, name: &str) -> String {
    match credential.ends() {
        Some(ends) => format!("the {} of {name} expires {}", credential.what(), expiry::utc(ends)),
        None => format!("the {} of {name} does not expire", credential.what()),
    }
}

/// Says that something other than the rules of this set stands in the way.
fn failed(message: String) -> Failure {
    Failure::new(FailureKind::Other, message)
}
