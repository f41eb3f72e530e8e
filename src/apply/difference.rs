//! What would change in an object: field by field, between the live state and the server's answer to a dry run. Pure.
//! Values of Secrets are never in a text that it makes.

use serde_json::{Map, Value};

use super::object::ObjectRef;

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// Path, in the form of server-side apply.
    pub field: String,
    /// The live value; none when the field is new.
    pub old: Option<Value>,
    /// The coming value; none when the field goes.
    pub new: Option<Value>,
}

/// Metadata that changes with every write or says nothing about content.
const NOISE: [&str; 6] = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Longest value shown on a line.
const LONGEST: usize = 120;

/// Returns the fields that differ, in the order of the coming object.
pub(crate) fn between(live: Option<&Value>, coming: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", live.map(content).as_ref(), Some(&content(coming)), &mut changes);
    changes
}

/// Returns the rendered fields of an object that is not there yet, one for each part of its first two levels.
pub(crate) fn created(rendered: &Value) -> Vec<Change> {
    let empty = serde_json::json!({"metadata": {}});
    let known = |key: &str| rendered.get(key).cloned().unwrap_or_default();
    let mut start = empty;
    for key in ["apiVersion", "kind"] {
        start[key] = known(key);
    }
    if rendered.get("spec").is_some_and(Value::is_object) {
        start["spec"] = Value::Object(Map::new());
    }
    between(Some(&start), rendered)
}

/// Returns the rendered fields that the live object has otherwise; what only the live one has is not compared.
pub(crate) fn against_rendered(live: Option<&Value>, rendered: &Value) -> Vec<Change> {
    let mut changes = between(live, rendered);
    changes.retain(|change| change.new.is_some());
    changes
}

/// Returns an object without status and noise.
pub(crate) fn content(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.shift_remove("status");
        if let Some(metadata) = members.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|key, _| !NOISE.contains(&key.as_str()));
        }
    }
    object
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<Change>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => compare_members(path, old, new, changes),
        (Some(Value::Array(old)), Some(Value::Array(new))) => compare_items(path, old, new, changes),
        (old, new) if old == new => {}
        (old, new) => {
            changes.push(Change { field: path.to_owned(), old: old.cloned(), new: new.cloned() });
        }
    }
}

fn compare_members(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, changes: &mut Vec<Change>) {
    for (key, value) in new {
        compare(&format!("{path}.{key}"), old.get(key), Some(value), changes);
    }
    for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        compare(&format!("{path}.{key}"), Some(value), None, changes);
    }
}

/// Compares lists by the names of their elements where each has one, else by position.
fn compare_items(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let (Some(old_names), Some(new_names)) = (names(old), names(new)) else {
        for index in 0..old.len().max(new.len()) {
            compare(&format!("{path}[{index}]"), old.get(index), new.get(index), changes);
        }
        return;
    };
    let before = changes.len();
    for (name, item) in new_names.iter().zip(new) {
        let known = old_names.iter().position(|other| other == name).map(|index| &old[index]);
        compare(&format!("{path}[name={name:?}]"), known, Some(item), changes);
    }
    for (name, item) in old_names.iter().zip(old).filter(|(name, _)| !new_names.contains(name)) {
        compare(&format!("{path}[name={name:?}]"), Some(item), None, changes);
    }
    if changes.len() == before && old_names != new_names {
        changes.push(Change {
            field: path.to_owned(),
            old: Some(old_names.into_iter().collect()),
            new: Some(new_names.into_iter().collect()),
        });
    }
}

/// Returns the names of the elements when each has its own.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = items.iter().map(|item| item.get("name").and_then(Value::as_str)).collect::<Option<_>>()?;
    let distinct: std::collections::HashSet<&&str> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

impl Change {
    /// Says the change on one line.
    pub(crate) fn line(&self, object: &ObjectRef) -> String {
        let shown = |value: &Option<Value>| shown(value.as_ref(), object, &self.field);
        match (&self.old, &self.new) {
            (None, Some(_)) => format!("+ {}: {}", self.field, shown(&self.new)),
            (Some(_), None) => format!("- {}: {}", self.field, shown(&self.old)),
            _ => format!("~ {}: {} -> {}", self.field, shown(&self.old), shown(&self.new)),
        }
    }
}

