//! The syntax of one YAML document, for edits by byte range: anchors, aliases and merge keys as they are written.
//! Reads only. What values mean is `node.rs`; what changes is decided elsewhere.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StructureStyle};

/// A half-open range of bytes in the source text.
pub(crate) type Bytes = Range<usize>;

/// One node as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    /// What it is.
    pub(crate) kind: Kind,
    /// The value without its anchor and tag; empty where nothing is written.
    pub(crate) span: Bytes,
    /// `&name`, where there is one.
    pub(crate) anchor: Option<Anchor>,
    /// `!tag`, where there is one.
    pub(crate) tag: Option<Bytes>,
}

/// An anchor's definition.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    /// Unique in the stream, where names may repeat.
    pub(crate) id: usize,
    /// `&name` in the source.
    pub(crate) span: Bytes,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A scalar: its text with quotes and escapes resolved, and how it was written.
    Scalar(String, ScalarStyle),
    /// `key: value` pairs as they stand; `true` for `{…}`.
    Mapping(Vec<(Syntax, Syntax)>, bool),
    /// Elements as they stand; `true` for `[…]`.
    Sequence(Vec<Syntax>, bool),
    /// `*name`: the anchor's id.
    Alias(usize),
}

/// The first document of a stream; kustomize reads no other one.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its value; `None` when there is none.
    pub(crate) root: Option<Syntax>,
    /// Where each anchor is used, in source order.
    pub(crate) uses: HashMap<usize, Vec<Bytes>>,
    /// More documents follow.
    pub(crate) more: bool,
}

/// Reads the first document of `text` and checks the syntax of the rest.
///
/// # Errors
/// Where and why the text is no YAML.
pub(crate) fn read(text: &str) -> Result<Document, ScanError> {
    let options = granit_parser::options! { emit_anchor_events: true, emit_comments: false };
    let mut events = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event?;
        let range = span.byte_range().expect("a parser over a string knows its bytes");
        let tag = span.tag_span().and_then(|tag| tag.byte_range());
        events.push(Token { event, range, tag });
    }
    let documents = events.iter().filter(|token| matches!(token.event, Event::DocumentStart(..))).count();
    let events = events.into_iter().peekable();
    let mut builder = Builder { text, events, uses: HashMap::new(), closed_at: 0, behind: 0 };
    builder.skip_to_document();
    let root = builder.node();
    Ok(Document { root, uses: builder.uses, more: documents > 1 })
}

impl Syntax {
    /// Returns the first byte that belongs to the node, its anchor and tag included.
    pub(crate) fn start(&self) -> usize {
        let anchor = self.anchor.as_ref().map(|anchor| anchor.span.start);
        let tag = self.tag.as_ref().map(|tag| tag.start);
        [anchor, tag].into_iter().flatten().fold(self.span.start, usize::min)
    }

    /// Returns one past the last byte that belongs to the node; a block's end is its last value's.
    pub(crate) fn end(&self) -> usize {
        let properties = self.anchor.as_ref().map_or(0, |anchor| anchor.span.end);
        let properties = self.tag.as_ref().map_or(properties, |tag| properties.max(tag.end));
        let value = match &self.kind {
            Kind::Mapping(pairs, false) => pairs.last().map(|(key, value)| value.end().max(key.end())),
            Kind::Sequence(items, false) => items.last().map(Self::end),
            _ => None,
        };
        value.unwrap_or(self.span.end).max(properties)
    }

    /// Returns the text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Scalar(text, _) = &self.kind { Some(text) } else { None }
    }

    /// Visits the node and everything in it, in source order.
    pub(crate) fn walk<'node>(&'node self, visit: &mut impl FnMut(&'node Self)) {
        visit(self);
        match &self.kind {
            Kind::Mapping(pairs, _) => {
                for (key, value) in pairs {
                    key.walk(visit);
                    value.walk(visit);
                }
            }
            Kind::Sequence(items, _) => items.iter().for_each(|item| item.walk(visit)),
            Kind::Scalar(..) | Kind::Alias(_) => {}
        }
    }
}

/// Returns the first position from `from` on that is neither blank nor in a comment; `from` must be behind a token.
pub(crate) fn skip_blank(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']).len();
        if !text[at..].starts_with('#') {
            return at;
        }
        at = text[at..].find('\n').map_or(text.len(), |length| at + length);
    }
}

struct Token<'text> {
    event: Event<'text>,
    range: Bytes,
    tag: Option<Bytes>,
}

struct Builder<'text> {
    text: &'text str,
    events: std::iter::Peekable<std::vec::IntoIter<Token<'text>>>,
    uses: HashMap<usize, Vec<Bytes>>,
    /// Where the collection that ended last ends.
    closed_at: usize,
    /// One past the last byte of the last node's start that was read.
    behind: usize,
}

