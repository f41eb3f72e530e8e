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
        self.to_next_token(false);
        let mut candidate = Candidate::default();
        while self.is_value(indent) && matches!(self.peek(0), b'&' | b'!') {
            self.candidate_property(&mut candidate)?;
        }
        let node = if !self.is_value(indent) {
            candidate.join(self)?;
            if indentless && self.column() == indent && self.at_indicator(b'-') && !self.at_document_marker() {
                self.open_anchor(&mut candidate.outer);
                Node::Sequence(self.block_sequence(indent, true)?)
            } else {
                let mut nothing = self.empty(behind_indicator);
                candidate.outer.apply(&mut nothing);
                nothing
            }
        } else {
            self.block_content(indent, &mut candidate)?
        };
        self.close_anchor(&candidate.outer, &node)?;
        self.depth -= 1;
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
        self.to_next_token(false);
        Ok(())
    }

    /// Reads what stands at a column deeper than `indent`, behind its properties.
    fn block_content(&mut self, indent: isize, candidate: &mut Candidate) -> Read<Node> {
        let first = self.peek(0);
        if first == b'-' && self.is_blank_or_end(self.pos + 1) {
            self.require_key_allowed("a list item may only start a line")?;
            candidate.join(self)?;
            self.open_anchor(&mut candidate.outer);
            return Ok(Node::Sequence(self.block_sequence(self.column(), false)?));
        }
        if first == b'?' && self.is_blank_or_end(self.pos + 1) {
            self.require_key_allowed("a key with `?` may only start a line")?;
            candidate.join(self)?;
            self.open_anchor(&mut candidate.outer);
            return self.block_mapping(self.column(), self.pos, None);
        }
        if matches!(first, b'|' | b'>') {
            candidate.join(self)?;
            let mut content = Node::Scalar(self.block_scalar(indent)?);
            candidate.outer.apply(&mut content);
            return Ok(content);
        }
        if let Some(start) = self.key_start() {
            candidate.join(self)?;
            candidate.start = Some(start);
        }
        let is_alias = first == b'*';
        let mut content = self.inline_content(indent, candidate)?;
        if self.at_key_end(candidate.start, false) {
            return self.mapping_from_key(content, candidate);
        }
        candidate.join(self)?;
        if is_alias && !candidate.outer.is_empty() {
            return Err(self.error("an alias cannot have an anchor or a tag"));
        }
        candidate.outer.apply(&mut content);
        Ok(content)
    }

    /// Reads an alias, a quoted or plain scalar or a flow collection; properties are not applied yet.
    fn inline_content(&mut self, indent: isize, candidate: &mut Candidate) -> Read<Node> {
        if self.at_indicator(b':') {
            return match candidate.start {
                Some(_) if !candidate.inner.is_empty() => Ok(self.empty(self.pos)),
                _ => Err(self.error("a mapping value is not allowed here: its key is missing")),
            };
        }
        match self.peek(0) {
            b'*' if candidate.inner.is_empty() => self.alias(),
            b'*' => Err(self.error("an alias cannot have an anchor or a tag")),
            b'[' | b'{' => {
                self.open_anchor(&mut candidate.inner);
                self.open_anchor(&mut candidate.outer);
                self.flow_collection()
            }
            quote @ (b'"' | b'\'') => Ok(Node::Scalar(self.quoted(quote)?)),
            _ => Ok(Node::Scalar(self.plain(indent, false)?)),
        }
    }

    /// Goes on with a mapping whose first key has just been read.
    fn mapping_from_key(&mut self, mut key: Node, candidate: &mut Candidate) -> Read<Node> {
        let start = candidate.start.map_or(self.pos, |start| start.pos);
        let inner = std::mem::take(&mut candidate.inner);
        inner.apply(&mut key);
        self.close_anchor(&inner, &key)?;
        let key = self.scalar_key(key, start)?;
        self.open_anchor(&mut candidate.outer);
        let column = isize::try_from(start - self.line_start).unwrap_or(isize::MAX);
        self.block_mapping(column, start, Some(key))
    }

    /// Reads a mapping at `column`. With `first`, the position is at the `:` behind that key.
    fn block_mapping(&mut self, column: isize, start: usize, first: Option<Scalar>) -> Read<Node> {
        let mut mapping = Mapping::default();
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
            mapping.entries.push(entry);
            self.to_next_token(false);
            if self.column() < column || self.at_end() || self.at_document_marker() {
                break;
            }
            if self.column() > column {
                return Err(self.misplaced("a key of the mapping is expected"));
            }
        }
        mapping.span = Span { start: offset(start), end };
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
        self.to_next_token(false);
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
        if self.at_indicator(b'-') {
            return Err(self.error("a list item stands where a key of the mapping is expected"));
        }
        let start = self.pos;
        let mut candidate = Candidate { start: self.key_start(), ..Candidate::default() };
        while matches!(self.peek(0), b'&' | b'!') {
            self.property(&mut candidate.inner)?;
            self.to_next_token(false);
        }
        if self.column() <= column && self.pos != start {
            return Err(self.error_at(start, "`:` is expected behind this key"));
        }
        self.count_node()?;
        let mut content = match self.peek(0) {
            b'|' | b'>' => return Err(self.error("a block scalar cannot be a key without `?`")),
            _ => self.inline_content(column, &mut candidate)?,
        };
        if !self.at_key_end(candidate.start, false) {
            return Err(self.error_at(start, "`:` is expected behind this key"));
        }
        candidate.inner.apply(&mut content);
        self.close_anchor(&candidate.inner, &content)?;
        self.scalar_key(content, start)
    }

    /// Reads a list whose dashes stand at `column`; the position is at the first.
    fn block_sequence(&mut self, column: isize, indentless: bool) -> Read<Sequence> {
        let start = self.pos;
        let mut sequence = Sequence::default();
        let mut end;
        loop {
            let dash = self.pos;
            self.pos += 1;
            self.key_allowed = true;
            let item = self.block_node(column, false)?;
            end = item.span().end.max(offset(dash + 1));
            sequence.items.push(item);
            self.to_next_token(false);
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
        sequence.span = Span { start: offset(start), end };
        Ok(sequence)
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
