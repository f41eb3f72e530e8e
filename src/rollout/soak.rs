//! After ready: does anything restart? Counts restarts of the pods of the new revision, to be compared with a later count.

use std::collections::BTreeMap;

use super::Time;
use super::case::Case;
use super::fields::{count, list, text};
use super::podevidence::identity;
use super::revision;
use super::sightings::Sightings;
use super::snapshot::{ObjectKey, Snapshot};

/// Restarts by pod (uid and name) and container.
pub type Restarts = BTreeMap<(String, String, String), i64>;

/// Returns how often each container of the workload's new pods was restarted so far.
pub fn restarts(snapshot: &Snapshot, key: &ObjectKey, now: Time) -> Restarts {
    let Some(object) = snapshot.get(key) else { return Restarts::new() };
    let mut sightings = Sightings::of_one_look();
    let case = Case { key, object, snapshot, applied: None, sightings: &mut sightings, now };
    let mut counts = Restarts::new();
    for pod in revision::pods(&case) {
        for status in list(pod, "status.containerStatuses") {
            let place = (identity(pod), text(pod, "metadata.name"), text(status, "name"));
            let place = (place.0.to_owned(), place.1.to_owned(), place.2.to_owned());
            counts.insert(place, count(status, "restartCount").unwrap_or(0));
        }
    }
    counts
}

/// Returns a sentence for each container that was restarted since `before`; a pod that came meanwhile starts at 0.
pub fn restarted(before: &Restarts, after: &Restarts) -> Vec<String> {
    let grown = after.iter().filter_map(|(place, restarts)| {
        let more = restarts - before.get(place).copied().unwrap_or(0);
        (more > 0).then_some((place, more))
    });
    grown
        .map(|((_, pod, container), more)| {
            format!("pod {pod}, container {container}: restarted {more} times since ready")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::world::{deployment, pod, replica_set, second, web};
    use super::*;
    use crate::rollout::parse_time;

    fn counted(pod: serde_json::Value) -> Restarts {
        let mut snapshot = Snapshot::default();
        for object in [deployment(3, 3), replica_set(2), pod] {
            snapshot.insert(object);
        }
        restarts(&snapshot, &web(), parse_time(&second(60)).expect("a time"))
    }

    #[test]
    fn a_restart_after_ready_is_seen() {
        let told = restarted(&counted(pod("a").ready()), &counted(pod("a").running(1, 1, "Error")));
        assert_eq!(told, ["pod a, container app: restarted 1 times since ready"]);
        assert!(restarted(&counted(pod("a").ready()), &counted(pod("b").ready())).is_empty());
    }
}
