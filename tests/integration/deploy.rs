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

#[test]
fn a_lock_that_another_run_keeps_is_a_conflict_that_names_the_run() {
    let space = control_plane().space("lock");
    let manifests = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: '1'}\n";
    assert_eq!(space.deploy(manifests).run().code, 0);
    let lease = space.kubectl(&["get", "leases", "-o", "name"]).trim().to_owned();
    assert!(lease.contains("k8s-deploy-action-"), "{lease}");
    assert_eq!(space.field(&lease, ".spec.holderIdentity"), "", "the lock was not given back");
    let run = "https://github.com/o/r/actions/runs/7";
    space.kubectl(&["annotate", &lease, &format!("k8s-deploy-action/run={run}")]);
    let held =
        r#"{"spec":{"holderIdentity":"other","leaseDurationSeconds":15,"renewTime":"2026-11-20T13:00:00.000000Z"}}"#;
    space.kubectl(&["patch", &lease, "--type=merge", "-p", held]);
    let ran = space.deploy(manifests).input("lock-timeout", "1s").run();
    assert_eq!(ran.code, 4, "{}", ran.everything);
    assert!(ran.stdout.contains(run), "{}", ran.everything);
    let unlocked = space.deploy(manifests).input("lock", "false").run();
    assert_eq!(unlocked.code, 0, "{}", unlocked.everything);
}

#[test]
fn a_lock_whose_holder_was_killed_is_taken_after_its_duration() {
    let space = control_plane().space("stale");
    let manifests = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: '1'}\n";
    assert_eq!(space.deploy(manifests).run().code, 0);
    let lease = space.kubectl(&["get", "leases", "-o", "name"]).trim().to_owned();
    let held =
        r#"{"spec":{"holderIdentity":"other","leaseDurationSeconds":3,"renewTime":"2030-11-20T13:00:00.000000Z"}}"#;
    space.kubectl(&["patch", &lease, "--type=merge", "-p", held]);
    let started = std::time::Instant::now();
    let ran = space.deploy(manifests).run();
    assert_eq!(ran.code, 0, "{}", ran.everything);
    assert!(started.elapsed().as_secs() >= 2 && ran.stdout.contains("waiting for the lock"), "{}", ran.everything);
}

#[test]
fn diff_shows_fields_masks_secrets_and_ends_with_eight_when_asked() {
    let space = control_plane().space("diff");
    let secret = |text: &str| {
        format!("---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{password: {text}}}\n")
    };
    let before = format!("{}{}", deployment("web", GOOD, ""), secret("old-password-marker"));
    let new = space.act("diff", &before).run();
    assert_eq!((new.code, new.outputs["result"].as_str()), (0, "different"), "{}", new.everything);
    assert_eq!(space.deploy(&before).run().code, 0);
    let same = space.act("diff", &before).input("exit-code", "true").run();
    assert_eq!((same.code, same.outputs["result"].as_str()), (0, "unchanged"), "{}", same.everything);
    let after =
        format!("{}{}", deployment("web", "juggernaut/k8s-demo-go-app:v0.0.2", ""), secret("new-password-marker"));
    let ran = space.act("diff", &after).input("exit-code", "true").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (8, "different"), "{}", ran.everything);
    assert!(
        ran.stdout.contains("[name=\"app\"].image: \"juggernaut/k8s-demo-go-app:v0.0.1\" -> "),
        "{}",
        ran.everything
    );
    assert!(ran.stdout.contains("~ .data.password: *** -> ***"), "{}", ran.everything);
    for marker in
        ["old-password-marker", "new-password-marker", "bmV3LXBhc3N3b3JkLW1hcmtlcg", "b2xkLXBhc3N3b3JkLW1hcmtlcg"]
    {
        let lines: Vec<&str> = ran.everything.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        assert!(!lines.join("\n").contains(marker), "{marker}: {}", ran.everything);
    }
    assert_eq!(space.field("deployment/web", ".spec.template.spec.containers[0].image"), GOOD);
}

