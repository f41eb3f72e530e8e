//! `bump`: sets images in kustomizations of the config repo, in one commit or pull request, or in a local folder.

use super::landing::{self, Job, Wanted};
use crate::config::trailers::Source;
use crate::failure::{Failure, Result};
use crate::images::{Request, RequestInputs};
use crate::inputs::{Bump, Context, ImageEdits};
use crate::outcome::{Notice, Outcome};
use crate::runner::Console;

/// Runs the mode.
///
/// # Errors
/// Whatever ended the run before anything was written; nothing is half-written.
pub(super) async fn run(task: &Bump, context: &Context, console: &Console) -> Result<Outcome> {
    let mut request = read(&task.edits)?;
    let warnings = std::mem::take(&mut request.warnings);
    let job = Job {
        commit: &task.commit,
        context,
        console,
        verb: "Bump",
        wanted: Wanted::Same(request),
        create_missing: task.create_missing,
        allow_no_effect: task.allow_no_effect,
        allow_older: task.allow_older,
        source: source(context),
        remarks: Vec::new(),
    };
    let mut outcome = landing::run(&job).await?;
    outcome.notices.extend(warnings.into_iter().map(Notice::new));
    Ok(outcome)
}

/// Reads what is to be set.
pub(super) fn read(edits: &ImageEdits) -> Result<Request> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (image, tag) = (text(&edits.image), text(&edits.tag));
    let (digest, new_name) = (text(&edits.digest), text(&edits.new_name));
    let inputs = RequestInputs {
        images: &edits.lines,
        image: &image,
        tag: &tag,
        digest: &digest,
        new_name: &new_name,
        replicas: &edits.replicas,
    };
    Request::read(&inputs).map_err(|errors| {
        Failure::input(errors.join("\n"))
            .hinted("`images` lines are as in `kustomize edit set image`: NAME:TAG, NAME=NEWNAME:TAG, NAME@DIGEST")
    })
}

/// Where the change comes from, as the run's variables tell.
pub(super) fn source(context: &Context) -> Source {
    Source { repository: context.repository.clone(), commit: context.sha.clone(), run: context.run_url() }
}
