//! Which values of the set's Secrets are to be masked in logs: long enough to be one, and standing nowhere else. Pure.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::object::Manifest;
use crate::secret::Secret;

/// A masked `8080` or `app` would wreck the log and drop job outputs.
const SHORTEST: usize = 8;

/// Returns the values of Secrets, decoded and as they stand.
pub(crate) fn to_mask(manifests: &[Manifest]) -> Vec<Secret> {
    let mut elsewhere = HashSet::new();
    for manifest in manifests.iter().filter(|manifest| !manifest.reference.is("", "Secret")) {
        gather(&manifest.value, &mut elsewhere);
    }
    let mut found = Vec::new();
    for manifest in manifests.iter().filter(|manifest| manifest.reference.is("", "Secret")) {
        let data = manifest.value.get("data").and_then(Value::as_object);
        for encoded in data.into_iter().flat_map(|data| data.values()).filter_map(Value::as_str) {
            let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            for text in decoded.iter().map(String::as_str).chain([encoded]) {
                if text.trim().len() >= SHORTEST && !elsewhere.contains(text.trim()) {
                    found.push(Secret::new(text));
                }
            }
        }
    }
    found
}

/// Collects every text of an object.
fn gather<'a>(value: &'a Value, texts: &mut HashSet<&'a str>) {
    match value {
        Value::String(text) => {
            texts.insert(text.trim());
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => members.values().for_each(|member| gather(member, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_values_that_stand_nowhere_else_are_masked_in_both_forms() {
        let manifests: Vec<Manifest> = [
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
                "stringData": {"password": "hunter2hunter2", "port": "8080", "host": "db.example.com"}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"h": "db.example.com"}}),
        ]
        .into_iter()
        .map(|value| Manifest::new(value, None).unwrap())
        .collect();
        let masked: Vec<String> = to_mask(&manifests).iter().map(|secret| secret.expose().to_owned()).collect();
        assert_eq!(
            masked,
            [
                "hunter2hunter2",
                &BASE64_STANDARD.encode("hunter2hunter2"),
                &BASE64_STANDARD.encode("8080"),
                &BASE64_STANDARD.encode("db.example.com")
            ]
        );
    }
}
