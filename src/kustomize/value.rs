//! Reads configuration (a kustomization's fields, a plugin's file) from nodes into Rust types, as Go's decoders do:
//! field names in any case, the last of two equal fields wins, null is absent. Every error names file, line and column.
//! Knows no field by name; each transformer reads its own.

use smol_str::SmolStr;

use crate::failure::{Failure, Place, Result};
use crate::kustomize::source::{Source, Spot};
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, Tag};

/// How strictly scalars and unknown fields are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A kustomization file: no unknown field, no number or boolean (YAML 1.1: `n`, `yes`) where a string belongs.
    Strict,
    /// A plugin's file: unknown fields are passed over, numbers and booleans become strings.
    Lenient,
    /// A `configurations` file: as a plugin's, but no unknown field.
    Configuration,
}

/// A node that is being read, with the file it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    /// What is being read.
    pub(crate) node: &'a Node,
    /// The file, for errors.
    pub(crate) source: &'a Source,
    /// The rules.
    pub(crate) reading: Reading,
}

/// The fields of one mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    mapping: Option<&'a Mapping>,
    /// The mapping itself, for errors that concern no single field.
    pub(crate) whole: Value<'a>,
}

impl<'a> Value<'a> {
    /// Returns a value to read.
    pub(crate) fn new(node: &'a Node, source: &'a Source, reading: Reading) -> Self {
        Self { node, source, reading }
    }

    /// Returns the same rules and file for another node.
    pub(crate) fn with(&self, node: &'a Node) -> Self {
        Self { node, ..*self }
    }

    /// Returns where the value stands.
    pub(crate) fn place(&self) -> Place {
        self.source.place(self.node.span())
    }

    /// Returns the source of a text that this value is.
    pub(crate) fn inline(&self, text: &str) -> Source {
        Source::inside(self.source, self.node.span(), text)
    }

    /// Returns where the value stands, to be worked out on a failure.
    pub(crate) fn spot(&self) -> Spot {
        Spot { source: self.source.clone(), span: self.node.span() }
    }

    /// Puts the place of this value in front of a failure that has none.
    pub(crate) fn located<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|failure| self.spot().failed(failure))
    }

    /// Returns a failure at this value.
    pub(crate) fn failure(&self, message: impl std::fmt::Display) -> Failure {
        self.source.failure(self.node.span(), message)
    }

    /// Reads a string; null is the empty one.
    pub(crate) fn string(&self) -> Result<SmolStr> {
        let Node::Scalar(scalar) = self.node else {
            return Err(self.failure("expected a string here"));
        };
        match scalar.tag {
            Tag::Null => Ok(SmolStr::default()),
            _ if self.reading != Reading::Strict => Ok(lenient_text(scalar)),
            Tag::Bool | Tag::Int | Tag::Float | Tag::Merge => Err(self.not_a_string(scalar)),
            Tag::Str | Tag::Timestamp | Tag::Binary
                if scalar.style == Style::Plain && is_yaml11_value(&scalar.text) =>
            {
                Err(self.not_a_string(scalar))
            }
            Tag::Str | Tag::Timestamp | Tag::Binary => Ok(scalar.text.clone()),
        }
    }

    fn not_a_string(&self, scalar: &Scalar) -> Failure {
        self.failure(format_args!(
            "expected a string, found `{}`, which is a boolean or number in YAML 1.1; put it in quotes",
            scalar.text
        ))
    }

    /// Reads a boolean; null is false.
    pub(crate) fn bool(&self) -> Result<bool> {
        let refused = || self.failure("expected true or false here");
        let scalar = self.node.as_scalar().ok_or_else(refused)?;
        if scalar.tag == Tag::Null {
            return Ok(false);
        }
        if scalar.style != Style::Plain {
            return Err(refused());
        }
        yaml11_bool(&scalar.text).ok_or_else(refused)
    }

    /// Reads a whole number; null is 0.
    pub(crate) fn integer(&self) -> Result<i64> {
        let refused = || self.failure("expected a whole number here");
        let scalar = self.node.as_scalar().ok_or_else(refused)?;
        match scalar.tag {
            Tag::Null => Ok(0),
            Tag::Int => parse_integer(&scalar.text).ok_or_else(refused),
            Tag::Float => whole_float(&scalar.text).ok_or_else(refused),
            _ => Err(refused()),
        }
    }

    /// Reads a list; null is the empty one.
    pub(crate) fn list(&self) -> Result<Vec<Value<'a>>> {
        match self.node {
            Node::Sequence(sequence) => Ok(sequence.items.iter().map(|item| self.with(item)).collect()),
            node if node.is_null() => Ok(Vec::new()),
            _ => Err(self.failure("expected a list here")),
        }
    }

    /// Reads a list of strings.
    pub(crate) fn strings(&self) -> Result<Vec<SmolStr>> {
        self.list()?.iter().map(Value::string).collect()
    }

    /// Reads a map of strings, sorted by key, the last of equal keys winning.
    pub(crate) fn string_map(&self) -> Result<Vec<(SmolStr, SmolStr)>> {
        let mapping = match self.node {
            Node::Mapping(mapping) => mapping,
            node if node.is_null() => return Ok(Vec::new()),
            _ => return Err(self.failure("expected a map of strings here")),
        };
        let mut pairs = std::collections::BTreeMap::new();
        for entry in &mapping.entries {
            pairs.insert(entry.key.text.clone(), self.with(&entry.value).string()?);
        }
        Ok(pairs.into_iter().collect())
    }

    /// Reads a mapping whose fields may only be `known` (under [`Reading::Lenient`] others are passed over); null has none.
    pub(crate) fn fields(&self, known: &[&str]) -> Result<Fields<'a>> {
        let mapping = match self.node {
            Node::Mapping(mapping) => Some(mapping),
            node if node.is_null() => None,
            _ => return Err(self.failure(format_args!("expected a map with the fields {}", known.join(", ")))),
        };
        if self.reading != Reading::Lenient {
            for entry in mapping.iter().flat_map(|mapping| &mapping.entries) {
                if !known.iter().any(|name| same_field(name, &entry.key.text)) {
                    return Err(self.unknown_field(&entry.key, known));
                }
            }
        }
        Ok(Fields { mapping, whole: *self })
    }

    fn unknown_field(&self, key: &Scalar, known: &[&str]) -> Failure {
        let failure = self.source.failure(key.span, format_args!("unknown field `{}`", key.text));
        match nearest(&key.text, known) {
            Some(name) => failure.hinted(format!("Did you mean `{name}`?")),
            None => failure.hinted(format!("Fields known here: {}.", known.join(", "))),
        }
    }
}

