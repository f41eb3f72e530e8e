//! `judge`: reads objects, judges each that stands for itself, prints verdicts. Needs no cluster.
//! The rules stand in `rollout`; this holds the reading and the two ways of printing.

use std::path::Path;

use serde_json::{Value, json};

use crate::disk::Disk;
use crate::failure::{Failure, FailureKind, Place, Result};
use crate::inputs::Judge;
use crate::kustomize::file_system::FileSystem as _;
use crate::outcome::Outcome;
use crate::rollout::diagnosis::diagnose;
use crate::rollout::roster::{Roster, roster};
use crate::rollout::{Sightings, Status, Time, Verdict, judge, parse_time};
use crate::{runner, yaml};

/// Columns of the table are at most so wide; the message, the last one, has no limit.
const WIDEST_COLUMN: usize = 60;

/// Judges the objects of the task's files.
///
/// # Errors
/// Input that cannot be read, or holds no objects.
pub(crate) fn run(task: &Judge) -> Result<Outcome> {
    let now = clock(task.now.as_deref())?;
    let mut documents = Vec::new();
    for file in &task.files {
        let source = read(file)?;
        documents.extend(parse(file, &source)?);
    }
    let roster = roster(documents).map_err(|wrong| Failure::input(format!("{}: {wrong}", task.files.join(", "))))?;
    if roster.judged.is_empty() {
        let message = format!("{}: holds no objects to judge", task.files.join(", "));
        return Err(
            Failure::input(message).hinted("pipe `kubectl get … -o yaml` in, and check that it printed something")
        );
    }
    let mut sightings = Sightings::of_one_look();
    let verdicts: Vec<Verdict> =
        roster.judged.iter().map(|key| judge(&roster.snapshot, key, None, &mut sightings, now)).collect();
    let text = if task.json { json_lines(&verdicts) } else { table(&verdicts, &roster, now) };
    Ok(Outcome { failure: failure(&verdicts), ..Outcome::printed(text) })
}

fn clock(given: Option<&str>) -> Result<Time> {
    let Some(given) = given else { return Ok(runner::now()) };
    parse_time(given).ok_or_else(|| {
        Failure::input(format!("input `now`: `{given}` is no time")).hinted("write it as in 2026-11-20T14:05:00Z")
    })
}

fn read(file: &str) -> Result<Vec<u8>> {
    let read = if file == "-" { runner::read_standard_input() } else { Disk.read(Path::new(file)) };
    read.map_err(|error| Failure::input(format!("cannot read {file}: {error}")))
}

/// Reads YAML, or JSON values one after another as `kubectl get --watch -o json` prints them.
fn parse(file: &str, source: &[u8]) -> Result<Vec<Value>> {
    let first = source.iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, Some(b'{' | b'[')) {
        let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(source).into_iter().collect();
        if let Ok(values) = values {
            return Ok(values);
        }
    }
    let refuse = |error: &yaml::Error| {
        let failure = Failure::input(format!("{file}: {error}"));
        match error.position {
            Some(position) => failure.at(Place { file: file.to_owned(), line: position.line, column: position.column }),
            None => failure,
        }
    };
    let nodes = yaml::parse(source).map_err(|error| refuse(&error))?;
    nodes.iter().map(|node| yaml::to_value(node).map_err(|error| refuse(&error.locate(source)))).collect()
}

/// One JSON object a line, as the contract names its keys.
fn json_lines(verdicts: &[Verdict]) -> String {
    let line = |verdict: &Verdict| {
        let line = json!({"object": verdict.object.to_string(), "verdict": verdict.status.word(),
            "reason": verdict.reason, "message": told(verdict)});
        format!("{line}\n")
    };
    verdicts.iter().map(line).collect()
}

/// The message, and the warning behind it.
fn told(verdict: &Verdict) -> String {
    match &verdict.warning {
        Some(warning) if *warning != verdict.message => format!("{}; warning: {warning}", verdict.message),
        _ => verdict.message.clone(),
    }
}

/// Columns, and below them why each object stands where it stands that is not ready.
fn table(verdicts: &[Verdict], roster: &Roster, now: Time) -> String {
    let rows: Vec<[String; 4]> = verdicts
        .iter()
        .map(|verdict| {
            let word = verdict.status.word().to_owned();
            [verdict.object.to_string(), word, verdict.reason.clone(), one_line(&told(verdict))]
        })
        .collect();
    let heads = ["OBJECT", "VERDICT", "REASON", "MESSAGE"].map(str::to_owned);
    let widths: [usize; 3] = std::array::from_fn(|column| {
        let cells = rows.iter().chain([&heads]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).min(WIDEST_COLUMN)
    });
    let mut text = String::new();
    for [object, word, reason, message] in [&heads].into_iter().chain(&rows) {
        let [first, second, third] = widths;
        text.push_str(format!("{object:first$}  {word:second$}  {reason:third$}  {message}").trim_end());
        text.push('\n');
    }
    for verdict in verdicts.iter().filter(|verdict| verdict.status != Status::Ready) {
        let lines = diagnose(&roster.snapshot, verdict, None, now).lines();
        if lines.len() > 1 {
            text.push('\n');
            text.extend(lines.iter().map(|line| format!("{}\n", one_line_keeping_indent(line))));
        }
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn one_line_keeping_indent(line: &str) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    format!("{}{}", &line[..indent], one_line(line))
}

/// 5 when one failed, 6 when one is neither ready nor failed.
fn failure(verdicts: &[Verdict]) -> Option<Failure> {
    let those = |wanted: fn(Status) -> bool| -> Vec<String> {
        verdicts.iter().filter(|verdict| wanted(verdict.status)).map(|verdict| verdict.object.to_string()).collect()
    };
    let failed = those(|status| status == Status::Failed);
    let open = those(|status| !matches!(status, Status::Failed | Status::Ready));
    let all = verdicts.len();
    if !failed.is_empty() {
        let message = format!("{} of {all} objects failed: {}", failed.len(), shortened(&failed));
        return Some(Failure::new(FailureKind::Rollout, message));
    }
    (!open.is_empty()).then(|| {
        let message = format!("{} of {all} objects are not ready: {}", open.len(), shortened(&open));
        Failure::new(FailureKind::TimedOut, message)
    })
}

fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len() {
        0..=SHOWN => names.join(", "),
        many => format!("{} and {} more", names[..SHOWN].join(", "), many - SHOWN),
    }
}
