//! Reads fields of untyped objects. A field of an odd type is an absent one: recorded and hand-written objects are
//! sparse, and one strange field must not cost the whole verdict.

use serde_json::{Map, Value};

use super::Time;
use super::time;

/// Returns the value at a dotted path, such as `status.loadBalancer.ingress`.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |inner, key| inner.get(key)).filter(|found| !found.is_null())
}

/// Returns the text at a dotted path, or nothing but an empty text.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or("")
}

/// Returns the whole number at a dotted path; a number written as text counts.
pub(crate) fn count(value: &Value, path: &str) -> Option<i64> {
    match at(value, path)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Returns the truth value at a dotted path; `"true"` as text counts.
pub(crate) fn flag(value: &Value, path: &str) -> Option<bool> {
    match at(value, path)? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Returns the items of the list at a dotted path.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the map at a dotted path.
pub(crate) fn map<'a>(value: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
    at(value, path).and_then(Value::as_object)
}

/// Returns the moment at a dotted path.
pub(crate) fn moment(value: &Value, path: &str) -> Option<Time> {
    time::parse(text(value, path))
}

/// Returns a label's value.
pub(crate) fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    map(object, "metadata.labels")?.get(name)?.as_str()
}

/// Returns an annotation's value.
pub(crate) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    map(object, "metadata.annotations")?.get(name)?.as_str()
}

/// The status word of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
    /// A word outside of the convention, or none.
    Other,
}

/// One entry of a conditions list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) status: Truth,
    pub(crate) word: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
    pub(crate) observed_generation: Option<i64>,
    entry: &'a Value,
}

impl<'a> Condition<'a> {
    /// Reads one entry; entries that are no map have no type and are left out.
    pub(crate) fn read(entry: &'a Value) -> Option<Self> {
        let kind = entry.get("type")?.as_str()?;
        let word = text(entry, "status");
        let status = match word {
            "True" => Truth::True,
            "False" => Truth::False,
            "Unknown" => Truth::Unknown,
            _ => match entry.get("status") {
                Some(Value::Bool(true)) => Truth::True,
                Some(Value::Bool(false)) => Truth::False,
                _ => Truth::Other,
            },
        };
        let observed_generation = count(entry, "observedGeneration");
        Some(Self {
            kind,
            status,
            word,
            reason: text(entry, "reason"),
            message: text(entry, "message"),
            observed_generation,
            entry,
        })
    }

    /// Returns when the condition last changed or was last written, whichever is later.
    pub(crate) fn time(&self) -> Option<Time> {
        moment(self.entry, "lastUpdateTime").max(moment(self.entry, "lastTransitionTime"))
    }

    /// Returns reason and message as one phrase.
    pub(crate) fn phrase(&self) -> String {
        match (self.reason, self.message) {
            ("", "") => String::new(),
            ("", message) => message.to_owned(),
            (reason, "") => reason.to_owned(),
            (reason, message) => format!("{reason}: {message}"),
        }
    }
}

/// Returns the entries of a conditions list.
pub(crate) fn conditions(entries: &[Value]) -> impl Iterator<Item = Condition<'_>> {
    entries.iter().filter_map(Condition::read)
}

/// Returns the condition of that type in `status.conditions`.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<Condition<'a>> {
    conditions(list(object, "status.conditions")).find(|condition| condition.kind == kind)
}

/// Returns the generation of the spec.
pub(crate) fn generation(object: &Value) -> Option<i64> {
    count(object, "metadata.generation")
}

/// Returns whether the selector's labels are all on the object. An empty selector selects nothing here.
pub(crate) fn selects(selector: Option<&Map<String, Value>>, object: &Value) -> bool {
    let (Some(selector), Some(labels)) = (selector, map(object, "metadata.labels")) else { return false };
    !selector.is_empty() && selector.iter().all(|(name, value)| labels.get(name) == Some(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_an_odd_type_is_an_absent_one() {
        let object = json!({"metadata": {"generation": "2"}, "status": {"conditions": {}, "replicas": []}});
        assert_eq!(generation(&object), Some(2));
        assert_eq!(count(&object, "status.replicas"), None);
        assert!(list(&object, "status.conditions").is_empty());
        assert!(condition(&object, "Ready").is_none());
    }
}
