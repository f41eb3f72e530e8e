//! One scalar as go-yaml v3 writes it: in its own style where that can hold it.

use crate::yaml::folded::{hints, is_break, is_printable};
use crate::yaml::{Scalar, Style, Tag, resolve_tag};

/// Prints a scalar that is no block; `one_line` in keys and flow collections. Lines of a text are indented by `indent`.
pub(super) fn print(scalar: &Scalar, indent: usize, one_line: bool, out: &mut String) {
    let text = scalar.text.as_str();
    let is_text = scalar.tag == Tag::Str;
    if let Some(tag) = tag_needed(scalar) {
        out.push_str(tag);
    }
    let style = match scalar.style {
        Style::Plain if text.contains('\n') => Style::Literal,
        Style::Plain if is_text && resolve_tag(text) != Tag::Str => Style::DoubleQuoted,
        style => style,
    };
    match style {
        Style::Plain if is_plain(text, one_line) || (!is_text && text.is_empty() && !one_line) => out.push_str(text),
        Style::Plain | Style::SingleQuoted if is_single_quoted(text) && !(one_line && text.contains('\n')) => {
            single(text, out)
        }
        Style::Literal | Style::Folded if !one_line && is_literal(text) => block(scalar, indent, None, out),
        _ => double(text, out),
    }
}

/// A text that does not read as its type is printed with the type's name.
fn tag_needed(scalar: &Scalar) -> Option<&'static str> {
    let tag = match scalar.tag {
        Tag::Null => "!!null ",
        Tag::Bool => "!!bool ",
        Tag::Int => "!!int ",
        Tag::Float => "!!float ",
        Tag::Timestamp => "!!timestamp ",
        Tag::Binary => "!!binary ",
        Tag::Merge | Tag::Str => return None,
    };
    (resolve_tag(&scalar.text) != scalar.tag).then_some(tag)
}

/// Tells whether a value is printed as a block: it was one, or it is a plain text of several lines.
pub(super) fn is_block(scalar: &Scalar) -> bool {
    match scalar.style {
        Style::Literal | Style::Folded => true,
        Style::Plain => scalar.tag == Tag::Str && scalar.text.contains('\n') && is_literal(&scalar.text),
        Style::SingleQuoted | Style::DoubleQuoted => false,
    }
}

/// Prints a block scalar, with the comment behind its header.
pub(super) fn block(scalar: &Scalar, indent: usize, comment: Option<&str>, out: &mut String) {
    let text = scalar.text.as_str();
    if !is_literal(text) || text.is_empty() {
        return double(text, out);
    }
    let is_folded = scalar.style == Style::Folded;
    out.push(if is_folded { '>' } else { '|' });
    out.push_str(hints(text));
    if let Some(comment) = comment {
        out.push(' ');
        out.push_str(comment);
    }
    out.push('\n');
    let lines = if is_folded { crate::yaml::folded::lines(text, 2) } else { text.to_owned() };
    let own = if is_folded { 2 } else { 0 };
    for line in lines.split_inclusive('\n') {
        let content = line.get(own..).filter(|_| line.starts_with("  ") || own == 0).unwrap_or(line);
        if content != "\n" {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str(content);
    }
}

fn is_plain(text: &str, one_line: bool) -> bool {
    let starts =
        text.starts_with(['#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', ' ']);
    let marks = ["-", "?", ":"].iter().any(|mark| {
        text.strip_prefix(mark)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') || (*mark == ":" && one_line))
    });
    let inside = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    let flow = one_line && text.contains([',', '?', '[', ']', '{', '}']);
    let document = text.starts_with("---") || text.starts_with("...");
    let odd = text.chars().any(|one| !is_printable(one) || is_break(one));
    !(text.is_empty() || starts || marks || inside || flow || document || odd)
}

fn is_single_quoted(text: &str) -> bool {
    let odd = text.chars().any(|one| !(is_printable(one) || is_break(one)));
    !odd && !text.contains(" \n") && !text.contains("\n ") && !text.contains('\n')
}

fn is_literal(text: &str) -> bool {
    let odd = text.chars().any(|one| !(is_printable(one) || one == '\t'));
    !odd && !text.contains(" \n") && !text.ends_with(' ')
}

fn single(text: &str, out: &mut String) {
    out.push('\'');
    out.push_str(&text.replace('\'', "''"));
    out.push('\'');
}

fn double(text: &str, out: &mut String) {
    out.push('"');
    for one in text.chars() {
        match one {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            _ if is_printable(one) => out.push(one),
            _ => out.push_str(&escape(u32::from(one))),
        }
    }
    out.push('"');
}

fn escape(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02X}"),
        0x100..=0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}
