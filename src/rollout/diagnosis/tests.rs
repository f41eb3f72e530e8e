//! The chain as a person reads it.

use serde_json::json;

use super::super::tests::world::{deployment, event, pod, replica_set, second, web};
use super::{Diagnosis, diagnose};
use crate::rollout::{Applied, Sightings, Snapshot, judge, parse_time};

fn diagnosed(objects: Vec<serde_json::Value>) -> Diagnosis {
    let mut snapshot = Snapshot::default();
    for object in objects {
        snapshot.insert(object);
    }
    let now = parse_time(&second(60)).expect("a time");
    let applied = Applied { at: parse_time(&second(0)), ..Applied::default() };
    let verdict = judge(&snapshot, &web(), Some(&applied), &mut Sightings::of_one_look(), now);
    diagnose(&snapshot, &verdict, Some(&applied), now)
}

#[test]
fn the_chain_goes_from_the_deployment_to_the_container() {
    let told = diagnosed(vec![deployment(1, 2), replica_set(2), pod("a").backing_off(3, 1, "Error")]);
    let whats: Vec<&str> = told.chain.iter().map(|link| link.what.as_str()).collect();
    assert_eq!(whats, ["Deployment/shop/web", "ReplicaSet/shop/web-2", "Pod/shop/a", "container app"]);
    assert!(told.chain[3].state.contains("3 restarts") && told.chain[3].state.contains("exit 1"), "{told:?}");
    let log = told.log.expect("a crashed container has a log");
    assert!(log.previous && log.container == "app" && log.pod == "a");
    assert!(told.next_step.is_some());
}

#[test]
fn an_image_that_cannot_be_pulled_is_named_and_no_log_is_wanted() {
    let told = diagnosed(vec![deployment(1, 2), replica_set(2), pod("a").waiting("ErrImagePull", "manifest unknown")]);
    assert_eq!(told.image.as_deref(), Some("shop/app:2"));
    assert_eq!(told.log, None);
}

#[test]
fn events_are_grouped_over_pods_and_old_ones_are_left_out() {
    let mut old = event("Pod", "a", "BackOff", "Back-off restarting failed container", -600);
    old["metadata"]["name"] = json!("old");
    let told = diagnosed(vec![
        deployment(1, 2),
        replica_set(2),
        pod("a").waiting("ContainerCreating", ""),
        pod("b").waiting("ContainerCreating", ""),
        event("Pod", "a", "FailedMount", "secret \"tls\" not found for pod a", 9),
        event("Pod", "b", "FailedMount", "secret \"tls\" not found for pod b", 12),
        old,
    ]);
    assert_eq!(told.events.len(), 1, "{:?}", told.events);
    assert_eq!((told.events[0].times, told.events[0].objects), (4, 2));
}

#[test]
fn the_lines_are_indented_along_the_chain() {
    let lines = diagnosed(vec![deployment(1, 2), replica_set(2), pod("a").backing_off(3, 1, "Error")]).lines();
    assert!(lines[0].starts_with("Deployment/shop/web: failed, CrashLoopBackOff"), "{lines:?}");
    assert!(lines[3].starts_with("      container app"), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.starts_with("  next: ")), "{lines:?}");
}