impl Builder<'_> {
    fn skip_to_document(&mut self) {
        for token in self.events.by_ref() {
            if matches!(token.event, Event::DocumentStart(..)) {
                self.behind = token.range.end;
                return;
            }
        }
    }

    /// Builds the next node; `None` at the end of whatever is open.
    fn node(&mut self) -> Option<Syntax> {
        let token = self.events.next()?;
        let (span, tag) = (token.range, token.tag);
        match token.event {
            Event::Scalar(text, style, ..) => {
                let anchor = self.anchor();
                let properties = anchor.as_ref().map_or(0, |anchor| anchor.span.end);
                let properties = tag.as_ref().map_or(properties, |tag| properties.max(tag.end));
                let empty = span.is_empty() && style == ScalarStyle::Plain;
                let span = match style {
                    ScalarStyle::Plain if empty => self.nothing(properties),
                    ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar(properties, span),
                    _ => span,
                };
                self.behind = span.end;
                // The parser says `~` where nothing is written.
                let text = if empty { String::new() } else { text.into_owned() };
                Some(Syntax { kind: Kind::Scalar(text, style), span, anchor, tag })
            }
            Event::Alias(id) => {
                self.behind = span.end;
                self.uses.entry(id).or_default().push(span.clone());
                Some(Syntax { kind: Kind::Alias(id), span, anchor: None, tag: None })
            }
            Event::SequenceStart(style, ..) => {
                let anchor = self.anchor();
                self.behind = self.behind.max(span.start);
                let mut items = Vec::new();
                while let Some(item) = self.node() {
                    items.push(item);
                }
                let span = span.start..self.closed_at;
                Some(Syntax { kind: Kind::Sequence(items, style == StructureStyle::Flow), span, anchor, tag })
            }
            Event::MappingStart(style, ..) => {
                let anchor = self.anchor();
                self.behind = self.behind.max(span.start);
                let mut pairs = Vec::new();
                while let Some(key) = self.node() {
                    let value = self.node().expect("the parser gives every key a value");
                    pairs.push((key, value));
                }
                let span = span.start..self.closed_at;
                Some(Syntax { kind: Kind::Mapping(pairs, style == StructureStyle::Flow), span, anchor, tag })
            }
            _ => {
                self.closed_at = span.end;
                self.behind = if span.is_empty() { self.behind } else { span.end };
                None
            }
        }
    }

    /// Returns where a value that is not written would stand: behind its properties, else right behind the colon.
    fn nothing(&self, properties: usize) -> Bytes {
        if properties > 0 {
            return properties..properties;
        }
        let next = skip_blank(self.text, self.behind);
        let at = if self.text[next..].starts_with(':') { next + 1 } else { self.behind };
        at..at
    }

    /// Returns the range of a block scalar with its header and without the blank lines behind it; the parser's range
    /// begins at the first character of the content.
    fn block_scalar(&self, properties: usize, content: Bytes) -> Bytes {
        let mut start = self.behind.max(properties);
        loop {
            start = skip_blank(self.text, start);
            match self.text[start..].chars().next() {
                Some('|' | '>') | None => break,
                Some(other) => start += other.len_utf8(),
            }
        }
        let header = self.text[start..].find(['\n', '\r']).map_or(self.text.len(), |length| start + length);
        let end = self.text[..content.end.max(header)].trim_end().len().max(start);
        start..end
    }

    /// Takes the anchor of the node just read; the parser announces it right behind the node.
    fn anchor(&mut self) -> Option<Anchor> {
        let token = self.events.next_if(|token| matches!(token.event, Event::Anchor(..)))?;
        let Event::Anchor(id, _) = token.event else { return None };
        Some(Anchor { id, span: token.range })
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, Kind, Syntax, read};

    fn document(text: &str) -> Document {
        read(text).expect("the fixture is YAML")
    }

    fn pair(document: &Document, index: usize) -> &(Syntax, Syntax) {
        let root = document.root.as_ref().expect("a root");
        let Kind::Mapping(pairs, _) = &root.kind else { panic!("a mapping") };
        &pairs[index]
    }

    /// What the value of the pair at `index` is written as, with its properties.
    fn written(text: &str, index: usize) -> &str {
        let document = document(text);
        let value = &pair(&document, index).1;
        &text[value.start()..value.end()]
    }

    #[test]
    fn a_value_is_written_with_its_anchor_and_tag() {
        assert_eq!(written("\u{feff}a: &v !!str \"1\" # c\r\nb: *v\r\n", 0), "&v !!str \"1\"");
        assert_eq!(written("\u{feff}a: &v !!str \"1\" # c\r\nb: *v\r\n", 1), "*v");
    }

    #[test]
    fn a_block_scalar_is_written_with_its_header_and_without_the_lines_behind() {
        assert_eq!(written("a: |- # c | d\n  1.0\n\n# e\nb: 1\n", 0), "|- # c | d\n  1.0");
        assert_eq!(written("a:\n  # x\n  >+\n  1.0\n\n", 0), ">+\n  1.0");
        assert_eq!(written("a: &v |\n  x\n", 0), "&v |\n  x");
        assert_eq!(written("a: |-\nb: 1\n", 0), "|-");
    }

    #[test]
    fn nothing_written_stands_right_behind_the_colon() {
        for text in ["a:\n# c\nb: 1\n", "a:   # c\n\nb: 1", "{a: , b: 1}", "a:"] {
            let document = document(text);
            let value = &pair(&document, 0).1;
            assert_eq!(
                (value.text(), &text[..value.span.end]),
                (Some(""), text.split_inclusive(':').next().unwrap_or(""))
            );
        }
    }

    #[test]
    fn only_the_first_document_is_read_and_more_are_noticed() {
        let two = document("a: 1\n---\nb: 2\n");
        assert!(two.more);
        assert_eq!(pair(&two, 0).0.text(), Some("a"));
        assert!(!document("---\na: 1\n...\n").more);
        assert!(document("# only a comment\n").root.is_none());
    }

    #[test]
    fn uses_of_an_anchor_are_told_apart_from_a_later_one_of_that_name() {
        let text = "a: &v 1\nb: *v\nc: &v 2\nd: *v\n";
        let document = document(text);
        let first = pair(&document, 0).1.anchor.as_ref().expect("an anchor").id;
        assert_eq!(document.uses[&first].len(), 1);
        assert!(read("a: *v\n").is_err());
    }
}
