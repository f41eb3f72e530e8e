//! Reads a JSON patch from text: JSON when it starts with a bracket, else YAML 1.1 by way of JSON, as kustomize decides.

use smol_str::{SmolStr, format_smolstr};

use super::{JsonPatch, Operation};
use crate::kustomize::source::Source;
use crate::yaml::{self, Entry, Mapping, Node, Scalar, Sequence, Style, Tag};

impl JsonPatch {
    /// Reads a patch; none when the text holds nothing. The error is the reason alone.
    pub(crate) fn parse(source: &Source) -> Result<Option<Self>, String> {
        let is_json = source.text.starts_with('[');
        let root = if is_json {
            let value: serde_json::Value =
                serde_json::from_str(&source.text).map_err(|error| format!("it is no JSON: {error}"))?;
            from_json(value)
        } else {
            match source.first_document().map_err(|failure| failure.to_string())? {
                Some(node) => as_json_object(node)?,
                None => return Ok(None),
            }
        };
        let Node::Sequence(list) = root else { return Err("a JSON patch is a list of operations".into()) };
        let operations = list.items.into_iter().map(operation).collect::<Result<_, _>>()?;
        Ok(Some(Self { operations, is_json }))
    }
}

fn operation(node: Node) -> Result<Operation, String> {
    let Node::Mapping(mut map) = node else {
        return Err("an operation of a JSON patch is a map with 'op' and 'path'".into());
    };
    let text = |map: &Mapping, key| map.get(key).and_then(Node::as_str).map(SmolStr::from);
    Ok(Operation {
        kind: text(&map, "op").unwrap_or_else(|| SmolStr::new_static("unknown")),
        path: text(&map, "path"),
        from: text(&map, "from"),
        value: map.remove("value"),
    })
}

fn from_json(value: serde_json::Value) -> Node {
    let scalar = |text: SmolStr, tag| Node::Scalar(Scalar { text, tag, ..Scalar::default() });
    match value {
        serde_json::Value::Null => scalar("null".into(), Tag::Null),
        serde_json::Value::Bool(flag) => scalar(format_smolstr!("{flag}"), Tag::Bool),
        serde_json::Value::Number(number) if number.is_f64() => scalar(format_smolstr!("{number}"), Tag::Float),
        serde_json::Value::Number(number) => scalar(format_smolstr!("{number}"), Tag::Int),
        serde_json::Value::String(text) => {
            Node::Scalar(Scalar { text: text.into(), style: Style::DoubleQuoted, ..Scalar::default() })
        }
        serde_json::Value::Array(items) => {
            Node::Sequence(Sequence { items: items.into_iter().map(from_json).collect(), ..Sequence::default() })
        }
        serde_json::Value::Object(fields) => {
            let entry = |(key, value): (String, _)| Entry { key: Scalar::string(key), value: from_json(value) };
            Node::Mapping(Mapping { entries: fields.into_iter().map(entry).collect(), ..Mapping::default() })
        }
    }
}

/// What remains of a YAML document after a way through JSON: YAML 1.1 values, keys that are texts, the last of equal ones.
fn as_json_object(node: Node) -> Result<Node, String> {
    Ok(match node {
        Node::Scalar(scalar) => Node::Scalar(yaml11(scalar)),
        Node::Sequence(list) => {
            let items = list.items.into_iter().map(as_json_object).collect::<Result<_, _>>()?;
            Node::Sequence(Sequence { items, ..list })
        }
        Node::Mapping(map) => {
            let mut result = Mapping::default();
            for Entry { key, value } in map.entries {
                let value = as_json_object(value)?;
                result.set(&key_text(key)?, value);
            }
            Node::Mapping(result)
        }
    })
}

/// Reads an unquoted scalar again by the rules of YAML 1.1, in which `yes` is true; dates stay texts.
fn yaml11(mut scalar: Scalar) -> Scalar {
    let implicit = scalar.style == Style::Plain && yaml::resolve_tag(&scalar.text) == scalar.tag;
    if !implicit {
        return scalar;
    }
    scalar.tag = yaml::resolve_tag_yaml11(&scalar.text);
    match scalar.tag {
        Tag::Bool => {
            let truth = matches!(scalar.text.as_bytes(), [b'y' | b'Y' | b't' | b'T', ..] | [b'o' | b'O', b'n' | b'N']);
            scalar.text = SmolStr::new_static(if truth { "true" } else { "false" });
        }
        Tag::Timestamp | Tag::Merge => {
            scalar.tag = Tag::Str;
            scalar.style = Style::DoubleQuoted;
        }
        _ => {}
    }
    scalar
}

fn key_text(key: Scalar) -> Result<SmolStr, String> {
    let key = yaml11(key);
    match key.tag {
        Tag::Null => Err("null cannot be the name of a field".into()),
        _ => Ok(key.text),
    }
}
