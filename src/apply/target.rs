//! Each rendered object with its place in the cluster: namespace, path, and whether something of the same set must come first. Pure.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::object::{Manifest, ObjectRef};
use crate::failure::{Failure, Result};
use crate::kubernetes::discovery::{Discovery, Resource};
use crate::kubernetes::objects;

/// An object that can be sent.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// What was rendered, its namespace filled in or dropped as its kind asks for.
    pub manifest: Manifest,
    /// How its kind is served.
    pub resource: Resource,
    /// Its path in the API.
    pub path: String,
    /// What of the same set must exist before the server can even check it: `Namespace/shop`.
    pub after: Option<ObjectRef>,
}

/// Namespaces to put objects in that name none.
#[derive(Clone, Debug)]
pub(crate) struct Namespaces {
    /// Given as the input `namespace`: an object that names another one is an error.
    pub given: Option<String>,
    /// Else this one: the context's, or `default`.
    pub fallback: String,
}

impl Namespaces {
    /// Returns the one that objects without a namespace go to.
    pub(crate) fn chosen(&self) -> &str {
        self.given.as_deref().unwrap_or(&self.fallback)
    }
}

/// Finds every object's place.
///
/// # Errors
/// Kinds that the cluster does not serve, and objects in another namespace than the one given; all of them at once.
pub(crate) fn all(manifests: Vec<Manifest>, discovery: &Discovery, namespaces: &Namespaces) -> Result<Vec<Target>> {
    let own = own_kinds(&manifests);
    let created: HashSet<String> =
        manifests.iter().filter(|m| m.reference.is("", "Namespace")).map(|m| m.reference.name.clone()).collect();
    let mut targets = Vec::with_capacity(manifests.len());
    let mut defects = Vec::new();
    for manifest in manifests {
        let known = discovery.find(&manifest.reference).cloned();
        let defined = own.get(&kind_of(&manifest.reference));
        let (resource, crd) = match (known, defined) {
            (Some(resource), None) => (resource, None),
            (Some(resource), Some((_, crd))) => (resource, Some(crd)),
            (None, Some((resource, crd))) => (resource.clone(), Some(crd)),
            (None, None) => {
                defects.push(unserved(&manifest, discovery));
                continue;
            }
        };
        match place(manifest, resource, namespaces) {
            Ok(mut target) => {
                let namespace = target.manifest.reference.namespace.as_ref().filter(|name| created.contains(*name));
                target.after = crd.cloned().or_else(|| namespace.map(|name| namespace_reference(name)));
                targets.push(target);
            }
            Err(defect) => defects.push(defect),
        }
    }
    if defects.is_empty() { Ok(targets) } else { Err(Failure::input(defects.join("\n"))) }
}

/// Puts an object where its kind lives.
fn place(mut manifest: Manifest, resource: Resource, namespaces: &Namespaces) -> std::result::Result<Target, String> {
    let named = manifest.reference.namespace.clone();
    manifest.reference.namespace = match (resource.namespaced, named, &namespaces.given) {
        (false, ..) => None,
        (true, Some(named), Some(given)) if named != *given => {
            return Err(format!("{}: it names the namespace {named}, but `namespace` is {given}", manifest.reference));
        }
        (true, Some(named), _) => Some(named),
        (true, None, _) => Some(namespaces.chosen().to_owned()),
    };
    if let Some(metadata) = manifest.value.get_mut("metadata").and_then(Value::as_object_mut) {
        match &manifest.reference.namespace {
            Some(namespace) => metadata.insert("namespace".to_owned(), Value::String(namespace.clone())),
            None => metadata.shift_remove("namespace"),
        };
    }
    let path = objects::path(&manifest.reference, &resource);
    Ok(Target { manifest, resource, path, after: None })
}

type KindOf = (String, String, String);

fn kind_of(reference: &ObjectRef) -> KindOf {
    (reference.group.clone(), reference.version.clone(), reference.kind.clone())
}

fn namespace_reference(name: &str) -> ObjectRef {
    ObjectRef { version: "v1".to_owned(), kind: "Namespace".to_owned(), name: name.to_owned(), ..ObjectRef::default() }
}

