//! Is the image that runs the one asked for? Compares digests of the new revision's ready pods with the template.
//! Only a contradiction is a failure: tags, index digests and mirrors leave nothing to compare (kubernetes#108689, #115199).

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::Case;
use super::fields::{list, text};
use super::podevidence::is_ready;
use super::sightings::Sightings;
use super::snapshot::{ObjectKey, Snapshot};
use super::{Time, revision};

/// How well the running image is known to be the one asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is.
    Proven(String),
    /// It is not: a failure.
    Contradicted(String),
    /// Nothing to compare, and why.
    NotProvable(String),
}

/// The proof for one container of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerProof {
    /// The container.
    pub container: String,
    /// The image as the template asks for it.
    pub image: String,
    /// What the pods say.
    pub proof: Proof,
}

/// Returns a proof for each container of a workload's template; nothing for kinds without one.
pub fn prove(snapshot: &Snapshot, key: &ObjectKey, now: Time) -> Vec<ContainerProof> {
    let Some(object) = snapshot.get(key) else { return Vec::new() };
    let mut sightings = Sightings::of_one_look();
    let case = Case { key, object, snapshot, applied: None, sightings: &mut sightings, now };
    if !matches!(key.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "Pod") {
        return Vec::new();
    }
    let pods = revision::pods(&case);
    let pods: Vec<&Value> = pods.into_iter().filter(|pod| is_ready(pod)).collect();
    let template = if key.kind == "Pod" { "spec" } else { "spec.template.spec" };
    let lists = [("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")];
    let mut proofs = Vec::new();
    for (specs, statuses) in lists {
        for wanted in list(object, &format!("{template}.{specs}")) {
            let (container, image) = (text(wanted, "name").to_owned(), text(wanted, "image").to_owned());
            let running: Vec<Running<'_>> =
                pods.iter().map(|pod| Running::of(snapshot, pod, &container, specs, statuses)).collect();
            let proof = compare(&image, &running);
            proofs.push(ContainerProof { container, image, proof });
        }
    }
    proofs
}

/// One container as one pod has it.
struct Running<'a> {
    pod: &'a str,
    /// The image of the admitted pod: what the kubelet was told.
    admitted: &'a str,
    /// The registry's digest of what runs, when the runtime says it.
    digest: Option<&'a str>,
    architecture: Option<&'a str>,
}

impl<'a> Running<'a> {
    fn of(snapshot: &'a Snapshot, pod: &'a Value, container: &str, specs: &str, statuses: &str) -> Self {
        let named = |path: String| list(pod, &path).iter().find(|entry| text(entry, "name") == container);
        let image_id = named(format!("status.{statuses}")).map_or("", |status| text(status, "imageID"));
        let node = snapshot.named("Node", "", text(pod, "spec.nodeName"));
        Self {
            pod: text(pod, "metadata.name"),
            admitted: named(format!("spec.{specs}")).map_or("", |spec| text(spec, "image")),
            digest: digest(image_id),
            architecture: node.map(|node| text(node, "status.nodeInfo.architecture")).filter(|word| !word.is_empty()),
        }
    }
}

/// Returns the digest of a reference. A bare `sha256:…` as some runtimes report it is the configuration's, and no digest of
/// the image in its registry.
fn digest(reference: &str) -> Option<&str> {
    reference.split_once('@').map(|(_, digest)| digest).filter(|digest| digest.starts_with("sha256:"))
}

fn compare(image: &str, running: &[Running<'_>]) -> Proof {
    if running.is_empty() {
        return Proof::NotProvable("no pod of the new revision is ready".to_owned());
    }
    match digest(image) {
        Some(wanted) => compare_digest(wanted, running),
        None => compare_tag(running),
    }
}

fn compare_digest(wanted: &str, running: &[Running<'_>]) -> Proof {
    let other = running.iter().find(|one| digest(one.admitted).is_some_and(|admitted| admitted != wanted));
    if let Some(other) = other {
        return Proof::Contradicted(format!(
            "pod {} was admitted with {} in place of {wanted}",
            other.pod, other.admitted
        ));
    }
    // The kubelet pulls a digest by that digest: what the admitted pod names is what runs, whatever the imageID says of it.
    let unsure = running.iter().find(|one| digest(one.admitted) != Some(wanted) && one.digest != Some(wanted));
    match unsure {
        None => Proof::Proven(format!("{} pods run {wanted}", running.len())),
        Some(one) => {
            let told = one.digest.unwrap_or("no registry digest");
            Proof::NotProvable(format!(
                "pod {} was admitted without the digest and reports {told}, which may be its platform's part of an index",
                one.pod
            ))
        }
    }
}

fn compare_tag(running: &[Running<'_>]) -> Proof {
    let digests: BTreeSet<&str> = running.iter().filter_map(|one| one.digest).collect();
    let architectures: BTreeSet<&str> = running.iter().filter_map(|one| one.architecture).collect();
    let listed = digests.iter().copied().collect::<Vec<_>>().join(", ");
    match digests.len() {
        0 => Proof::NotProvable("the image is named by tag, and the pods report no registry digest".to_owned()),
        1 => Proof::NotProvable(format!("the image is named by tag; all pods run {listed}")),
        _ if architectures.len() > 1 => Proof::NotProvable(format!(
            "the image is named by tag, and the nodes are of several architectures: {listed}"
        )),
        _ => Proof::Contradicted(format!("pods of the new revision run different images: {listed}")),
    }
}

#[cfg(test)]
#[path = "proof/tests.rs"]
mod tests;
