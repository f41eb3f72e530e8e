//! What an edit makes of the files of one commit: new bytes, what changes, and the words for it.
//! Pure: files in, plan out.

use std::collections::BTreeMap;

use super::targets::Targets;
use super::{Job, Wanted};
use crate::config::message::{Step, Words};
use crate::config::trailers::Trailers;
use crate::failure::{Failure, Place as Line, Result};
use crate::github::{FileChange, Mode, Tree};
use crate::images::{self, Edited, Entry, EntryChange};
use crate::outcome::{ImageChange, Notice};

/// The plan of one commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Files with their new bytes.
    pub(super) files: Vec<FileChange>,
    /// Every change, with the file's path.
    pub(super) changes: Vec<(String, EntryChange)>,
    /// The changes for the words, in the same order.
    pub(super) steps: Vec<Step>,
    /// What there is to say.
    pub(super) notices: Vec<Notice>,
    /// Workloads that an image's change reaches, by the entry's name; empty when it is not proven.
    pub(super) workloads: BTreeMap<String, Vec<String>>,
}

/// Makes the plan for the files of a commit.
pub(super) fn make(job: &Job<'_>, tree: &Tree, targets: &Targets) -> Result<Plan> {
    let mut plan = Plan::default();
    for target in &targets.files {
        let Some(entry) = tree.entry(&target.path) else {
            return Err(Failure::input(format!("path: {} is a link to nothing", target.path)));
        };
        let bytes = entry.bytes.as_deref().unwrap_or_default();
        plan.add(job, &target.folder, &target.path, entry.mode, bytes)?;
    }
    Ok(plan)
}

impl Plan {
    /// Plans the edit of one file.
    pub(super) fn add(&mut self, job: &Job<'_>, folder: &str, path: &str, mode: Mode, bytes: &[u8]) -> Result<()> {
        let Some(request) = job.wanted.of(folder) else { return Ok(()) };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Failure::input(format!("{path}: the file is no UTF-8 text")));
        };
        let create = job.create_missing || matches!(job.wanted, Wanted::Each(_));
        let edited = images::edit(text, request, create).map_err(|error| refuse(path, &error))?;
        let Edited { text: new, changes, warnings } = edited;
        self.notices.extend(warnings.iter().map(|warning| Notice::new(format!("{path}: {warning}"))));
        for change in changes {
            self.steps.push(step(folder, &change));
            self.changes.push((path.to_owned(), change));
        }
        if new != text {
            self.files.push(FileChange { path: path.to_owned(), mode, bytes: new.into_bytes() });
        }
        Ok(())
    }

    /// Returns the words for the commit and the pull request.
    pub(super) fn words<'run>(&self, job: &Job<'run>) -> Words<'run> {
        let mut images: Vec<String> = Vec::new();
        for (_, change) in &self.changes {
            if let Entry::Image { after, .. } = &change.entry {
                let image = format!("{}={}", change.name, after.reference(&change.name));
                if !images.contains(&image) {
                    images.push(image);
                }
            }
        }
        let sign_off = job.commit.sign_off.then(|| signer(job));
        Words {
            verb: job.verb,
            steps: self.steps.clone(),
            remarks: job.remarks.clone(),
            trailers: Trailers { source: job.source.clone(), images },
            sign_off,
        }
    }

    /// Returns the images for the report: one a name and new reference.
    pub(super) fn images(&self) -> Vec<ImageChange> {
        let mut images: Vec<ImageChange> = Vec::new();
        for (path, change) in &self.changes {
            let Entry::Image { before, after } = &change.entry else { continue };
            let old = before.as_ref().map(|before| before.reference(&change.name));
            let new = after.reference(&change.name);
            match images.iter_mut().find(|image| image.name == change.name && image.old == old && image.new == new) {
                Some(image) => image.files.push(path.clone()),
                None => images.push(ImageChange {
                    name: change.name.clone(),
                    old,
                    new,
                    files: vec![path.clone()],
                    workloads: self.workloads.get(&change.name).cloned().unwrap_or_default(),
                }),
            }
        }
        images
    }
}

fn refuse(path: &str, error: &images::EditError) -> Failure {
    let failure = Failure::input(format!("{path}: {}", error.message));
    if error.line == 0 {
        return failure;
    }
    failure.at(Line { file: path.to_owned(), line: error.line, column: error.column })
}

fn step(folder: &str, change: &EntryChange) -> Step {
    let (old, new) = match &change.entry {
        Entry::Image { before, after } => {
            (before.as_ref().map(|before| before.reference(&change.name)), after.reference(&change.name))
        }
        Entry::Replicas { before, after } => {
            (before.as_ref().map(|count| format!("{count} replicas")), format!("{after} replicas"))
        }
    };
    Step { name: change.name.clone(), old, new, folder: folder.to_owned() }
}

/// Who signs off: the one who started the run.
fn signer(job: &Job<'_>) -> String {
    let actor = job.context.actor.as_deref().unwrap_or("k8s-deploy-action");
    format!("{actor} <{actor}@users.noreply.github.com>")
}
