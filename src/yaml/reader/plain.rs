//! Unquoted scalars, over as many lines as their indentation allows.
//! Scans text only; what it means is `resolve.rs`'s.

use smol_str::SmolStr;

use super::{Read, Reader};
use crate::yaml::resolve::resolve_tag;
use crate::yaml::stream::offset;
use crate::yaml::{Scalar, Span, Style};

/// What a byte may do to an unquoted scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of it.
    Text,
    /// A blank, or the first byte of what may be a line break.
    Gap,
    /// Ends it before a blank.
    Colon,
    /// Ends it inside `[…]` and `{…}`.
    Flow,
}

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Text; 256];
    let (mut gap, gaps) = (0, b" \t\n\r\xC2\xE2");
    while gap < gaps.len() {
        table[gaps[gap] as usize] = Class::Gap;
        gap += 1;
    }
    let (mut flow, flows) = (0, b",?[]{}");
    while flow < flows.len() {
        table[flows[flow] as usize] = Class::Flow;
        flow += 1;
    }
    table[b':' as usize] = Class::Colon;
    table
}

/// The line breaks between two pieces of a scalar.
#[derive(Default)]
struct Breaks {
    any: bool,
    /// The first one, as it is kept when it is not folded: LS and PS stay themselves.
    first: &'static str,
    /// The others.
    more: String,
}

impl Reader<'_> {
    /// Reads the unquoted scalar here, in a block collection at column `indent` or inside `[…]`, `{…}`.
    pub(super) fn plain(&mut self, indent: isize, flow: bool) -> Read<Scalar> {
        if !self.peek(0).is_ascii_alphanumeric() {
            self.check_plain_start(flow)?;
        }
        let start = self.pos;
        self.key_allowed = false;
        let mut end = self.plain_piece(flow);
        let mut joined = false;
        while self.is_blank_or_end(self.pos) && !self.at_end() {
            let breaks = self.plain_gap(indent, start)?;
            if (!flow && self.column() <= indent) || self.peek(0) == b'#' || self.at_document_marker() {
                self.key_allowed |= breaks.any;
                break;
            }
            let next = self.pos;
            let piece_end = self.plain_piece(flow);
            if piece_end == next {
                self.key_allowed |= breaks.any;
                break;
            }
            if breaks.any {
                if !joined {
                    self.scratch.clear();
                    self.scratch.push_str(&self.text[start..end]);
                    joined = true;
                }
                breaks.fold_into(&mut self.scratch);
                self.scratch.push_str(&self.text[next..piece_end]);
            }
            end = piece_end;
        }
        let text = if joined { SmolStr::new(&self.scratch) } else { SmolStr::new(&self.text[start..end]) };
        let tag = resolve_tag(&text);
        let span = Span { start: offset(start), end: offset(end) };
        Ok(Scalar { text, tag, style: Style::Plain, span })
    }

    /// Refuses the characters that no unquoted scalar may start with.
    fn check_plain_start(&self, flow: bool) -> Read<()> {
        let first = self.peek(0);
        let alone = self.is_blank_or_end(self.pos + 1);
        let refused = match first {
            b'-' | b'?' | b':' if alone => true,
            b'?' | b':' => flow,
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' => true,
            b'%' | b'@' | b'`' | b' ' | b'\t' => true,
            _ => false,
        };
        match first {
            _ if !refused => Ok(()),
            b'\t' => Err(self.error("a tab cannot indent: use spaces")),
            b'%' if self.pos == self.line_start => Err(self.error("directives (`%YAML`, `%TAG`) are not supported")),
            _ => Err(self.error(format!("a value cannot start with `{}`: quote it", char::from(first)))),
        }
    }

    /// Reads to the end of the line's part that belongs to the scalar and returns that end without trailing
    /// blanks; the position is then at the blanks, the line's end or the character that ends the scalar.
    fn plain_piece(&mut self, flow: bool) -> usize {
        let mut end = self.pos;
        loop {
            let at = self.pos;
            let Some(byte) = self.bytes.get(at) else { return end };
            match CLASSES[usize::from(*byte)] {
                Class::Text => {}
                Class::Colon if self.is_blank_or_end(at + 1) => return end,
                Class::Flow if flow => return end,
                Class::Colon | Class::Flow => {}
                Class::Gap if matches!(byte, b' ' | b'\t') => {
                    let rest = &self.bytes[at..];
                    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    let behind = at + blanks;
                    if behind >= self.bytes.len() || self.bytes[behind] == b'#' || self.break_width(behind) > 0 {
                        return end;
                    }
                    self.pos = behind;
                    continue;
                }
                Class::Gap if self.break_width(at) > 0 => return end,
                Class::Gap => {}
            }
            self.pos += 1;
            end = self.pos;
        }
    }

    /// Skips the blanks and line breaks behind a piece.
    fn plain_gap(&mut self, indent: isize, start: usize) -> Read<Breaks> {
        let mut breaks = Breaks::default();
        loop {
            match self.peek(0) {
                b'\t' if breaks.any && self.column() <= indent => {
                    return Err(self.error_at(start, "a tab indents the line behind this value: use spaces"));
                }
                b' ' => self.skip_spaces(),
                b'\t' => self.pos += 1,
                _ => match self.break_width(self.pos) {
                    0 => return Ok(breaks),
                    width => {
                        breaks.add(&self.bytes[self.pos..self.pos + width]);
                        self.pos += width;
                        self.line_start = self.pos;
                    }
                },
            }
        }
    }
}

impl Breaks {
    fn add(&mut self, bytes: &[u8]) {
        let kept = kept_break(bytes);
        if self.any {
            self.more.push_str(kept);
        } else {
            self.any = true;
            self.first = kept;
        }
    }

    /// Appends what the breaks become: one is a space, more are all but the first.
    fn fold_into(&self, text: &mut String) {
        if self.first != "\n" {
            text.push_str(self.first);
        } else if self.more.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.more);
    }
}

/// Returns what a line break stands for in a value.
pub(super) fn kept_break(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xE2, 0x80, 0xA8] => "\u{2028}",
        [0xE2, 0x80, 0xA9] => "\u{2029}",
        _ => "\n",
    }
}
