//! Nothing lacking and nothing to spare, on a control plane of its own whose counters tell every refusal.

use serde_json::{Value, json};

use super::kinds::{Dice, KINDS, Set, kustomization};
use super::{Made, made};
use crate::support::action::Action;
use crate::support::control_plane::{ControlPlane, own_control_plane};

/// Sets put together at random; `K8S_DEPLOY_RANDOM_SETS` asks for more.
const SETS: usize = 6;

fn sets() -> usize {
    std::env::var("K8S_DEPLOY_RANDOM_SETS").ok().and_then(|text| text.parse().ok()).unwrap_or(SETS)
}

#[test]
fn every_kind_and_random_sets_deploy_without_a_refusal_and_every_right_is_needed() {
    let plane = own_control_plane();
    let all: Vec<(usize, usize)> = (0..KINDS.len()).map(|kind| (kind, 1 + kind % 2)).collect();
    let set = kustomization(&all, true, "all-kinds");
    let identity = deploys(plane, "all-kinds", &set);
    let pairs = every_right_is_needed(plane, "all-kinds", &set, &identity, None);
    assert!(pairs > 100, "only {pairs} pairs of verb and resource were tried");
    let mut dice = Dice(42);
    for number in 0..sets() {
        let namespace = format!("random-{number}");
        let mut kinds: Vec<(usize, usize)> =
            (0..1 + dice.roll(5)).map(|_| (dice.roll(KINDS.len()), 1 + dice.roll(5))).collect();
        kinds.sort_unstable();
        kinds.dedup_by_key(|(kind, _)| *kind);
        let set = kustomization(&kinds, dice.roll(2) == 0, &namespace);
        let identity = deploys(plane, &namespace, &set);
        every_right_is_needed(plane, &namespace, &set, &identity, Some((&mut dice, 2)));
    }
}

fn action(mode: &str, kubeconfig: &str, set: &Set) -> Action {
    let action = Action::in_actions().input("mode", mode).input("kubeconfig", kubeconfig).input("path", "set");
    set.files.iter().fold(action, |action, (file, text)| action.file(&format!("set/{file}"), text))
}

/// Makes the identity, deploys, deploys again, compares and checks with it, and asserts that nothing was refused on the way.
#[track_caller]
fn deploys(plane: &'static ControlPlane, namespace: &str, set: &Set) -> Made {
    plane.kubectl(&["create", "namespace", namespace]);
    let admin = action("ci-user", &plane.kubeconfig(), set).input("name", namespace);
    let identity = made(admin, &[("recreate", "jobs"), ("rollback-on-failure", "true")]);
    let before = refusals(plane);
    for (mode, result) in [("deploy", "deployed"), ("diff", "unchanged"), ("deploy", "unchanged")] {
        let ran = action(mode, &identity.kubeconfig, set);
        let ran =
            if mode == "deploy" { ran.input("recreate", "jobs").input("rollback-on-failure", "true") } else { ran };
        let ran = ran.run();
        assert_eq!((ran.code, ran.output("result")), (0, result), "{:?} {mode}: {}", set.kinds, ran.everything);
    }
    let ran = check(&identity.kubeconfig, set).run();
    assert_eq!(ran.code, 0, "{:?}: {}", set.kinds, ran.everything);
    let after = refusals(plane);
    assert_eq!(before, after, "{:?}: something was forbidden", set.kinds);
    identity
}

fn check(kubeconfig: &str, set: &Set) -> Action {
    action("ci-user", kubeconfig, set)
        .input("check", "true")
        .input("recreate", "jobs")
        .input("rollback-on-failure", "true")
}

/// Every 403 that the API server has answered, as its own counters have it.
fn refusals(plane: &ControlPlane) -> Vec<String> {
    let metrics = plane.kubectl(&["get", "--raw", "/metrics"]);
    let refused =
        metrics.lines().filter(|line| line.starts_with("apiserver_request_total{") && line.contains("code=\"403\""));
    let mut refused: Vec<String> = refused.map(str::to_owned).collect();
    refused.sort();
    refused
}