#[test]
fn a_dry_run_writes_nothing() {
    let space = control_plane().space("dry");
    let ran = space.deploy(&deployment("web", GOOD, "")).input("dry-run", "true").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "planned"), "{}", ran.everything);
    assert_eq!(space.kubectl(&["get", "deployments,leases", "-o", "name"]), "");
}

/// A kubeconfig of a service account that has these rules in the namespace.
pub(crate) fn account(space: &crate::support::control_plane::Space, rules: &str) -> String {
    let name = &space.name;
    space.kubectl_with(
        &["apply", "-f", "-"],
        &format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: ci}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
             metadata: {{name: ci}}\nrules:\n{rules}---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: ci}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: ci}}\nsubjects: [{{kind: ServiceAccount, name: ci, namespace: {name}}}]\n"
        ),
    );
    space.kubectl(&["create", "token", "ci"]).trim().to_owned()
}

pub(crate) fn as_account(
    space: &crate::support::control_plane::Space,
    action: crate::support::action::Action,
    token: &str,
) -> crate::support::action::Action {
    let plane = control_plane();
    let server = plane.kubectl(&["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]);
    let authority = plane.kubectl(&[
        "config",
        "view",
        "--raw",
        "--minify",
        "-o",
        "jsonpath={.clusters[0].cluster.certificate-authority-data}",
    ]);
    let _ = space;
    action
        .input("kubeconfig", "")
        .input("cluster-server", &server)
        .input("cluster-token", token)
        .input("cluster-ca", &authority)
}

#[test]
fn a_role_for_deployments_alone_deploys_and_misses_the_rest_with_notices() {
    let space = control_plane().space("least");
    let rules =
        "- apiGroups: [apps]\n  resources: [deployments]\n  verbs: [get, list, watch, create, update, patch, delete]\n";
    let token = account(&space, rules);
    let ran = as_account(&space, space.deploy(&deployment("web", GOOD, "")), &token).run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert_eq!(
        ran.stdout.matches("pods may not be watched").count(),
        2,
        "once in the log, once as a warning: {}",
        ran.everything
    );
    assert!(ran.stdout.contains("no lock"), "{}", ran.everything);
    let smallest = "- apiGroups: [apps]\n  resources: [deployments]\n  verbs: [get, create, patch]\n";
    let token = account(&space, smallest);
    let polled =
        as_account(&space, space.deploy(&deployment("web", "juggernaut/k8s-demo-go-app:v0.0.2", "")), &token).run();
    assert_eq!((polled.code, polled.outputs["result"].as_str()), (0, "deployed"), "{}", polled.everything);
}

#[test]
fn missing_rights_are_named_with_the_rule_to_paste_before_anything_is_written() {
    let space = control_plane().space("rights");
    let token = account(&space, "- apiGroups: [apps]\n  resources: [deployments]\n  verbs: [get, create, patch]\n");
    let manifests = format!(
        "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata: {{a: '1'}}\n",
        deployment("web", GOOD, "")
    );
    let ran = as_account(&space, space.deploy(&manifests), &token).run();
    assert_eq!(ran.code, 3, "{}", ran.everything);
    assert!(ran.everything.contains("resources: [\"configmaps\"]"), "{}", ran.everything);
    assert!(ran.everything.contains("verbs: [\"get\", \"patch\"]"), "{}", ran.everything);
    assert_eq!(space.kubectl(&["get", "deployments", "-o", "name"]), "");
}

#[test]
fn an_unknown_token_is_not_permitted() {
    let space = control_plane().space("token");
    let ran = as_account(&space, space.deploy(&deployment("web", GOOD, "")), "wrong-token").run();
    assert_eq!(ran.code, 3, "{}", ran.everything);
}

#[test]
fn sigterm_ends_within_five_seconds_and_gives_the_lock_back() {
    let space = control_plane().space("cancel");
    let never = "juggernaut/k8s-demo-go-app:v0.0.1";
    let manifest = deployment("web", never, "").replace(
        "    metadata:\n      labels: {app: web}",
        "    metadata:\n      labels: {app: web}\n      annotations: {test.k8s-deploy-action/behaviour: never-ready}",
    );
    let running = space.deploy(&manifest).start();
    control_plane()
        .until("the deployment to be there", |_| !space.kubectl(&["get", "deployments", "-o", "name"]).is_empty());
    std::thread::sleep(std::time::Duration::from_millis(500));
    let started = std::time::Instant::now();
    running.signal("TERM");
    let ran = running.finish();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (9, "cancelled"), "{}", ran.everything);
    assert!(started.elapsed().as_secs() < 5);
    let lease = space.kubectl(&["get", "leases", "-o", "name"]).trim().to_owned();
    assert_eq!(space.field(&lease, ".spec.holderIdentity"), "");
}

#[test]
fn a_failed_rollout_is_rolled_back_with_its_configuration() {
    let space = control_plane().space("back");
    let config = |value: &str| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata: {{a: '{value}'}}\n")
    };
    let good = format!("{}{}", deployment("web", GOOD, ""), config("1"));
    assert_eq!(space.deploy(&good).run().code, 0);
    let bad = format!(
        "{}{}---\napiVersion: v1\nkind: Service\nmetadata: {{name: extra}}\nspec: {{ports: [{{port: 80}}]}}\n",
        deployment("web", "juggernaut/k8s-demo-go-app:v0.0.3", "        env: [{name: NEW, value: x}]\n"),
        config("2")
    );
    let ran = space.deploy(&bad).input("rollback-on-failure", "true").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (5, "rolled-back"), "{}", ran.everything);
    assert_eq!(space.field("deployment/web", ".spec.template.spec.containers[0].image"), GOOD);
    assert_eq!(space.field("deployment/web", ".spec.template.spec.containers[0].env"), "");
    assert_eq!(space.field("configmap/conf", ".data.a"), "1");
    assert_eq!(space.kubectl(&["get", "services", "-o", "name"]), "");
    let again = space.deploy(&good).run();
    assert_eq!(again.outputs["result"], "unchanged", "{}", again.everything);
}

