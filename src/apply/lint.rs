//! What only server-side apply rejects, found before anything is sent (kubernetes#113482), and objects that stand twice. Pure.

use std::collections::HashMap;

use serde_json::Value;

use super::object::{Manifest, ObjectRef};

/// Lists that merge by keys, where a pod template has them: the list and the fields of its key with their defaults.
const POD_LISTS: [(&str, &[(&str, &str)]); 4] = [
    ("volumes", &[("name", "")]),
    ("imagePullSecrets", &[("name", "")]),
    ("hostAliases", &[("ip", "")]),
    ("topologySpreadConstraints", &[("topologyKey", ""), ("whenUnsatisfiable", "")]),
];
const CONTAINER_LISTS: [(&str, &[(&str, &str)]); 4] = [
    ("ports", &[("containerPort", ""), ("protocol", "TCP")]),
    ("env", &[("name", "")]),
    ("volumeMounts", &[("mountPath", "")]),
    ("volumeDevices", &[("devicePath", "")]),
];

/// Returns a sentence for each defect.
pub(crate) fn defects(manifests: &[Manifest]) -> Vec<String> {
    let mut found = twice(manifests);
    for manifest in manifests {
        found.extend(duplicates(manifest).into_iter().map(|defect| {
            let place =
                manifest.place.as_ref().map(|place| format!("{}:{}: ", place.file, place.line)).unwrap_or_default();
            format!("{place}{}: {defect}", manifest.reference)
        }));
    }
    found
}

/// Objects of one identity; the later one would silently win.
fn twice(manifests: &[Manifest]) -> Vec<String> {
    let mut seen: HashMap<(&str, &str, Option<&str>, &str), &ObjectRef> = HashMap::with_capacity(manifests.len());
    let mut found = Vec::new();
    for manifest in manifests {
        let reference = &manifest.reference;
        let identity = (
            reference.group.as_str(),
            reference.kind.as_str(),
            reference.namespace.as_deref(),
            reference.name.as_str(),
        );
        if seen.insert(identity, reference).is_some() {
            found.push(format!("{reference} stands twice in the manifests"));
        }
    }
    found
}

fn duplicates(manifest: &Manifest) -> Vec<String> {
    let mut found = Vec::new();
    let value = &manifest.value;
    if manifest.reference.is("", "Service") {
        check(value.pointer("/spec"), ".spec", "ports", &[("port", ""), ("protocol", "TCP")], &mut found);
    }
    let places = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    let pod = if manifest.reference.is("", "Pod") {
        value.pointer("/spec").map(|spec| (".spec".to_owned(), spec))
    } else {
        places.iter().find_map(|place| value.pointer(place).map(|spec| (place.replace('/', "."), spec)))
    };
    if let Some((path, spec)) = pod {
        check_pod(spec, &path, &mut found);
    }
    found
}

fn check_pod(spec: &Value, path: &str, found: &mut Vec<String>) {
    for (list, keys) in POD_LISTS {
        check(Some(spec), path, list, keys, found);
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        check(Some(spec), path, list, &[("name", "")], found);
        for container in spec.get(list).and_then(Value::as_array).into_iter().flatten() {
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            for (inner, keys) in CONTAINER_LISTS {
                check(Some(container), &format!("{path}.{list}[name={name:?}]"), inner, keys, found);
            }
        }
    }
}

/// Notes the elements of a list that share their key with an earlier one.
fn check(holder: Option<&Value>, path: &str, list: &str, keys: &[(&str, &str)], found: &mut Vec<String>) {
    let Some(items) = holder.and_then(|holder| holder.get(list)).and_then(Value::as_array) else { return };
    let mut seen = std::collections::HashSet::new();
    for item in items {
        let parts: Vec<String> = keys
            .iter()
            .map(|(key, default)| match item.get(key) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => (*default).to_owned(),
            })
            .collect();
        if parts.iter().all(|part| part.is_empty()) {
            continue;
        }
        let key = parts.join("/");
        if !seen.insert(key.clone()) {
            found.push(format!("{path}.{list} has {key} twice, which server-side apply rejects: remove one"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest(value: Value) -> Manifest {
        Manifest::new(value, None).unwrap()
    }

    #[test]
    fn duplicate_env_and_ports_are_named() {
        let found = defects(&[manifest(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": [{"name": "app",
                "env": [{"name": "A"}, {"name": "B"}, {"name": "A"}],
                "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}, {"containerPort": 80, "protocol": "TCP"}]}]}}}}),
        )]);
        assert_eq!(
            found,
            [
                "Deployment/web: .spec.template.spec.containers[name=\"app\"].ports has 80/TCP twice, which server-side apply rejects: remove one",
                "Deployment/web: .spec.template.spec.containers[name=\"app\"].env has A twice, which server-side apply rejects: remove one",
            ]
        );
    }

    #[test]
    fn the_same_object_twice_is_named() {
        let one = || manifest(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}));
        assert_eq!(defects(&[one(), one()]), ["Service/a stands twice in the manifests"]);
    }

    #[test]
    fn sound_objects_have_no_defects() {
        assert!(
            defects(&[manifest(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
            "spec": {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}}))])
            .is_empty()
        );
    }
}
