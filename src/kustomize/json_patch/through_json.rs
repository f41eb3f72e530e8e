//! What kustomize's way through JSON and back leaves of an object, done in place: floats, plain nulls, no dates, and the
//! quotes that go-yaml v3 would choose.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::go_number;
use crate::yaml::{self, Entry, Node, Scalar, Span, Style, Tag};

/// Checks that every value of an object can go through JSON, before anything of it is changed.
///
/// # Errors
/// What JSON cannot hold: infinities, texts that are no value of their type.
pub(super) fn check(node: &Node) -> Result<()> {
    match node {
        Node::Scalar(scalar) if scalar.tag == Tag::Str => Ok(()),
        Node::Scalar(scalar) => {
            yaml::value::value_of(scalar, false).map(drop).map_err(|error| Failure::input(error.message))
        }
        Node::Sequence(list) => list.items.iter().try_for_each(check),
        Node::Mapping(map) => map.entries.iter().try_for_each(|entry| check(&entry.value)),
    }
}

/// Converts every value.
///
/// # Errors
/// What JSON cannot hold: infinities, keys that are no text.
pub(super) fn convert(node: &mut Node) -> Result<()> {
    convert_in(node, false)
}

/// Converts a value that stands inside `[…]` or `{…}`, or not; what comes out of JSON does not.
fn convert_in(node: &mut Node, flow: bool) -> Result<()> {
    match node {
        Node::Scalar(scalar) => scalar_through_json(scalar, flow),
        Node::Sequence(list) => {
            let flow = std::mem::take(&mut list.flow) || flow;
            list.items.iter_mut().try_for_each(|item| convert_in(item, flow))
        }
        Node::Mapping(map) => {
            let flow = std::mem::take(&mut map.flow) || flow;
            map.entries.iter_mut().try_for_each(|entry| convert_entry(entry, flow))
        }
    }
}

fn convert_entry(entry: &mut Entry, flow: bool) -> Result<()> {
    if entry.key.tag != Tag::Str {
        return Err(Failure::input(format!("the field '{}' must be a text: put it in quotes", entry.key.text)));
    }
    convert_in(&mut entry.value, flow).map_err(|failure| failure.during(format!("in '{}'", entry.key.text)))
}

fn scalar_through_json(scalar: &mut Scalar, flow: bool) -> Result<()> {
    let value = yaml::value::value_of(scalar, flow).map_err(|error| Failure::input(error.message))?;
    let (text, style): (SmolStr, Style) = match value {
        yaml::value::Value::Null => ("null".into(), Style::Plain),
        yaml::value::Value::Bool(flag) => (if flag { "true" } else { "false" }.into(), Style::Plain),
        #[expect(clippy::cast_precision_loss, reason = "JSON numbers become floats, as in Go")]
        yaml::value::Value::Int(number) => (go_number::shortest(number as f64).into(), Style::Plain),
        #[expect(clippy::cast_precision_loss, reason = "JSON numbers become floats, as in Go")]
        yaml::value::Value::Uint(number) => (go_number::shortest(number as f64).into(), Style::Plain),
        yaml::value::Value::Float(number) => (go_number::shortest(number).into(), Style::Plain),
        yaml::value::Value::Str(text) => {
            let style = style_of(&text);
            *scalar = Scalar { text: text.as_ref().into(), tag: Tag::Str, style, span: Span::default() };
            return Ok(());
        }
    };
    *scalar = Scalar { tag: yaml::resolve_tag(&text), text, style, span: Span::default() };
    Ok(())
}

/// The style in which go-yaml v3 prints a text.
fn style_of(text: &str) -> Style {
    if text.contains('\n') {
        return Style::Literal;
    }
    // Only text that reads as text in both versions of YAML goes without quotes.
    if yaml::resolve_tag(text) != Tag::Str || yaml::resolve_tag_yaml11(text) == Tag::Bool {
        return Style::DoubleQuoted;
    }
    if is_plain(text) { Style::Plain } else { Style::SingleQuoted }
}

fn is_plain(text: &str) -> bool {
    let indicator = text.starts_with(['#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`']);
    let dashed = text == "-"
        || text == "?"
        || text == ":"
        || text.starts_with("- ")
        || text.starts_with("? ")
        || text.starts_with(": ");
    let inside = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    let blanks = text.starts_with(' ') || text.ends_with(' ') || text.contains(|one: char| one.is_control());
    !(indicator || dashed || inside || blanks || text.starts_with("---") || text.starts_with("..."))
}