#[test]
fn verify_asks_through_the_services_proxy_until_the_answer_is_right() {
    let space = control_plane().space("verify");
    let manifests = format!(
        "{}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}\n",
        deployment("web", GOOD, "        ports: [{containerPort: 8080}]\n")
    );
    let right = space.deploy(&manifests).input("verify", "service/web:80/ => 200 ~ \"v0.0.1\"").run();
    assert_eq!((right.code, right.outputs["result"].as_str()), (0, "deployed"), "{}", right.everything);
    let wrong = space.deploy(&manifests).input("verify", "service/web:80/ => 404").input("timeout", "5s").run();
    assert_eq!((wrong.code, wrong.outputs["result"].as_str()), (5, "failed"), "{}", wrong.everything);
    assert!(wrong.stdout.contains("answered 200, not 404"), "{}", wrong.everything);
    let unreadable = space.deploy(&manifests).input("verify", "web => 200").run();
    assert_eq!(unreadable.code, 2, "{}", unreadable.everything);
}

#[test]
fn a_restart_while_soaking_fails_the_rollout() {
    let space = control_plane().space("soak");
    let calm = space.deploy(&deployment("web", GOOD, "")).input("soak", "2s").run();
    assert_eq!((calm.code, calm.outputs["result"].as_str()), (0, "deployed"), "{}", calm.everything);
    let manifest = deployment("web", GOOD, "").replace(
        "    metadata:\n      labels: {app: web}",
        "    metadata:\n      labels: {app: web}\n      annotations:\n        test.k8s-deploy-action/behaviour: crash-loop\n\
         \x20       test.k8s-deploy-action/ready-between-crashes: 'true'\n        test.k8s-deploy-action/run-for: 4s",
    );
    let ran = space.deploy(&manifest).input("soak", "20s").run();
    assert_eq!(ran.code, 5, "{}", ran.everything);
}

