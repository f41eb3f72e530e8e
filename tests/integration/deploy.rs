//! `deploy` against the real control plane: what is applied, what is left alone, what is refused before anything is written.

use crate::support::control_plane::control_plane;

/// A Deployment of `image` with `lines` more in its container.
pub(crate) fn deployment(name: &str, image: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {{app: {name}}}\n\
         \x20 template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n      - name: app\n        image: {image}\n{more}"
    )
}

const GOOD: &str = "juggernaut/k8s-demo-go-app:v0.0.1";

#[test]
fn a_set_is_created_then_unchanged_and_drift_is_repaired() {
    let space = control_plane().space("apply");
    let manifests = format!(
        "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata: {{a: '1'}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}\n",
        deployment("web", GOOD, "")
    );
    let first = space.deploy(&manifests).run();
    assert_eq!((first.code, first.outputs["result"].as_str()), (0, "deployed"), "{}", first.everything);
    assert_eq!(first.outputs["diff-summary"], "3 created");
    let second = space.deploy(&manifests).run();
    assert_eq!((second.code, second.outputs["changed"].as_str()), (0, "false"), "{}", second.everything);
    assert_eq!(second.outputs["result"], "unchanged");
    space.kubectl(&["set", "image", "deployment/web", "app=juggernaut/k8s-demo-go-app:v0.0.2"]);
    let third = space.deploy(&manifests).run();
    assert_eq!(third.outputs["diff-summary"], "1 configured, 2 unchanged", "{}", third.everything);
    assert!(third.stdout.contains("taken over from kubectl-set"), "{}", third.everything);
    assert_eq!(space.field("deployment/web", ".spec.template.spec.containers[0].image"), GOOD);
}

#[test]
fn an_image_that_cannot_be_pulled_fails_within_thirty_seconds_with_its_cause() {
    let space = control_plane().space("pull");
    let started = std::time::Instant::now();
    let ran = space.deploy(&deployment("web", "juggernaut/k8s-demo-go-app:v0.0.3", "")).run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (5, "failed"), "{}", ran.everything);
    assert!(started.elapsed().as_secs() < 30);
    assert!(ran.stdout.contains("::error") && ran.stdout.contains("ImageNotFound"), "{}", ran.everything);
    assert!(ran.outputs["objects"].contains("\"verdict\":\"failed\""), "{}", ran.outputs["objects"]);
}

#[test]
fn what_the_server_refuses_is_refused_before_anything_is_written() {
    let space = control_plane().space("bad");
    let manifests =
        format!("{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app_a}}\n", deployment("web", GOOD, ""));
    let ran = space.deploy(&manifests).run();
    assert_eq!(ran.code, 2, "{}", ran.everything);
    assert!(ran.stdout.contains("app_a") && ran.stdout.contains("file=app.yaml"), "{}", ran.everything);
    assert_eq!(space.kubectl(&["get", "deployments", "-o", "name"]), "");
}

#[test]
fn a_missing_namespace_is_named() {
    let ran = control_plane()
        .space("missing")
        .deploy("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: not-there-at-all}\n")
        .input("namespace", "")
        .run();
    assert_eq!(ran.code, 2, "{}", ran.everything);
    assert!(ran.stdout.contains("not-there-at-all"), "{}", ran.everything);
}

#[test]
fn conflicts_fail_names_owner_field_and_both_values() {
    let space = control_plane().space("conflict");
    assert_eq!(space.deploy(&deployment("web", GOOD, "")).run().code, 0);
    space.kubectl(&["set", "image", "deployment/web", "app=juggernaut/k8s-demo-go-app:v0.0.2"]);
    let ran = space.deploy(&deployment("web", GOOD, "")).input("conflicts", "fail").run();
    assert_eq!(ran.code, 4, "{}", ran.everything);
    for part in ["kubectl-set", "containers[name=\"app\"].image", "v0.0.1", "v0.0.2"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.everything);
    }
    assert!(space.field("deployment/web", ".spec.template.spec.containers[0].image").ends_with("v0.0.2"));
}

