//! Regular expressions as Go's `regexp` reads them, on the `regex` crate: the few texts that both take differently are
//! rewritten. Both match in linear time.

use regex::Regex;
use smol_str::SmolStr;

use crate::failure::{Failure, Result};

/// Compiles a pattern that matches anywhere in a text.
///
/// # Errors
/// A pattern that is no regular expression.
pub(crate) fn unanchored(pattern: &str) -> Result<Regex> {
    compile(pattern, translate(pattern))
}

/// A pattern that must match the whole text. Most are plain words, which need no machine.
#[derive(Clone, Debug)]
pub(crate) enum Anchored {
    /// Nothing in it means anything but itself.
    Word(SmolStr),
    /// Everything else.
    Pattern(Regex),
}

impl Anchored {
    /// Tells whether the whole text fits.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => word == text,
            Self::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

/// Compiles a pattern that must match the whole text.
///
/// # Errors
/// A pattern that is no regular expression.
pub(crate) fn anchored(pattern: &str) -> Result<Anchored> {
    if pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/')) {
        return Ok(Anchored::Word(pattern.into()));
    }
    compile(pattern, format!("^(?:{})$", translate(pattern))).map(Anchored::Pattern)
}

fn compile(pattern: &str, translated: String) -> Result<Regex> {
    Regex::new(&translated).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Failure::input(format!("'{pattern}' is no regular expression: {reason}"))
    })
}

/// Rewrites what differs: literal braces, `[`, `&`, `~` inside of classes, `\Q…\E`, `\<`, and Go's ASCII-only `\d \s \w`.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '\\' => escape(rest, in_class, &mut out),
            '[' if in_class => class_bracket(rest, &mut out),
            '[' => {
                in_class = true;
                open_class(rest, &mut out)
            }
            ']' if in_class => {
                in_class = false;
                literal(next, &mut out)
            }
            '&' | '~' if in_class => escaped(next, &mut out),
            '{' if !in_class && !is_repetition(rest) => escaped(next, &mut out),
            '}' if !in_class && !out.ends_with(|last: char| last.is_ascii_digit() || last == ',') => {
                escaped(next, &mut out)
            }
            _ => literal(next, &mut out),
        };
        rest = &rest[taken..];
    }
    out
}

fn literal(one: char, out: &mut String) -> usize {
    out.push(one);
    one.len_utf8()
}

fn escaped(one: char, out: &mut String) -> usize {
    out.push('\\');
    literal(one, out)
}

/// A `]` right behind `[` or `[^` is a member, not the end.
fn open_class(rest: &str, out: &mut String) -> usize {
    let head = if rest.starts_with("[^") { "[^" } else { "[" };
    out.push_str(head);
    if rest[head.len()..].starts_with(']') {
        out.push_str("\\]");
        return head.len() + 1;
    }
    head.len()
}

/// `[:alpha:]` inside of a class stays; any other `[` there is a member.
fn class_bracket(rest: &str, out: &mut String) -> usize {
    if let Some(end) = rest.find(":]").filter(|_| rest.starts_with("[:")) {
        out.push_str(&rest[..end + 2]);
        return end + 2;
    }
    escaped('[', out)
}

fn escape(rest: &str, in_class: bool, out: &mut String) -> usize {
    let Some(next) = rest[1..].chars().next() else { return literal('\\', out) };
    match next {
        'Q' => {
            let quoted = &rest[2..];
            let end = quoted.find("\\E").unwrap_or(quoted.len());
            out.push_str(&regex::escape(&quoted[..end]));
            return rest.len().min(2 + end + 2);
        }
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => out.push_str(perl_class(next, in_class)),
        'b' | 'B' if !in_class => out.push_str(if next == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" }),
        '<' | '>' | '_' => out.push(next),
        _ => {
            out.push('\\');
            out.push(next);
        }
    }
    1 + next.len_utf8()
}

fn perl_class(letter: char, in_class: bool) -> &'static str {
    match (letter, in_class) {
        ('d', true) => "0-9",
        ('d', false) => "[0-9]",
        ('D', _) => "[^0-9]",
        ('s', true) => "\\t\\n\\x0C\\r ",
        ('s', false) => "[\\t\\n\\x0C\\r ]",
        ('S', _) => "[^\\t\\n\\x0C\\r ]",
        ('w', true) => "0-9A-Za-z_",
        ('w', false) => "[0-9A-Za-z_]",
        _ => "[^0-9A-Za-z_]",
    }
}

fn is_repetition(rest: &str) -> bool {
    let Some(end) = rest.find('}') else { return false };
    let (least, most) = rest[1..end].split_once(',').unwrap_or((&rest[1..end], ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::{anchored, unanchored};

    #[test]
    fn anchored_patterns_match_the_whole_text() {
        let pattern = anchored("web|api").expect("compiles");
        assert!(pattern.is_match("web") && pattern.is_match("api"));
        assert!(!pattern.is_match("web2") && !pattern.is_match("xapi"));
        assert!(unanchored("ng").expect("compiles").is_match("nginx"));
    }

    #[test]
    fn go_takes_lone_braces_and_brackets_literally() {
        assert!(anchored("a{b").expect("compiles").is_match("a{b"));
        assert!(anchored("a}").expect("compiles").is_match("a}"));
        assert!(anchored("a{2,3}").expect("compiles").is_match("aaa"));
        assert!(anchored("[[a]").expect("compiles").is_match("["));
        assert!(anchored("[]a]+").expect("compiles").is_match("]a"));
        assert!(anchored("[a&&b]").expect("compiles").is_match("&"));
        assert!(anchored("[[:alpha:]]+").expect("compiles").is_match("abc"));
    }

    #[test]
    fn go_classes_are_ascii_and_quotes_work() {
        assert!(!anchored(r"\d").expect("compiles").is_match("٣"));
        assert!(anchored(r"[\w.]+").expect("compiles").is_match("a.b_1"));
        assert!(anchored(r"\Qa.b\E+").expect("compiles").is_match("a.bb"));
        assert!(!anchored(r"\Qa.b\E").expect("compiles").is_match("axb"));
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let failure = anchored("a(").expect_err("broken");
        assert!(failure.to_string().contains("'a('"), "{failure}");
    }
}
