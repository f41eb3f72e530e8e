//! A file's bytes made ready to read: checked characters, LF line ends, cut at the `---` lines as kustomize cuts them.
//! Keeps the way back to the original offsets; knows nothing of YAML's grammar.

use std::borrow::Cow;
use std::ops::Range;

use crate::yaml::{Error, Span};

/// Largest text that is read at all: well above any real manifest, well below the memory of a runner.
const MAX_BYTES: usize = 64 << 20;
const BOM: char = '\u{feff}';

/// A checked text with LF line ends.
pub(super) struct Stream<'a> {
    /// The text to read.
    pub(super) text: Cow<'a, str>,
    /// It holds a line break other than LF.
    pub(super) odd_breaks: bool,
    /// Offsets in `text` before which a CR was taken out, ascending.
    removed: Vec<u32>,
}

impl<'a> Stream<'a> {
    /// Checks the characters that go-yaml's reader refuses and turns CRLF into LF.
    pub(super) fn new(source: &'a [u8]) -> Result<Self, Error> {
        if source.len() > MAX_BYTES {
            let size = source.len() >> 20;
            return Err(Error::at(
                Span::default(),
                format!("the text is {size} MiB; at most 64 MiB are read: split it"),
            ));
        }
        let text = utf8(source)?;
        let scan = Scan::of(text.as_bytes());
        let mut odd_breaks = false;
        if scan.control || scan.high {
            odd_breaks = check_characters(text)?;
        }
        if !scan.carriage_return {
            return Ok(Self { text: Cow::Borrowed(text), odd_breaks, removed: Vec::new() });
        }
        let (text, removed) = without_crlf(text);
        let odd_breaks = odd_breaks || text.contains('\r');
        Ok(Self { text: Cow::Owned(text), odd_breaks, removed })
    }

    /// Returns the ranges of the documents: cut at each line that starts with `---`, the first line excepted.
    pub(super) fn documents(&self) -> Result<Vec<Range<usize>>, Error> {
        let text = self.text.as_ref();
        let (mut documents, mut start) = (Vec::new(), 0);
        if text.is_empty() {
            return Ok(documents);
        }
        while let Some(found) = text[start..].find("\n---") {
            let line = start + found + 1;
            let Some(length) = text[line..].find('\n') else { break };
            let behind = text[line + 3..line + length].trim();
            if !behind.is_empty() && !behind.starts_with('#') {
                let span = Span { start: offset(line), end: offset(line + length) };
                return Err(Error::at(span, "only a comment may follow `---` on its line"));
            }
            documents.push(self.without_bom(start..line));
            start = line + length + 1;
        }
        documents.push(self.without_bom(start..text.len()));
        Ok(documents)
    }

    /// Returns the range of the whole text for a reader that stops by itself behind the first document.
    pub(super) fn first_document(&self) -> Option<Range<usize>> {
        (!self.text.is_empty()).then(|| self.without_bom(0..self.text.len()))
    }

    /// Drops a byte order mark, which go-yaml accepts at the start of every document.
    fn without_bom(&self, range: Range<usize>) -> Range<usize> {
        let bom = if self.text[range.clone()].starts_with(BOM) { BOM.len_utf8() } else { 0 };
        range.start + bom..range.end
    }

    /// Tells whether spans need translating.
    pub(super) fn is_shifted(&self) -> bool {
        !self.removed.is_empty()
    }

    /// Translates a span of `text` into one of the source.
    pub(super) fn original(&self, span: Span) -> Span {
        Span { start: self.original_offset(span.start), end: self.original_offset(span.end) }
    }

    fn original_offset(&self, at: u32) -> u32 {
        at + offset(self.removed.partition_point(|removed| *removed < at))
    }
}

/// Narrows an offset; the size limit keeps every one of them in range.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn utf8(source: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(source).map_err(|error| {
        let at = error.valid_up_to();
        let span = Span { start: offset(at), end: offset(at + 1) };
        let utf16 = source.starts_with(b"\xFF\xFE") || source.starts_with(b"\xFE\xFF");
        let message = if utf16 { "the text is UTF-16; save it as UTF-8" } else { "the text is not valid UTF-8 here" };
        Error::at(span, message)
    })
}

/// What kinds of bytes a text holds; found in one pass that the compiler can vectorise.
#[derive(Default)]
struct Scan {
    control: bool,
    high: bool,
    carriage_return: bool,
}

impl Scan {
    fn of(bytes: &[u8]) -> Self {
        let (mut control, mut high, mut carriage_return) = (0u8, 0u8, 0u8);
        for byte in bytes {
            let line_or_tab = u8::from(*byte == b'\n') | u8::from(*byte == b'\t') | u8::from(*byte == b'\r');
            control |= (u8::from(*byte < 0x20) & !line_or_tab) | u8::from(*byte == 0x7F);
            high |= byte & 0x80;
            carriage_return |= u8::from(*byte == b'\r');
        }
        Self { control: control != 0, high: high != 0, carriage_return: carriage_return != 0 }
    }
}

/// Refuses what go-yaml calls control characters; tells whether NEL, LS or PS, which it takes for line breaks, occur.
fn check_characters(text: &str) -> Result<bool, Error> {
    let mut odd_breaks = false;
    for (at, character) in text.char_indices() {
        match character {
            '\u{85}' | '\u{2028}' | '\u{2029}' => odd_breaks = true,
            '\t' | '\n' | '\r' | ' '..='\u{7e}' => {}
            '\0'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                let span = Span { start: offset(at), end: offset(at + character.len_utf8()) };
                let code = u32::from(character);
                return Err(Error::at(span, format!("the control character U+{code:04X} is not allowed")));
            }
            _ => {}
        }
    }
    Ok(odd_breaks)
}

fn without_crlf(text: &str) -> (String, Vec<u32>) {
    let mut normal = String::with_capacity(text.len());
    let mut removed = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\r\n") {
        normal.push_str(&rest[..at]);
        removed.push(offset(normal.len()));
        normal.push('\n');
        rest = &rest[at + 2..];
    }
    normal.push_str(rest);
    (normal, removed)
}