#[test]
fn replicas_of_an_autoscaler_are_left_alone() {
    let space = control_plane().space("scale");
    assert_eq!(space.deploy(&deployment("web", GOOD, "")).run().code, 0);
    let scale = r#"{"spec":{"replicas":4}}"#;
    space.kubectl(&[
        "patch",
        "deployment/web",
        "--subresource=scale",
        "--type=merge",
        "--field-manager=kube-controller-manager",
        "-p",
        scale,
    ]);
    let ran = space.deploy(&deployment("web", "juggernaut/k8s-demo-go-app:v0.0.2", "")).run();
    assert_eq!(ran.code, 0, "{}", ran.everything);
    assert!(ran.stdout.contains(".spec.replicas left to kube-controller-manager"), "{}", ran.everything);
    assert_eq!(space.field("deployment/web", ".spec.replicas"), "4");
    let again = space.deploy(&deployment("web", "juggernaut/k8s-demo-go-app:v0.0.2", "")).run();
    assert_eq!(again.outputs["result"], "unchanged", "{}", again.everything);
}

#[test]
fn what_kubectl_apply_owned_is_taken_over_and_what_left_the_manifest_goes() {
    let space = control_plane().space("takeover");
    let old =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, labels: {old: 'yes'}}\ndata: {a: '1', gone: x}\n";
    space.kubectl_with(&["apply", "-f", "-"], old);
    let new = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: '2'}\n";
    let ran = space.deploy(new).run();
    assert_eq!(ran.code, 0, "{}", ran.everything);
    assert_eq!(space.field("configmap/conf", ".data"), r#"{"a":"2"}"#);
    assert_eq!(space.field("configmap/conf", ".metadata.labels"), "");
    assert_eq!(space.field("configmap/conf", ".metadata.annotations"), "");
    assert_eq!(space.deploy(new).run().outputs["result"], "unchanged");
}

#[test]
fn a_namespace_a_crd_and_its_objects_go_in_one_set() {
    let space = control_plane().space("crd");
    let group = format!("{}.example.com", space.name);
    let own = format!("{}-own", space.name);
    let manifests = format!(
        "apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: w, namespace: {own}}}\nspec: {{size: 3}}\n---\n\
         apiVersion: v1\nkind: Namespace\nmetadata: {{name: {own}}}\n---\n\
         apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.{group}}}\n\
         spec:\n  group: {group}\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets, singular: widget}}\n  versions:\n\
         \x20 - name: v1\n    served: true\n    storage: true\n    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object,\n\
         \x20     properties: {{size: {{type: integer}}}}}}}}}}}}\n"
    );
    let ran = space.deploy(&manifests).input("namespace", "").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert_eq!(control_plane().field(&own, &format!("widgets.{group}/w"), ".spec.size"), "3");
    assert_eq!(space.deploy(&manifests).input("namespace", "").run().outputs["result"], "unchanged");
    control_plane().kubectl(&["delete", "namespace", &own, "--wait=false"]);
    control_plane().kubectl(&["delete", "crd", &format!("widgets.{group}")]);
}

#[test]
fn a_finished_job_with_another_image_is_refused_or_made_anew() {
    let space = control_plane().space("job");
    let job = |image: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate}}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n\
             \x20     containers: [{{name: m, image: '{image}'}}]\n"
        )
    };
    assert_eq!(space.deploy(&job("acme/m:1")).run().code, 0);
    let refused = space.deploy(&job("acme/m:2")).run();
    assert_eq!(refused.code, 2, "{}", refused.everything);
    assert!(refused.stdout.contains("recreate: jobs"), "{}", refused.everything);
    let anew = space.deploy(&job("acme/m:2")).input("recreate", "jobs").run();
    assert_eq!((anew.code, anew.outputs["diff-summary"].as_str()), (0, "1 recreated"), "{}", anew.everything);
    assert_eq!(space.field("job/migrate", ".spec.template.spec.containers[0].image"), "acme/m:2");
}

#[test]
fn an_unreachable_server_is_a_network_failure() {
    let space = control_plane().space("network");
    let ran = space
        .deploy(&deployment("web", GOOD, ""))
        .input("kubeconfig", "")
        .input("cluster-server", "https://127.0.0.1:1")
        .input("cluster-token", "t0ken-marker")
        .run();
    assert_eq!(ran.code, 7, "{}", ran.everything);
    assert!(ran.stdout.contains("127.0.0.1:1"), "{}", ran.everything);
}
