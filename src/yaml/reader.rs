//! The reader: one document's text → nodes with spans, accepting what go-yaml v3 (a port of libyaml) accepts.
//! This file holds the state, the way to the next token and the document; the grammar is in the files below it.

mod alias;
mod block;
mod block_scalar;
mod flow;
mod plain;
mod properties;
mod quoted;
mod tail;

use std::ops::Range;

use smol_str::SmolStr;

use crate::yaml::stream::offset;
use crate::yaml::{Entry, Error, Node, Scalar, Span};
use alias::Anchors;

/// Deepest nesting that is read. go-yaml stops at 10,000; real manifests stay below 30, and every consumer may recurse.
pub const MAX_DEPTH: usize = 400;
/// Most nodes of one text, so that memory stays below a gigabyte whatever the text is.
const MAX_NODES: usize = 4_000_000;
/// Longest implicit key, in characters.
const MAX_KEY: usize = 1024;
/// How far behind a comment libyaml looks for the next one.
const COMMENT_REACH: usize = 512;

/// One document's tree and what the tree no longer shows.
#[derive(Clone, Debug)]
pub struct Document {
    /// The root; a null scalar for a document without content.
    pub root: Node,
    /// The document's bytes, without its `---` line.
    pub span: Span,
    /// Where each alias (`*name`) stands. The node it became has this span; the nodes below it have the definition's.
    pub aliases: Vec<Span>,
    /// Where each anchored value stands, without its `&name`.
    pub anchored: Vec<Span>,
}

impl Document {
    /// Replaces every span.
    pub(super) fn translate(&mut self, translate: &impl Fn(Span) -> Span) {
        self.span = translate(self.span);
        self.aliases.iter_mut().chain(&mut self.anchored).for_each(|span| *span = translate(*span));
        translate_node(&mut self.root, translate);
    }
}

fn translate_node(node: &mut Node, translate: &impl Fn(Span) -> Span) {
    match node {
        Node::Scalar(scalar) => scalar.span = translate(scalar.span),
        Node::Sequence(sequence) => {
            sequence.span = translate(sequence.span);
            sequence.items.iter_mut().for_each(|item| translate_node(item, translate));
        }
        Node::Mapping(mapping) => {
            mapping.span = translate(mapping.span);
            for entry in &mut mapping.entries {
                entry.key.span = translate(entry.key.span);
                translate_node(&mut entry.value, translate);
            }
        }
    }
}

/// A result with the module's error.
type Read<T> = Result<T, Box<Error>>;

/// Reading state of one document.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Line breaks other than LF have to be looked for.
    odd_breaks: bool,
    pos: usize,
    /// Where the current line starts; columns count from here. Everything that can stand before a block
    /// structure on its line is ASCII, so bytes do.
    line_start: usize,
    /// An implicit key or a block structure may start here (libyaml's `simple_key_allowed`).
    key_allowed: bool,
    depth: usize,
    nodes_left: &'a mut usize,
    anchors: Anchors,
    scratch: String,
    /// The entries and items of all open block collections.
    entries: Vec<Entry>,
    items: Vec<Node>,
    aliases: Vec<Span>,
    anchored: Vec<Span>,
}

/// Where an implicit key may have started.
#[derive(Clone, Copy)]
struct KeyStart {
    pos: usize,
    line_start: usize,
}

/// Reads the document that stands in `range` of `text`. Whatever follows its end (`...`) is not looked at.
pub(super) fn read(
    text: &str,
    range: Range<usize>,
    odd_breaks: bool,
    nodes_left: &mut usize,
) -> Result<Document, Error> {
    let start = range.start;
    let mut reader = Reader {
        text: &text[..range.end],
        bytes: &text.as_bytes()[..range.end],
        odd_breaks,
        pos: start,
        line_start: start,
        key_allowed: true,
        depth: 0,
        nodes_left,
        anchors: Anchors::default(),
        scratch: String::new(),
        entries: Vec::new(),
        items: Vec::new(),
        aliases: Vec::new(),
        anchored: Vec::new(),
    };
    let root = reader.document().map_err(|error| *error)?;
    let span = Span { start: offset(start), end: offset(range.end) };
    Ok(Document { root, span, aliases: reader.aliases, anchored: reader.anchored })
}

/// Returns the number of nodes that one text may still produce.
pub(super) fn node_budget() -> usize {
    MAX_NODES
}

