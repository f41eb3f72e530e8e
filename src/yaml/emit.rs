//! The printer: the bytes that `kustomize build` prints for a tree, which are go-yaml v2's from sorted JSON.
//! This file walks the structure; styles, line breaks and key order are in the files below it.

pub(crate) mod order;
mod style;
mod write;

use crate::yaml::value::{Value, value_of};
use crate::yaml::{Entry, Error, Mapping, Node, Scalar, Sequence, Tag, number};
use style::Form;
use write::Writer;

/// What stands between two objects.
pub(crate) const SEPARATOR: &str = "---\n";
/// Longest key that is written without `? `, in bytes.
const MAX_PLAIN_KEY: usize = 128;
/// Longest key that go-yaml v2 reads back from JSON, in characters with quotes and escapes.
const MAX_JSON_KEY: usize = 1024;
/// No shorter key can become longer than that by escaping.
const HARMLESS_KEY: usize = MAX_JSON_KEY / 6 - 2;

/// Prints objects as `kustomize build` does, with `---` between them.
///
/// # Errors
/// What kustomize refuses to print: repeated or non-string keys, `.inf`, `.nan`, control characters, a text that
/// does not fit its tag. The error has the path inside the object; `emit_into` tells which object it is.
pub fn emit<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Result<String, Error> {
    let mut out = String::new();
    for node in nodes {
        emit_into(&mut out, node)?;
    }
    Ok(out)
}

/// Prints one object behind what `out` holds already, with `---` before it unless it is the first.
///
/// # Errors
/// As [`emit`].
pub fn emit_into(out: &mut String, node: &Node) -> Result<(), Error> {
    if !out.is_empty() {
        out.push_str(SEPARATOR);
    }
    let mut emitter = Emitter { writer: Writer::new(out), sorted: Vec::new(), flow: false };
    match node {
        Node::Mapping(mapping) if !mapping.entries.is_empty() => emitter.mapping(mapping, 0, true)?,
        Node::Sequence(sequence) if !sequence.items.is_empty() => emitter.sequence(sequence, 0)?,
        other => emitter.value(other, 0, Place::Inline)?,
    }
    emitter.writer.end_line();
    Ok(())
}

/// What a value stands behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `key:`; a list is not indented below it.
    Key,
    /// `-`, the `:` of a `? key`, or nothing: a collection starts on the same line.
    Inline,
}

struct Emitter<'o, 'n> {
    writer: Writer<'o>,
    /// The sorted entries of all open mappings.
    sorted: Vec<&'n Entry>,
    /// A collection around was written as `{…}` or `[…]`.
    flow: bool,
}