/// Takes each pair of verb and resource away in turn (or some), sees the check fail over exactly that, and puts it back.
fn every_right_is_needed(
    plane: &'static ControlPlane,
    namespace: &str,
    set: &Set,
    identity: &Made,
    some: Option<(&mut Dice, usize)>,
) -> usize {
    let mut roles = Vec::new();
    for kind in ["role", "clusterrole"] {
        let selector = format!("k8s-deploy-action/ci-user={namespace}");
        let list = plane.kubectl(&["get", kind, "-A", "-l", &selector, "-o", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        roles.extend(list["items"].as_array().unwrap().clone());
    }
    let mut pairs: Vec<(usize, String, String)> =
        roles.iter().enumerate().flat_map(|(at, role)| pairs(role).into_iter().map(move |(v, r)| (at, v, r))).collect();
    if let Some((dice, count)) = some {
        pairs = (0..count).map(|_| pairs[dice.roll(pairs.len())].clone()).collect();
    }
    for (at, verb, resource) in &pairs {
        replace(plane, &without(&roles[*at], verb, resource));
        let wanted = format!("lacks {verb} {resource}");
        plane.until(&format!("{:?}: without {verb} {resource} the check", set.kinds), |_| {
            let ran = check(&identity.kubeconfig, set).run();
            ran.code == 8 && ran.log().contains(&wanted) && !ran.log().contains("exceeds")
        });
        replace(plane, &roles[*at]);
    }
    plane.until("the rights put back", |_| check(&identity.kubeconfig, set).run().code == 0);
    pairs.len()
}

fn texts<'a>(rule: &'a Value, field: &str) -> Vec<&'a str> {
    rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Every pair that a role grants.
fn pairs(role: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for rule in role["rules"].as_array().unwrap() {
        let resources = texts(rule, "resources").into_iter().chain(texts(rule, "nonResourceURLs"));
        for resource in resources {
            pairs.extend(texts(rule, "verbs").into_iter().map(|verb| (verb.to_owned(), resource.to_owned())));
        }
    }
    pairs.sort();
    pairs.dedup();
    pairs
}

/// The role without a verb on a resource, whatever names it is for.
fn without(role: &Value, verb: &str, resource: &str) -> Value {
    let mut left = Vec::new();
    for rule in role["rules"].as_array().unwrap() {
        for field in ["resources", "nonResourceURLs"] {
            for one in texts(rule, field) {
                let kept: Vec<&str> =
                    texts(rule, "verbs").into_iter().filter(|have| one != resource || *have != verb).collect();
                if kept.is_empty() {
                    continue;
                }
                let mut rule = rule.clone();
                rule[field] = json!([one]);
                rule["verbs"] = json!(kept);
                left.push(rule);
            }
        }
    }
    let mut role = role.clone();
    role["rules"] = json!(left);
    role
}

fn replace(plane: &ControlPlane, role: &Value) {
    let mut role = role.clone();
    role["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    plane.kubectl_with(&["replace", "-f", "-"], &role.to_string());
}

#[test]
fn a_crash_is_diagnosed_with_its_log_without_a_refusal() {
    let plane = own_control_plane();
    let crash = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n\
         \x20 template:\n    metadata: {labels: {app: web}, annotations: {test.k8s-deploy-action/behaviour: crash-loop}}\n\
         \x20   spec: {containers: [{name: a, image: acme/web:v1}]}\n";
    let files = vec![
        ("web.yaml".to_owned(), crash.to_owned()),
        ("kustomization.yaml".to_owned(), "namespace: crash\nresources: [web.yaml]\n".to_owned()),
    ];
    let set = Set { files, kinds: vec!["deployment"] };
    plane.kubectl(&["create", "namespace", "crash"]);
    let identity = made(action("ci-user", &plane.kubeconfig(), &set).input("name", "crash"), &[]);
    let before = refusals(plane);
    let ran = action("deploy", &identity.kubeconfig, &set).run().exits(5);
    assert!(ran.everything.contains("log of Pod/crash/web-"), "{}", ran.everything);
    assert_eq!(before, refusals(plane), "something was forbidden");
}

/// A Deployment with a Service, on this image.
fn web(image: &str, more: &str) -> Set {
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 1\n  selector: {{matchLabels: {{app: web}}}}\n\
         \x20 template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: a, image: {image}, ports: [{{containerPort: 80}}]}}]}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}\n{more}"
    );
    let files = vec![
        ("web.yaml".to_owned(), text),
        ("kustomization.yaml".to_owned(), "namespace: back\nresources: [web.yaml]\n".to_owned()),
    ];
    Set { files, kinds: vec!["deployment", "service"] }
}

#[test]
fn verify_and_rollback_are_done_without_a_refusal() {
    let plane = own_control_plane();
    plane.kubectl(&["create", "namespace", "back"]);
    let with = |action: Action| {
        action.input("verify", "service/web:80/ => 200").input("rollback-on-failure", "true").input("timeout", "1m")
    };
    let job = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\n";
    let admin = with(action("ci-user", &plane.kubeconfig(), &web("acme/web:v1", job))).input("name", "back");
    let identity = made(admin, &[]);
    let before = refusals(plane);
    with(action("deploy", &identity.kubeconfig, &web("acme/web:v1", ""))).run().exits(0);
    let ran = with(action("deploy", &identity.kubeconfig, &web("acme/web:v2-sim-crash-loop", job))).run().exits(5);
    assert_eq!(ran.output("result"), "rolled-back", "{}", ran.everything);
    assert!(plane.kubectl(&["get", "configmap", "-n", "back", "fresh", "--ignore-not-found"]).is_empty());
    assert_eq!(before, refusals(plane), "something was forbidden");
}

#[test]
fn a_cluster_that_signs_nothing_is_told_with_the_way_out() {
    let plane = own_control_plane();
    plane.kubectl(&["create", "namespace", "back"]);
    plane.kill("kube-controller-manager");
    let set = web("acme/web:v1", "");
    let ran = action("ci-user", &plane.kubeconfig(), &set).input("name", "back").input("out", "kc").run().exits(1);
    assert!(
        ran.everything.contains("signed no certificate") && ran.everything.contains("--auth token"),
        "{}",
        ran.everything
    );
    assert_eq!(plane.kubectl(&["get", "csr", "-o", "name"]), "");
    made(action("ci-user", &plane.kubeconfig(), &set).input("name", "back"), &[("auth", "token")]);
}

#[test]
fn a_cancelled_run_takes_its_signing_request_away() {
    let plane = own_control_plane();
    plane.kubectl(&["create", "namespace", "back"]);
    plane.kill("kube-controller-manager");
    for signal in ["INT", "TERM"] {
        let set = web("acme/web:v1", "");
        let running = action("ci-user", &plane.kubeconfig(), &set).input("name", "back").input("out", "kc").start();
        plane.until("the request", |plane| {
            plane.kubectl(&["get", "csr", "-o", "name"]).contains("k8s-deploy-action-back-")
        });
        running.signal(signal);
        let ran = running.finish().exits(9);
        assert_eq!(ran.output("result"), "cancelled");
        assert!(ran.everything.contains("the CertificateSigningRequest was taken away"), "{}", ran.everything);
        assert!(ran.everything.contains("k8s-deploy-action/ci-user=back"), "{}", ran.everything);
        assert_eq!(plane.kubectl(&["get", "csr", "-o", "name"]), "");
    }
}
