//! Taking over what an earlier `kubectl apply` owned, the way kubectl itself moves from client-side to server-side apply. Pure.
//! Rule: `k8s.io/client-go/util/csaupgrade`: the fields of the managers that own the last-applied annotation become ours,
//! so that what left the manifests is removed by the next apply, the annotation among it.

use serde_json::{Map, Value, json};

use super::ownership::{self, MANAGER};

const LAST_APPLIED: &str = "f:kubectl.kubernetes.io/last-applied-configuration";

/// Returns the object's managedFields with client-side managers merged into ours; `None` when there are none.
/// `api_version` is the one that we apply at.
pub(crate) fn migrated(live: &Value, api_version: &str) -> Option<Value> {
    let entries = live.pointer("/metadata/managedFields")?.as_array()?;
    let (client_side, mut kept): (Vec<&Value>, Vec<&Value>) = entries.iter().partition(|entry| is_client_side(entry));
    if client_side.is_empty() {
        return None;
    }
    let mut fields = Map::new();
    let own = kept.iter().position(|entry| is_ours(entry)).map(|index| kept.remove(index));
    let version = own.and_then(|own| own.get("apiVersion")).and_then(Value::as_str).unwrap_or(api_version);
    let same_version = |entry: &&&Value| entry.get("apiVersion").and_then(Value::as_str) == Some(version);
    for entry in own.iter().chain(client_side.iter().filter(same_version)) {
        if let Some(more) = entry.get("fieldsV1").and_then(Value::as_object) {
            unite(&mut fields, more);
        }
    }
    let ours = json!({
        "manager": MANAGER, "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": fields,
    });
    Some(std::iter::once(ours).chain(kept.into_iter().cloned()).collect())
}

/// Returns the patch (RFC 6902) that writes the migration, bound to the state that it was made from.
pub(crate) fn patch(live: &Value, managed_fields: Value) -> Value {
    let version = live.pointer("/metadata/resourceVersion").cloned().unwrap_or_default();
    json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": managed_fields},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ])
}

/// Tells whether the object still carries an earlier client-side apply.
pub(crate) fn is_needed(live: &Value) -> bool {
    live.pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(is_client_side))
}

/// Returns what the server's dry run would be after the migration, which a dry run cannot make: without the fields that
/// only the client-side apply owned and the manifest no longer has.
pub(crate) fn without_lost(live: &Value, mut coming: Value) -> Value {
    let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let fields = |entry: &Value| entry.get("fieldsV1").and_then(Value::as_object).cloned();
    let mut lost = Map::new();
    for entry in entries.iter().filter(|entry| is_client_side(entry)) {
        unite(&mut lost, &fields(entry).unwrap_or_default());
    }
    let mut kept = Map::new();
    for entry in entries.iter().filter(|entry| !is_client_side(entry) && !is_ours(entry)) {
        unite(&mut kept, &fields(entry).unwrap_or_default());
    }
    if let Some(ours) = ownership::ours(&coming).and_then(|entry| entry.fields.as_object()) {
        unite(&mut kept, ours);
    }
    take_away(&mut coming, &lost, &kept);
    coming
}

/// Removes the members of a value that are in `lost` and not in `kept`.
fn take_away(value: &mut Value, lost: &Map<String, Value>, kept: &Map<String, Value>) {
    let nothing = Map::new();
    let Some(members) = value.as_object_mut() else {
        if let Some(items) = value.as_array_mut() {
            take_away_items(items, lost, kept);
        }
        return;
    };
    for (field, below) in lost {
        let Some(key) = field.strip_prefix("f:") else { continue };
        match (kept.get(field), members.get_mut(key)) {
            (None, Some(_)) => {
                members.shift_remove(key);
            }
            (Some(kept), Some(member)) => {
                take_away(member, below.as_object().unwrap_or(&nothing), kept.as_object().unwrap_or(&nothing));
            }
            _ => {}
        }
    }
}

