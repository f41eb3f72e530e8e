//! What takes parts of the cluster itself away while a rollout is watched, on a control plane of its own.

use std::time::Duration;

use crate::support::control_plane::{ControlPlane, Space, own_control_plane};

fn slow(name: &str, ready_after: &str, node: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 1\n  selector: {{matchLabels: {{app: {name}}}}}\n\
         \x20 template:\n    metadata:\n      labels: {{app: {name}}}\n      annotations: {{test.k8s-deploy-action/ready-after: {ready_after}}}\n\
         \x20   spec:\n      nodeSelector: {{kubernetes.io/hostname: {node}}}\n      containers: [{{name: app, image: 'acme/shop:v1'}}]\n"
    )
}

#[test]
fn outages_of_the_cluster_are_waited_out_and_said() {
    let plane = own_control_plane();
    the_api_server_comes_back(plane, &plane.space("restart"));
    the_place_of_a_watch_is_forgotten(plane, &plane.space("expired"));
    a_lost_node_is_named(plane, &plane.space("lost"));
}

/// The watch drops, the server refuses connections, then answers anew.
fn the_api_server_comes_back(plane: &ControlPlane, space: &Space) {
    let running = space.deploy(&slow("web", "12s", "node-0")).input("timeout", "90s").start();
    plane.until("the pod", |_| space.kubectl(&["get", "pods", "-o", "name"]).contains("web"));
    plane.kill("kube-apiserver");
    std::thread::sleep(Duration::from_secs(4));
    plane.start("kube-apiserver");
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert!(ran.stdout.contains("the API server does not answer, trying on"), "{}", ran.everything);
}

/// While the client sleeps the server starts anew and remembers nothing from before: it answers 410, and all is listed again.
fn the_place_of_a_watch_is_forgotten(plane: &ControlPlane, space: &Space) {
    let running = space.deploy(&slow("web", "1h", "node-0")).input("timeout", "90s").start();
    plane.until("the pod", |_| space.kubectl(&["get", "pods", "-o", "name"]).contains("web"));
    running.signal("STOP");
    for count in 0..3 {
        space.kubectl(&["create", "configmap", &format!("other-{count}")]);
    }
    plane.kill("kube-apiserver");
    plane.start("kube-apiserver");
    space.kubectl(&["patch", "deployment/web", "--type=json", "-p", REMOVE_DELAY]);
    plane.until("the rollout", |_| space.field("deployment/web", ".status.availableReplicas") == "1");
    running.signal("CONT");
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    // Nobody else lists the Deployments of one namespace, and the server counts from its start.
    let metrics = plane.kubectl(&["get", "--raw", "/metrics"]);
    let listed = ["apiserver_request_total{", "resource=\"deployments\"", "scope=\"namespace\"", "verb=\"LIST\""];
    let listed = metrics.lines().any(|line| listed.iter().all(|part| line.contains(part)));
    assert!(listed, "the place was not forgotten: {}", ran.everything);
}

const REMOVE_DELAY: &str =
    r#"[{"op": "remove", "path": "/spec/template/metadata/annotations/test.k8s-deploy-action~1ready-after"}]"#;

/// The node's kubelet goes silent; after 20 s the node controller marks node and pods.
fn a_lost_node_is_named(plane: &ControlPlane, space: &Space) {
    let running = space.deploy(&slow("web", "1h", "node-1")).input("timeout", "40s").start();
    plane.until("the pod", |_| space.kubectl(&["get", "pods", "-o", "name"]).contains("web"));
    space.kubectl(&["label", "node", "node-1", "test.k8s-deploy-action/kubelet-"]);
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (6, "timed-out"), "{}", ran.everything);
    assert!(ran.outputs["objects"].contains("\"reason\":\"NodeNotReady\""), "{}", ran.everything);
    assert!(ran.stdout.contains("on node node-1"), "the node is not named: {}", ran.everything);
}
