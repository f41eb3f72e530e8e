//! What becomes of a `>` scalar when go-yaml v3 prints it again and reads that back: not always the same text.
//! It decides on the text's very first character whether later line breaks have to be doubled.

use std::borrow::Cow;

use crate::yaml::traits::Traits;
use crate::yaml::{Document, reader};

/// Returns the text after it was printed in the folded style and read again.
pub(crate) fn reread(text: &str) -> Cow<'_, str> {
    if !text.contains(is_break) || !Traits::of(text).fits_block() {
        return text.into();
    }
    let printed = format!("a: >{}\n{}", hints(text), lines(text, 2));
    let mut nodes_left = reader::node_budget();
    let odd_breaks = text.contains(['\u{85}', '\u{2028}', '\u{2029}']);
    match reader::read(&printed, 0..printed.len(), odd_breaks, &mut nodes_left) {
        Ok(Document { root, .. }) => root.get("a").and_then(|node| node.text()).unwrap_or(text).to_owned().into(),
        Err(_) => text.into(),
    }
}

/// Returns what stands behind `|` or `>` for this text: the indentation where it starts with a blank or a break,
/// and what happens to the breaks at its end.
pub(crate) fn hints(text: &str) -> &'static str {
    let leading = text.starts_with(|first| first == ' ' || is_break(first));
    let mut backwards = text.chars().rev();
    let last = backwards.next().is_some_and(is_break);
    let keep = last && backwards.next().is_none_or(is_break);
    match (leading, last, keep) {
        (false, false, _) => "-",
        (false, true, false) => "",
        (false, true, true) => "+",
        (true, false, _) => "2-",
        (true, true, false) => "2",
        (true, true, true) => "2+",
    }
}

/// Tells whether YAML takes the character for a line break.
pub(crate) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Tells whether go-yaml writes the character as it is.
pub(crate) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{fffd}') && character != '\u{feff}'
}

/// Writes the lines as go-yaml v3's folded writer does, without a limit on their length.
pub(crate) fn lines(text: &str, indent: usize) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let doubles = text.trim_start_matches(is_break).starts_with(|first| !matches!(first, ' ' | '\t'));
    let (mut breaks, mut leading_blank) = (true, true);
    for character in text.chars() {
        if is_break(character) {
            if !breaks && !leading_blank && character == '\n' && doubles {
                out.push('\n');
            }
            out.push(character);
            breaks = true;
            continue;
        }
        if breaks {
            out.extend(std::iter::repeat_n(' ', indent));
            leading_blank = matches!(character, ' ' | '\t');
        }
        out.push(character);
        breaks = false;
    }
    out
}
