//! In which style go-yaml v2 writes a text: plain, single-quoted, double-quoted or as a literal block.
//! Decides only; writing is `write.rs`'s.

use std::borrow::Cow;

use crate::yaml::folded::{is_break, is_printable};
use crate::yaml::resolve::{Dialect, Resolved, is_base60, resolve};

/// A text and the way it is written.
pub(super) struct Form<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) style: Style,
    /// It holds a line break of any kind.
    pub(super) multiline: bool,
}

/// The styles that go-yaml v2 prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl<'t> Form<'t> {
    /// Decides on a text; a character that does not survive the way through JSON is an error.
    pub(super) fn of(text: &'t str) -> Result<Self, String> {
        if is_simple(text) {
            let style = if reads_as_text(text) { Style::Plain } else { Style::Double };
            return Ok(Self { text: text.into(), style, multiline: false });
        }
        let text = through_json(text)?;
        let traits = Traits::of(&text);
        let style = traits.style(&text);
        Ok(Self { text, style, multiline: traits.breaks })
    }
}

/// Tells whether the text consists of characters that mean nothing anywhere. Most texts do.
fn is_simple(text: &str) -> bool {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/');
    let bytes = text.as_bytes();
    let inner = |byte: &u8| harmless(byte) || matches!(byte, b'-' | b'.');
    bytes.first().is_some_and(harmless) && bytes[1..].iter().all(inner)
}

/// Tells whether go-yaml v2 reads the text back as text when it is not quoted.
fn reads_as_text(text: &str) -> bool {
    resolve(text, Dialect::V2) == Resolved::Str && !is_base60(text)
}

/// Returns what go-yaml v2 reads when Go has written the text as JSON. It folds the line break NEL, which
/// JSON does not escape, and refuses control characters.
fn through_json(text: &str) -> Result<Cow<'_, str>, String> {
    if text.is_ascii() && !text.contains('\u{7f}') {
        return Ok(text.into());
    }
    let refused =
        |character: &char| matches!(character, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if let Some(character) = text.chars().find(refused) {
        return Err(format!("the control character U+{:04X} cannot be printed", u32::from(character)));
    }
    if !text.contains('\u{85}') {
        return Ok(text.into());
    }
    Ok(fold_next_line(text).into())
}

/// Folds NEL as a line break inside quotes: alone it is a space, more are one less; blanks around them vanish.
fn fold_next_line(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        folded.push_str(rest[..at].trim_end_matches(' '));
        let gap = rest[at..].trim_start_matches(['\u{85}', ' ']);
        let breaks = rest[at..rest.len() - gap.len()].matches('\u{85}').count();
        if breaks == 1 {
            folded.push(' ');
        }
        folded.extend(std::iter::repeat_n('\n', breaks - 1));
        rest = gap;
    }
    folded.push_str(rest);
    folded
}

/// What libyaml looks at in a text.
#[derive(Default)]
struct Traits {
    indicators: bool,
    breaks: bool,
    special: bool,
    leading: bool,
    trailing_break: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let mut traits = Self { indicators: text.starts_with("---") || text.starts_with("..."), ..Self::default() };
        let (mut after_blank, mut previous_space, mut previous_break) = (true, false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            traits.indicators |= is_indicator(character, at == 0, after_blank, next);
            traits.special |= !is_printable(character);
            if character == ' ' {
                traits.leading |= at == 0;
                traits.trailing_space |= next.is_none();
                traits.break_space |= previous_break;
                (previous_space, previous_break) = (true, false);
            } else if is_break(character) {
                traits.breaks = true;
                traits.leading |= at == 0;
                traits.trailing_break |= next.is_none();
                traits.space_break |= previous_space;
                (previous_space, previous_break) = (false, true);
            } else {
                (previous_space, previous_break) = (false, false);
            }
            after_blank = matches!(character, ' ' | '\t') || is_break(character);
        }
        traits
    }

    fn style(&self, text: &str) -> Style {
        let quoted_only = self.space_break || self.special;
        if text.contains('\n') {
            return if quoted_only || self.trailing_space { Style::Double } else { Style::Literal };
        }
        if !reads_as_text(text) || quoted_only || self.break_space {
            return Style::Double;
        }
        let ends = self.leading || self.trailing_space || self.trailing_break;
        if ends || self.breaks || self.indicators { Style::Single } else { Style::Plain }
    }
}

/// Tells whether a character means something in block context where it stands.
fn is_indicator(character: char, first: bool, after_blank: bool, next: Option<char>) -> bool {
    let before_blank = next.is_none_or(|next| matches!(next, ' ' | '\t'));
    match character {
        ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
        '#' => first || after_blank,
        '?' | '-' => first && before_blank,
        ':' => before_blank,
        _ => false,
    }
}