impl<'a> Fields<'a> {
    /// Returns the field's value; absent when it is missing or null.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        Some(self.whole.with(&self.entry(name)?.value)).filter(|value| !value.node.is_null())
    }

    /// Returns where the field's name stands.
    pub(crate) fn key_place(&self, name: &str) -> Option<Place> {
        Some(self.whole.source.place(self.entry(name)?.key.span))
    }

    /// The last of the fields of this name; of several spellings Go's decoder sees the one that sorts last at the end.
    fn entry(&self, name: &str) -> Option<&'a Entry> {
        let named = self.mapping?.entries.iter().filter(|entry| same_field(name, &entry.key.text));
        named.max_by(|one, other| one.key.text.cmp(&other.key.text))
    }

    /// Reads a string field; absent is empty.
    pub(crate) fn string(&self, name: &str) -> Result<SmolStr> {
        self.get(name).map_or(Ok(SmolStr::default()), |value| value.string())
    }

    /// Reads a boolean field; absent is false.
    pub(crate) fn bool(&self, name: &str) -> Result<bool> {
        self.get(name).map_or(Ok(false), |value| value.bool())
    }

    /// Reads a list field; absent is empty.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Value<'a>>> {
        self.get(name).map_or(Ok(Vec::new()), |value| value.list())
    }

    /// Reads a list of strings; absent is empty.
    pub(crate) fn strings(&self, name: &str) -> Result<Vec<SmolStr>> {
        self.get(name).map_or(Ok(Vec::new()), |value| value.strings())
    }

    /// Reads a map of strings, sorted by key; absent is empty.
    pub(crate) fn string_map(&self, name: &str) -> Result<Vec<(SmolStr, SmolStr)>> {
        self.get(name).map_or(Ok(Vec::new()), |value| value.string_map())
    }
}

fn lenient_text(scalar: &Scalar) -> SmolStr {
    match (scalar.tag, yaml11_bool(&scalar.text)) {
        (Tag::Bool, Some(value)) => SmolStr::new_static(if value { "true" } else { "false" }),
        _ => scalar.text.clone(),
    }
}

fn same_field(name: &str, found: &str) -> bool {
    name.eq_ignore_ascii_case(found)
}

/// Returns what YAML 1.1 reads as a boolean.
pub(crate) fn yaml11_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Tells whether YAML 1.1 reads a plain text that YAML 1.2 calls a string as something else.
fn is_yaml11_value(text: &str) -> bool {
    yaml11_bool(text).is_some()
}

fn parse_integer(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let magnitude = match digits.get(..2) {
        Some("0x" | "0X") => i64::from_str_radix(&digits[2..], 16),
        Some("0b" | "0B") => i64::from_str_radix(&digits[2..], 2),
        Some("0o" | "0O") => i64::from_str_radix(&digits[2..], 8),
        Some(_) if digits.starts_with('0') => i64::from_str_radix(&digits[1..], 8),
        _ => digits.parse(),
    };
    magnitude.ok().map(|value| if negative { -value } else { value })
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
fn whole_float(text: &str) -> Option<i64> {
    let value: f64 = text.replace('_', "").parse().ok()?;
    (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i64)
}

/// Returns the known name that takes the fewest edits to reach, when that is a likely slip.
pub(crate) fn nearest<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let limit = (found.chars().count() / 3).max(1);
    let best = known.iter().map(|name| (edits(&found.to_lowercase(), &name.to_lowercase()), *name)).min()?;
    (best.0 <= limit).then_some(best.1)
}

fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, one) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(one != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
