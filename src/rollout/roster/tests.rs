//! Inputs as people pipe them in.

use serde_json::{Value, json};

use super::roster;
use crate::rollout::tests::world::{deployment, event, pod, replica_set};

fn judged(documents: Vec<Value>) -> Vec<String> {
    roster(documents).expect("readable").judged.iter().map(ToString::to_string).collect()
}

#[test]
fn what_a_workload_owns_only_speaks_for_it() {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        pod("a").done(), replica_set(2), deployment(1, 2), event("Pod", "a", "BackOff", "x", 1)]});
    assert_eq!(judged(vec![list]), ["Deployment/shop/web"]);
}

#[test]
fn pods_whose_replica_set_is_missing_speak_for_the_deployment_that_selects_them() {
    assert_eq!(judged(vec![deployment(1, 2), pod("a").done()]), ["Deployment/shop/web"]);
}

#[test]
fn pods_alone_are_judged_owned_or_not() {
    assert_eq!(judged(vec![pod("a").done(), pod("b").bare().done()]), ["Pod/shop/a", "Pod/shop/b"]);
}

#[test]
fn a_bare_pod_with_a_workloads_labels_stands_for_itself() {
    assert_eq!(judged(vec![deployment(3, 3), pod("debug").bare().done()]), ["Deployment/shop/web", "Pod/shop/debug"]);
}

#[test]
fn surroundings_are_judged_only_when_alone() {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}});
    assert_eq!(judged(vec![node.clone(), deployment(3, 3)]), ["Deployment/shop/web"]);
    assert_eq!(judged(vec![node]), ["Node/n1"]);
}

#[test]
fn a_typed_list_gives_its_items_their_kind() {
    let list =
        json!({"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "a", "namespace": "shop"}}]});
    assert_eq!(judged(vec![list]), ["Pod/shop/a"]);
}

#[test]
fn later_versions_and_watch_events_replace_earlier_ones() {
    let gone = json!({"type": "DELETED", "object": pod("b").bare().done()});
    let added = json!({"type": "ADDED", "object": pod("b").bare().done()});
    let read = roster(vec![pod("a").bare().done(), pod("a").bare().ready(), added, gone]).expect("readable");
    assert_eq!(read.judged.len(), 1);
    assert_eq!(read.snapshot.len(), 1);
}

#[test]
fn what_is_no_object_is_refused_with_its_number() {
    let wrong = roster(vec![deployment(3, 3), json!("hello")]).expect_err("no object");
    assert!(wrong.starts_with("document 2:"), "{wrong}");
    let wrong = roster(vec![json!({"metadata": {}})]).expect_err("no kind");
    assert!(wrong.contains("kind"), "{wrong}");
    let status = json!({"apiVersion": "v1", "kind": "Status", "message": "pods is forbidden"});
    assert!(roster(vec![status]).expect_err("an error").contains("pods is forbidden"));
}
