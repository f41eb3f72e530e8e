//! Who owns which fields of a live object, and whether what we own there is what was rendered. Pure.
//! Answers "the same" only when that is certain; whatever it cannot be sure of goes through the server's dry run.
//! Source of the format: KEP-555, structured-merge-diff's `fieldpath` serialization (`f:` field, `k:` keys, `v:` value, `.` itself).

use serde_json::{Map, Value};

/// The field manager of everything we apply. Must not change between releases.
pub(crate) const MANAGER: &str = "k8s-deploy-action";

/// One entry of `metadata.managedFields`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub manager: &'a str,
    pub operation: &'a str,
    pub api_version: &'a str,
    pub subresource: &'a str,
    pub fields: &'a Value,
}

static EMPTY: Value = Value::Null;

/// Returns the entries of a live object.
pub(crate) fn entries(live: &Value) -> impl Iterator<Item = Entry<'_>> {
    let list = live.pointer("/metadata/managedFields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().map(|entry| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        Entry {
            manager: text("manager"),
            operation: text("operation"),
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            fields: entry.get("fieldsV1").unwrap_or(&EMPTY),
        }
    })
}

/// Drops the entries, the larger half of most objects, where nobody reads them any more.
pub(crate) fn forget(live: &mut Value) {
    if let Some(metadata) = live.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
}

/// Returns our own entry.
pub(crate) fn ours(live: &Value) -> Option<Entry<'_>> {
    entries(live).find(|entry| entry.manager == MANAGER && entry.operation == "Apply" && entry.subresource.is_empty())
}

/// Tells whether the live object's fields of ours, and their values, are exactly the rendered ones.
pub(crate) fn as_rendered(rendered: &Value, live: &Value) -> bool {
    let api_version = rendered.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let Some(entry) = ours(live).filter(|entry| entry.api_version == api_version) else { return false };
    let (Some(owned), Some(rendered), Some(live)) = (entry.fields.as_object(), rendered.as_object(), live.as_object())
    else {
        return false;
    };
    same_object(rendered, owned, live, Level::Root)
}

/// Which members of an object identify it and so are never owned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Metadata,
    Inside,
}

impl Level {
    fn identifies(self, key: &str) -> bool {
        match self {
            Self::Root => matches!(key, "apiVersion" | "kind"),
            Self::Metadata => matches!(key, "name" | "namespace"),
            Self::Inside => false,
        }
    }

    fn below(self, key: &str) -> Self {
        if self == Self::Root && key == "metadata" { Self::Metadata } else { Self::Inside }
    }
}

/// Compares a mapping member by member: owned and rendered must be the same set, values the same.
fn same_object(
    rendered: &Map<String, Value>,
    owned: &Map<String, Value>,
    live: &Map<String, Value>,
    level: Level,
) -> bool {
    let mut matched = 0;
    for (key, value) in rendered {
        if level.identifies(key) {
            continue;
        }
        let below = level.below(key);
        let Some(fields) = owned.get(&format!("f:{key}")).and_then(Value::as_object) else {
            // `metadata: {name: a}` owns nothing inside, and so metadata is no field of ours.
            if below == Level::Metadata
                && value.as_object().is_some_and(|map| map.keys().all(|key| below.identifies(key)))
            {
                continue;
            }
            return false;
        };
        matched += 1;
        match live.get(key) {
            Some(live) if same(value, fields, live, below) => {}
            _ => return false,
        }
    }
    let itself = usize::from(owned.contains_key("."));
    owned.len() == matched + itself
}

/// Compares one value under the fields owned below it.
fn same(rendered: &Value, owned: &Map<String, Value>, live: &Value, level: Level) -> bool {
    let leaf = owned.keys().all(|key| key == ".");
    match (rendered, live) {
        (Value::Object(rendered), Value::Object(live)) if !leaf => same_object(rendered, owned, live, level),
        (Value::Array(rendered), Value::Array(live)) if !leaf => same_list(rendered, owned, live),
        // A leaf is owned whole: a scalar, an atomic mapping or list, or one that was applied empty.
        _ => leaf && rendered == live,
    }
}