/// The same for the elements of a list that merges by keys.
fn take_away_items(items: &mut Vec<Value>, lost: &Map<String, Value>, kept: &Map<String, Value>) {
    let nothing = Map::new();
    for (field, below) in lost {
        let Some(keys) =
            field.strip_prefix("k:").and_then(|keys| serde_json::from_str::<Map<String, Value>>(keys).ok())
        else {
            continue;
        };
        let is = |item: &Value| keys.iter().all(|(name, value)| item.get(name) == Some(value));
        match kept.get(field) {
            None => items.retain(|item| !is(item)),
            Some(kept) => {
                if let Some(item) = items.iter_mut().find(|item| is(item)) {
                    take_away(item, below.as_object().unwrap_or(&nothing), kept.as_object().unwrap_or(&nothing));
                }
            }
        }
    }
}

fn is_client_side(entry: &Value) -> bool {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    entry.get("fieldsV1").is_some_and(|fields| is_client_side_entry(text("operation"), fields))
}

/// Tells whether an entry of managedFields is that of a client-side apply: it wrote the annotation that kubectl keeps.
pub(super) fn is_client_side_entry(operation: &str, fields: &Value) -> bool {
    let annotations = fields.pointer("/f:metadata/f:annotations");
    operation == "Update" && annotations.and_then(|owned| owned.get(LAST_APPLIED)).is_some()
}

fn is_ours(entry: &Value) -> bool {
    ownership::entries(&json!({"metadata": {"managedFields": [entry]}}))
        .all(|entry| entry.manager == MANAGER && entry.operation == "Apply" && entry.subresource.is_empty())
}

/// Adds the fields of one set to another.
pub(super) fn unite(into: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (key, value) in more {
        match (into.get_mut(key).and_then(Value::as_object_mut), value.as_object()) {
            (Some(known), Some(value)) => unite(known, value),
            (Some(_), None) => {}
            (None, _) => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Value {
        json!({"metadata": {"resourceVersion": "7", "managedFields": [
            {"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsV1": {
                "f:data": {"f:old": {}, "f:both": {}},
                "f:metadata": {"f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}}}}},
            {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:x": {}}}}]}})
    }

    #[test]
    fn client_side_fields_become_ours_and_others_stay() {
        let fields = migrated(&live(), "v1").unwrap();
        assert_eq!(fields[0]["manager"], MANAGER);
        assert_eq!(fields[0]["operation"], "Apply");
        assert_eq!(fields[0]["fieldsV1"]["f:data"], json!({"f:old": {}, "f:both": {}}));
        assert_eq!(fields[1]["manager"], "kubectl-edit");
        assert_eq!(fields.as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_entry_of_ours_is_united_with_it() {
        let mut live = live();
        live["metadata"]["managedFields"].as_array_mut().unwrap().push(json!(
            {"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:new": {}}}}));
        let fields = migrated(&live, "v1").unwrap();
        assert_eq!(fields[0]["fieldsV1"]["f:data"], json!({"f:new": {}, "f:old": {}, "f:both": {}}));
        assert_eq!(fields.as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_only_the_client_side_apply_owned_is_gone_after_the_migration() {
        let mut before = live();
        before["data"] = json!({"old": "1", "both": "2", "x": "3"});
        let mut coming = before.clone();
        coming["metadata"]["managedFields"].as_array_mut().unwrap().push(json!(
            {"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:both": {}}}}));
        assert_eq!(without_lost(&before, coming)["data"], json!({"both": "2", "x": "3"}));
    }

    #[test]
    fn nothing_to_take_over_without_the_annotation() {
        let live = json!({"metadata": {"managedFields": [{"manager": "kubectl-edit", "operation": "Update"}]}});
        assert_eq!(migrated(&live, "v1"), None);
        assert!(!is_needed(&live));
    }

    #[test]
    fn the_patch_is_bound_to_the_state_it_was_made_from() {
        assert_eq!(patch(&live(), json!([]))[1]["value"], "7");
    }
}
