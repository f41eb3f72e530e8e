//! Which rights follow from which objects and options.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::apply::object::Manifest;
use crate::apply::verify;
use crate::inputs::task::Recreate;
use crate::kubernetes::discovery::Resource;
use crate::kubernetes::objects as paths;

fn options() -> ApplyOptions {
    ApplyOptions {
        timeout: Duration::from_secs(600),
        lock: false,
        lock_timeout: Duration::ZERO,
        take_over: true,
        recreate: Recreate::Never,
        rollback_on_failure: false,
        soak: Duration::ZERO,
        verify: Vec::new(),
        dry_run: false,
    }
}

fn target(api_version: &str, kind: &str, plural: &str, namespace: Option<&str>, more: &Value) -> Target {
    let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": namespace}});
    let members = value.as_object_mut().unwrap();
    for (key, member) in more.as_object().unwrap() {
        if key == "name" {
            members["metadata"]["name"] = member.clone();
        } else if key == "annotations" {
            members["metadata"]["annotations"] = member.clone();
        } else {
            members.insert(key.clone(), member.clone());
        }
    }
    let manifest = Manifest::new(value, None).unwrap();
    let resource = Resource { plural: plural.to_owned(), namespaced: namespace.is_some(), verbs: Vec::new() };
    let path = paths::path(&manifest.reference, &resource);
    Target { manifest, resource, path, after: None }
}

fn deployment() -> Target {
    target("apps/v1", "Deployment", "deployments", Some("shop"), &json!({"spec": {"replicas": 1}}))
}

fn secret(name: &str) -> Target {
    target("v1", "Secret", "secrets", Some("shop"), &json!({"name": name}))
}

/// The rules as short lines: `shop: get,patch deployments.apps [a]`.
fn lines(targets: &[Target], options: &ApplyOptions) -> Vec<String> {
    let checks: Vec<Check> = options.verify.iter().map(|line| verify::parse(line).unwrap()).collect();
    let wants = wants(targets, &Usage { options, checks: &checks, namespace: "home" });
    let scopes = rules::of(&wants.needs);
    let all = scopes.iter().flat_map(|scope| scope.rules.iter().map(move |rule| (scope, rule)));
    let shown = all.map(|(scope, rule)| {
        let names = if rule.names.is_empty() { String::new() } else { format!(" [{}]", rule.names.join(",")) };
        let place = scope.namespace.as_deref().unwrap_or("*");
        format!("{place}: {} {}.{}{names}", rule.verbs.join(","), rule.resources.join(","), rule.group)
    });
    shown.collect()
}

#[test]
fn a_deployment_takes_these_rules_and_no_more() {
    assert_eq!(
        lines(&[deployment()], &options()),
        [
            "shop: list,watch events,pods.",
            "shop: get pods/log.",
            "shop: create,list,watch deployments.apps",
            "shop: get,patch deployments.apps [a]",
            "shop: list,watch replicasets.apps",
        ]
    );
}

#[test]
fn secrets_are_read_by_name_and_never_listed_however_many() {
    let set: Vec<Target> = ["a", "b", "c", "d", "e"].into_iter().map(secret).collect();
    assert_eq!(lines(&set, &options()), ["shop: create secrets.", "shop: get,patch secrets. [a,b,c,d,e]"]);
}

#[test]
fn names_that_change_with_their_content_do_not_limit() {
    assert_eq!(lines(&[secret("made-k4bf9t2g7h"), secret("fix")], &options()), ["shop: create,get,patch secrets."]);
    assert_eq!(lines(&[secret("not-a-hash-0000000000")], &options()).len(), 2);
}

#[test]
fn each_option_adds_its_own_rights() {
    let with = |change: fn(&mut ApplyOptions)| {
        let mut options = options();
        change(&mut options);
        lines(&[deployment()], &options)
    };
    let plain = lines(&[deployment()], &options());
    let added = |lines: Vec<String>| lines.into_iter().filter(|line| !plain.contains(line)).collect::<Vec<_>>();
    assert_eq!(added(with(|options| options.lock = true)), ["shop: create,get,patch leases.coordination.k8s.io"]);
    assert_eq!(
        added(with(|options| options.rollback_on_failure = true)),
        ["shop: delete,get,patch deployments.apps [a]"]
    );
    assert_eq!(
        added(with(|options| options.verify = vec!["service/web:80/ => 200".to_owned()])),
        ["home: get services/proxy. [web:80]"]
    );
    assert_eq!(added(with(|options| options.recreate = Recreate::Jobs)), Vec::<String>::new());
}

