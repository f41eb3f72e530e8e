//! Block structure: mappings, lists and the values in them, told apart by indentation.
//! Every level returns with the position behind its value; the level above looks at what comes next.

use super::properties::Properties;
use super::{KeyStart, Read, Reader};
use crate::yaml::stream::offset;
use crate::yaml::{Entry, Mapping, Node, Scalar, Sequence, Span};

/// A value that may turn out to be the first key of a mapping.
#[derive(Default)]
struct Candidate {
    /// Properties on earlier lines: they belong to the value as a whole.
    outer: Properties,
    /// Properties on the line where the key would start: they belong to the key.
    inner: Properties,
    /// Where the key would start; none where no key may.
    start: Option<KeyStart>,
}

impl Reader<'_> {
    /// Reads a value in a block collection at column `indent` (-1 for the root); nothing is a null.
    /// `indentless` lets a list start at the column of its mapping.
    pub(super) fn block_node(&mut self, indent: isize, indentless: bool) -> Read<Node> {
        self.count_node()?;
        self.descend()?;
        let behind_indicator = self.pos;
        self.skip_to_token(false);
        let node = if matches!(self.peek(0), b'&' | b'!') && self.is_value(indent) {
            self.node_with_properties(indent, indentless, behind_indicator)?
        } else {
            self.bare_node(indent, indentless, behind_indicator)?
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Reads a value without anchor and tag.
    fn bare_node(&mut self, indent: isize, indentless: bool, behind_indicator: usize) -> Read<Node> {
        if !self.is_value(indent) {
            return self.dedented(indent, indentless, behind_indicator);
        }
        if let Some(node) = self.indicated(indent)? {
            return Ok(node);
        }
        let start = self.key_start();
        let content = self.bare_content(indent)?;
        if !self.at_key_end(start, false) {
            return Ok(content);
        }
        let start = start.map_or(self.pos, |start| start.pos);
        let key = self.scalar_key(content, start)?;
        self.block_mapping(start, Some(key))
    }

    /// Reads what a value is when the next token is not deeper: a list of its mapping's column, or nothing.
    fn dedented(&mut self, indent: isize, indentless: bool, behind_indicator: usize) -> Read<Node> {
        if indentless && self.column() == indent && self.at_indicator(b'-') && !self.at_document_marker() {
            return Ok(Node::Sequence(self.block_sequence(indent, true)?));
        }
        // libyaml does not look at the column of a block scalar's indicator, as long as its collection goes on.
        if self.column() == indent && matches!(self.peek(0), b'|' | b'>') {
            return Ok(Node::Scalar(self.block_scalar(indent)?));
        }
        Ok(self.empty(behind_indicator))
    }

    /// Reads a value that its first character tells: a list, a mapping with `? key`, a block scalar.
    fn indicated(&mut self, indent: isize) -> Read<Option<Node>> {
        let node = match self.peek(0) {
            b'-' if self.is_blank_or_end(self.pos + 1) => {
                self.require_key_allowed("a list item may only start a line")?;
                Node::Sequence(self.block_sequence(self.column(), false)?)
            }
            b'?' if self.is_blank_or_end(self.pos + 1) => {
                self.require_key_allowed("a key with `?` may only start a line")?;
                self.block_mapping(self.pos, None)?
            }
            b'|' | b'>' => Node::Scalar(self.block_scalar(indent)?),
            _ => return Ok(None),
        };
        Ok(Some(node))
    }

    /// Reads a value that starts with an anchor or a tag.
    fn node_with_properties(&mut self, indent: isize, indentless: bool, behind_indicator: usize) -> Read<Node> {
        let mut candidate = Candidate::default();
        while self.is_value(indent) && matches!(self.peek(0), b'&' | b'!') {
            self.candidate_property(&mut candidate)?;
        }
        let mut node = if self.is_value(indent) {
            self.block_content(indent, &mut candidate)?
        } else {
            candidate.join(self)?;
            self.open_anchor(&mut candidate.outer);
            self.dedented(indent, indentless, behind_indicator)?
        };
        if node.span().is_empty() {
            candidate.outer.apply(&mut node);
        }
        self.close_anchor(&candidate.outer, &node)?;
        Ok(node)
    }

    /// Tells whether the token here belongs to a value inside a collection at column `indent`.
    fn is_value(&self, indent: isize) -> bool {
        self.column() > indent && !self.at_end() && !self.at_document_marker()
    }

    fn at_indicator(&self, indicator: u8) -> bool {
        self.peek(0) == indicator && self.is_blank_or_end(self.pos + 1)
    }

    fn candidate_property(&mut self, candidate: &mut Candidate) -> Read<()> {
        if let Some(start) = self.key_start() {
            candidate.join(self)?;
            candidate.start = Some(start);
        }
        self.property(&mut candidate.inner)?;
        self.skip_to_token(false);
        Ok(())
    }

    /// Reads what stands at a column deeper than `indent`, behind its properties.
    fn block_content(&mut self, indent: isize, candidate: &mut Candidate) -> Read<Node> {
        let first = self.peek(0);
        if matches!(first, b'|' | b'>') || matches!(first, b'-' | b'?') && self.is_blank_or_end(self.pos + 1) {
            candidate.join(self)?;
            self.open_anchor(&mut candidate.outer);
            if let Some(mut node) = self.indicated(indent)? {
                candidate.outer.apply(&mut node);
                return Ok(node);
            }
        }
        if let Some(start) = self.key_start() {
            candidate.join(self)?;
            candidate.start = Some(start);
        }
        self.open_anchor(&mut candidate.inner);
        self.open_anchor(&mut candidate.outer);
        let mut content = self.inline_content(indent, &candidate.inner, candidate.start)?;
        if self.at_key_end(candidate.start, false) {
            return self.mapping_from_key(content, candidate);
        }
        candidate.join(self)?;
        if first == b'*' && !candidate.outer.is_empty() {
            return Err(self.error("an alias cannot have an anchor or a tag"));
        }
        candidate.outer.apply(&mut content);
        Ok(content)
    }

    /// Reads an alias, a quoted or plain scalar or a flow collection behind the properties on its line, which
    /// are not applied yet.
    fn inline_content(&mut self, indent: isize, inner: &Properties, start: Option<KeyStart>) -> Read<Node> {
        if !inner.is_empty() && start.is_some() && self.at_indicator(b':') {
            return Ok(self.empty(self.pos));
        }
        if !inner.is_empty() && self.peek(0) == b'*' {
            return Err(self.error("an alias cannot have an anchor or a tag"));
        }
        self.bare_content(indent)
    }

    /// Reads an alias, a quoted or plain scalar or a flow collection.
    fn bare_content(&mut self, indent: isize) -> Read<Node> {
        match self.peek(0) {
            b'*' => self.alias(),
            b'[' | b'{' => self.flow_collection(),
            quote @ (b'"' | b'\'') => Ok(Node::Scalar(self.quoted(quote)?)),
            b':' if self.at_indicator(b':') => {
                Err(self.error("a mapping value is not allowed here: its key is missing"))
            }
            _ => Ok(Node::Scalar(self.plain(indent, false)?)),
        }
    }

    /// Goes on with a mapping whose first key has just been read behind properties.
    fn mapping_from_key(&mut self, mut key: Node, candidate: &mut Candidate) -> Read<Node> {
        let start = candidate.start.map_or(self.pos, |start| start.pos);
        let inner = std::mem::take(&mut candidate.inner);
        inner.apply(&mut key);
        self.close_anchor(&inner, &key)?;
        let key = self.scalar_key(key, start)?;
        self.block_mapping(start, Some(key))
    }

    /// Reads a mapping that starts at `start` on this line. With `first`, the position is at the `:` behind that key.
    fn block_mapping(&mut self, start: usize, first: Option<Scalar>) -> Read<Node> {
        let column = isize::try_from(start - self.line_start).unwrap_or(isize::MAX);
        let bottom = self.entries.len();
        let mut key = first;
        let mut end;
        loop {
            let entry = match key.take() {
                Some(key) => self.entry_value(key, column)?,
                None if self.at_indicator(b'?') => self.explicit_entry(column)?,
                None => {
                    let key = self.implicit_key(column)?;
                    self.entry_value(key, column)?
                }
            };
            end = entry.value.span().end.max(entry.key.span.end);
            self.entries.push(entry);
            self.skip_to_token(false);
            if self.column() < column || self.at_end() || self.at_document_marker() {
                break;
            }
            if self.column() > column {
                return Err(self.misplaced("a key of the mapping is expected"));
            }
        }
        let span = Span { start: offset(start), end };
        let mut mapping = Mapping { entries: self.entries.drain(bottom..).collect(), flow: false, span };
        self.merge(&mut mapping)?;
        Ok(Node::Mapping(mapping))
    }

    /// Reads the value behind the `:` here.
    fn entry_value(&mut self, key: Scalar, column: isize) -> Read<Entry> {
        self.pos += 1;
        self.key_allowed = false;
        Ok(Entry { key, value: self.block_node(column, true)? })
    }

    /// Reads `? key` and the `: value` that may follow it.
    fn explicit_entry(&mut self, column: isize) -> Read<Entry> {
        let start = self.pos;
        self.pos += 1;
        self.key_allowed = true;
        self.skip_line_comment();
        let key = self.block_node(column, true)?;
        let key = self.scalar_key(key, start)?;
        self.skip_to_token(false);
        if self.column() == column && self.at_indicator(b':') {
            self.pos += 1;
            self.key_allowed = true;
            self.skip_line_comment();
            return Ok(Entry { key, value: self.block_node(column, true)? });
        }
        self.count_node()?;
        Ok(Entry { key, value: self.empty(self.pos) })
    }

    /// Reads a key at the mapping's column; it must be followed by `:` on its line.
    fn implicit_key(&mut self, column: isize) -> Read<Scalar> {
        self.count_node()?;
        let place = self.pos;
        let start = self.key_start();
        let content = match self.peek(0) {
            b'&' | b'!' => return self.key_with_properties(column),
            b'|' | b'>' => return Err(self.error("a block scalar cannot be a key without `?`")),
            b'-' if self.at_indicator(b'-') => {
                return Err(self.error("a list item stands where a key of the mapping is expected"));
            }
            _ => self.bare_content(column)?,
        };
        if !self.at_key_end(start, false) {
            return Err(self.error_at(place, "`:` is expected behind this key"));
        }
        self.scalar_key(content, place)
    }

    fn key_with_properties(&mut self, column: isize) -> Read<Scalar> {
        let place = self.pos;
        let start = self.key_start();
        let mut properties = Properties::default();
        while matches!(self.peek(0), b'&' | b'!') {
            self.property(&mut properties)?;
            self.skip_to_token(false);
        }
        let missing = "`:` is expected behind this key";
        if self.column() <= column || matches!(self.peek(0), b'|' | b'>') {
            return Err(self.error_at(place, missing));
        }
        let mut content = self.inline_content(column, &properties, start)?;
        if !self.at_key_end(start, false) {
            return Err(self.error_at(place, missing));
        }
        properties.apply(&mut content);
        self.close_anchor(&properties, &content)?;
        self.scalar_key(content, place)
    }

    /// Reads a list whose dashes stand at `column`; the position is at the first.
    fn block_sequence(&mut self, column: isize, indentless: bool) -> Read<Sequence> {
        let start = self.pos;
        let bottom = self.items.len();
        let mut end;
        loop {
            let dash = self.pos;
            self.pos += 1;
            self.key_allowed = true;
            let item = self.block_node(column, false)?;
            end = item.span().end.max(offset(dash + 1));
            self.items.push(item);
            self.skip_to_token(false);
            if self.column() < column || self.at_end() || self.at_document_marker() {
                break;
            }
            if self.column() > column {
                return Err(self.misplaced("a list item is expected"));
            }
            if !self.at_indicator(b'-') {
                if indentless {
                    break;
                }
                return Err(self.error("a key stands where a list item is expected"));
            }
        }
        let span = Span { start: offset(start), end };
        Ok(Sequence { items: self.items.drain(bottom..).collect(), flow: false, span })
    }

    /// Returns a key as the scalar that it must be.
    pub(super) fn scalar_key(&self, key: Node, at: usize) -> Read<Scalar> {
        match key {
            Node::Scalar(scalar) => Ok(scalar),
            _ => Err(self.error_at(at, "a key must be text, not a map or a list")),
        }
    }

    fn require_key_allowed(&self, message: &str) -> Read<()> {
        if self.key_allowed { Ok(()) } else { Err(self.error(message)) }
    }

    /// Returns the error for a token deeper than the collection that goes on here.
    fn misplaced(&self, expected: &str) -> Box<crate::yaml::Error> {
        match self.peek(0) {
            b':' => self.error("a mapping value is not allowed here"),
            b'\t' => self.error("a tab cannot indent: use spaces"),
            _ => self.error(format!("the indentation or the text does not fit: {expected}")),
        }
    }
}

impl Candidate {
    /// Makes the properties so far those of the whole value.
    fn join(&mut self, reader: &Reader<'_>) -> Read<()> {
        let inner = std::mem::take(&mut self.inner);
        if (inner.anchor.is_some() && self.outer.anchor.is_some()) || (inner.tag.is_some() && self.outer.tag.is_some())
        {
            return Err(reader.error("a value cannot have two anchors or two tags"));
        }
        self.outer.opened = self.outer.opened.or(inner.opened);
        self.outer.anchor = self.outer.anchor.take().or(inner.anchor);
        self.outer.tag = self.outer.tag.take().or(inner.tag);
        Ok(())
    }
}