/// Returns the kinds that the set itself defines, with the CRD that does.
fn own_kinds(manifests: &[Manifest]) -> HashMap<KindOf, (Resource, ObjectRef)> {
    let mut own = HashMap::new();
    for manifest in manifests.iter().filter(|m| m.reference.is("apiextensions.k8s.io", "CustomResourceDefinition")) {
        let text =
            |pointer: &str| manifest.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
        let resource = Resource {
            plural: text("/spec/names/plural"),
            namespaced: text("/spec/scope") == "Namespaced",
            verbs: ["get", "list", "watch", "create", "patch", "delete"].map(str::to_owned).to_vec(),
        };
        let versions = manifest.value.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
        for version in versions.filter_map(|version| version.get("name").and_then(Value::as_str)) {
            let key = (group.clone(), version.to_owned(), kind.clone());
            own.insert(key, (resource.clone(), manifest.reference.clone()));
        }
    }
    own
}

fn unserved(manifest: &Manifest, discovery: &Discovery) -> String {
    let reference = &manifest.reference;
    let versions = discovery.versions_of(&reference.group, &reference.kind);
    let place = manifest.place.as_ref().map(|place| format!("{}:{}: ", place.file, place.line)).unwrap_or_default();
    let served = if versions.is_empty() {
        "is its CRD installed?".to_owned()
    } else {
        format!("it serves the kind at {}", versions.join(", "))
    };
    format!("{place}{reference}: the cluster does not serve {} {}: {served}", reference.api_version(), reference.kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn discovery() -> Discovery {
        let mut discovery = Discovery::default();
        let resource = |plural: &str, namespaced| Resource { plural: plural.to_owned(), namespaced, verbs: Vec::new() };
        discovery.add("", "v1", "ConfigMap".to_owned(), resource("configmaps", true));
        discovery.add("", "v1", "Namespace".to_owned(), resource("namespaces", false));
        discovery.add(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition".to_owned(),
            resource("customresourcedefinitions", false),
        );
        discovery.add("batch", "v1", "CronJob".to_owned(), resource("cronjobs", true));
        discovery
    }

    fn manifest(value: Value) -> Manifest {
        Manifest::new(value, None).unwrap()
    }

    fn config_map(namespace: Option<&str>) -> Manifest {
        manifest(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}}))
    }

    fn namespaces(given: Option<&str>) -> Namespaces {
        Namespaces { given: given.map(str::to_owned), fallback: "default".to_owned() }
    }

    #[test]
    fn a_namespace_is_filled_in_and_dropped_where_it_does_not_belong() {
        let space =
            manifest(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": "x"}}));
        let targets = all(vec![config_map(None), space], &discovery(), &namespaces(None)).unwrap();
        assert_eq!(targets[0].path, "/api/v1/namespaces/default/configmaps/a");
        assert_eq!(targets[0].manifest.value["metadata"]["namespace"], "default");
        assert_eq!(targets[1].path, "/api/v1/namespaces/n");
        assert!(targets[1].manifest.value["metadata"].get("namespace").is_none());
    }

    #[test]
    fn another_namespace_than_the_given_one_is_an_error() {
        let failure = all(vec![config_map(Some("b"))], &discovery(), &namespaces(Some("a"))).unwrap_err();
        assert_eq!(failure.to_string(), "ConfigMap/b/a: it names the namespace b, but `namespace` is a");
    }

    #[test]
    fn what_needs_a_namespace_or_crd_of_the_set_says_so() {
        let space = manifest(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}));
        let crd = manifest(json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "foos.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Foo", "plural": "foos"}, "versions": [{"name": "v1"}]}}));
        let foo = manifest(json!({"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "f"}}));
        let targets = all(vec![space, config_map(Some("n")), crd, foo], &discovery(), &namespaces(None)).unwrap();
        assert_eq!(targets[1].after.as_ref().unwrap().to_string(), "Namespace/n");
        assert_eq!(targets[3].after.as_ref().unwrap().name, "foos.example.com");
        assert_eq!(targets[3].path, "/apis/example.com/v1/namespaces/default/foos/f");
    }

    #[test]
    fn an_unserved_kind_names_the_versions_there_are() {
        let old = manifest(json!({"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "c"}}));
        let failure = all(vec![old], &discovery(), &namespaces(None)).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "CronJob/c: the cluster does not serve batch/v1beta1 CronJob: it serves the kind at v1"
        );
    }
}