#[test]
fn only_a_rolled_back_stateful_set_takes_the_deletion_of_pods() {
    let set = target("apps/v1", "StatefulSet", "statefulsets", Some("shop"), &json!({}));
    let deletes_pods = |target: &Target, rollback_on_failure| {
        let options = ApplyOptions { rollback_on_failure, ..options() };
        lines(std::slice::from_ref(target), &options)
            .iter()
            .any(|line| line.contains("delete") && line.contains(" pods."))
    };
    assert!(deletes_pods(&set, true) && !deletes_pods(&set, false) && !deletes_pods(&deployment(), true));
}

#[test]
fn only_what_may_be_made_anew_may_be_deleted() {
    let job = target("batch/v1", "Job", "jobs", Some("shop"), &json!({}));
    let named = json!({"annotations": {"k8s-deploy-action/recreate": "true"}});
    let annotated = target("v1", "Service", "services", Some("shop"), &named);
    let deletes = |target: &Target, recreate| {
        let options = ApplyOptions { recreate, ..options() };
        lines(std::slice::from_ref(target), &options).iter().any(|line| line.contains("delete"))
    };
    assert!(deletes(&job, Recreate::Jobs) && !deletes(&job, Recreate::Annotated));
    assert!(deletes(&annotated, Recreate::Annotated) && !deletes(&annotated, Recreate::Never));
}

#[test]
fn a_rollback_deletes_no_claims_and_no_namespaces() {
    let claim = target("v1", "PersistentVolumeClaim", "persistentvolumeclaims", Some("shop"), &json!({}));
    let space = target("v1", "Namespace", "namespaces", None, &json!({}));
    let options = ApplyOptions { rollback_on_failure: true, ..options() };
    assert!(lines(&[claim, space], &options).iter().all(|line| !line.contains("delete")));
}

#[test]
fn a_namespace_that_holds_the_roles_is_there_already() {
    let space = target("v1", "Namespace", "namespaces", None, &json!({"name": "shop"}));
    assert!(!lines(&[space.clone(), secret("s")], &options()).iter().any(|line| line.contains("create namespaces")));
    assert!(lines(&[space], &options()).iter().any(|line| line.contains("create,list,watch namespaces")));
}

#[test]
fn roles_of_the_set_are_held_and_their_bindings_bound() {
    let role = target(
        "rbac.authorization.k8s.io/v1",
        "Role",
        "roles",
        Some("shop"),
        &json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}]}),
    );
    let binding = target(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
        Some("shop"),
        &json!({"roleRef": {"kind": "Role", "name": "a"}}),
    );
    let lines = lines(&[role, binding], &options());
    assert!(lines.contains(&"shop: delete pods.".to_owned()), "{lines:?}");
    assert!(lines.contains(&"shop: bind,get,patch roles.rbac.authorization.k8s.io [a]".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("escalate") || line.contains("*:")), "{lines:?}");
}

