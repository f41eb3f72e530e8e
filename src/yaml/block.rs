//! The block printer: the text that kyaml's `RNode.String()` gives for a tree (go-yaml v3, two spaces, lists not
//! indented): keys in their order, styles kept, no folding. For annotations and for YAML inside a value.

use crate::yaml::folded::{hints, is_break, lines};
use crate::yaml::quote;
use crate::yaml::resolve::{Dialect, resolve};
use crate::yaml::traits::Traits;
use crate::yaml::{Entry, Mapping, Node, Scalar, Sequence, Style, Tag};

/// Longest key that is written without `? `, in bytes.
const MAX_PLAIN_KEY: usize = 128;

/// Prints a tree as kyaml does, ending in a line break. Comments are not part of a tree and not printed.
pub fn to_block(node: &Node) -> String {
    let mut printer = Printer { out: String::new(), line_start: 0 };
    match node {
        Node::Mapping(mapping) if !mapping.flow && !mapping.entries.is_empty() => printer.mapping(mapping, 0),
        Node::Sequence(sequence) if !sequence.flow && !sequence.items.is_empty() => printer.sequence(sequence, 0),
        other => printer.value(other, 0, Place::Inline),
    }
    printer.end_line();
    printer.out
}

/// What a value stands behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `key:`
    Key,
    /// `-`, the `:` of a `? key`, or nothing.
    Inline,
}

/// What surrounds a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Around {
    flow: bool,
    simple_key: bool,
}

struct Printer {
    out: String,
    line_start: usize,
}

impl Printer {
    fn value(&mut self, node: &Node, indent: usize, place: Place) {
        match node {
            Node::Scalar(scalar) => self.scalar(scalar, indent + 2, Around { flow: false, simple_key: false }),
            Node::Mapping(mapping) if mapping.flow || mapping.entries.is_empty() => self.flow(node, indent + 2),
            Node::Sequence(sequence) if sequence.flow || sequence.items.is_empty() => self.flow(node, indent + 2),
            Node::Mapping(mapping) => {
                if place == Place::Key {
                    self.end_line();
                }
                self.mapping(mapping, indent + 2);
            }
            Node::Sequence(sequence) if place == Place::Key => {
                self.end_line();
                self.sequence(sequence, indent);
            }
            Node::Sequence(sequence) => self.sequence(sequence, indent + 2),
        }
    }

    fn sequence(&mut self, sequence: &Sequence, indent: usize) {
        for (at, item) in sequence.items.iter().enumerate() {
            if at > 0 {
                self.end_line();
            }
            self.pad(indent);
            self.out.push('-');
            self.value(item, indent, Place::Inline);
        }
    }

    fn mapping(&mut self, mapping: &Mapping, indent: usize) {
        for (at, entry) in mapping.entries.iter().enumerate() {
            if at > 0 {
                self.end_line();
            }
            self.pad(indent);
            if is_simple_key(&entry.key) {
                self.bare_scalar(&entry.key, indent, Around { flow: false, simple_key: true });
                self.out.push(':');
                self.value(&entry.value, indent, Place::Key);
                continue;
            }
            self.out.push('?');
            self.scalar(&entry.key, indent + 2, Around { flow: false, simple_key: false });
            self.end_line();
            self.pad(indent);
            self.out.push(':');
            self.value(&entry.value, indent, Place::Inline);
        }
    }

    /// Writes a value inside `[…]` or `{…}`, or such a collection, behind a space unless it starts the line.
    fn flow(&mut self, node: &Node, indent: usize) {
        self.space();
        self.bare_flow(node, indent);
    }

