//! Everything else that is applied and waited for.

use serde_json::{Value, json};

use super::world::{fails, heals, key, pod, replay, waits};
use crate::rollout::{Applied, ObjectKey, Settled, Status};

fn cluster_wide(group: &str, kind: &str, name: &str) -> ObjectKey {
    ObjectKey { namespace: String::new(), ..key(group, kind, name) }
}

fn service(ingress: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front", "namespace": "shop"},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.7"}, "status": {"loadBalancer": {"ingress": ingress}}})
}

#[test]
fn a_load_balancer_waits_for_its_address() {
    let front = key("", "Service", "front");
    heals(&front, &[(1, vec![service(json!([]))]), (70, vec![service(json!([{"hostname": "lb.example.com"}]))])], 70);
    waits(&front, &[(1, vec![service(json!([]))])], "AddressPending");
}

#[test]
fn a_service_that_selects_nothing_is_ready_with_a_warning() {
    let mut object = service(json!([{"ip": "1.2.3.4"}]));
    object["spec"]["selector"] = json!({"app": "nobody"});
    let end = replay(&key("", "Service", "front"), &[(1, vec![object, pod("a").ready()])], 30);
    assert_eq!(end.verdict.settled(&Applied::default()), Settled::GoodWithWarning);
}

fn claim(phase: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"},
        "spec": {"storageClassName": "fast"}, "status": {"phase": phase}})
}

fn class(mode: &str) -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}, "volumeBindingMode": mode})
}

#[test]
fn a_claim_that_binds_at_first_use_and_has_none_is_ready() {
    heals(&key("", "PersistentVolumeClaim", "data"), &[(1, vec![claim("Pending"), class("WaitForFirstConsumer")])], 1);
}

#[test]
fn a_claim_that_a_pod_uses_is_waited_for() {
    let mut user = pod("a").done();
    user["spec"]["volumes"] = json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]);
    let frames = [(1, vec![claim("Pending"), class("WaitForFirstConsumer"), user]), (20, vec![claim("Bound")])];
    heals(&key("", "PersistentVolumeClaim", "data"), &frames, 20);
}

#[test]
fn a_lost_claim_is_failed_at_once() {
    fails(&key("", "PersistentVolumeClaim", "data"), &[(1, vec![claim("Lost")])], 1..=1, "Lost");
}

fn definition(conditions: Value) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"}, "status": {"conditions": conditions}})
}

#[test]
fn a_definition_with_anothers_names_is_failed_at_once() {
    let crd = cluster_wide("apiextensions.k8s.io", "CustomResourceDefinition", "widgets.example.com");
    let refused = definition(json!([{"type": "NamesAccepted", "status": "False", "reason": "PluralConflict"}]));
    fails(&crd, &[(1, vec![refused])], 1..=1, "PluralConflict");
}

#[test]
fn a_definition_is_ready_when_established() {
    let crd = cluster_wide("apiextensions.k8s.io", "CustomResourceDefinition", "widgets.example.com");
    let installing = definition(
        json!([{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": "False", "reason": "Installing"}]),
    );
    let established =
        definition(json!([{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": "True"}]));
    heals(&crd, &[(1, vec![installing]), (2, vec![established])], 2);
}

#[test]
fn an_autoscaler_without_metrics_is_ready_with_a_warning() {
    let hpa = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "shop"},
        "status": {"conditions": [{"type": "AbleToScale", "status": "True", "reason": "SucceededGetScale"},
            {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics returned"}]}});
    let end = replay(&key("autoscaling", "HorizontalPodAutoscaler", "web"), &[(1, vec![hpa])], 30);
    assert_eq!(end.verdict.settled(&Applied::default()), Settled::GoodWithWarning);
}

#[test]
fn an_autoscaler_whose_own_spec_is_wrong_is_failed() {
    let hpa = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "shop"},
        "status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "InvalidSelector"}]}});
    fails(&key("autoscaling", "HorizontalPodAutoscaler", "web"), &[(1, vec![hpa])], 1..=1, "InvalidSelector");
}

#[test]
fn a_namespace_that_is_being_deleted_is_terminating() {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}, "status": {"phase": "Terminating"}});
    assert_eq!(
        replay(&cluster_wide("", "Namespace", "shop"), &[(1, vec![object])], 30).verdict.status,
        Status::Terminating
    );
}

#[test]
fn an_api_service_waits_until_it_is_available() {
    let api = |status: &str| {
        json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "status": {"conditions": [{"type": "Available", "status": status, "reason": "MissingEndpoints"}]}})
    };
    let name = cluster_wide("apiregistration.k8s.io", "APIService", "v1beta1.metrics.k8s.io");
    heals(&name, &[(1, vec![api("False")]), (33, vec![api("True")])], 33);
}

#[test]
fn a_config_map_is_ready_when_it_is_there() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "shop"}});
    heals(&key("", "ConfigMap", "app"), &[(2, vec![object])], 2);
}
