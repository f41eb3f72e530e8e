//! What an object was before this run, as something that can be applied again. Pure.
//! Taken are the values at the fields that we owned then and at those that we own now: what others had set at fields that we
//! took from them comes back too, and nothing that was never in our hands.

use serde_json::{Map, Value};

use super::object::ObjectRef;
use super::ownership::{self, Entry};
use super::takeover;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Kinds that a rollback never deletes: with them goes what cannot be brought back.
const KEPT: [(&str, &str); 4] = [
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

/// The way back for one object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Back {
    /// Apply this.
    Apply(Value),
    /// It was not there before.
    Delete,
    /// It stays as it is, for this reason.
    Stay(&'static str),
}

/// Returns the way back from `written`, what this run made of the object, to `before`.
pub(crate) fn way_back(reference: &ObjectRef, before: Option<&Value>, written: &Value) -> Back {
    match before {
        None if is_kept(reference) => Back::Stay("a rollback does not delete what holds data or other objects"),
        None => Back::Delete,
        Some(_) if reference.is("batch", "Job") => Back::Stay("a Job is not run again"),
        Some(before) => match configuration(before, written) {
            Some(value) => Back::Apply(value),
            None => Back::Stay("what it was before is not known"),
        },
    }
}

/// Tells whether a rollback never deletes this kind.
pub(crate) fn is_kept(reference: &ObjectRef) -> bool {
    KEPT.iter().any(|(group, kind)| reference.is(group, kind))
}

/// Returns the values that `before` has at the fields of ours, then and now.
fn configuration(before: &Value, written: &Value) -> Option<Value> {
    let now = ownership::ours(written)?;
    let mut fields: Map<String, Value> = now.fields.as_object()?.clone();
    for entry in ownership::entries(before).filter(|entry| entry.api_version == now.api_version) {
        if is_ours(&entry) || takeover::is_client_side_entry(entry.operation, entry.fields) {
            takeover::unite(&mut fields, entry.fields.as_object()?);
        }
    }
    let fields = Value::Object(fields);
    let mut value = ownership::owned_values(before, Entry { fields: &fields, ..now })?;
    if let Some(annotations) = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(LAST_APPLIED);
    }
    Some(value)
}

fn is_ours(entry: &Entry<'_>) -> bool {
    entry.manager == ownership::MANAGER && entry.operation == "Apply" && entry.subresource.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config_map() -> ObjectRef {
        ObjectRef { version: "v1".into(), kind: "ConfigMap".into(), name: "a".into(), ..ObjectRef::default() }
    }

    fn object(data: &Value, managers: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "managedFields": managers}, "data": data})
    }

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": {"f:data": fields}})
    }

    #[test]
    fn our_old_values_come_back_and_new_fields_go() {
        let before = object(
            &json!({"a": "1", "gone": "x", "other": "o"}),
            json!([
                entry("k8s-deploy-action", "Apply", &json!({"f:a": {}, "f:gone": {}})),
                entry("x", "Update", &json!({"f:other": {}}))
            ]),
        );
        let written = object(
            &json!({"a": "2", "new": "n", "other": "o"}),
            json!([entry("k8s-deploy-action", "Apply", &json!({"f:a": {}, "f:new": {}}))]),
        );
        let Back::Apply(value) = way_back(&config_map(), Some(&before), &written) else { panic!("no way back") };
        assert_eq!(value["data"], json!({"a": "1", "gone": "x"}));
    }

    #[test]
    fn a_value_taken_from_somebody_comes_back() {
        let before = object(&json!({"a": "theirs"}), json!([entry("kubectl-edit", "Update", &json!({"f:a": {}}))]));
        let written = object(&json!({"a": "ours"}), json!([entry("k8s-deploy-action", "Apply", &json!({"f:a": {}}))]));
        let Back::Apply(value) = way_back(&config_map(), Some(&before), &written) else { panic!("no way back") };
        assert_eq!(value["data"], json!({"a": "theirs"}));
    }

    #[test]
    fn what_holds_data_is_not_deleted_and_a_job_is_not_run_again() {
        let of = |group: &str, kind: &str| ObjectRef { group: group.into(), kind: kind.into(), ..ObjectRef::default() };
        assert!(matches!(way_back(&of("", "PersistentVolumeClaim"), None, &json!({})), Back::Stay(_)));
        assert!(matches!(way_back(&of("batch", "Job"), Some(&json!({})), &json!({})), Back::Stay(_)));
        assert_eq!(way_back(&of("apps", "Deployment"), None, &json!({})), Back::Delete);
    }
}
