//! Roles and bindings among the objects: what the API server wants their author to hold. Pure.
//! Kubernetes, "Using RBAC Authorization", "Privilege escalation prevention and bootstrapping".

use serde_json::Value;

use super::{GROUP, Use, Wants};
use crate::apply::object::ObjectRef;
use crate::apply::permission::Need;
use crate::apply::target::Target;

/// Adds what writing the set's Roles and bindings takes.
pub(super) fn add(wants: &mut Wants, targets: &[Target]) {
    for target in targets.iter().filter(|target| target.manifest.reference.group == GROUP) {
        match target.manifest.reference.kind.as_str() {
            "Role" | "ClusterRole" => role(wants, target),
            "RoleBinding" | "ClusterRoleBinding" => binding(wants, target, targets),
            _ => {}
        }
    }
}

fn role(wants: &mut Wants, target: &Target) {
    let reference = &target.manifest.reference;
    let value = &target.manifest.value;
    if value.get("aggregationRule").is_some() {
        wants.refused.push(too_wide(reference, "takes in whatever other ClusterRoles grant (aggregationRule)"));
        return;
    }
    for rule in value.get("rules").and_then(Value::as_array).into_iter().flatten() {
        let list = |field: &str| texts(rule.get(field));
        let (verbs, groups, resources) = (list("verbs"), list("apiGroups"), list("resources"));
        let wild = verbs.iter().chain(&groups).chain(&resources).any(|word| word.contains('*'));
        if wild || list("nonResourceURLs").contains(&"*") {
            wants.refused.push(too_wide(reference, "grants `*`"));
            continue;
        }
        for need in held(reference, rule) {
            wants.add(need, Use::Hold, reference.to_string());
        }
    }
}

/// Every single right that a rule grants.
fn held(reference: &ObjectRef, rule: &Value) -> Vec<Need> {
    let list = |field: &str| texts(rule.get(field));
    let names: Vec<Option<String>> = match list("resourceNames") {
        names if names.is_empty() => vec![None],
        names => names.into_iter().map(|name| Some(name.to_owned())).collect(),
    };
    let mut needs = Vec::new();
    for verb in list("verbs") {
        for group in list("apiGroups") {
            for resource in list("resources") {
                needs.extend(names.iter().map(|name| Need {
                    group: group.to_owned(),
                    resource: resource.to_owned(),
                    namespace: reference.namespace.clone(),
                    verb: verb.to_owned(),
                    name: name.clone(),
                }));
            }
        }
        needs.extend(list("nonResourceURLs").into_iter().map(|path| Need {
            group: String::new(),
            resource: path.to_owned(),
            namespace: None,
            verb: verb.to_owned(),
            name: None,
        }));
    }
    needs
}

fn binding(wants: &mut Wants, target: &Target, targets: &[Target]) {
    let reference = &target.manifest.reference;
    let text = |pointer: &str| target.manifest.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (text("/roleRef/kind"), text("/roleRef/name"));
    let namespace = reference.namespace.clone();
    if kind == "ClusterRole" && name == "cluster-admin" {
        let message = format!("{reference} binds cluster-admin: whoever can write it can do everything");
        wants.refused.push(format!("{message}. {BY_AN_ADMIN}"));
        return;
    }
    let of_the_set = targets.iter().map(|target| &target.manifest.reference).any(|role| {
        role.is(GROUP, kind) && role.name == name && (kind == "ClusterRole" || role.namespace == reference.namespace)
    });
    if !of_the_set {
        let place = namespace.as_ref().map_or("the cluster".to_owned(), |name| format!("namespace {name}"));
        wants.remarks.push(format!(
            "{reference} binds the {kind} {name}, which is not part of the set: who holds this identity can give anybody, itself too, what {name} grants in {place}"
        ));
    }
    let need = Need {
        group: GROUP.to_owned(),
        resource: if kind == "ClusterRole" { "clusterroles" } else { "roles" }.to_owned(),
        namespace,
        verb: "bind".to_owned(),
        name: Some(name.to_owned()),
    };
    wants.add(need, Use::Bind, reference.to_string());
}

const BY_AN_ADMIN: &str =
    "Take it out of this set and have an admin apply it, or let it grant named verbs on named resources";

fn too_wide(reference: &ObjectRef, what: &str) -> String {
    format!("{reference} {what}: who writes it must hold all that, and no wildcard is ever granted. {BY_AN_ADMIN}")
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
