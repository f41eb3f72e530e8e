//! In which style go-yaml v2 writes a text: plain, single-quoted, double-quoted or as a literal block.
//! Decides only; writing is `write.rs`'s.

use std::borrow::Cow;

use crate::yaml::resolve::{Dialect, Resolved, is_base60, resolve};
use crate::yaml::traits::Traits;

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
        let style = choose(&text, &traits);
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

/// Chooses the style of a text that is not simple. A tab is a special character to go-yaml v2.
fn choose(text: &str, traits: &Traits) -> Style {
    if text.contains('\n') {
        return if traits.fits_block() && !traits.tabs { Style::Literal } else { Style::Double };
    }
    if !reads_as_text(text) || !traits.fits_single_quotes() {
        Style::Double
    } else if traits.fits_plain(false) {
        Style::Plain
    } else {
        Style::Single
    }
}
