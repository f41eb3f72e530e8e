//! The modes that need no cluster and write nothing: `render` and `judge`.

use super::super::values::Values;
use super::edits::{Build, ImageEdits, edits, flags};
use super::source::{Source, source};

/// `render`
#[derive(Debug)]
pub struct Render {
    /// What to build.
    pub source: Source,
    /// kustomize's flags.
    pub build: Build,
    /// Images set on the fly.
    pub edits: ImageEdits,
    /// File or folder in place of standard output.
    pub output: Option<String>,
}

/// `judge`
#[derive(Debug)]
pub struct Judge {
    /// Files to read; `-` is standard input.
    pub files: Vec<String>,
    /// One JSON line an object in place of the table.
    pub json: bool,
    /// The clock, as RFC 3339 text.
    pub now: Option<String>,
}

pub(super) fn render(values: &mut Values<'_>) -> Render {
    Render { source: source(values), build: flags(values), edits: edits(values), output: values.text("output") }
}

pub(super) fn judge(values: &mut Values<'_>) -> Judge {
    let json = match values.text("output").as_deref() {
        None | Some("table") => false,
        Some("json") => true,
        Some(other) => {
            values.refuse("output", &format!("`{other}` is none of `table`, `json`"));
            false
        }
    };
    let given = values.paths();
    let files = if given == ["."] { vec!["-".to_owned()] } else { given };
    Judge { files, json, now: values.text("now") }
}