impl Reader<'_> {
    fn document(&mut self) -> Read<Node> {
        self.skip_to_token(false);
        if self.at_document_marker() && self.peek(0) == b'-' {
            self.pos += 3;
            self.key_allowed = false;
            self.skip_to_token(false);
            if self.at_document_marker() {
                return Ok(self.empty(self.pos));
            }
        }
        if self.at_end() {
            return Ok(self.empty(self.pos));
        }
        if self.at_document_marker() {
            return Err(self.error("a document cannot start with `...`"));
        }
        let root = self.block_node(-1, false)?;
        self.tail()?;
        Ok(root)
    }

    /// Returns the byte at `ahead` of the position, NUL past the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    fn column(&self) -> isize {
        isize::try_from(self.pos - self.line_start).unwrap_or(isize::MAX)
    }

    /// Returns the width in bytes of the line break at `at`, 0 when there is none.
    fn break_width(&self, at: usize) -> usize {
        match self.bytes.get(at) {
            Some(b'\n') => 1,
            Some(b'\r' | 0xC2 | 0xE2) if self.odd_breaks => odd_break_width(&self.bytes[at..]),
            _ => 0,
        }
    }

    /// Tells whether a blank, a line break or the end stands at `at`.
    fn is_blank_or_end(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None | Some(b' ' | b'\t') => true,
            Some(_) => self.break_width(at) > 0,
        }
    }

    /// Tells whether `---` or `...` stands here, at the start of a line.
    fn at_document_marker(&self) -> bool {
        self.pos == self.line_start
            && matches!(self.bytes.get(self.pos..self.pos + 3), Some(b"---" | b"..."))
            && self.is_blank_or_end(self.pos + 3)
    }

    /// Skips blanks, comments and line breaks. A tab is no indentation: where a key may start it is not skipped.
    fn skip_to_token(&mut self, flow: bool) {
        let mut crossed = self.key_allowed;
        loop {
            self.skip_spaces();
            while self.peek(0) == b'\t' && (flow || !self.key_allowed) {
                self.pos += 1;
                self.skip_spaces();
            }
            if self.peek(0) == b'#' {
                if crossed {
                    self.skip_comments();
                } else {
                    self.skip_line();
                }
            }
            let width = self.break_width(self.pos);
            if width == 0 {
                return;
            }
            self.pos += width;
            self.line_start = self.pos;
            self.key_allowed |= !flow;
            crossed = true;
        }
    }

    /// Skips to the line's end.
    fn skip_line(&mut self) {
        while !self.at_end() && self.break_width(self.pos) == 0 {
            self.pos += 1;
        }
    }

    /// Skips spaces, eight at a time: indentation is a good part of every manifest.
    fn skip_spaces(&mut self) {
        const SPACES: u64 = u64::from_le_bytes(*b"        ");
        while let Some(eight) = self.bytes.get(self.pos..).and_then(|rest| rest.first_chunk::<8>()) {
            let others = u64::from_le_bytes(*eight) ^ SPACES;
            self.pos += others.trailing_zeros() as usize / 8;
            if others != 0 {
                return;
            }
        }
        while self.peek(0) == b' ' {
            self.pos += 1;
        }
    }

    /// Skips the comment that has its line for itself, and those that follow it with only blanks (tabs too) and
    /// empty lines between.
    fn skip_comments(&mut self) {
        loop {
            self.skip_line();
            let (mut at, mut line_start) = (self.pos, self.line_start);
            while at < self.pos + COMMENT_REACH {
                let width = self.break_width(at);
                if width > 0 {
                    line_start = at + width;
                } else if !matches!(self.bytes.get(at), Some(b' ' | b'\t')) {
                    break;
                }
                at += width.max(1);
            }
            if self.bytes.get(at) != Some(&b'#') {
                return;
            }
            (self.pos, self.line_start) = (at, line_start);
        }
    }

    /// Skips a comment behind `?` or a `:` of its own, before which even a tab may stand.
    fn skip_line_comment(&mut self) {
        let blanks = self.bytes[self.pos..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if self.bytes.get(self.pos + blanks) == Some(&b'#') {
            self.pos += blanks;
            self.skip_comments();
        }
    }

    /// Tells whether the implicit key that started at `start` ends here: `:` on the same line, not too far away.
    fn at_key_end(&mut self, start: Option<KeyStart>, flow: bool) -> bool {
        while matches!(self.peek(0), b' ' | b'\t') {
            self.pos += 1;
        }
        let Some(start) = start else { return false };
        self.peek(0) == b':'
            && (flow || self.is_blank_or_end(self.pos + 1))
            && start.line_start == self.line_start
            && (self.pos - start.pos <= MAX_KEY || self.text[start.pos..self.pos].chars().count() <= MAX_KEY)
    }

    /// Returns where a key may start: here, if one may.
    fn key_start(&self) -> Option<KeyStart> {
        self.key_allowed.then_some(KeyStart { pos: self.pos, line_start: self.line_start })
    }

    /// Enters one level of nesting.
    fn descend(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }

    /// Takes one node from the budget.
    fn count_node(&mut self) -> Read<()> {
        match self.nodes_left.checked_sub(1) {
            Some(left) => *self.nodes_left = left,
            None => return Err(self.error(format!("more than {MAX_NODES} values: split the file"))),
        }
        Ok(())
    }

    /// Returns the value of nothing: a null with an empty span.
    fn empty(&self, at: usize) -> Node {
        let span = Span { start: offset(at), end: offset(at) };
        Node::Scalar(Scalar { text: SmolStr::default(), tag: crate::yaml::Tag::Null, span, ..Scalar::default() })
    }

    fn span_from(&self, start: usize) -> Span {
        Span { start: offset(start), end: offset(self.pos) }
    }

    /// Returns an error at the position.
    fn error(&self, message: impl Into<String>) -> Box<Error> {
        self.error_at(self.pos, message)
    }

    fn error_at(&self, at: usize, message: impl Into<String>) -> Box<Error> {
        let end = (at + 1).min(self.bytes.len()).max(at);
        Box::new(Error::at(Span { start: offset(at), end: offset(end) }, message))
    }
}

/// Returns the width of a CR, NEL, LS or PS at the start of `bytes`, 0 when there is none. CRLF counts as one break.
fn odd_break_width(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}
