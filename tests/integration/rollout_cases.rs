//! The peers' own states and timelines, judged by our judge: each agreed with, or listed in `tests/rollout/differs.tsv`
//! with the reason for differing. Reads the shared cases where they are (`ROLLOUT_CASES`, else `../shared/rollout-cases`
//! beside the crate); our own timelines stand beside the judge, in `src/rollout/tests`.
#![allow(clippy::print_stderr, reason = "a run without the shared cases must say so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use k8s_deploy::rollout::{Applied, ObjectKey, Sightings, Snapshot, Status, Time, judge, parse_time};
use serde::Deserialize as _;
use serde_json::{Value, json};

/// The clock of cases that name none: later than all of them.
const NOW: &str = "2026-11-20T12:00:00Z";

/// One way of looking at a case: `case` for the whole (a timeline replayed), `case@look` for a timeline's last state alone.
#[derive(Debug)]
struct Outcome {
    case: String,
    expected: String,
    ours: String,
    reason: String,
    message: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn shared_cases() -> Option<PathBuf> {
    let folder =
        std::env::var_os("ROLLOUT_CASES").map_or_else(|| root().join("../shared/rollout-cases"), PathBuf::from);
    folder.join("INDEX.tsv").is_file().then_some(folder)
}

fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let documents = serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    documents.filter(|document| !document.is_null()).collect()
}

fn run_case(folder: &Path) -> Vec<Outcome> {
    let expect = documents(&folder.join("expect.yaml")).remove(0);
    let case = folder.file_name().expect("a case is a folder").to_string_lossy().into_owned();
    if folder.join("timeline.json").is_file() {
        let steps: Vec<Value> =
            serde_json::from_str(&fs::read_to_string(folder.join("timeline.json")).expect("readable"))
                .unwrap_or_else(|error| panic!("{case}: {error}"));
        let replayed = outcome(&case, &expect, replay(&expect, &steps));
        let looked = outcome(&format!("{case}@look"), &expect, last_look(&expect, &steps));
        return vec![replayed, looked];
    }
    vec![outcome(&case, &expect, look(folder, &expect))]
}

fn outcome(case: &str, expect: &Value, verdict: k8s_deploy::rollout::Verdict) -> Outcome {
    Outcome {
        case: case.to_owned(),
        expected: expect["mapped"].as_str().expect("every case has mapped").to_owned(),
        ours: verdict.status.word().to_owned(),
        reason: verdict.reason,
        message: verdict.message,
    }
}

fn clock(expect: &Value) -> Time {
    parse_time(expect["clock"].as_str().unwrap_or(NOW)).expect("a clock is a time")
}

/// Judges one state, as the `judge` mode does.
fn look(folder: &Path, expect: &Value) -> k8s_deploy::rollout::Verdict {
    let mut object = documents(&folder.join("object.yaml")).remove(0);
    let has_owner = object.pointer("/metadata/ownerReferences").is_some();
    if expect["managed"] == json!(true) && !has_owner {
        object["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": "owner", "uid": "owner"}]);
    }
    let mut snapshot = Snapshot::default();
    if folder.join("related.yaml").is_file() {
        for related in documents(&folder.join("related.yaml")) {
            snapshot.insert(related);
        }
    }
    let key = snapshot.insert(object).expect("the judged object has a kind");
    let applied = parse_time(expect["deploy_started_at"].as_str().unwrap_or(""))
        .map(|at| Applied { at: Some(at), ..Applied::default() });
    if expect["live"] == json!("NotFound") {
        let mut sightings = Sightings::default();
        let applied = Applied::default();
        judge(&snapshot, &key, Some(&applied), &mut sightings, clock(expect));
        snapshot.remove(&key);
        return judge(&snapshot, &key, Some(&applied), &mut sightings, clock(expect));
    }
    judge(&snapshot, &key, applied.as_ref(), &mut Sightings::of_one_look(), clock(expect))
}

