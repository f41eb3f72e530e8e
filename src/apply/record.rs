//! The record of a deploy: the set's anchor and the annotations on it. Pure: says what to write, and what another run left there.

use serde_json::{Map, Value, json};

use super::object::{Manifest, ObjectRef};

const COMMIT: &str = "k8s-deploy-action/commit";
const GOOD_COMMIT: &str = "k8s-deploy-action/good-commit";
const RUN: &str = "k8s-deploy-action/run";
const SOURCE: &str = "k8s-deploy-action/source";

/// Kinds that count as workloads when the anchor is chosen.
const WORKLOADS: [(&str, &str); 8] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("", "ReplicationController"),
    ("", "Pod"),
];

/// Where the set comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The repository (or the folder's remote) and the `path` lines: what makes it this set.
    pub identity: String,
    /// The commit that is deployed, when it is known.
    pub commit: Option<String>,
    /// The page of this run.
    pub run: Option<String>,
    /// What people read as its source: repository and path.
    pub source: Option<String>,
}

impl Origin {
    /// Returns the name of the set's Lease.
    pub(crate) fn lease_name(&self) -> String {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.identity.as_bytes());
        let digits: String = digest.as_ref().iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        format!("k8s-deploy-action-{digits}")
    }
}

/// Returns the index of the set's anchor: the first workload in output order, else the first object.
pub(crate) fn anchor<'a>(manifests: impl Iterator<Item = &'a Manifest>) -> Option<usize> {
    let mut first = None;
    for (index, manifest) in manifests.enumerate() {
        first = first.or(Some(index));
        if is_workload(&manifest.reference) {
            return Some(index);
        }
    }
    first
}

/// Tells whether a kind runs pods.
pub(crate) fn is_workload(reference: &ObjectRef) -> bool {
    WORKLOADS.iter().any(|(group, kind)| reference.is(group, kind))
}

/// Returns the commit that an earlier run recorded.
pub(crate) fn commit(live: &Value) -> Option<&str> {
    annotation(live, COMMIT)
}

/// Returns the commit of the last run that was judged good.
pub(crate) fn good_commit(live: &Value) -> Option<&str> {
    annotation(live, GOOD_COMMIT)
}

/// Returns the patch that records this run, `good` after a good verdict; `None` when the record already says so and
/// nothing was changed.
pub(crate) fn patch(live: Option<&Value>, origin: &Origin, good: bool, changed: bool) -> Option<Value> {
    let recorded = |name| live.and_then(|live| annotation(live, name));
    let same =
        recorded(COMMIT) == origin.commit.as_deref() && (!good || recorded(GOOD_COMMIT) == origin.commit.as_deref());
    if same && !changed {
        return None;
    }
    let mut annotations = Map::new();
    // A commit that is not known must not leave an older one standing as if it were deployed.
    for (name, value) in [(COMMIT, &origin.commit), (RUN, &origin.run), (SOURCE, &origin.source)] {
        annotations.insert(name.to_owned(), json!(value));
    }
    if good {
        annotations.insert(GOOD_COMMIT.to_owned(), json!(origin.commit));
    }
    Some(json!({"metadata": {"annotations": annotations}}))
}

fn annotation<'a>(live: &'a Value, name: &str) -> Option<&'a str> {
    live.pointer("/metadata/annotations")?.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(api_version: &str, kind: &str) -> Manifest {
        Manifest::new(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}), None).unwrap()
    }

    fn origin() -> Origin {
        Origin { identity: "o/r\nprod".into(), commit: Some("c1".into()), run: Some("u".into()), source: None }
    }

    #[test]
    fn the_anchor_is_the_first_workload_else_the_first_object() {
        let set = [manifest("v1", "Service"), manifest("apps/v1", "Deployment"), manifest("batch/v1", "Job")];
        assert_eq!(anchor(set.iter()), Some(1));
        assert_eq!(anchor(set[..1].iter()), Some(0));
        assert_eq!(anchor([].iter()), None);
    }

    #[test]
    fn the_lease_is_named_by_the_set() {
        let name = origin().lease_name();
        assert_eq!(name.len(), "k8s-deploy-action-".len() + 10);
        assert_ne!(name, Origin { identity: "o/r\nstage".into(), ..origin() }.lease_name());
    }

    #[test]
    fn the_good_commit_is_written_only_after_a_good_verdict() {
        let patch = patch(None, &origin(), false, true).unwrap();
        assert_eq!(patch["metadata"]["annotations"][COMMIT], "c1");
        assert!(patch["metadata"]["annotations"].get(GOOD_COMMIT).is_none());
        let good = super::patch(None, &origin(), true, false).unwrap();
        assert_eq!(good["metadata"]["annotations"][GOOD_COMMIT], "c1");
    }

    #[test]
    fn an_unchanged_set_with_the_same_record_is_not_written() {
        let live = json!({"metadata": {"annotations": {COMMIT: "c1", GOOD_COMMIT: "c1"}}});
        assert_eq!(patch(Some(&live), &origin(), true, false), None);
        let older = json!({"metadata": {"annotations": {COMMIT: "c0", GOOD_COMMIT: "c0"}}});
        assert!(patch(Some(&older), &origin(), true, false).is_some());
    }

    #[test]
    fn an_unknown_commit_takes_the_old_one_away() {
        let live = json!({"metadata": {"annotations": {COMMIT: "c0"}}});
        let patch = patch(Some(&live), &Origin { commit: None, ..origin() }, false, true).unwrap();
        assert_eq!(patch["metadata"]["annotations"][COMMIT], Value::Null);
    }
}