/// Compares a list that merges by keys or by values. Our elements must stand in the rendered order among themselves.
fn same_list(rendered: &[Value], owned: &Map<String, Value>, live: &[Value]) -> bool {
    if owned.keys().any(|key| key != "." && !key.starts_with("k:") && !key.starts_with("v:")) {
        return false;
    }
    let itself = usize::from(owned.contains_key("."));
    if owned.len() != rendered.len() + itself {
        return false;
    }
    let keyed = match keyed_elements(owned) {
        Some(keyed) => keyed,
        None => return false,
    };
    let mut next = 0;
    for item in rendered {
        let Some(element) = keyed.iter().find(|element| element.means(item)) else { return false };
        let Some(offset) = live[next..].iter().position(|live| element.is(live)) else { return false };
        if !same_element(item, element, &live[next + offset]) {
            return false;
        }
        next += offset + 1;
    }
    true
}

/// One element of a list, as an owner's entry names it.
struct Element<'a> {
    key: Key,
    fields: &'a Map<String, Value>,
}

enum Key {
    Fields(Map<String, Value>),
    Value(Value),
}

fn keyed_elements(owned: &Map<String, Value>) -> Option<Vec<Element<'_>>> {
    owned
        .iter()
        .filter(|(key, _)| *key != ".")
        .map(|(key, fields)| {
            let fields = fields.as_object()?;
            let (form, text) = key.split_at(2);
            let value: Value = serde_json::from_str(text).ok()?;
            let key = match (form, value) {
                ("k:", Value::Object(keys)) => Key::Fields(keys),
                ("v:", value) => Key::Value(value),
                _ => return None,
            };
            Some(Element { key, fields })
        })
        .collect()
}

impl Element<'_> {
    /// Tells whether a rendered element is this one; a key that is not said there takes its default.
    fn means(&self, rendered: &Value) -> bool {
        match &self.key {
            Key::Value(value) => value == rendered,
            Key::Fields(keys) => {
                keys.iter().all(|(name, value)| rendered.get(name).is_none_or(|rendered| rendered == value))
                    && keys.keys().any(|name| rendered.get(name).is_some())
            }
        }
    }

    /// Tells whether a live element is this one.
    fn is(&self, live: &Value) -> bool {
        match &self.key {
            Key::Value(value) => value == live,
            Key::Fields(keys) => keys.iter().all(|(name, value)| live.get(name) == Some(value)),
        }
    }
}

fn same_element(rendered: &Value, element: &Element<'_>, live: &Value) -> bool {
    match (&element.key, rendered, live) {
        (Key::Value(_), _, _) => true,
        (Key::Fields(_), Value::Object(rendered), Value::Object(live)) => {
            same_object(rendered, element.fields, live, Level::Inside)
        }
        _ => false,
    }
}

/// Returns the values at the fields that an entry owns, as an object that could be applied again; `None` without an entry.
/// The identity (apiVersion, kind, name, namespace) is put in; `api_version` is the entry's own.
pub(crate) fn owned_values(live: &Value, entry: Entry<'_>) -> Option<Value> {
    let owned = entry.fields.as_object()?;
    let mut value = extract(live, owned);
    let object = value.as_object_mut()?;
    object.insert("apiVersion".to_owned(), Value::String(entry.api_version.to_owned()));
    object.insert("kind".to_owned(), live.get("kind")?.clone());
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
    for field in ["name", "namespace"] {
        if let Some(value) = live.pointer(&format!("/metadata/{field}")) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    Some(value)
}

/// Copies the owned part of a value.
fn extract(live: &Value, owned: &Map<String, Value>) -> Value {
    if owned.keys().all(|key| key == ".") {
        return live.clone();
    }
    match live {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .filter_map(|(key, value)| {
                    let fields = owned.get(&format!("f:{key}"))?.as_object()?;
                    Some((key.clone(), extract(value, fields)))
                })
                .collect(),
        ),
        Value::Array(items) => {
            let keyed = keyed_elements(owned).unwrap_or_default();
            Value::Array(
                items
                    .iter()
                    .filter_map(|item| {
                        let element = keyed.iter().find(|element| element.is(item))?;
                        Some(extract_element(item, element))
                    })
                    .collect(),
            )
        }
        scalar => scalar.clone(),
    }
}

/// Copies an element with its keys, which a defaulted key leaves out of the owned fields.
fn extract_element(item: &Value, element: &Element<'_>) -> Value {
    let (Key::Fields(keys), Some(_)) = (&element.key, item.as_object()) else { return item.clone() };
    let mut value = if element.fields.keys().all(|key| key == ".") {
        Value::Object(Map::new())
    } else {
        extract(item, element.fields)
    };
    if let Some(object) = value.as_object_mut() {
        for (key, value) in keys {
            object.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    value
}

#[cfg(test)]
mod tests;
