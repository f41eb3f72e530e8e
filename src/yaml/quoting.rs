//! How a string is written so that every reader of YAML 1.1 and 1.2 reads that string and nothing else.
//! Text to text; where it goes is decided elsewhere.

use granit_parser::ScalarStyle;

/// Words that YAML 1.1 or 1.2 reads as a boolean, a null or a number, in whatever case.
const WORDS: [&str; 13] =
    ["y", "yes", "n", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "nil"];

/// Tells whether `text`, written without quotes, is the same string for YAML 1.1 and 1.2 readers, in block and flow.
pub(crate) fn is_plain_string(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '+');
    if !text.chars().all(fits) || text.ends_with(':') {
        return false;
    }
    let first = text.chars().next().unwrap_or(' ');
    if first.is_ascii_alphabetic() {
        return !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    }
    first.is_ascii_digit() && is_version(text)
}

/// Three numbers joined by dots, then anything but an underscore: `1.2.3`, `1.2.3-rc.1`. One dot could be a number,
/// none a number, a date or an hour.
fn is_version(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let number =
        |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let whole = number(parts.next()) && number(parts.next());
    whole
        && parts.next().is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains(['_', ':']))
}

/// Writes `text` as a string in the style that stands there, where that is safe, and in double quotes otherwise.
pub(crate) fn write_string(text: &str, style: ScalarStyle) -> String {
    let printable = !text.chars().any(char::is_control);
    match style {
        ScalarStyle::Plain if is_plain_string(text) => text.to_owned(),
        ScalarStyle::SingleQuoted if printable => format!("'{}'", text.replace('\'', "''")),
        _ => double_quoted(text),
    }
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use granit_parser::ScalarStyle::{DoubleQuoted, Literal, Plain, SingleQuoted};

    use super::{is_plain_string, write_string};

    #[test]
    fn what_some_reader_takes_for_no_string_is_quoted() {
        for text in [
            "1",
            "1.10",
            "553640e6",
            "0123",
            "08",
            "1_000",
            "0x1f",
            "0o17",
            "0b11",
            "1.",
            "1e3",
            "7e0",
            "yes",
            "off",
            "y",
            "N",
            "true",
            "Null",
            "2024-01-01",
            "20240101",
            "1.2_3.4",
            "NaN",
            "",
            "~",
            "a: b",
            "a:",
            "a #b",
            "-",
            "1.2.",
            "1.2.x",
            "_1",
            "12:30:45",
        ] {
            assert!(!is_plain_string(text), "{text}");
        }
    }

    #[test]
    fn what_every_reader_takes_for_a_string_stays_plain() {
        for text in ["v1", "1.2.3", "1.2.3-rc.1", "2024.01.01", "latest", "e10", "reg:5000/a/b", "sha256:0a", "nginx"] {
            assert!(is_plain_string(text), "{text}");
        }
    }

    #[test]
    fn the_style_that_stands_there_is_kept_where_it_is_safe() {
        assert_eq!(write_string("v2", Plain), "v2");
        assert_eq!(write_string("2", Plain), "\"2\"");
        assert_eq!(write_string("2", SingleQuoted), "'2'");
        assert_eq!(write_string("2", DoubleQuoted), "\"2\"");
        assert_eq!(write_string("v2", Literal), "\"v2\"");
        assert_eq!(write_string("it's\n\"x\\", SingleQuoted), r#""it's\n\"x\\""#);
    }
}
