//! Outcome or failure → log lines, annotations, job summary and outputs. Pure text; `runner` writes it.

mod escape;
mod fold;
mod gantt;
mod markdown;
pub(crate) mod order;
mod outputs;
mod tables;
mod text;

use crate::failure::{Failure, Place};
use crate::inputs::{Context, Mode};
use crate::outcome::{Notice, Outcome};

/// Everything a run has to say at its end.
#[derive(Debug, Default)]
pub struct Report {
    /// Last lines of the log.
    pub lines: Vec<String>,
    /// What is wrong, most important first.
    pub errors: Vec<Notice>,
    /// What deserves a look, most important first.
    pub warnings: Vec<Notice>,
    /// The job summary's Markdown; empty for none.
    pub summary: String,
    /// Outputs by name.
    pub outputs: Vec<(&'static str, String)>,
}

/// Returns the report of a run that came to an outcome.
pub fn outcome(mode: Mode, outcome: &Outcome, context: &Context) -> Report {
    Report {
        lines: text::lines(outcome),
        errors: outcome.failure.iter().map(error).collect(),
        warnings: outcome.notices.clone(),
        summary: markdown::summary(mode, outcome, context),
        outputs: outputs::of(outcome),
    }
}

/// Returns the report of a run that failed before it did anything.
pub fn failure(mode: Option<Mode>, failure: &Failure, context: &Context) -> Report {
    Report {
        errors: vec![error(failure)],
        summary: markdown::failure(mode, failure, context),
        outputs: vec![("changed", "false".to_owned()), ("result", "failed".to_owned())],
        ..Report::default()
    }
}

/// One annotation: the error, then the next steps.
fn error(failure: &Failure) -> Notice {
    let hints: String = failure.hints.iter().map(|hint| format!("\nnext: {hint}")).collect();
    let text = failure.to_string();
    let text = failure.place.as_ref().map_or(text.as_str(), |place| without_place(&text, place));
    Notice { message: format!("{text}{hints}"), place: failure.place.clone() }
}

/// A message without the place in front of it, which the annotation names already; there the file may have more folders.
fn without_place<'m>(message: &'m str, place: &Place) -> &'m str {
    let shown = format!("{}:{}:{}: ", place.file, place.line, place.column);
    match message.split_once(&shown) {
        Some((folders, rest)) if folders.is_empty() || folders.ends_with('/') && !folders.contains(' ') => rest,
        _ => message,
    }
}

#[cfg(test)]
mod tests;
