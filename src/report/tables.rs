//! Images and objects as tables: what failed first, what did not change last and folded. Pure.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::escape::{code, escape};
use super::fold::folded;
use super::order::by_key;
use crate::outcome::{Form, ImageChange, ObjectOutcome, Outcome};

/// Rows of a table; a longer one nobody reads, and the output `objects` has them all.
const ROWS: usize = 200;

/// The images of the config repo; a deploy shows them on its objects.
pub(super) fn images(outcome: &Outcome) -> String {
    if outcome.images.is_empty() || !outcome.objects.is_empty() {
        return String::new();
    }
    let mut text = "| image | old | new | workloads |\n|---|---|---|---|\n".to_owned();
    for image in outcome.images.iter().take(ROWS) {
        text.push_str(&image_row(image));
    }
    rest(&mut text, outcome.images.len(), "images");
    text.push_str(&files(outcome));
    text
}

/// What each file says now, where several were edited.
fn files(outcome: &Outcome) -> String {
    let rows = outcome.images.iter().flat_map(|image| image.files.iter().map(move |file| (file, image)));
    let mut rows: Vec<(&String, &ImageChange)> = rows.collect();
    rows.sort_by_key(|(file, image)| (*file, &image.name));
    if outcome.files.len() < 2 || rows.is_empty() {
        return String::new();
    }
    let mut text = "| file | image | old | new |\n|---|---|---|---|\n".to_owned();
    for (file, image) in rows.iter().take(ROWS) {
        let old = image.old.as_deref().map(code).unwrap_or_default();
        text.push_str(&format!("| {} | {} | {old} | {} |\n", code(file), code(&image.name), code(&image.new)));
    }
    rest(&mut text, rows.len(), "files");
    text
}

fn image_row(image: &ImageChange) -> String {
    let workloads: Vec<String> = image.workloads.iter().take(ROWS).map(|workload| code(workload)).collect();
    let old = image.old.as_deref().map(code).unwrap_or_default();
    format!("| {} | {old} | {} | {} |\n", code(&image.name), code(&image.new), workloads.join("<br>"))
}

/// The objects: those with a verdict that is not good, those that changed, then the unchanged ones folded.
pub(super) fn objects(outcome: &Outcome) -> String {
    let (quiet, loud): (Vec<&ObjectOutcome>, Vec<_>) = outcome.objects.iter().partition(|row| is_quiet(row));
    let order = by_key(loud.iter().map(|row| rank(row)));
    let loud: Vec<&ObjectOutcome> = order.into_iter().map(|index| loud[index]).collect();
    let explained: HashSet<&str> = outcome
        .details
        .iter()
        .filter(|detail| detail.form == Form::Chain)
        .map(|detail| detail.title.as_str())
        .collect();
    let is_explained = |row: &ObjectOutcome| explained.contains(row.object.as_str());
    let mut text = table(&loud, &is_explained);
    if !quiet.is_empty() {
        let title = if quiet.len() == 1 {
            "1 object unchanged".to_owned()
        } else {
            format!("{} objects unchanged", quiet.len())
        };
        text.push_str(&folded(&title, &table(&quiet, &is_explained)));
    }
    text
}

/// Nothing happened to it and nothing is wrong with it.
fn is_quiet(row: &ObjectOutcome) -> bool {
    row.change == "unchanged" && matches!(row.verdict.as_str(), "" | "ready")
}

/// What a reader looks for first.
pub(super) fn rank(row: &ObjectOutcome) -> i64 {
    match (row.verdict.as_str(), row.change.as_str()) {
        ("failed", _) => 0,
        ("in-progress" | "unknown" | "terminating" | "suspended", _) => 1,
        (_, "not applied") => 2,
        (_, "unchanged") => 4,
        _ => 3,
    }
}

/// The verdict stands first; why an object failed is said beside it, unless it is told at length below.
fn table(rows: &[&ObjectOutcome], is_explained: &dyn Fn(&ObjectOutcome) -> bool) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let judged = rows.iter().any(|row| !row.verdict.is_empty());
    let pictured = rows.iter().any(|row| !row.images.is_empty());
    let mut heads: Vec<&str> = judged.then_some("verdict").into_iter().collect();
    heads.extend(["object", "change"]);
    heads.extend(pictured.then_some(["old image", "new image"]).into_iter().flatten());
    let mut text = format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for row in rows.iter().take(ROWS) {
        let mut cells: Vec<String> = judged.then(|| verdict(row, is_explained(row))).into_iter().collect();
        cells.extend([code(&row.object), escape(&row.change)]);
        if pictured {
            cells.extend(pictures(row));
        }
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    rest(&mut text, rows.len(), "objects");
    text
}

/// Old and new images; one that stays stands in the second column alone.
fn pictures(row: &ObjectOutcome) -> [String; 2] {
    let join = |images: Vec<String>| images.join("<br>");
    let old = row.images.iter().map(|image| match &image.old {
        Some(old) if *old != image.new => code(old),
        _ => String::new(),
    });
    let old: Vec<String> = old.collect();
    let has_old = old.iter().any(|old| !old.is_empty());
    let new = row.images.iter().map(|image| code(&image.new)).collect();
    [if has_old { join(old) } else { String::new() }, join(new)]
}

fn verdict(row: &ObjectOutcome, is_explained: bool) -> String {
    let mark = match row.verdict.as_str() {
        "" => return String::new(),
        "ready" => "✅",
        "failed" => "❌",
        "in-progress" => "⏳",
        _ => "⚠️",
    };
    let message = if is_explained { "" } else { row.message.as_str() };
    let reason = if row.verdict == "ready" { "" } else { row.reason.as_str() };
    let why: Vec<&str> = [reason, message].into_iter().filter(|part| !part.is_empty()).collect();
    let why = why.join(": ");
    let why = if why.is_empty() { String::new() } else { format!("<br><sub>{}</sub>", escape(&why)) };
    format!("{mark} {}{why}", escape(&row.verdict))
}

fn rest(text: &mut String, all: usize, what: &str) {
    if all > ROWS {
        let _ = write!(text, "\n{} more {what} are in the output `{what}`.\n", all - ROWS);
    }
    text.push('\n');
}
