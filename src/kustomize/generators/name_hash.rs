//! The hash of its content that a generated object gets as a suffix of its name.
//! Equal to kustomize's (`api/hasher/hasher.go`), slips included: the name never counts, and what is missing is `""`.

use ring::digest::{SHA256, digest};

use crate::failure::{Failure, Result};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::yaml::{Mapping, Node, to_json};

/// Number of characters of the suffix.
const LENGTH: usize = 10;

/// Adds the suffix to the names of the objects that want one.
pub(crate) fn add_all(objects: &mut ResourceMap) -> Result<()> {
    let wanted = |resource: &Resource| resource.history.needs_hash;
    if !objects.resources().iter().any(wanted) {
        return Ok(());
    }
    for resource in objects.resources_mut().iter_mut().filter(|resource| wanted(resource)) {
        let name = format!("{}-{}", resource.name(), suffix(resource)?);
        resource.remember_id();
        resource.set_name(&name);
    }
    Ok(())
}

fn suffix(resource: &Resource) -> Result<String> {
    let node = &resource.node;
    let kind = resource.kind();
    let (fields, optional): (&[&str], &str) = match kind {
        "ConfigMap" => (&["data"], "binaryData"),
        "Secret" => (&["data", "type"], "stringData"),
        _ => return Err(Failure::input(format_args!("{} cannot get a hash suffix", resource.current_id()))),
    };
    let mut members = vec![("kind", json_string(kind)), ("name", json_string(""))];
    for field in fields {
        members.push((field, node.get(field).map_or_else(|| Ok(json_string("")), content)?));
    }
    if let Some(Node::Mapping(mapping)) = node.get(optional) {
        members.push((optional, object(mapping)?));
    }
    members.sort_unstable_by_key(|(name, _)| *name);
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    Ok(encoded(&format!("{{{}}}", members.join(","))))
}

/// The first hex digits of the digest; digits that could spell something, or look alike, are replaced.
fn encoded(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let digits = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).take(LENGTH);
    let letter = |digit: u8| match digit {
        0 => 'g',
        1 => 'h',
        3 => 'k',
        10 => 'm',
        14 => 't',
        other => char::from_digit(u32::from(other), 16).expect("a digit is below 16"),
    };
    digits.map(letter).collect()
}

/// A scalar counts as its text, anything else as JSON; what JSON cannot be an object of counts as null.
fn content(node: &Node) -> Result<String> {
    match node {
        Node::Scalar(scalar) => Ok(json_string(&scalar.text)),
        Node::Mapping(mapping) => object(mapping),
        Node::Sequence(_) => Ok("null".into()),
    }
}

/// Compact JSON with sorted keys, as Go's `encoding/json` prints it.
fn object(mapping: &Mapping) -> Result<String> {
    let refused = |why: String| Failure::input(format_args!("the data of a generated object is no JSON: {why}"));
    let json = to_json(&Node::Mapping(mapping.clone())).map_err(|error| refused(error.to_string()))?;
    let value: serde_json::Value = serde_json::from_str(&json).map_err(|error| refused(error.to_string()))?;
    let mut text = String::new();
    write_sorted(&value, &mut text);
    Ok(text)
}

fn write_sorted(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|one, other| one.0.cmp(other.0));
            text.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                text.push_str(&json_string(key));
                text.push(':');
                write_sorted(value, text);
            }
            text.push('}');
        }
        serde_json::Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write_sorted(item, text);
            }
            text.push(']');
        }
        serde_json::Value::String(string) => text.push_str(&json_string(string)),
        other => text.push_str(&other.to_string()),
    }
}

/// A JSON string as Go writes it: what HTML or JavaScript could take amiss is escaped.
fn json_string(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    escaped.push('"');
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            other => escaped.push(other),
        }
    }
    escaped.push('"');
    escaped
}
