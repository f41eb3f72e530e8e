//! JSON: compact with sorted keys as Go writes it (hashes), and to and from `serde_json`.
//! Numbers and text are what the printer takes them for, so a hash and the output agree.

use smol_str::SmolStr;

use crate::yaml::value::{Value, value_of};
use crate::yaml::{Entry, Error, Mapping, Node, Scalar, Sequence, Style, Tag, number};

/// Writes compact JSON with the keys sorted by bytes and `<`, `>`, `&`, U+2028, U+2029 escaped, as Go does.
///
/// # Errors
/// A scalar that cannot be written as JSON; a key that is repeated.
pub fn to_json(node: &Node) -> Result<String, Error> {
    let mut out = String::new();
    write(&mut out, node, false)?;
    Ok(out)
}

fn write(out: &mut String, node: &Node, flow: bool) -> Result<(), Error> {
    match node {
        Node::Scalar(scalar) => write_scalar(out, scalar, flow),
        Node::Sequence(sequence) => {
            out.push('[');
            for (at, item) in sequence.items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(out, item, flow || sequence.flow).map_err(|error| error.inside(&format!("[{at}]")))?;
            }
            out.push(']');
            Ok(())
        }
        Node::Mapping(mapping) => write_mapping(out, mapping, flow || mapping.flow),
    }
}

fn write_mapping(out: &mut String, mapping: &Mapping, flow: bool) -> Result<(), Error> {
    let mut entries: Vec<&Entry> = mapping.entries.iter().collect();
    entries.sort_by(|left, right| left.key.text.cmp(&right.key.text));
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].key.text == pair[1].key.text) {
        return Err(Error::at(pair[1].key.span, "this key stands twice in one map").inside(&pair[1].key.text));
    }
    out.push('{');
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        quote(out, &entry.key.text);
        out.push(':');
        write(out, &entry.value, flow).map_err(|error| error.inside(&entry.key.text))?;
    }
    out.push('}');
    Ok(())
}

fn write_scalar(out: &mut String, scalar: &Scalar, flow: bool) -> Result<(), Error> {
    match value_of(scalar, flow)? {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Uint(value) => out.push_str(&value.to_string()),
        Value::Float(value) => out.push_str(&number::json(value)),
        Value::Str(text) => quote(out, &text),
    }
    Ok(())
}

/// Appends a string literal as Go's `encoding/json` writes it.
pub(crate) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match escape_of(character) {
            None => out.push(character),
            Some(short) if !short.is_empty() => out.push_str(short),
            Some(_) => out.push_str(&format!("\\u{:04x}", u32::from(character))),
        }
    }
    out.push('"');
}

/// Returns the length in characters of the literal that `quote` writes.
pub(crate) fn quoted_length(text: &str) -> usize {
    let length = |character| match escape_of(character) {
        None => 1,
        Some("") => 6,
        Some(short) => short.len(),
    };
    text.chars().map(length).sum::<usize>() + 2
}

/// Returns how a character is escaped: not at all, shortly, or (empty) by its number.
fn escape_of(character: char) -> Option<&'static str> {
    match character {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '\x08' => Some("\\b"),
        '\x0C' => Some("\\f"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\0'..='\x1F' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => Some(""),
        _ => None,
    }
}

/// Returns the node as a `serde_json` value; the last of repeated keys counts.
///
/// # Errors
/// A scalar that cannot be written as JSON.
pub fn to_value(node: &Node) -> Result<serde_json::Value, Error> {
    value_in(node, false)
}

fn value_in(node: &Node, flow: bool) -> Result<serde_json::Value, Error> {
    Ok(match node {
        Node::Scalar(scalar) => scalar_value(scalar, flow)?,
        Node::Sequence(sequence) => {
            let flow = flow || sequence.flow;
            let item = |(at, item)| value_in(item, flow).map_err(|error| error.inside(&format!("[{at}]")));
            sequence.items.iter().enumerate().map(item).collect::<Result<Vec<_>, _>>()?.into()
        }
        Node::Mapping(mapping) => {
            let flow = flow || mapping.flow;
            let mut object = serde_json::Map::with_capacity(mapping.entries.len());
            for entry in &mapping.entries {
                let value = value_in(&entry.value, flow).map_err(|error| error.inside(&entry.key.text))?;
                if object.insert(entry.key.text.to_string(), value).is_some() {
                    return Err(Error::at(entry.key.span, "this key stands twice in one map").inside(&entry.key.text));
                }
            }
            object.into()
        }
    })
}

fn scalar_value(scalar: &Scalar, flow: bool) -> Result<serde_json::Value, Error> {
    Ok(match value_of(scalar, flow)? {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Uint(value) => value.into(),
        Value::Float(value) => whole_or_float(value),
        Value::Str(text) => text.into_owned().into(),
    })
}

/// Returns a number as it would be read back from the printed form, where a whole one is an integer.
fn whole_or_float(value: f64) -> serde_json::Value {
    let printed = number::yaml(value);
    if let Ok(integer) = printed.parse::<i64>() {
        return integer.into();
    }
    printed.parse::<u64>().map_or_else(|_| value.into(), Into::into)
}

/// Returns the node of a `serde_json` value, in block style without spans.
pub fn from_value(value: &serde_json::Value) -> Node {
    let scalar = |text: SmolStr, tag| Node::Scalar(Scalar { text, tag, ..Scalar::default() });
    match value {
        serde_json::Value::Null => scalar(SmolStr::new_inline("null"), Tag::Null),
        serde_json::Value::Bool(value) => scalar(SmolStr::new(if *value { "true" } else { "false" }), Tag::Bool),
        serde_json::Value::Number(number) => {
            let text = number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), float_text);
            let tag = crate::yaml::resolve_tag(&text);
            scalar(text.into(), tag)
        }
        serde_json::Value::String(text) => Node::Scalar(string_scalar(text)),
        serde_json::Value::Array(items) => {
            Node::Sequence(Sequence { items: items.iter().map(from_value).collect(), ..Sequence::default() })
        }
        serde_json::Value::Object(object) => {
            let entry = |(key, value): (&String, _)| Entry { key: string_scalar(key), value: from_value(value) };
            Node::Mapping(Mapping { entries: object.iter().map(entry).collect(), ..Mapping::default() })
        }
    }
}

/// Writes a float so that it stays one: go-yaml v3 prints what `%g` does.
fn float_text(value: f64) -> String {
    number::go_g(value)
}

/// Returns a string scalar in the style that go-yaml v3 gives one that comes from a Go value.
pub(crate) fn string_scalar(text: &str) -> Scalar {
    let style = if text.contains('\n') {
        Style::Literal
    } else if crate::yaml::resolve::is_plain_text(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    Scalar { text: text.into(), style, ..Scalar::default() }
}