#[test]
fn wildcards_aggregation_and_cluster_admin_are_refused() {
    let of = |kind: &str, plural: &str, more: Value| {
        let target = target("rbac.authorization.k8s.io/v1", kind, plural, None, &more);
        let options = options();
        wants(&[target], &Usage { options: &options, checks: &[], namespace: "home" })
    };
    let wild = of(
        "ClusterRole",
        "clusterroles",
        json!({"rules": [{"apiGroups": ["apps"], "resources": ["*"], "verbs": ["get"]}]}),
    );
    let gathered = of("ClusterRole", "clusterroles", json!({"aggregationRule": {}}));
    let admin = of(
        "ClusterRoleBinding",
        "clusterrolebindings",
        json!({"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}),
    );
    for wants in [wild, gathered, admin] {
        assert_eq!(wants.refused.len(), 1, "{wants:?}");
        assert!(wants.needs.keys().all(|need| !need.resource.contains('*') && need.verb != "bind"));
    }
}

#[test]
fn what_the_cluster_grants_is_not_granted_again_in_a_namespace() {
    let need = |namespace: Option<&str>, name: Option<&str>| Need {
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: namespace.map(str::to_owned),
        verb: "get".to_owned(),
        name: name.map(str::to_owned),
    };
    let mut wants = Wants::default();
    wants.add(need(None, None), Use::Hold, "ClusterRole/a");
    wants.add(need(Some("shop"), None), Use::Read, "Pod/shop/a");
    wants.add(need(Some("shop"), Some("a")), Use::Read, "Pod/shop/a");
    let scopes = rules::of(&wants.needs);
    assert_eq!(scopes.len(), 1);
    assert_eq!((scopes[0].namespace.as_deref(), scopes[0].rules.len(), scopes[0].rules[0].because.len()), (None, 1, 2));
}

#[test]
fn what_is_printed_reads_back_as_what_is_applied() {
    let options = ApplyOptions { lock: true, ..options() };
    let wants = wants(&[deployment(), secret("on")], &Usage { options: &options, checks: &[], namespace: "home" });
    let subject = objects::Subject::ServiceAccount { namespace: "shop".to_owned(), name: "ci".to_owned() };
    let grants = objects::all(&subject, &rules::of(&wants.needs));
    let text = print::yaml(&grants, &["a remark".to_owned()]);
    let read: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect();
    let applied: Vec<Value> = grants.into_iter().map(|granting| granting.value).collect();
    assert_eq!(read, applied);
}

#[test]
fn more_than_needed_is_named() {
    let options = options();
    let wants = wants(&[secret("s")], &Usage { options: &options, checks: &[], namespace: "home" });
    let granted = |rules: Value| -> crate::kubernetes::permissions::Granted {
        serde_json::from_value(json!({"resourceRules": rules})).unwrap()
    };
    let rule = |verbs: &[&str], names: &[&str]| json!({"verbs": verbs, "apiGroups": [""], "resources": ["secrets"], "resourceNames": names});
    let fits = granted(json!([rule(&["get", "patch"], &["s"]), rule(&["create"], &[])]));
    assert!(compare::exceeds("shop", &fits, &wants).is_empty());
    let wide = compare::exceeds("shop", &granted(json!([rule(&["get"], &[])])), &wants);
    assert_eq!(wide.into_iter().collect::<Vec<_>>(), ["get secrets, not only s"]);
    let other = compare::exceeds("shop", &granted(json!([rule(&["get"], &["s", "t"])])), &wants);
    assert_eq!(other.into_iter().collect::<Vec<_>>(), ["get secrets t"]);
    assert_eq!(compare::exceeds("elsewhere", &fits, &wants).len(), 3);
    let star = granted(json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]));
    assert_eq!(compare::exceeds("shop", &star, &wants).len(), 1);
}

fn policy(name: &str, kind: &Value) -> Target {
    let spec = json!({"name": name, "spec": {"paramKind": kind}});
    target("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", None, &spec)
}

fn policy_binding(policy: &str, parameters: &Value) -> Target {
    let spec = json!({"name": "b", "spec": {"policyName": policy, "paramRef": parameters}});
    let plural = "validatingadmissionpolicybindings";
    target("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", plural, None, &spec)
}

#[test]
fn a_policys_author_reads_its_parameters() {
    let lines = |targets: &[Target]| lines(targets, &options()).join("\n");
    let one = policy("p", &json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    assert!(lines(std::slice::from_ref(&one)).contains("*: get configmaps"), "{}", lines(&[one]));
    for (kind, plural) in [("Limit", "limits"), ("Policy", "policies"), ("Class", "classes")] {
        let custom = policy("p", &json!({"apiVersion": "rules.example.com/v1", "kind": kind}));
        let text = lines(&[custom]);
        assert!(text.contains(&format!("get {plural}.rules.example.com")), "{text}");
    }
    let named = policy_binding("p", &json!({"name": "x", "namespace": "shop", "parameterNotFoundAction": "Deny"}));
    let of_the_set = policy("p", &json!({"apiVersion": "v1", "kind": "Secret"}));
    let text = lines(&[policy("other", &json!({})), named]);
    assert!(!text.contains("secrets"), "{text}");
    let any = policy_binding("p", &json!({"selector": {}, "namespace": "shop"}));
    let text = lines(&[of_the_set, any]);
    assert!(text.contains("shop: list secrets"), "{text}");
}

#[test]
fn a_route_with_a_host_of_its_own_takes_the_right_to_name_one() {
    let route = |spec: &Value| target("route.openshift.io/v1", "Route", "routes", Some("shop"), &json!({"spec": spec}));
    let text = lines(&[route(&json!({"host": "shop.example.com"}))], &options()).join("\n");
    assert!(text.contains("shop: create,update routes/custom-host.route.openshift.io"), "{text}");
    let text = lines(&[route(&json!({"to": {"name": "web"}}))], &options()).join("\n");
    assert!(!text.contains("custom-host"), "{text}");
}
