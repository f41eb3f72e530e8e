//! Rollouts on the real control plane: every scenario of `tests/rollout/scenarios`, run side by side in namespaces of their own
//! and held to verdict, reason, text and time; what takes the cluster itself down, on one of its own; the way back.
#![allow(clippy::print_stderr, reason = "the times of a run are what people look for in its log")]

mod beside;
mod healing;
mod many;
mod outages;
mod recorded;
mod scenario;
mod stuck;
mod terminal;
mod witness;

use std::path::Path;
use std::sync::Mutex;

use scenario::Scenario;

/// Scenarios at a time: they mostly wait.
const AT_A_TIME: usize = 10;

fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rollout/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let only = std::env::var("SCENARIO").unwrap_or_default();
    paths.retain(|path| path.to_string_lossy().contains(&only));
    paths.iter().map(|path| Scenario::read(path)).collect()
}

/// Does the work for each scenario, so many at a time.
fn side_by_side<T: Send>(scenarios: Vec<Scenario>, at_a_time: usize, work: impl Fn(&Scenario) -> T + Sync) -> Vec<T> {
    let waiting = Mutex::new(scenarios);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                loop {
                    let Some(next) = waiting.lock().unwrap().pop() else { break };
                    let result = work(&next);
                    done.lock().unwrap().push(result);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

#[test]
fn every_scenario_comes_to_its_verdict_in_time() {
    let done = side_by_side(scenarios(), AT_A_TIME, Scenario::run);
    let (mut rows, complaints): (Vec<String>, Vec<Vec<String>>) = done.into_iter().unzip();
    let complaints = complaints.concat();
    rows.sort();
    eprintln!("{}", rows.join("\n"));
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}