    fn bare_flow(&mut self, node: &Node, indent: usize) {
        match node {
            Node::Scalar(scalar) => self.bare_scalar(scalar, indent, Around { flow: true, simple_key: false }),
            Node::Sequence(sequence) => {
                self.out.push('[');
                for (at, item) in sequence.items.iter().enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    self.bare_flow(item, indent);
                }
                self.out.push(']');
            }
            Node::Mapping(mapping) => {
                self.out.push('{');
                for (at, entry) in mapping.entries.iter().enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    self.flow_entry(entry, indent);
                }
                self.out.push('}');
            }
        }
    }

    fn flow_entry(&mut self, entry: &Entry, indent: usize) {
        let simple_key = is_simple_key(&entry.key);
        if !simple_key {
            self.out.push_str("? ");
        }
        self.bare_scalar(&entry.key, indent, Around { flow: true, simple_key });
        self.out.push_str(if simple_key { ": " } else { " : " });
        self.bare_flow(&entry.value, indent);
    }

    /// Writes a scalar behind a space, unless it is written as nothing.
    fn scalar(&mut self, scalar: &Scalar, indent: usize, around: Around) {
        let silent = scalar.text.is_empty() && scalar.style == Style::Plain && scalar.tag == Tag::Null;
        if !silent {
            self.space();
            self.bare_scalar(scalar, indent, around);
        }
    }

    fn bare_scalar(&mut self, scalar: &Scalar, indent: usize, around: Around) {
        let text = scalar.text.as_str();
        let (tag, wanted) = presentation(scalar);
        if !tag.is_empty() {
            self.out.push_str(tag);
            if text.is_empty() && wanted == Style::Plain && !around.flow && !around.simple_key {
                return;
            }
            self.out.push(' ');
        }
        match allowed(text, wanted, around) {
            Style::Plain => self.out.push_str(text),
            Style::SingleQuoted => self.single(text, indent),
            Style::DoubleQuoted => quote::double(&mut self.out, text),
            Style::Literal => self.block('|', text, |printer| printer.literal(text, indent)),
            Style::Folded => {
                let folded = lines(text, indent);
                self.block('>', text, |printer| printer.out.push_str(&folded));
            }
        }
        if let Some(at) = self.out[self.line_start..].rfind('\n') {
            self.line_start += at + 1;
        }
    }

    fn single(&mut self, text: &str, indent: usize) {
        self.out.push('\'');
        let mut previous_break = false;
        for character in text.chars() {
            if is_break(character) {
                if !previous_break && character == '\n' {
                    self.out.push('\n');
                }
                self.out.push(character);
                previous_break = true;
                continue;
            }
            if previous_break {
                self.out.extend(std::iter::repeat_n(' ', indent));
            }
            if character == '\'' {
                self.out.push('\'');
            }
            self.out.push(character);
            previous_break = false;
        }
        self.out.push('\'');
    }

    fn block(&mut self, indicator: char, text: &str, write: impl FnOnce(&mut Self)) {
        self.out.push(indicator);
        self.out.push_str(hints(text));
        self.out.push('\n');
        write(self);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        for line in text.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                self.out.extend(std::iter::repeat_n(' ', indent));
            }
            self.out.push_str(line);
        }
    }

    fn space(&mut self) {
        if self.out.len() > self.line_start {
            self.out.push(' ');
        }
    }

    fn pad(&mut self, column: usize) {
        let missing = (self.line_start + column).saturating_sub(self.out.len());
        self.out.extend(std::iter::repeat_n(' ', missing));
    }

    fn end_line(&mut self) {
        if self.out.len() > self.line_start {
            self.out.push('\n');
            self.line_start = self.out.len();
        }
    }
}

fn is_simple_key(key: &Scalar) -> bool {
    key.text.len() <= MAX_PLAIN_KEY && !key.text.contains(is_break)
}

/// Returns the tag to write, if the text without it would mean something else, and the style to try.
fn presentation(scalar: &Scalar) -> (&'static str, Style) {
    let plain = || if scalar.text.contains('\n') { Style::Literal } else { Style::Plain };
    let style = if scalar.style == Style::Plain { plain() } else { scalar.style };
    if scalar.tag == Tag::Str && scalar.style != Style::Plain {
        return ("", style);
    }
    match (resolve(&scalar.text, Dialect::V3).tag(), scalar.tag) {
        (meant, tag) if meant == tag => ("", style),
        (_, Tag::Str) if style == Style::Plain => ("", Style::DoubleQuoted),
        (_, Tag::Str) => ("", style),
        (_, tag) => (written(tag), style),
    }
}

fn written(tag: Tag) -> &'static str {
    match tag {
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Timestamp => "!!timestamp",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::Str => "!!str",
    }
}

/// Returns the style in which go-yaml v3 writes a text that wants another one.
fn allowed(text: &str, wanted: Style, around: Around) -> Style {
    let traits = Traits::of(text);
    let empty_needs_quotes = text.is_empty() && (around.flow || around.simple_key);
    let block_fits = traits.fits_block() && !text.is_empty() && !around.flow && !around.simple_key;
    match wanted {
        _ if around.simple_key && traits.breaks => Style::DoubleQuoted,
        Style::Plain if traits.fits_plain(around.flow) && !empty_needs_quotes => Style::Plain,
        Style::Plain | Style::SingleQuoted if traits.fits_single_quotes() => Style::SingleQuoted,
        Style::Literal | Style::Folded if block_fits => wanted,
        _ => Style::DoubleQuoted,
    }
}
