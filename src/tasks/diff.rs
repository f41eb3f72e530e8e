//! `diff`: what a deploy would change, from the server's dry run, field by field; secrets masked. Writes nothing.

use std::fmt::Write as _;
use std::time::Duration;

use crate::apply::difference;
use crate::apply::{secrets, takeover};
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::Context;
use crate::inputs::task::{Diff, Recreate};
use crate::outcome::{Conclusion, Detail, Form, Notice, ObjectOutcome, Outcome};
use crate::runner::Console;
use crate::tasks::deploy::plan::{Action, Policy, Step};
use crate::tasks::deploy::{self, account, manifests, session};
use crate::tasks::{render, source};

/// How long a diff may take at most; a credential that ends sooner is a warning.
const NEEDED: Duration = Duration::from_secs(300);

/// Runs the mode.
///
/// # Errors
/// What the server refuses, and access that cannot be used.
pub(crate) async fn run(task: &Diff, context: &Context, console: &Console) -> Result<Outcome> {
    let mut rendered =
        source::read(&task.source, &task.build, &task.edits, source::Plain::Taken, context, console).await?;
    let manifest_sha256 = render::printed_sha256(&rendered.objects, context);
    let manifests = manifests::of(std::mem::take(&mut rendered.objects))?;
    let read = deploy::commit_read(&rendered, context);
    for secret in secrets::to_mask(&manifests) {
        console.mask(&secret);
    }
    let environment = crate::runner::environment();
    let session = session::open(&task.access, context, &environment, NEEDED, console)?;
    let targets = deploy::find(manifests, &session).await?;
    let policy = Policy { take_over: task.take_over, recreate: Recreate::Jobs };
    let steps = deploy::check(targets, &session, policy, console).await?;
    let said = session.warnings.iter().map(Notice::new).chain(deploy::warnings(&session));
    let notices = rendered.notices.into_iter().chain(said).collect();
    Ok(Outcome { read, manifest_sha256, ..outcome(&steps, notices, task.exit_code) })
}

/// Puts the differences of all objects together.
fn outcome(steps: &[Step], notices: Vec<Notice>, exit_code: bool) -> Outcome {
    let differing: Vec<(&Step, Vec<String>)> =
        steps.iter().filter(|step| step.action != Action::Keep).map(|step| (step, lines(step))).collect();
    let conclusion = if differing.is_empty() { Conclusion::Unchanged } else { Conclusion::Different };
    let mut outcome = Outcome { notices, ..Outcome::new(conclusion) };
    outcome.changed = !differing.is_empty();
    outcome.diff_summary = Some(summary(steps));
    outcome.objects = steps
        .iter()
        .map(|step| ObjectOutcome {
            object: step.target.manifest.reference.to_string(),
            change: word(step.action).to_owned(),
            images: account::images(step.live.as_ref(), &step.target.manifest.value),
            ..ObjectOutcome::default()
        })
        .collect();
    let mut text = String::new();
    for (step, lines) in &differing {
        let head = format!("{} {}", step.target.manifest.reference, word(step.action));
        let body = lines.join("\n");
        let _ = writeln!(text, "{head}\n{body}");
        outcome.details.push(Detail { title: head, text: body, form: Form::Diff });
    }
    outcome.printed = Some(text).filter(|text| !text.is_empty());
    if exit_code && !differing.is_empty() {
        let message = format!("the cluster differs from the manifests: {}", summary(steps));
        outcome.failure = Some(Failure::new(FailureKind::Different, message));
    }
    outcome
}

/// Says each field that would change.
pub(crate) fn lines(step: &Step) -> Vec<String> {
    let reference = &step.target.manifest.reference;
    let rendered = &step.target.manifest.value;
    match (&step.action, &step.live, &step.coming) {
        (Action::Recreate, live, _) => {
            let mut lines = vec!["! deleted and created: a field that cannot change differs".to_owned()];
            lines.extend(
                difference::against_rendered(live.as_ref(), rendered).iter().map(|change| change.line(reference)),
            );
            lines
        }
        (Action::Later, ..) => {
            let after = step.target.after.as_ref().map(ToString::to_string).unwrap_or_default();
            let mut lines = vec![format!("! not checked by the server: it can be once {after} exists")];
            lines.extend(difference::created(rendered).iter().map(|change| change.line(reference)));
            lines
        }
        (_, Some(live), Some(coming)) => {
            let coming = takeover::without_lost(live, coming.value());
            difference::between(Some(live), &coming).iter().map(|change| change.line(reference)).collect()
        }
        // A new object is shown as it was rendered: what the server adds is no difference that anybody made.
        _ => difference::created(rendered).iter().map(|change| change.line(reference)).collect(),
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Keep => "unchanged",
        Action::Create | Action::Later => "created",
        Action::Change => "configured",
        Action::Recreate => "recreated",
    }
}

fn summary(steps: &[Step]) -> String {
    let counts = ["created", "configured", "recreated", "unchanged"].into_iter().filter_map(|kind| {
        let count = steps.iter().filter(|step| word(step.action) == kind).count();
        (count > 0).then(|| format!("{count} {kind}"))
    });
    counts.collect::<Vec<_>>().join(", ")
}
