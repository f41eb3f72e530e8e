//! Rollouts on the real control plane: every scenario of `tests/rollout/scenarios`, run side by side in namespaces of their own
//! and held to verdict, reason, text and time; what takes the cluster itself down, on one of its own; the way back.
#![allow(clippy::print_stderr, reason = "the times of a run are what people look for in its log")]

mod outages;
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

#[test]
fn every_scenario_comes_to_its_verdict_in_time() {
    let waiting = Mutex::new(scenarios());
    let found = Mutex::new((Vec::new(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(next) = waiting.lock().unwrap().pop() else { break };
                    let (row, complaints) = next.run();
                    let mut found = found.lock().unwrap();
                    found.0.push(row);
                    found.1.extend(complaints);
                }
            });
        }
    });
    let (mut rows, complaints) = found.into_inner().unwrap();
    rows.sort();
    eprintln!("{}", rows.join("\n"));
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}