fn judged_key(expect: &Value, steps: &[Value]) -> ObjectKey {
    let primary = steps.iter().find(|step| step["primary"] == json!(true));
    let primary = primary.or_else(|| {
        let target = &expect["target"]["name"];
        steps.iter().find(|step| target.is_null() || step["object"]["metadata"]["name"] == *target)
    });
    ObjectKey::of(&primary.expect("a timeline has an object to judge")["object"]).expect("it has a kind")
}

fn is_live(step: &Value) -> bool {
    step["object"].is_object() && !matches!(step["event"].as_str(), Some("INPUT" | "PREVIOUS"))
}

/// Replays a timeline as the watch loop sees it, a second a step; it ends at the first yes or no, else a minute later.
fn replay(expect: &Value, steps: &[Value]) -> k8s_deploy::rollout::Verdict {
    let key = judged_key(expect, steps);
    let start = clock(expect).as_second();
    let (mut snapshot, mut sightings) = (Snapshot::default(), Sightings::default());
    for (number, step) in steps.iter().enumerate().filter(|(_, step)| is_live(step)) {
        snapshot.insert(step["object"].clone());
        let now = Time::from_second(start + number as i64).expect("in range");
        let verdict = judge(&snapshot, &key, None, &mut sightings, now);
        if matches!(verdict.status, Status::Ready | Status::Failed) {
            return verdict;
        }
    }
    let later = Time::from_second(start + 60).expect("in range");
    judge(&snapshot, &key, None, &mut sightings, later)
}

fn last_look(expect: &Value, steps: &[Value]) -> k8s_deploy::rollout::Verdict {
    let mut snapshot = Snapshot::default();
    for step in steps.iter().filter(|step| is_live(step)) {
        snapshot.insert(step["object"].clone());
    }
    judge(&snapshot, &judged_key(expect, steps), None, &mut Sightings::of_one_look(), clock(expect))
}

/// Reads the list of cases that we judge otherwise: case, our verdict, why.
fn differs() -> BTreeMap<String, (String, String)> {
    let path = root().join("tests/rollout/differs.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut columns = line.split('\t').map(str::to_owned);
            let mut next = || columns.next().unwrap_or_else(|| panic!("differs.tsv: three columns wanted: {line}"));
            (next(), (next(), next()))
        })
        .collect()
}

#[test]
fn every_case_of_the_peers_is_agreed_with_or_listed_as_differing() {
    let Some(folder) = shared_cases() else {
        eprintln!("NOT RUN: the shared rollout cases are not here; only our own timelines were judged");
        return;
    };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    folders.retain(|path| path.join("expect.yaml").is_file());
    folders.sort();
    let outcomes: Vec<Outcome> = folders.iter().flat_map(|path| run_case(path)).collect();
    let differs = differs();
    let mut wrong = Vec::new();
    let mut agreed = 0;
    for outcome in &outcomes {
        let Outcome { case, expected, ours, reason, message } = outcome;
        match differs.get(case) {
            None if expected == ours => agreed += 1,
            None => wrong.push(format!("{case}\texpected {expected}\tours {ours}\t{reason}\t{message}")),
            Some(_) if expected == ours => wrong.push(format!("{case}\tis listed as differing, but agrees: {ours}")),
            Some((listed, _)) if listed != ours => {
                wrong.push(format!("{case}\tlisted as {listed}\tours {ours}\t{reason}\t{message}"));
            }
            Some(_) => {}
        }
    }
    let known: std::collections::HashSet<&str> = outcomes.iter().map(|outcome| outcome.case.as_str()).collect();
    let gone = differs.keys().filter(|case| !known.contains(case.as_str()));
    wrong.extend(gone.map(|case| format!("{case}\tis listed as differing, but is no case")));
    eprintln!(
        "{} views of {} cases: {agreed} agreed, {} listed as differing",
        outcomes.len(),
        folders.len(),
        differs.len()
    );
    assert!(wrong.is_empty(), "{} unlisted disagreements:\n{}", wrong.len(), wrong.join("\n"));
}
