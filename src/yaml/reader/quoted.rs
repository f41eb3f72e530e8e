//! Quoted scalars: single quotes, double quotes with their escapes, folding over lines.
//! Scans text only.

use smol_str::SmolStr;

use super::plain::kept_break;
use super::{Read, Reader};
use crate::yaml::{Scalar, Style, Tag};

impl Reader<'_> {
    /// Reads the scalar between the `quote` here and its end.
    pub(super) fn quoted(&mut self, quote: u8) -> Read<Scalar> {
        let start = self.pos;
        self.key_allowed = false;
        self.pos += 1;
        let style = if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted };
        let text = match self.quoted_at_once(quote) {
            Some(text) => text,
            None => {
                self.scratch.clear();
                self.quoted_in_pieces(quote, start)?;
                SmolStr::new(&self.scratch)
            }
        };
        Ok(Scalar { text, tag: Tag::Str, style, span: self.span_from(start) })
    }

    /// Reads a scalar on one line without escapes.
    fn quoted_at_once(&mut self, quote: u8) -> Option<SmolStr> {
        let start = self.pos;
        let rest = &self.bytes[start..];
        let special = |byte: &u8| *byte == quote || matches!(byte, b'\\' | b'\n');
        let end = start + rest.iter().position(special)?;
        let closes = self.bytes[end] == quote && (quote == b'"' || self.bytes.get(end + 1) != Some(&b'\''));
        if !closes || self.odd_breaks {
            return None;
        }
        self.pos = end + 1;
        Some(SmolStr::new(&self.text[start..end]))
    }

    /// Reads the scalar into the scratch text, to behind the closing quote.
    fn quoted_in_pieces(&mut self, quote: u8, start: usize) -> Read<()> {
        loop {
            if self.at_document_marker() {
                return Err(self.error_at(start, "a `---` or `...` line stands inside this quoted text"));
            }
            let Some(byte) = self.bytes.get(self.pos).copied() else {
                return Err(self.error_at(start, "the closing quote of this text is missing"));
            };
            match byte {
                b'\'' if quote == b'\'' && self.peek(1) == b'\'' => {
                    self.scratch.push('\'');
                    self.pos += 2;
                }
                _ if byte == quote => {
                    self.pos += 1;
                    return Ok(());
                }
                b'\\' if quote == b'"' => self.escape(start)?,
                b' ' | b'\t' => self.quoted_gap(),
                _ if self.break_width(self.pos) > 0 => self.quoted_gap(),
                _ => self.quoted_run(quote),
            }
        }
    }

    /// Copies what needs no care.
    fn quoted_run(&mut self, quote: u8) {
        let start = self.pos;
        self.pos += 1;
        while let Some(byte) = self.bytes.get(self.pos) {
            let ordinary = *byte != quote && !matches!(byte, b'\\' | b' ' | b'\t' | b'\n');
            if !(ordinary || *byte == b'\\' && quote == b'\'') || self.break_width(self.pos) > 0 {
                break;
            }
            self.pos += 1;
        }
        self.scratch.push_str(&self.text[start..self.pos]);
    }

    /// Copies blanks, or folds the line breaks among them.
    fn quoted_gap(&mut self) {
        let start = self.pos;
        let mut blanks_end = start;
        let (mut first, mut more) = ("", 0);
        let kept_from = self.scratch.len();
        loop {
            let width = self.break_width(self.pos);
            if width > 0 {
                let kept = kept_break(&self.bytes[self.pos..self.pos + width]);
                if first.is_empty() {
                    first = kept;
                } else {
                    self.scratch.push_str(kept);
                    more += 1;
                }
                self.pos += width;
                self.line_start = self.pos;
                if self.at_document_marker() {
                    break;
                }
            } else if matches!(self.peek(0), b' ' | b'\t') {
                self.pos += 1;
                if first.is_empty() {
                    blanks_end = self.pos;
                }
            } else {
                break;
            }
        }
        match first {
            "" => self.scratch.push_str(&self.text[start..blanks_end]),
            "\n" if more == 0 => self.scratch.push(' '),
            "\n" => {}
            odd => self.scratch.insert_str(kept_from, odd),
        }
    }

    /// Reads an escape; an escaped line break also swallows the blanks and empty lines behind it.
    fn escape(&mut self, start: usize) -> Read<()> {
        let width = self.break_width(self.pos + 1);
        if width > 0 {
            self.pos += 1 + width;
            self.line_start = self.pos;
            self.swallow_blanks();
            return Ok(());
        }
        let digits = match self.peek(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            simple => {
                let text = simple_escape(simple)
                    .ok_or_else(|| self.error("this escape is unknown; write `\\\\` for a backslash"))?;
                self.scratch.push_str(text);
                self.pos += 2;
                return Ok(());
            }
        };
        let code = self.text.get(self.pos + 2..self.pos + 2 + digits);
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(code) = code.and_then(|code| u32::from_str_radix(code, 16).ok()) else {
            return Err(self.error_at(start, format!("{digits} hexadecimal digits must follow this text's escape")));
        };
        let character = char::from_u32(code).ok_or_else(|| self.error("this escape is no Unicode character"))?;
        self.scratch.push(character);
        self.pos += 2 + digits;
        Ok(())
    }

    /// Skips what stands before the text behind an escaped line break; further breaks are kept.
    fn swallow_blanks(&mut self) {
        loop {
            let width = self.break_width(self.pos);
            if self.at_document_marker() {
                return;
            } else if width > 0 {
                self.scratch.push_str(kept_break(&self.bytes[self.pos..self.pos + width]));
                self.pos += width;
                self.line_start = self.pos;
            } else if matches!(self.peek(0), b' ' | b'\t') {
                self.pos += 1;
            } else {
                return;
            }
        }
    }
}

/// Returns what `\` and this character stand for.
fn simple_escape(character: u8) -> Option<&'static str> {
    Some(match character {
        b'0' => "\0",
        b'a' => "\x07",
        b'b' => "\x08",
        b't' | b'\t' => "\t",
        b'n' => "\n",
        b'v' => "\x0B",
        b'f' => "\x0C",
        b'r' => "\r",
        b'e' => "\x1B",
        b' ' => " ",
        b'"' => "\"",
        b'\'' => "'",
        b'\\' => "\\",
        b'N' => "\u{85}",
        b'_' => "\u{A0}",
        b'L' => "\u{2028}",
        b'P' => "\u{2029}",
        _ => return None,
    })
}