#[test]
fn the_record_stands_on_the_anchor_and_the_good_commit_only_after_a_good_verdict() {
    let space = control_plane().space("record");
    let record = |name: &str| {
        space.field(
            "deployment/web",
            &format!(".metadata.annotations.k8s-deploy-action/{name}")
                .replace("k8s-deploy-action/", "k8s-deploy-action\\/"),
        )
    };
    let deploy = |image: &str, commit: &str| {
        let action =
            space.deploy(&deployment("web", image, "")).env("GITHUB_REPOSITORY", "o/r").env("GITHUB_RUN_ID", "7");
        let git = action.workspace().join(".git");
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(git.join("refs/heads/main"), format!("{commit}\n")).unwrap();
        action.run()
    };
    let (one, two) = ("1".repeat(40), "2".repeat(40));
    assert_eq!(deploy(GOOD, &one).code, 0);
    assert_eq!((record("commit"), record("good-commit")), (one.clone(), one.clone()));
    assert_eq!(record("run"), "https://github.com/o/r/actions/runs/7");
    let version = space.field("deployment/web", ".metadata.resourceVersion");
    assert_eq!(deploy(GOOD, &one).code, 0);
    assert_eq!(space.field("deployment/web", ".metadata.resourceVersion"), version, "an unchanged object was written");
    assert_eq!(deploy("juggernaut/k8s-demo-go-app:v0.0.3", &two).code, 5);
    assert_eq!((record("commit"), record("good-commit")), (two, one));
}

#[test]
fn a_bad_object_in_a_new_namespace_is_refused_before_the_namespace_is_made() {
    let space = control_plane().space("newspace");
    let own = format!("{}-own", space.name);
    let manifests = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {own}}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app_a, namespace: {own}}}\n"
    );
    let ran = space.deploy(&manifests).input("namespace", "").run();
    assert_eq!(ran.code, 2, "{}", ran.everything);
    assert!(!control_plane().kubectl(&["get", "namespaces", "-o", "name"]).contains(&own));
}

#[test]
fn replicas_that_left_the_manifest_stay_when_an_autoscaler_came() {
    let space = control_plane().space("hpa");
    assert_eq!(space.deploy(&deployment("web", GOOD, "")).run().code, 0);
    let scaled = format!(
        "{}---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  minReplicas: 2\n  maxReplicas: 5\n\
         \x20 scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n\
         \x20 metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 80}}}}}}]\n",
        deployment("web", GOOD, "").replace("  replicas: 2\n", "")
    );
    let ran = space.deploy(&scaled).input("timeout", "20s").run();
    assert!(ran.stdout.contains(".spec.replicas stays 2: HorizontalPodAutoscaler/web"), "{}", ran.everything);
    assert_eq!(space.field("deployment/web", ".spec.replicas"), "2");
}

#[test]
fn deploy_and_diff_name_the_manifests_by_the_sum_of_what_render_prints() {
    let space = control_plane().space("sum");
    let files = |mode: &str| {
        let action = space.act(mode, "").input("path", "app").file("app/kustomization.yaml", "resources: [web.yaml]\n");
        action.file("app/web.yaml", deployment("web", GOOD, ""))
    };
    let rendered = crate::support::action::Action::in_actions()
        .input("mode", "render")
        .input("path", "app")
        .file("app/kustomization.yaml", "resources: [web.yaml]\n")
        .file("app/web.yaml", deployment("web", GOOD, ""))
        .run();
    let sum = rendered.output("manifest-sha256");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(sum.len() == 64 && sum != empty, "{}", rendered.everything);
    assert_eq!(files("diff").run().output("manifest-sha256"), sum);
    assert_eq!(files("deploy").run().output("manifest-sha256"), sum);
}
