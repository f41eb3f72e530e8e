//! Five hundred workloads in one namespace: how many watches they take, and what waiting for them costs. A long run, for
//! `make soak`; `K8S_DEPLOY_BINARY` names the binary to measure.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::control_plane::{Space, own_control_plane};

const WORKLOADS: usize = 500;
const MOST_WATCHES: f64 = 10.0;
const MOST_OF_A_CORE: f64 = 0.05;
const MEASURED: Duration = Duration::from_secs(30);

#[test]
#[ignore = "a minute of a loaded control plane; `make soak` runs it"]
fn five_hundred_workloads_take_ten_watches_and_a_twentieth_of_a_core() {
    let plane = own_control_plane();
    let space = plane.space("many");
    let mut manifests = String::new();
    for number in 0..WORKLOADS {
        // One after the other, so that there is something to see while it waits.
        let ready = 40 + number % 60;
        write!(
            manifests,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{number}}}\nspec:\n  selector: {{matchLabels: {{app: w{number}}}}}\n\
             \x20 template:\n    metadata: {{labels: {{app: w{number}}}, annotations: {{test.k8s-deploy-action/ready-after: {ready}s}}}}\n\
             \x20   spec: {{containers: [{{name: app, image: 'acme/shop:v1'}}]}}\n"
        )
        .unwrap();
    }
    let running = space.deploy(&manifests).input("timeout", "10m").start();
    let process = running.id();
    // Somebody has to read the log, or its writer waits.
    let running = std::thread::spawn(move || running.timed().0);
    plane.until_within(Duration::from_secs(120), "every pod to run", |_| {
        space.kubectl(&["get", "pods", "--no-headers", "--field-selector=status.phase=Running"]).lines().count()
            == WORKLOADS
    });
    std::thread::sleep(Duration::from_secs(3));
    let (before, started) = (cpu_seconds(process), Instant::now());
    let done = available(&space);
    std::thread::sleep(MEASURED);
    let share = (cpu_seconds(process) - before) / started.elapsed().as_secs_f64();
    let done = available(&space) - done;
    let watches = watches(&plane.kubectl(&["get", "--raw", "/metrics"]));
    let ran = running.join().unwrap();
    let percent = share * 100.0;
    eprintln!(
        "{WORKLOADS} workloads: {watches} watches, {percent:.2} % of a core while {done} of them became available"
    );
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.log());
    assert!((1.0..=MOST_WATCHES).contains(&watches), "{watches} watches");
    assert!(share < MOST_OF_A_CORE, "{share} of a core");
}

fn available(space: &Space) -> usize {
    let counts = space.kubectl(&["get", "deployments", "-o", "jsonpath={.items[*].status.availableReplicas}"]);
    counts.split_whitespace().filter(|count| *count == "1").count()
}

/// User and system time of a process so far; the kernel counts in hundredths.
fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Watches of a single namespace: only ours are, the cluster's own components watch all of them.
fn watches(metrics: &str) -> f64 {
    let own = metrics.lines().filter(|line| {
        line.starts_with("apiserver_longrunning_requests{")
            && line.contains("scope=\"namespace\"")
            && line.contains("verb=\"WATCH\"")
    });
    own.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}