impl<'n> Emitter<'_, 'n> {
    /// Writes a value in a collection at `indent`.
    fn value(&mut self, node: &'n Node, indent: usize, place: Place) -> Result<(), Error> {
        match node {
            Node::Scalar(scalar) => self.scalar(scalar, indent),
            Node::Mapping(mapping) if mapping.entries.is_empty() => {
                self.writer.word("{}");
                Ok(())
            }
            Node::Sequence(sequence) if sequence.items.is_empty() => {
                self.writer.word("[]");
                Ok(())
            }
            Node::Mapping(mapping) => {
                if place == Place::Key {
                    self.writer.end_line();
                }
                self.mapping(mapping, indent + 2, false)
            }
            Node::Sequence(sequence) if place == Place::Key => {
                self.writer.end_line();
                self.sequence(sequence, indent)
            }
            Node::Sequence(sequence) => self.sequence(sequence, indent + 2),
        }
    }

    fn sequence(&mut self, sequence: &'n Sequence, indent: usize) -> Result<(), Error> {
        let outer_flow = self.flow;
        self.flow |= sequence.flow;
        for (at, item) in sequence.items.iter().enumerate() {
            if at > 0 {
                self.writer.end_line();
            }
            self.writer.pad(indent);
            self.writer.indicator('-');
            self.value(item, indent, Place::Inline).map_err(|error| error.inside(&format!("[{at}]")))?;
        }
        self.flow = outer_flow;
        Ok(())
    }

    fn mapping(&mut self, mapping: &'n Mapping, indent: usize, root: bool) -> Result<(), Error> {
        let first = self.sorted.len();
        // At the root go-yaml reads any key as text, but loses one that is null.
        let keeps = |entry: &&Entry| !root || is_text(&entry.key) || entry.key.tag != Tag::Null;
        self.sorted.extend(mapping.entries.iter().filter(keeps));
        order::sort(&mut self.sorted[first..]);
        check_keys(mapping, &self.sorted[first..], root)?;
        let end = self.sorted.len();
        if root && first == end {
            self.writer.word("{}");
        }
        let outer_flow = self.flow;
        self.flow |= mapping.flow;
        for at in first..end {
            if at > first {
                self.writer.end_line();
            }
            self.writer.pad(indent);
            let entry = self.sorted[at];
            self.entry(entry, indent).map_err(|error| error.inside(&entry.key.text))?;
        }
        self.flow = outer_flow;
        self.sorted.truncate(first);
        Ok(())
    }

    fn entry(&mut self, entry: &'n Entry, indent: usize) -> Result<(), Error> {
        let key = entry.key.text.as_str();
        check_json_key(&entry.key)?;
        let form = Form::of(key).map_err(|message| Error::at(entry.key.span, message))?;
        if key.len() <= MAX_PLAIN_KEY && !form.multiline {
            self.writer.key(&form);
            self.writer.indicator(':');
            return self.value(&entry.value, indent, Place::Key);
        }
        self.writer.indicator('?');
        self.writer.scalar(&form, indent + 2);
        self.writer.end_line();
        self.writer.pad(indent);
        self.writer.indicator(':');
        self.value(&entry.value, indent, Place::Inline)
    }

    fn scalar(&mut self, scalar: &Scalar, indent: usize) -> Result<(), Error> {
        match value_of(scalar, self.flow)? {
            Value::Null => self.writer.word("null"),
            Value::Bool(true) => self.writer.word("true"),
            Value::Bool(false) => self.writer.word("false"),
            Value::Int(value) => self.writer.word(&value.to_string()),
            Value::Uint(value) => self.writer.word(&value.to_string()),
            Value::Float(value) => self.writer.word(&number::yaml(value)),
            Value::Str(text) => {
                let form = Form::of(&text).map_err(|message| Error::at(scalar.span, message))?;
                self.writer.scalar(&form, indent + 2);
            }
        }
        Ok(())
    }
}

/// Refuses repeated keys, and below the root keys that are no text.
fn check_keys(mapping: &Mapping, sorted: &[&Entry], root: bool) -> Result<(), Error> {
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0].key.text == pair[1].key.text) {
        let key = &pair[1].key;
        return Err(Error::at(key.span, "this key stands twice in one map").inside(&key.text));
    }
    for entry in mapping.entries.iter().filter(|entry| !is_text(&entry.key)) {
        if !root {
            let message = format!("the key `{}` is not text: quote it", entry.key.text);
            return Err(Error::at(entry.key.span, message));
        }
        value_of(&entry.key, false)?;
    }
    Ok(())
}

/// Tells whether a key is text; one written as nothing is printed as an empty text by go-yaml v3.
fn is_text(key: &Scalar) -> bool {
    matches!(key.tag, Tag::Str | Tag::Merge) || key.tag == Tag::Null && key.text.is_empty()
}

/// Refuses keys that go-yaml v2 does not take for keys in JSON.
fn check_json_key(key: &Scalar) -> Result<(), Error> {
    if key.text.contains('\u{85}') {
        return Err(Error::at(key.span, "a key cannot hold the line break U+0085"));
    }
    if key.text.len() > HARMLESS_KEY && crate::yaml::json::quoted_length(&key.text) > MAX_JSON_KEY {
        return Err(Error::at(key.span, format!("the key is longer than {MAX_JSON_KEY} characters")));
    }
    Ok(())
}