/// Prints a value for people: short, and `***` when it can hold Secret data.
pub(crate) fn shown(value: Option<&Value>, object: &ObjectRef, field: &str) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let masked = match secret_part(object, field) {
        Masking::All => return "***".to_owned(),
        Masking::Members => mask_members(value),
        Masking::None => value.clone(),
    };
    let text = match &masked {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

enum Masking {
    All,
    Members,
    None,
}

/// Tells which part of a Secret a field is: its data, what holds its data, or none of it.
fn secret_part(object: &ObjectRef, field: &str) -> Masking {
    if field.ends_with(LAST_APPLIED) {
        return Masking::All;
    }
    if !object.is("", "Secret") {
        return Masking::None;
    }
    match field {
        "" | ".metadata" | ".metadata.annotations" => Masking::Members,
        _ if field.starts_with(".data") || field.starts_with(".stringData") => Masking::All,
        _ => Masking::None,
    }
}

/// Masks what a whole Secret holds: its data, and the copy that kubectl keeps of it.
fn mask_members(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let hidden = |key: &str| matches!(key, "data" | "stringData") || key == LAST_APPLIED;
    members
        .iter()
        .map(|(key, value)| {
            let value = match value {
                Value::Object(data) if hidden(key) => {
                    data.keys().map(|key| (key.clone(), Value::String("***".to_owned()))).collect()
                }
                _ if hidden(key) => Value::String("***".to_owned()),
                other => mask_members(other),
            };
            (key.clone(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret() -> ObjectRef {
        ObjectRef { version: "v1".into(), kind: "Secret".into(), name: "s".into(), ..ObjectRef::default() }
    }

    #[test]
    fn fields_are_compared_by_the_names_of_elements() {
        let live = json!({"metadata": {"resourceVersion": "1"}, "spec": {"containers": [
            {"name": "a", "image": "x:1"}, {"name": "gone"}]}, "status": {"x": 1}});
        let coming = json!({"metadata": {"resourceVersion": "2"}, "spec": {"containers": [
            {"name": "new"}, {"name": "a", "image": "x:2"}]}});
        let lines: Vec<String> =
            between(Some(&live), &coming).iter().map(|change| change.line(&ObjectRef::default())).collect();
        assert_eq!(
            lines,
            [
                "+ .spec.containers[name=\"new\"]: {\"name\":\"new\"}",
                "~ .spec.containers[name=\"a\"].image: \"x:1\" -> \"x:2\"",
                "- .spec.containers[name=\"gone\"]: {\"name\":\"gone\"}",
            ]
        );
    }

    #[test]
    fn another_order_is_a_change() {
        let change =
            between(Some(&json!({"l": [{"name": "a"}, {"name": "b"}]})), &json!({"l": [{"name": "b"}, {"name": "a"}]}));
        assert_eq!(change[0].line(&ObjectRef::default()), r#"~ .l: ["a","b"] -> ["b","a"]"#);
    }

    #[test]
    fn secret_data_is_masked_in_every_form() {
        let live = json!({"kind": "Secret", "data": {"p": "aHVudGVyMg=="}});
        let coming =
            json!({"kind": "Secret", "data": {"p": "bmV3"}, "metadata": {"annotations": {LAST_APPLIED: "hunter2"}}});
        for changes in [between(Some(&live), &coming), between(None, &coming)] {
            for change in changes {
                let line = change.line(&secret());
                assert!(!line.contains("aHVu") && !line.contains("bmV3") && !line.contains("hunter2"), "{line}");
            }
        }
    }

    #[test]
    fn nothing_differs_when_only_noise_does() {
        let live = json!({"metadata": {"name": "a", "generation": 1, "managedFields": []}, "status": {}});
        assert_eq!(between(Some(&live), &json!({"metadata": {"name": "a", "generation": 2}})), []);
    }
}
