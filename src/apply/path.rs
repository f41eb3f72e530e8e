//! Field paths as server-side apply prints them (`.spec.containers[name="app"].image`), found in an object. Pure.
//! Field names are printed unescaped, dots and slashes included, so the object itself tells where a name ends.

use serde_json::{Map, Value};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Member of a mapping.
    Key(String),
    /// Element of a list.
    Index(usize),
}

/// Returns the way to the field at `path`; `None` when the object has no such field.
pub(crate) fn find(value: &Value, path: &str) -> Option<Vec<Step>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    if let Some(rest) = path.strip_prefix('.') {
        let object = value.as_object()?;
        let mut keys: Vec<&String> = object.keys().filter(|key| ends_name(rest, key)).collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
        return keys.into_iter().find_map(|key| {
            let below = find(&object[key], &rest[key.len()..])?;
            Some(std::iter::once(Step::Key(key.clone())).chain(below).collect())
        });
    }
    let (wanted, rest) = element(path)?;
    let items = value.as_array()?;
    let index = match wanted {
        Wanted::Index(index) => index,
        Wanted::Value(value) => items.iter().position(|item| *item == value)?,
        Wanted::Keys(keys) => items.iter().position(|item| has_keys(item, &keys))?,
    };
    let below = find(items.get(index)?, rest)?;
    Some(std::iter::once(Step::Index(index)).chain(below).collect())
}

/// Returns the value at a path.
pub(crate) fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    find(value, path)?.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

/// Removes the field at a path, and tells whether it was there. An element of a list is left in place.
pub(crate) fn remove(value: &mut Value, path: &str) -> bool {
    let Some(mut steps) = find(value, path) else { return false };
    let Some(Step::Key(last)) = steps.pop() else { return false };
    let holder = steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    });
    holder.and_then(Value::as_object_mut).is_some_and(|object| object.shift_remove(&last).is_some())
}

enum Wanted {
    Keys(Map<String, Value>),
    Value(Value),
    Index(usize),
}

fn ends_name(rest: &str, key: &str) -> bool {
    rest.strip_prefix(key).is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
}

/// A rendered element may leave a key to its default, so only what it says must agree.
fn has_keys(item: &Value, keys: &Map<String, Value>) -> bool {
    keys.iter().all(|(name, value)| item.get(name).is_none_or(|said| said == value))
        && keys.keys().any(|name| item.get(name).is_some())
}

/// Reads `[name="app",port=80]`, `[="value"]` or `[0]` and returns what follows.
fn element(path: &str) -> Option<(Wanted, &str)> {
    let mut rest = path.strip_prefix('[')?;
    if let Some(value) = rest.strip_prefix('=') {
        let (value, rest) = json_prefix(value)?;
        return Some((Wanted::Value(value), rest.strip_prefix(']')?));
    }
    if rest.starts_with(|first: char| first.is_ascii_digit()) {
        let (number, rest) = rest.split_once(']')?;
        return Some((Wanted::Index(number.parse().ok()?), rest));
    }
    let mut keys = Map::new();
    loop {
        let (name, value) = rest.split_once('=')?;
        let (value, after) = json_prefix(value)?;
        keys.insert(name.to_owned(), value);
        if let Some(after) = after.strip_prefix(']') {
            return Some((Wanted::Keys(keys), after));
        }
        rest = after.strip_prefix(',')?;
    }
}

/// Reads one JSON value from the front.
fn json_prefix(text: &str) -> Option<(Value, &str)> {
    // A bare number would swallow nothing of `]`, but serde refuses to end one there without a stream.
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => Some((value, &text[stream.byte_offset()..])),
        _ => {
            let end = text.find([',', ']'])?;
            Some((serde_json::from_str(&text[..end]).ok()?, &text[end..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object() -> Value {
        json!({"metadata": {"annotations": {"a.b/c": "1", "a": "2"}},
               "spec": {"containers": [{"name": "x"}, {"name": "app]", "image": "i", "ports": [{"containerPort": 80}]}],
                        "finalizers": ["f/g"]}})
    }

    #[test]
    fn fields_keys_and_values_are_found() {
        let object = object();
        assert_eq!(get(&object, ".metadata.annotations.a.b/c"), Some(&json!("1")));
        assert_eq!(get(&object, ".metadata.annotations.a"), Some(&json!("2")));
        assert_eq!(get(&object, ".spec.containers[name=\"app]\"].image"), Some(&json!("i")));
        assert_eq!(
            get(&object, ".spec.containers[name=\"app]\"].ports[containerPort=80,protocol=\"TCP\"].containerPort"),
            Some(&json!(80))
        );
        assert_eq!(get(&object, ".spec.finalizers[=\"f/g\"]"), Some(&json!("f/g")));
        assert_eq!(get(&object, ".spec.nothing"), None);
    }

    #[test]
    fn a_field_is_removed() {
        let mut object = object();
        assert!(remove(&mut object, ".metadata.annotations.a.b/c"));
        assert!(!remove(&mut object, ".metadata.annotations.a.b/c"));
        assert_eq!(object["metadata"]["annotations"], json!({"a": "2"}));
    }
}
