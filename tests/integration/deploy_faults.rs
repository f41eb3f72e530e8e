//! `deploy` while the cluster breaks: what heals is waited for, what does not is said.

use std::time::Duration;

use crate::deploy::deployment;
use crate::support::control_plane::own_control_plane;

fn slow(name: &str) -> String {
    deployment(name, "juggernaut/k8s-demo-go-app:v0.0.1", "").replace(
        &format!("    metadata:\n      labels: {{app: {name}}}"),
        &format!("    metadata:\n      labels: {{app: {name}}}\n      annotations: {{test.k8s-deploy-action/ready-after: 6s}}"),
    )
}

#[test]
fn an_api_server_that_is_killed_and_started_again_costs_no_verdict() {
    let plane = own_control_plane();
    let space = plane.space("restart");
    let running = space.deploy(&slow("web")).start();
    plane.until("the deployment to be there", |_| !space.kubectl(&["get", "deployments", "-o", "name"]).is_empty());
    plane.kill("kube-apiserver");
    std::thread::sleep(Duration::from_secs(3));
    plane.start("kube-apiserver");
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert!(ran.stdout.contains("does not answer"), "{}", ran.everything);

    plane.kill("kube-apiserver");
    let running = space.deploy(&slow("api")).start();
    std::thread::sleep(Duration::from_secs(2));
    plane.start("kube-apiserver");
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
}

#[test]
fn a_server_that_never_comes_back_ends_at_the_deadline() {
    let plane = own_control_plane();
    let space = plane.space("gone");
    let running = space.deploy(&slow("web")).input("timeout", "8s").start();
    plane.until("the deployment to be there", |_| !space.kubectl(&["get", "deployments", "-o", "name"]).is_empty());
    plane.kill("kube-apiserver");
    let started = std::time::Instant::now();
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (6, "timed-out"), "{}", ran.everything);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    plane.start("kube-apiserver");
}
