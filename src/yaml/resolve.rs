//! What a plain scalar means: the resolution rules of go-yaml v3 (resources) and v2 (kustomization files, the printer).
//! Pure functions of the text; quotes and explicit tags are the callers' business.

use std::borrow::Cow;

use crate::yaml::Tag;
use crate::yaml::timestamp::Timestamp;

/// Whose table of words and numbers applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// go-yaml v3: YAML 1.2 words, octals in both spellings.
    V3,
    /// go-yaml v2: also `yes`, `no`, `on`, `off`, `y`, `n`.
    V2,
}

/// A plain scalar's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    /// Nothing, `~`, `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// A larger one that fits 64 bits without.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// A date or a time.
    Timestamp(Timestamp),
    /// Text.
    Str,
}

impl Resolved {
    /// Returns the tag of this value.
    pub(crate) fn tag(&self) -> Tag {
        match self {
            Self::Null => Tag::Null,
            Self::Bool(_) => Tag::Bool,
            Self::Int(_) | Self::Uint(_) => Tag::Int,
            Self::Float(_) => Tag::Float,
            Self::Timestamp(_) => Tag::Timestamp,
            Self::Str => Tag::Str,
        }
    }
}

/// Returns what go-yaml v3 takes an unquoted text for, as resources are read: `yes` is text, `017` is fifteen.
pub fn resolve_tag(text: &str) -> Tag {
    if text == "<<" { Tag::Merge } else { resolve(text, Dialect::V3).tag() }
}

/// Returns what go-yaml v2 takes an unquoted text for, as kustomization files are read: `yes` and `n` are booleans.
pub fn resolve_tag_yaml11(text: &str) -> Tag {
    if text == "<<" { Tag::Merge } else { resolve(text, Dialect::V2).tag() }
}

/// Resolves an unquoted text without an explicit tag.
pub(crate) fn resolve(text: &str, dialect: Dialect) -> Resolved {
    resolve_as(text, dialect, true)
}

/// Resolves a text; `dates` is off where an explicit tag other than timestamp asks for something else.
pub(crate) fn resolve_as(text: &str, dialect: Dialect, dates: bool) -> Resolved {
    let Some(first) = text.bytes().next() else { return Resolved::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' => word(text, dialect).unwrap_or_else(|| number(text, dialect, dates)),
        b'.' => word(text, dialect).or_else(|| dotted(text)).unwrap_or(Resolved::Str),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            word(text, dialect).unwrap_or(Resolved::Str)
        }
        _ => Resolved::Str,
    }
}

fn word(text: &str, dialect: Dialect) -> Option<Resolved> {
    if text.len() > 5 {
        return None;
    }
    Some(match text {
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if dialect == Dialect::V2 => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if dialect == Dialect::V2 => Resolved::Bool(false),
        _ => return None,
    })
}

/// Resolves a text that starts with a digit or a sign.
fn number(text: &str, dialect: Dialect, dates: bool) -> Resolved {
    if let Some(small) = small_decimal(text) {
        return Resolved::Int(small);
    }
    if dates && let Some(timestamp) = Timestamp::parse(text) {
        return Resolved::Timestamp(timestamp);
    }
    let plain: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(integer) = prefixed_integer(&plain) {
        return integer;
    }
    if is_decimal_float(&plain)
        && let Some(float) = finite(&plain)
    {
        return Resolved::Float(float);
    }
    signed_behind_prefix(&plain, dialect).unwrap_or(Resolved::Str)
}

/// Reads the commonest integers at once: up to 18 decimal digits without sign, leading zero or underscore.
fn small_decimal(text: &str) -> Option<i64> {
    if text.len() > 18 || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Reads an integer as Go's `ParseInt(s, 0, 64)` and then `ParseUint(s, 0, 64)` do.
fn prefixed_integer(text: &str) -> Option<Resolved> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let lower = |prefix: &str| digits.len() > 2 && digits[..2].eq_ignore_ascii_case(prefix);
    let (radix, digits) = match digits.as_bytes() {
        [b'0', _, ..] if !digits.is_ascii() => return None,
        [b'0', ..] if lower("0x") => (16, &digits[2..]),
        [b'0', ..] if lower("0b") => (2, &digits[2..]),
        [b'0', ..] if lower("0o") => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    integer(negative, signed, digits, radix)
}

/// Reads `0b-101`, `-0o7` and the like: a sign where Go's literal syntax has none.
fn signed_behind_prefix(text: &str, dialect: Dialect) -> Option<Resolved> {
    let (outer, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (radix, digits) = match rest.get(..2)? {
        "0b" => (2, &rest[2..]),
        "0o" if dialect == Dialect::V3 => (8, &rest[2..]),
        _ => return None,
    };
    match digits.as_bytes().first()? {
        b'+' | b'-' if outer => None,
        b'-' => integer(true, true, &digits[1..], radix),
        b'+' => integer(false, true, &digits[1..], radix),
        _ => integer(outer, outer, digits, radix),
    }
}

fn integer(negative: bool, signed: bool, digits: &str, radix: u32) -> Option<Resolved> {
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Resolved::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Resolved::Int(value)),
        Err(_) if signed => None,
        Err(_) => Some(Resolved::Uint(magnitude)),
    }
}

/// Tells whether the text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` as a whole.
fn is_decimal_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = &text[whole..];
    if let Some(behind) = rest.strip_prefix('.') {
        let fraction = behind.bytes().take_while(u8::is_ascii_digit).count();
        if whole + fraction == 0 {
            return false;
        }
        rest = &behind[fraction..];
    } else if whole == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

/// Reads a text that starts with a dot as Go's `ParseFloat` does, which lets underscores stand between digits.
fn dotted(text: &str) -> Option<Resolved> {
    let mut previous = b'!';
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => previous = b'0',
            b'_' if previous == b'0' => previous = b'_',
            _ if previous == b'_' || byte == b'_' => return None,
            _ => previous = b'!',
        }
    }
    let plain = text.replace('_', "");
    (previous != b'_' && is_decimal_float(&plain)).then(|| finite(&plain)).flatten().map(Resolved::Float)
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Tells whether go-yaml v3 writes the text of a Go string without quotes: it reads back as text, in YAML 1.1 too.
pub(crate) fn is_plain_text(text: &str) -> bool {
    let old_boolean = matches!(resolve(text, Dialect::V2), Resolved::Bool(_));
    resolve(text, Dialect::V3) == Resolved::Str && !old_boolean && !is_base60(text)
}

/// Tells whether YAML 1.1 reads the text as a number to base 60 (`1:30`), which go-yaml quotes on the way out.
pub(crate) fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) || !unsigned.contains(':') {
        return false;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits_or_underscores = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = whole.split(':');
    let head = parts.next().unwrap_or("");
    let sixties = |part: &str| {
        let digits = part.as_bytes();
        matches!(digits, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    };
    digits_or_underscores(head) && parts.all(sixties) && digits_or_underscores(fraction)
}
