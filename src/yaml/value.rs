//! What a scalar is worth when kustomize prints: its text re-read under its tag, as go-yaml v3 does before JSON.
//! Numbers, dates and base64 are computed here; how a value is written is the emitters' business.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::yaml::folded;
use crate::yaml::resolve::{Dialect, Resolved, resolve, resolve_as};
use crate::yaml::{Error, Scalar, Style, Tag};

/// A JSON scalar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer with a sign.
    Int(i64),
    /// An integer above the signed ones.
    Uint(u64),
    /// Any other finite number.
    Float(f64),
    /// Text.
    Str(Cow<'a, str>),
}

/// Returns what a scalar is worth; `flow` tells whether it stands inside `[…]` or `{…}`, where go-yaml v3 prints
/// a null that is written as nothing as an empty text, a time in quotes, and `>` in double quotes.
///
/// # Errors
/// A text that does not fit its tag, `.inf`, `.nan`, bad base64: what kustomize finds when it prints.
pub(crate) fn value_of(scalar: &Scalar, flow: bool) -> Result<Value<'_>, Error> {
    let text = scalar.text.as_str();
    match scalar.tag {
        Tag::Timestamp if flow && text.contains(':') => Ok(Value::Str(text.into())),
        Tag::Null if flow && text.is_empty() => Ok(Value::Str("".into())),
        Tag::Str if scalar.style == Style::Folded && !flow => Ok(Value::Str(folded::reread(text))),
        Tag::Str | Tag::Merge => Ok(Value::Str(text.into())),
        Tag::Binary => binary(scalar),
        tag => {
            let resolved = resolve(text, Dialect::V3);
            // A quoted text whose tag is the one it would have unquoted loses that tag on the way out.
            if scalar.style != Style::Plain && resolved.tag() == tag {
                return Ok(Value::Str(text.into()));
            }
            typed(scalar, resolved)
        }
    }
}

fn typed<'a>(scalar: &Scalar, resolved: Resolved) -> Result<Value<'a>, Error> {
    let resolved = match (scalar.tag, resolved) {
        (Tag::Timestamp, resolved) => resolved,
        (_, Resolved::Timestamp(_)) => resolve_as(&scalar.text, Dialect::V3, false),
        (_, resolved) => resolved,
    };
    match (scalar.tag, resolved) {
        (Tag::Null, Resolved::Null) => Ok(Value::Null),
        (Tag::Bool, Resolved::Bool(value)) => Ok(Value::Bool(value)),
        (Tag::Int, Resolved::Int(value)) => Ok(Value::Int(value)),
        (Tag::Int, Resolved::Uint(value)) => Ok(Value::Uint(value)),
        #[expect(clippy::cast_precision_loss, reason = "go-yaml converts in the same way")]
        (Tag::Float, Resolved::Int(value)) => Ok(Value::Float(value as f64)),
        (Tag::Float, Resolved::Float(value)) if value.is_finite() => Ok(Value::Float(value)),
        (Tag::Float, Resolved::Float(_)) => {
            Err(Error::at(scalar.span, format!("`{}` cannot be written as JSON: quote it", scalar.text)))
        }
        (Tag::Timestamp, Resolved::Timestamp(value)) if value.is_printable() => {
            Ok(Value::Str(value.to_string().into()))
        }
        (tag, _) => {
            let shown: String = scalar.text.chars().take(60).collect();
            Err(Error::at(scalar.span, format!("`{shown}` is no {}", name_of(tag))))
        }
    }
}

fn binary(scalar: &Scalar) -> Result<Value<'_>, Error> {
    let compact: String = scalar.text.chars().filter(|character| !matches!(character, '\n' | '\r')).collect();
    let bytes = STANDARD.decode(compact).map_err(|_| Error::at(scalar.span, "the `!!binary` value is not base64"))?;
    Ok(Value::Str(String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes())).into()))
}

/// Replaces every byte that is not part of a character by U+FFFD, one by one as Go does.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn name_of(tag: Tag) -> &'static str {
    match tag {
        Tag::Null => "null",
        Tag::Bool => "boolean",
        Tag::Int => "integer",
        Tag::Float => "number",
        Tag::Timestamp => "date or time",
        Tag::Binary => "base64",
        Tag::Merge | Tag::Str => "text",
    }
}
