//! What a deploy does not do although people expect it: restart pods that read a changed ConfigMap or Secret through their
//! environment, pull a tag again that did not change. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::object::{Manifest, ObjectRef};
use super::record::is_workload;

/// An object of the set, and whether this run changes it.
pub(crate) type Changed<'a> = (&'a Manifest, bool);

/// Returns a sentence for each workload that keeps running with what it read before.
pub(crate) fn remarks(set: &[Changed<'_>]) -> Vec<String> {
    let changed: BTreeSet<(&str, Option<&str>, &str)> = set
        .iter()
        .filter(|(manifest, changed)| *changed && is_configuration(&manifest.reference))
        .map(|(manifest, _)| {
            (
                manifest.reference.kind.as_str(),
                manifest.reference.namespace.as_deref(),
                manifest.reference.name.as_str(),
            )
        })
        .collect();
    let mut found = Vec::new();
    for (manifest, _) in set.iter().filter(|(manifest, changed)| !changed && is_workload(&manifest.reference)) {
        let reference = &manifest.reference;
        let Some(pod) = pod_spec(&manifest.value) else { continue };
        for (kind, name) in read_through_environment(pod) {
            if changed.contains(&(kind, reference.namespace.as_deref(), name)) {
                found.push(format!(
                    "{kind}/{name} changed, but {reference}, which reads it through its environment, did not: its pods keep the \
                     old values until they are restarted (a configMapGenerator or secretGenerator renames it on every change)"
                ));
            }
        }
        for image in moving_images(pod) {
            found.push(format!(
                "{reference} did not change: pods that run keep what `{image}` was when they pulled it; deploy a tag of its own or a digest"
            ));
        }
    }
    found
}

fn is_configuration(reference: &ObjectRef) -> bool {
    reference.is("", "ConfigMap") || reference.is("", "Secret")
}

fn pod_spec(value: &Value) -> Option<&Value> {
    ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"].iter().find_map(|path| value.pointer(path))
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers"].into_iter().filter_map(|list| pod.get(list)?.as_array()).flatten()
}

/// Returns kind and name of what the containers read when they start.
fn read_through_environment(pod: &Value) -> BTreeSet<(&'static str, &str)> {
    let mut found = BTreeSet::new();
    for container in containers(pod) {
        let list = |name: &str| container.get(name).and_then(Value::as_array).into_iter().flatten();
        for (kind, key) in [("ConfigMap", "configMap"), ("Secret", "secret")] {
            let whole = list("envFrom").filter_map(|source| source.get(format!("{key}Ref"))?.get("name")?.as_str());
            let single = list("env")
                .filter_map(|variable| variable.get("valueFrom")?.get(format!("{key}KeyRef"))?.get("name")?.as_str());
            found.extend(whole.chain(single).map(|name| (kind, name)));
        }
    }
    found
}

/// Returns images whose tag is `latest`, said or not.
fn moving_images(pod: &Value) -> impl Iterator<Item = &str> {
    containers(pod).filter_map(|container| container.get("image")?.as_str()).filter(|image| {
        let last = image.rsplit('/').next().unwrap_or(image);
        !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest(value: Value) -> Manifest {
        Manifest::new(value, None).unwrap()
    }

    fn workload(image: &str) -> Manifest {
        manifest(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"},
            "spec": {"template": {"spec": {"containers": [{"name": "app", "image": image,
                "envFrom": [{"configMapRef": {"name": "conf"}}],
                "env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}}]}]}}}}))
    }

    fn configuration(kind: &str, name: &str) -> Manifest {
        manifest(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "a"}}))
    }

    #[test]
    fn a_changed_config_map_behind_an_unchanged_workload_is_said() {
        let (web, conf, secret) = (workload("app:1"), configuration("ConfigMap", "conf"), configuration("Secret", "s"));
        let said = remarks(&[(&web, false), (&conf, true), (&secret, true)]);
        assert_eq!(said.len(), 2);
        assert!(said[0].starts_with("ConfigMap/conf changed, but Deployment/a/web"), "{}", said[0]);
        assert!(remarks(&[(&web, true), (&conf, true)]).is_empty());
        assert!(remarks(&[(&web, false), (&conf, false)]).is_empty());
    }

    #[test]
    fn an_unchanged_moving_tag_is_said() {
        for image in ["app", "registry:5000/app", "app:latest"] {
            assert_eq!(remarks(&[(&workload(image), false)]).len(), 1, "{image}");
        }
        for image in ["app:1", "registry:5000/app:v1", "app@sha256:0"] {
            assert!(remarks(&[(&workload(image), false)]).is_empty(), "{image}");
        }
    }
}
