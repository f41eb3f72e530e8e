//! Setting scalars as kustomize's setters do: a value that is there keeps its quoting, and what its new text means
//! follows from both. Finds no place itself.

use smol_str::SmolStr;

use crate::kustomize::scalar_text::untagged;
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, Tag, resolve_tag, resolve_tag_yaml11};

/// Puts `text` in place of a node: quoting that is there stays, and unquoted text means what it reads as.
pub(crate) fn set_untagged(node: &mut Node, text: impl Into<SmolStr>) {
    let text = text.into();
    *node = Node::Scalar(match style_of(node) {
        Style::Plain => untagged(&text),
        style => Scalar { text, style, ..Scalar::default() },
    });
}

/// Puts `text` in place of a node as a value of the type `tag`; quoting that is there stays, and makes it print as a string.
pub(crate) fn set_tagged(node: &mut Node, text: impl Into<SmolStr>, tag: Tag) {
    *node = Node::Scalar(Scalar { text: text.into(), tag, style: style_of(node), ..Scalar::default() });
}

/// Sets a field to a string. Returns whether the field was made.
pub(crate) fn set_string_field(mapping: &mut Mapping, key: &str, text: &str) -> bool {
    if let Some(node) = mapping.get_mut(key) {
        set_tagged(node, text, Tag::Str);
        return false;
    }
    add(mapping, key, Node::string(text));
    true
}

/// Adds a field that is not there. kustomize writes new keys unquoted, so that one which reads as a number is no string
/// any more and is refused when printed.
pub(crate) fn add(mapping: &mut Mapping, key: &str, value: Node) {
    mapping.entries.push(Entry { key: key_of(key), value });
}

/// Returns a key as kustomize writes a new one.
pub(crate) fn key_of(text: &str) -> Scalar {
    let tag = if text.is_empty() { Tag::Str } else { resolve_tag(text) };
    Scalar { text: text.into(), tag, ..Scalar::default() }
}

/// Sets a field: over a value that is there as [`set_untagged`]; a new one is quoted when YAML 1.1 reads no string in it.
pub(crate) fn set_untagged_field(mapping: &mut Mapping, key: &str, text: &str) {
    if let Some(node) = mapping.get_mut(key) {
        return set_untagged(node, text);
    }
    let is_string = text.is_empty() || matches!(resolve_tag_yaml11(text), Tag::Str | Tag::Timestamp | Tag::Merge);
    let (style, tag) = if is_string { (Style::Plain, resolve_tag(text)) } else { (Style::DoubleQuoted, Tag::Str) };
    let tag = if text.is_empty() { Tag::Str } else { tag };
    add(mapping, key, Node::Scalar(Scalar { text: text.into(), tag, style, ..Scalar::default() }));
}

/// Returns the quoting that a new value takes over; what is no scalar has none.
fn style_of(node: &Node) -> Style {
    node.as_scalar().map(|scalar| scalar.style).unwrap_or_default()
}
