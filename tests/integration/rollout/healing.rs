//! Two hundred runs of what heals, each with other times: no failure that heals may be called one, and no success before it
//! healed. A long run, for `make soak`.

use std::time::{SystemTime, UNIX_EPOCH};

use super::scenario::Scenario;
use super::{AT_A_TIME, scenarios, side_by_side};
use crate::support::control_plane::control_plane;

const RUNS: usize = 200;

#[test]
#[ignore = "some minutes; `make soak` runs it"]
fn nothing_that_heals_is_called_failed_and_nothing_is_called_ready_before() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let healing: Vec<Scenario> = scenarios().into_iter().filter(|scenario| scenario.name.ends_with("-heals")).collect();
    let runs = (0..RUNS).map(|run| jittered(&healing[run % healing.len()], Jitter(seed ^ (run as u64) << 32)));
    let done = side_by_side(runs.collect(), AT_A_TIME, one);
    let complaints = done.concat();
    eprintln!("{RUNS} healing runs with seed {seed}: {} went wrong", complaints.len());
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

fn one(scenario: &Scenario) -> Vec<String> {
    let space = scenario.prepare();
    let running = space.deploy(&control_plane().fill(&scenario.deploy, &space.name)).input("timeout", "90s").start();
    let ran = scenario.during(&space, || running.finish());
    let mut wrong = scenario.wrong(&space, &ran);
    let (condition, object) = scenario.kubectl_wait.split_once(' ').unwrap();
    let object = control_plane().fill(object, &space.name);
    let (code, said) = space.try_kubectl(&["wait", &format!("--for={condition}"), &object, "--timeout=0s"]);
    if ran.code == 0 && code != 0 {
        wrong.push(format!("called ready before it was: {said}"));
    }
    wrong
        .into_iter()
        .map(|complaint| format!("{}: {complaint}\n{}\n{}", scenario.name, scenario.deploy, ran.log()))
        .collect()
}

/// The same with other times: what heals by itself within half a minute, what is mended within the eight seconds that no rule
/// calls a failure.
fn jittered(scenario: &Scenario, mut jitter: Jitter) -> Scenario {
    let mut scenario = scenario.clone();
    let mut replace = |from: &str, to: String| scenario.deploy = scenario.deploy.replace(from, &to);
    replace("heal-after: 12s", format!("heal-after: {}ms", jitter.between(500, 25_000)));
    let crashes = jitter.between(1, 2);
    replace("crashes: \"2\"", format!("crashes: \"{crashes}\""));
    let pauses = format!(
        "test.k8s-deploy-action/run-for: {}ms\n          test.k8s-deploy-action/back-off: {}ms\n",
        jitter.between(50, 2000),
        jitter.between(500, 4000)
    );
    replace(
        "          test.k8s-deploy-action/behaviour: crash-loop\n",
        format!("          test.k8s-deploy-action/behaviour: crash-loop\n          {pauses}"),
    );
    let factor = jitter.between(10, 130) as f64 / 100.0;
    for meanwhile in &mut scenario.meanwhile {
        meanwhile.after *= factor;
    }
    scenario
}

/// A small generator of numbers, so that a seed says what was run.
struct Jitter(u64);

impl Jitter {
    fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + (self.0 >> 33) % (most - least + 1)
    }
}
