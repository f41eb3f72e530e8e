//! Digests as runtimes report them.

use serde_json::{Value, json};

use super::super::tests::world::{deployment, pod, replica_set, second, web};
use super::{Proof, prove};
use crate::rollout::{Snapshot, parse_time};

const A: &str = "sha256:aaaa";
const B: &str = "sha256:bbbb";

fn running(name: &str, image: &str, image_id: &str) -> Value {
    let mut object = pod(name).set("/spec/containers/0/image", json!(image)).ready();
    object["status"]["containerStatuses"][0]["imageID"] = json!(image_id);
    object
}

fn proof(image: &str, objects: Vec<Value>) -> Proof {
    let mut snapshot = Snapshot::default();
    let mut workload = deployment(3, 3);
    workload["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    snapshot.insert(workload);
    snapshot.insert(replica_set(2));
    for object in objects {
        snapshot.insert(object);
    }
    let now = parse_time(&second(60)).expect("a time");
    prove(&snapshot, &web(), now).remove(0).proof
}

fn wanted() -> String {
    format!("shop/app@{A}")
}

#[test]
fn the_admitted_pods_digest_proves_it_whatever_the_image_id_says() {
    let pods =
        vec![running("a", &wanted(), &format!("docker.io/shop/app@{B}")), running("b", &wanted(), "sha256:cccc")];
    assert!(matches!(proof(&wanted(), pods), Proof::Proven(_)));
}

#[test]
fn the_image_id_proves_it_when_admission_took_the_digest_away() {
    let pods = vec![running("a", "mirror/app:2", &format!("docker-pullable://mirror/app@{A}"))];
    assert!(matches!(proof(&wanted(), pods), Proof::Proven(_)));
}

#[test]
fn another_digest_in_the_admitted_pod_contradicts() {
    let pods = vec![running("a", &format!("shop/app@{B}"), "")];
    assert!(matches!(proof(&wanted(), pods), Proof::Contradicted(_)));
}

#[test]
fn a_mirror_with_the_same_digest_proves_it() {
    let pods = vec![running("a", &format!("mirror.local/shop/app@{A}"), "")];
    assert!(matches!(proof(&wanted(), pods), Proof::Proven(_)));
}

#[test]
fn another_image_id_without_a_digest_in_the_pod_may_be_a_part_of_the_index() {
    let pods = vec![running("a", "shop/app:2", &format!("docker.io/shop/app@{B}"))];
    assert!(matches!(proof(&wanted(), pods), Proof::NotProvable(_)));
}

#[test]
fn a_tag_proves_nothing_and_pods_that_disagree_contradict() {
    let same = vec![
        running("a", "shop/app:2", &format!("shop/app@{A}")),
        running("b", "shop/app:2", &format!("shop/app@{A}")),
    ];
    assert!(matches!(proof("shop/app:2", same), Proof::NotProvable(_)));
    let other = vec![
        running("a", "shop/app:2", &format!("shop/app@{A}")),
        running("b", "shop/app:2", &format!("shop/app@{B}")),
    ];
    assert!(matches!(proof("shop/app:2", other), Proof::Contradicted(_)));
}

#[test]
fn nodes_of_several_architectures_explain_the_difference() {
    let node = |name: &str, word: &str| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"nodeInfo": {"architecture": word}}});
    let placed = |name: &str, on: &str, digest: &str| {
        let mut object = running(name, "shop/app:2", &format!("shop/app@{digest}"));
        object["spec"]["nodeName"] = json!(on);
        object
    };
    let objects = vec![node("n1", "amd64"), node("n2", "arm64"), placed("a", "n1", A), placed("b", "n2", B)];
    assert!(matches!(proof("shop/app:2", objects), Proof::NotProvable(_)));
}

#[test]
fn without_a_ready_pod_nothing_is_proven() {
    let mut waiting = running("a", &wanted(), "");
    waiting["status"]["conditions"][0]["status"] = json!("False");
    assert!(matches!(proof(&wanted(), vec![waiting]), Proof::NotProvable(_)));
}
