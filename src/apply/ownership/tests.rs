//! The same or not, on live objects as the API server prints them.

use serde_json::json;

use super::*;

fn rendered() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "a", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "app:1", "args": ["a", "b"],
                    "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}],
                    "volumes": [{"name": "tmp", "emptyDir": {}}]}}}})
}

fn live() -> Value {
    let mut live = rendered();
    live["metadata"]["uid"] = json!("u");
    live["spec"]["progressDeadlineSeconds"] = json!(600);
    live["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
    live["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("TCP");
    live["metadata"]["managedFields"] = json!([
        {"manager": MANAGER, "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": {
            "f:metadata": {"f:labels": {"f:app": {}}},
            "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:name": {}, "f:image": {}, "f:args": {},
                    "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                    "f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}},
                              "k:{\"name\":\"B\"}": {".": {}, "f:name": {}, "f:value": {}}}}},
                    "f:volumes": {"k:{\"name\":\"tmp\"}": {".": {}, "f:name": {}, "f:emptyDir": {}}}}}}}},
        {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status", "apiVersion": "apps/v1",
         "fieldsV1": {"f:status": {}}}]);
    live
}

#[test]
fn what_we_applied_is_as_rendered_whatever_the_server_added() {
    assert!(as_rendered(&rendered(), &live()));
}

#[test]
fn a_changed_value_is_not_as_rendered() {
    let mut changed = rendered();
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = json!("app:2");
    assert!(!as_rendered(&changed, &live()));
}

#[test]
fn drift_in_the_live_object_is_seen() {
    let mut drifted = live();
    drifted["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["a"]);
    assert!(!as_rendered(&rendered(), &drifted));
}

#[test]
fn a_field_that_left_the_manifest_is_seen() {
    let mut fewer = rendered();
    fewer["spec"].as_object_mut().unwrap().shift_remove("replicas");
    assert!(!as_rendered(&fewer, &live()));
    let mut fewer = rendered();
    fewer["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap().pop();
    assert!(!as_rendered(&fewer, &live()));
}

#[test]
fn a_field_that_came_to_the_manifest_is_seen() {
    let mut more = rendered();
    more["spec"]["progressDeadlineSeconds"] = json!(600);
    assert!(!as_rendered(&more, &live()));
}

#[test]
fn another_order_of_our_elements_is_seen_and_strangers_between_are_not() {
    let mut turned = rendered();
    turned["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap().reverse();
    assert!(!as_rendered(&turned, &live()));
    let mut injected = live();
    injected["spec"]["template"]["spec"]["containers"][0]["env"]
        .as_array_mut()
        .unwrap()
        .insert(1, json!({"name": "X"}));
    assert!(as_rendered(&rendered(), &injected));
}

#[test]
fn an_empty_mapping_that_somebody_filled_is_not_certain() {
    let mut filled = live();
    filled["spec"]["template"]["spec"]["volumes"][0]["emptyDir"] = json!({"medium": "Memory"});
    assert!(!as_rendered(&rendered(), &filled));
}

#[test]
fn another_api_version_or_no_entry_is_not_certain() {
    let mut other = live();
    other["metadata"]["managedFields"][0]["apiVersion"] = json!("apps/v1beta1");
    assert!(!as_rendered(&rendered(), &other));
    other["metadata"]["managedFields"] = json!([]);
    assert!(!as_rendered(&rendered(), &other));
}

#[test]
fn a_set_by_value_is_compared_by_value() {
    let rendered = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "finalizers": ["x/y"]}});
    let mut live = rendered.clone();
    live["metadata"]["managedFields"] = json!([{"manager": MANAGER, "operation": "Apply", "apiVersion": "v1",
        "fieldsV1": {"f:metadata": {"f:finalizers": {"v:\"x/y\"": {}}}}}]);
    assert!(as_rendered(&rendered, &live));
    live["metadata"]["finalizers"] = json!([]);
    assert!(!as_rendered(&rendered, &live));
}

#[test]
fn an_object_without_content_of_its_own_is_the_same() {
    let rendered = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}});
    let mut live = rendered.clone();
    live["metadata"]["managedFields"] =
        json!([{"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {}}]);
    assert!(as_rendered(&rendered, &live));
}

#[test]
fn owned_values_come_back_as_they_were_applied() {
    let mut expected = rendered();
    expected["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("TCP");
    let live = live();
    assert_eq!(owned_values(&live, ours(&live).unwrap()).unwrap(), expected);
}
