//! Block scalars: `|` and `>` with their indentation and chomping indicators.
//! Scans text only.

use smol_str::SmolStr;

use super::plain::kept_break;
use super::{Read, Reader};
use crate::yaml::stream::offset;
use crate::yaml::{Scalar, Span, Style, Tag};

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// What stands on the first line.
struct Header {
    chomping: Chomping,
    /// Columns of indentation, when given.
    increment: isize,
}

impl Reader<'_> {
    /// Reads the block scalar here, whose collection stands at column `parent`.
    pub(super) fn block_scalar(&mut self, parent: isize) -> Read<Scalar> {
        let start = self.pos;
        let literal = self.peek(0) == b'|';
        let header = self.block_header(start)?;
        let mut end = self.pos;
        self.block_header_end(start)?;
        let mut indent = if header.increment > 0 { parent.max(0) + header.increment } else { 0 };
        self.scratch.clear();
        let mut breaks = String::new();
        self.block_breaks(&mut indent, parent, &mut breaks, start)?;
        let (mut first_break, mut previous_blank) = ("", false);
        while self.column() == indent && !self.at_end() {
            let blank = matches!(self.peek(0), b' ' | b'\t');
            if !literal && !previous_blank && !blank && first_break == "\n" {
                if breaks.is_empty() {
                    self.scratch.push(' ');
                }
            } else {
                self.scratch.push_str(first_break);
            }
            self.scratch.push_str(&breaks);
            breaks.clear();
            previous_blank = blank;
            self.block_line();
            end = self.pos;
            first_break = self.line_break();
            self.block_breaks(&mut indent, parent, &mut breaks, start)?;
        }
        if header.chomping != Chomping::Strip {
            self.scratch.push_str(first_break);
        }
        if header.chomping == Chomping::Keep {
            self.scratch.push_str(&breaks);
        }
        self.key_allowed = true;
        let span = Span { start: offset(start), end: offset(end) };
        let style = if literal { Style::Literal } else { Style::Folded };
        Ok(Scalar { text: SmolStr::new(&self.scratch), tag: Tag::Str, style, span })
    }

    /// Reads `|` or `>` and the indicators behind it, in either order.
    fn block_header(&mut self, start: usize) -> Read<Header> {
        self.pos += 1;
        let mut header = Header { chomping: Chomping::Clip, increment: 0 };
        let (mut chomped, mut indented) = (false, false);
        loop {
            match self.peek(0) {
                sign @ (b'+' | b'-') if !chomped => {
                    chomped = true;
                    header.chomping = if sign == b'+' { Chomping::Keep } else { Chomping::Strip };
                }
                b'0' if !indented => {
                    return Err(self.error_at(start, "the indentation of a block scalar cannot be 0"));
                }
                digit @ b'1'..=b'9' if !indented => {
                    indented = true;
                    header.increment = isize::from(digit - b'0');
                }
                _ => return Ok(header),
            }
            self.pos += 1;
        }
    }

    /// Skips the rest of the first line, which may hold a comment.
    fn block_header_end(&mut self, start: usize) -> Read<()> {
        while matches!(self.peek(0), b' ' | b'\t') {
            self.pos += 1;
        }
        if self.peek(0) == b'#' {
            while !self.at_end() && self.break_width(self.pos) == 0 {
                self.pos += 1;
            }
        }
        if !self.at_end() && self.break_width(self.pos) == 0 {
            return Err(self.error_at(start, "only a comment may follow `|` or `>` on its line"));
        }
        self.line_break();
        Ok(())
    }

    /// Skips indentation and empty lines, whose breaks are gathered; finds the indentation when it is unknown (0).
    fn block_breaks(&mut self, indent: &mut isize, parent: isize, breaks: &mut String, start: usize) -> Read<()> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.peek(0) == b' ' {
                self.pos += 1;
            }
            deepest = deepest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.peek(0) == b'\t' {
                return Err(self.error_at(start, "a tab stands where this block scalar's indentation is expected"));
            }
            if self.break_width(self.pos) == 0 {
                break;
            }
            breaks.push_str(self.line_break());
        }
        if *indent == 0 {
            *indent = deepest.max(parent + 1).max(1);
        }
        Ok(())
    }

    /// Copies the rest of the line.
    fn block_line(&mut self) {
        let start = self.pos;
        while let Some(byte) = self.bytes.get(self.pos) {
            if *byte == b'\n' || self.odd_breaks && self.break_width(self.pos) > 0 {
                break;
            }
            self.pos += 1;
        }
        self.scratch.push_str(&self.text[start..self.pos]);
    }

    /// Takes the line break here, if there is one, and returns what it stands for.
    fn line_break(&mut self) -> &'static str {
        let width = self.break_width(self.pos);
        if width == 0 {
            return "";
        }
        let kept = kept_break(&self.bytes[self.pos..self.pos + width]);
        self.pos += width;
        self.line_start = self.pos;
        kept
    }
}
