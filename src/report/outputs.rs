//! The contract's outputs, from the outcome. Names and forms only as `inputs::table::OUTPUTS` lists them.

use serde_json::json;

use crate::outcome::{Conclusion, Outcome};

/// Returns every output that has something to say, by name.
pub(super) fn of(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let mut outputs = vec![("changed", outcome.changed.to_string())];
    if outcome.conclusion != Conclusion::Printed {
        outputs.push(("result", outcome.conclusion.word().to_owned()));
    }
    if let Some(commit) = &outcome.commit {
        outputs.push(("commit-sha", commit.sha.clone()));
        outputs.extend(commit.url.clone().map(|url| ("commit-url", url)));
        outputs.extend(commit.verified.map(|verified| ("verified", verified.to_string())));
        outputs.push(("branch", commit.branch.clone()));
    } else if let Some(read) = &outcome.read {
        outputs.push(("commit-sha", read.sha.clone()));
        outputs.extend(read.url.clone().map(|url| ("commit-url", url)));
    }
    outputs.extend(pull_request(outcome));
    if !outcome.images.is_empty() {
        outputs.push(("images", images(outcome)));
    }
    if !outcome.files.is_empty() {
        outputs.push(("files", json!(outcome.files).to_string()));
    }
    if !outcome.objects.is_empty() {
        outputs.push(("objects", objects(outcome)));
    }
    outputs.extend(outcome.diff_summary.clone().map(|text| ("diff-summary", text)));
    outputs.extend(outcome.manifest_sha256.clone().map(|text| ("manifest-sha256", text)));
    outputs
}

fn pull_request(outcome: &Outcome) -> Vec<(&'static str, String)> {
    match &outcome.pull_request {
        Some(made) => vec![
            ("pr-number", made.number.to_string()),
            ("pr-url", made.url.clone()),
            ("pr-operation", if made.updated { "updated" } else { "created" }.to_owned()),
        ],
        None if outcome.commit.is_some() => vec![("pr-operation", "none".to_owned())],
        None => Vec::new(),
    }
}

fn images(outcome: &Outcome) -> String {
    let rows: Vec<_> = outcome
        .images
        .iter()
        .map(|image| {
            json!({"name": image.name, "old": image.old, "new": image.new, "files": image.files, "workloads": image.workloads})
        })
        .collect();
    json!(rows).to_string()
}

fn objects(outcome: &Outcome) -> String {
    let rows: Vec<_> = outcome
        .objects
        .iter()
        .map(|row| {
            json!({"object": row.object, "change": row.change, "verdict": row.verdict, "reason": row.reason, "message": row.message})
        })
        .collect();
    json!(rows).to_string()
}
