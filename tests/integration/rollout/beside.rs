//! The scenarios beside `kubectl rollout status` and `kubectl wait` on the same control plane, as a Markdown table: a long run,
//! for `make soak` and docs/rollouts.md.

use std::time::Instant;

use super::scenario::Scenario;
use super::{scenarios, side_by_side};
use crate::support::control_plane::{Space, control_plane};

/// What everybody gets.
const TIMEOUT: &str = "60s";

/// Kinds that `kubectl rollout status` knows.
const ROLLED_OUT: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];

#[test]
#[ignore = "some minutes: every row may take its whole timeout; `make soak` runs it"]
fn the_scenarios_beside_kubectl() {
    let mut rows = side_by_side(scenarios(), 5, row);
    rows.sort();
    eprintln!(
        "| scenario | simulated | ours | after s | `kubectl rollout status` | after s | `kubectl wait` | after s |"
    );
    eprintln!("|---|---|---|---|---|---|---|---|");
    eprintln!("{}", rows.join("\n"));
}

fn row(scenario: &Scenario) -> String {
    let (ours, our_seconds) = ours(scenario);
    let space = scenario.prepare();
    space.kubectl_with(&["apply", "-f", "-"], &control_plane().fill(&scenario.deploy, &space.name));
    let (condition, object) = scenario.kubectl_wait.split_once(' ').unwrap();
    let (kind, name) = scenario.expect.object.split_once('/').unwrap();
    let status = format!("{kind}/{name}");
    let waits = scenario.during(&space, || {
        std::thread::scope(|scope| {
            let wait = scope.spawn(|| kubectl(&space, &["wait", &format!("--for={condition}"), object]));
            let rollout = ROLLED_OUT.contains(&kind).then(|| kubectl(&space, &["rollout", "status", &status]));
            (rollout, wait.join().unwrap())
        })
    });
    let (rollout, (wait, wait_seconds)) = waits;
    let (rollout, rollout_seconds) = rollout.unwrap_or_else(|| ("knows no such kind".to_owned(), "-".to_owned()));
    format!(
        "| {} | {} | {ours} | {our_seconds} | {rollout} | {rollout_seconds} | {wait} | {wait_seconds} |",
        scenario.title, scenario.simulated
    )
}

fn ours(scenario: &Scenario) -> (String, String) {
    let space = scenario.prepare();
    let started = Instant::now();
    let running = space.deploy(&control_plane().fill(&scenario.deploy, &space.name)).input("timeout", TIMEOUT).start();
    let (ran, lines) = scenario.during(&space, || running.timed());
    // Another end than in the short run, or none: what counts is when the run was over.
    let as_expected = ran.outputs["result"] == scenario.expect.result && ran.outputs["result"] != "timed-out";
    let said = scenario.verdict_at(&space, &lines).filter(|_| as_expected);
    let after = said.map_or_else(|| started.elapsed(), |said| said - started).as_secs_f64();
    let objects: Vec<serde_json::Value> = serde_json::from_str(&ran.outputs["objects"]).unwrap();
    let name = scenario.expect.object.split_once('/').unwrap().0;
    let judged = objects.iter().find(|object| object["object"].as_str().unwrap().starts_with(name)).unwrap();
    (format!("{}: {}", ran.outputs["result"], judged["reason"].as_str().unwrap()), format!("{after:.1}"))
}

/// Runs one of the peers; returns its last line and the seconds it took.
fn kubectl(space: &Space, arguments: &[&str]) -> (String, String) {
    let started = Instant::now();
    let filled: Vec<String> = arguments.iter().map(|part| control_plane().fill(part, &space.name)).collect();
    let mut all: Vec<&str> = filled.iter().map(String::as_str).collect();
    let timeout = format!("--timeout={TIMEOUT}");
    all.push(&timeout);
    let (code, said) = space.try_kubectl(&all);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().replace('|', "/");
    let last = last.replace(&space.name, "NS").replace("error: ", "");
    let last = last.split(" on ").next().unwrap_or_default();
    (format!("exit {code}: {last}"), format!("{:.1}", started.elapsed().as_secs_f64()))
}
