//! An object of the set: which one it is, what was rendered for it, where that stands. Holds no live state.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::failure::{Failure, Place, Result};

/// Which object: enough to find it in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectRef {
    /// API group; empty for the core one.
    pub group: String,
    /// API version within the group.
    pub version: String,
    /// Kind, CamelCase.
    pub kind: String,
    /// Namespace; none for what lives in no namespace, or not yet known.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectRef {
    /// `group/version`, or `version` alone for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Tells whether this is that kind, whatever its version.
    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(formatter, "{}/{}", self.kind, self.name),
        }
    }
}

/// One rendered object.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Which one.
    pub reference: ObjectRef,
    /// What is to be applied.
    pub value: Value,
    /// Where it stands, when that is known.
    pub place: Option<Place>,
}

impl Manifest {
    /// Takes a rendered document, dropping what is not for the server to be told: status, server-set metadata, nulls.
    ///
    /// # Errors
    /// It has no apiVersion, kind or name.
    pub(crate) fn new(mut value: Value, place: Option<Place>) -> Result<Self> {
        let fail = |message: String, place: Option<Place>| {
            let failure = Failure::input(message);
            Err(match place {
                Some(place) => failure.at(place),
                None => failure,
            })
        };
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        if api_version.is_empty() || kind.is_empty() {
            return fail(format!("an object has no {}", if kind.is_empty() { "kind" } else { "apiVersion" }), place);
        }
        if name.is_empty() {
            let why = if value.pointer("/metadata/generateName").is_some() {
                "has a generateName, which server-side apply cannot use: give it a name"
            } else {
                "has no metadata.name"
            };
            return fail(format!("a {kind} ({api_version}) {why}"), place);
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let namespace = Some(text("/metadata/namespace")).filter(|namespace| !namespace.is_empty());
        let reference = ObjectRef { group: group.to_owned(), version: version.to_owned(), kind, namespace, name };
        clean(&mut value, &reference);
        Ok(Self { reference, value, place })
    }

    /// Returns an annotation of the manifest.
    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.value.pointer("/metadata/annotations")?.get(name)?.as_str()
    }
}

/// Removes what server-side apply would claim or refuse without any use.
fn clean(value: &mut Value, reference: &ObjectRef) {
    let Some(object) = value.as_object_mut() else { return };
    object.shift_remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "creationTimestamp", "resourceVersion", "uid", "generation", "selfLink"] {
            metadata.shift_remove(field);
        }
    }
    if reference.is("", "Secret") {
        fold_string_data(object);
    }
    drop_nulls(value);
}

/// Writes `stringData` into `data`, as the server does with it, so that both are owned and compared as one thing
/// (a key that leaves `stringData` would stay behind: kubernetes#89938).
fn fold_string_data(secret: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = secret.shift_remove("stringData") else { return };
    let data = secret.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    if let Some(data) = data.as_object_mut() {
        for (key, text) in texts {
            let encoded = match &text {
                Value::String(text) => Value::String(BASE64_STANDARD.encode(text)),
                other => other.clone(),
            };
            data.insert(key, encoded);
        }
    }
}

/// Drops null members of mappings: they mean "not said" to the server, and would be owned for nothing.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, member| !member.is_null());
            object.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reference_is_read_and_printed() {
        let web = Manifest::new(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}),
            None,
        )
        .unwrap();
        assert_eq!(web.reference.to_string(), "Deployment/shop/web");
        assert_eq!(web.reference.api_version(), "apps/v1");
    }

    #[test]
    fn what_the_server_sets_is_dropped() {
        let manifest = Manifest::new(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "creationTimestamp": null},
                   "data": {"a": "1", "b": null}, "status": {}}),
            None,
        )
        .unwrap();
        assert_eq!(
            manifest.value,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}})
        );
    }

    #[test]
    fn string_data_becomes_data() {
        let manifest = Manifest::new(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"},
                   "data": {"a": "b2xk", "k": "a2VlcA=="}, "stringData": {"a": "new"}}),
            None,
        )
        .unwrap();
        assert_eq!(manifest.value["data"], json!({"a": "bmV3", "k": "a2VlcA=="}));
        assert!(manifest.value.get("stringData").is_none());
    }

    #[test]
    fn nameless_objects_are_refused_with_the_reason() {
        let error =
            Manifest::new(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "run-"}}), None)
                .unwrap_err();
        assert!(error.to_string().contains("generateName"), "{error}");
    }
}
