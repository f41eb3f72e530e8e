//! Double-quoted text as both go-yaml printers escape it.
//! Appends to a string; folding is the caller's.

use crate::yaml::folded::{is_break, is_printable};

/// Writes a text in double quotes on one line.
pub(crate) fn double(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        if needs_escape(text, character) {
            escape(out, character);
        } else {
            out.push(character);
        }
    }
    out.push('"');
}

/// Tells whether a character of this text is escaped. libyaml looks for a byte order mark at the text's start
/// whatever character it is about, so one there makes all the others escaped.
pub(crate) fn needs_escape(text: &str, character: char) -> bool {
    let plain = is_printable(character) && !is_break(character) && !matches!(character, '"' | '\\');
    !plain || text.starts_with('\u{feff}')
}

/// Writes the escape of a character.
pub(crate) fn escape(out: &mut String, character: char) {
    out.push('\\');
    let short = match character {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(character);
            let escaped = match code {
                ..=0xFF => format!("x{code:02X}"),
                0x100..=0xFFFF => format!("u{code:04X}"),
                _ => format!("U{code:08X}"),
            };
            out.push_str(&escaped);
            return;
        }
    };
    out.push(short);
}
