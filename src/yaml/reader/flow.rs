//! Flow structure: `[…]` and `{…}`, which ignore indentation.
//! Every function returns with the position behind what it read.

use super::properties::Properties;
use super::{KeyStart, Read, Reader};
use crate::yaml::stream::offset;
use crate::yaml::{Entry, Mapping, Node, Scalar, Sequence, Span};

impl Reader<'_> {
    /// Reads the collection that starts here.
    pub(super) fn flow_collection(&mut self) -> Read<Node> {
        self.count_node()?;
        self.descend()?;
        let node = if self.peek(0) == b'[' { self.flow_sequence()? } else { self.flow_mapping()? };
        self.depth -= 1;
        self.key_allowed = false;
        Ok(node)
    }

    fn flow_sequence(&mut self) -> Read<Node> {
        let start = self.pos;
        let mut sequence = Sequence { flow: true, ..Sequence::default() };
        while self.flow_entry(start, b']', sequence.items.is_empty())? {
            let item = if self.peek(0) == b'?' { self.explicit_pair()? } else { self.flow_item()? };
            sequence.items.push(item);
        }
        sequence.span = self.span_from(start);
        Ok(Node::Sequence(sequence))
    }

    /// Moves to the next entry of a collection, past the comma before it; false at its end.
    fn flow_entry(&mut self, start: usize, close: u8, first: bool) -> Read<bool> {
        if first {
            self.pos += 1;
        }
        self.flow_token(start)?;
        if !first && self.peek(0) == b',' {
            self.pos += 1;
            self.flow_token(start)?;
        } else if !first && self.peek(0) != close {
            let message = format!("`,` or `{}` is expected in the collection opened here", char::from(close));
            return Err(self.error_at(self.pos, message.replace("here", &self.line_of(start))));
        }
        if self.peek(0) == close {
            self.pos += 1;
            return Ok(false);
        }
        self.key_allowed = true;
        Ok(true)
    }

    /// Moves to the next token, which must not be the end of the document.
    fn flow_token(&mut self, start: usize) -> Read<()> {
        self.skip_to_token(true);
        if self.at_end() || self.at_document_marker() {
            let open = char::from(self.bytes[start]);
            return Err(self.error_at(start, format!("the `{open}` opened here is not closed")));
        }
        Ok(())
    }

    fn line_of(&self, at: usize) -> String {
        let line = self.bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("on line {line}")
    }

    /// Reads an element of a list, which `key: value` makes a map of one pair.
    fn flow_item(&mut self) -> Read<Node> {
        let start = self.key_start();
        let place = self.pos;
        let item = self.flow_node()?;
        if !self.at_key_end(start, true) {
            return Ok(item);
        }
        let key = self.scalar_key(item, place)?;
        let value = self.flow_value()?;
        self.pair(place, key, value)
    }

    /// Reads `? key : value` as an element of a list.
    fn explicit_pair(&mut self) -> Read<Node> {
        let place = self.pos;
        let key = self.explicit_flow_key(false)?;
        let value = if self.peek(0) == b':' { self.flow_value()? } else { self.empty(self.pos) };
        self.pair(place, key, value)
    }

    fn pair(&self, start: usize, key: Scalar, value: Node) -> Read<Node> {
        let end = value.span().end.max(key.span.end);
        let span = Span { start: offset(start), end };
        let mut mapping = Mapping { entries: vec![Entry { key, value }], flow: true, span };
        self.merge(&mut mapping)?;
        Ok(Node::Mapping(mapping))
    }

    fn flow_mapping(&mut self) -> Read<Node> {
        let start = self.pos;
        let mut mapping = Mapping { flow: true, ..Mapping::default() };
        while self.flow_entry(start, b'}', mapping.entries.is_empty())? {
            let place = self.pos;
            let (key, has_value) = if self.peek(0) == b'?' {
                let key = self.explicit_flow_key(true)?;
                (key, self.peek(0) == b':')
            } else {
                let key_start: Option<KeyStart> = self.key_start();
                let key = self.flow_node()?;
                let key = self.scalar_key(key, place)?;
                (key, self.at_key_end(key_start, true))
            };
            let value = if has_value { self.flow_value()? } else { self.empty(self.pos) };
            mapping.entries.push(Entry { key, value });
        }
        mapping.span = self.span_from(start);
        self.merge(&mut mapping)?;
        Ok(Node::Mapping(mapping))
    }

    /// Reads `? key`, to the token behind it; in a map the key may be nothing.
    fn explicit_flow_key(&mut self, in_map: bool) -> Read<Scalar> {
        let start = self.pos;
        self.pos += 1;
        self.key_allowed = false;
        self.flow_token(start)?;
        if matches!(self.peek(0), b',' | b']' | b'}' | b':') {
            if in_map {
                return self.scalar_key(self.empty(self.pos), start);
            }
            return Err(self.error_at(start, "the key behind `?` is missing"));
        }
        let key = self.flow_node()?;
        let key = self.scalar_key(key, start)?;
        self.flow_token(start)?;
        Ok(key)
    }

    /// Reads the value behind the `:` here; nothing is a null.
    fn flow_value(&mut self) -> Read<Node> {
        let colon = self.pos;
        self.pos += 1;
        self.key_allowed = false;
        self.skip_to_token(true);
        if matches!(self.peek(0), b',' | b']' | b'}') {
            self.count_node()?;
            return Ok(self.empty(colon + 1));
        }
        self.flow_node()
    }

    /// Reads one value with its properties.
    fn flow_node(&mut self) -> Read<Node> {
        self.count_node()?;
        let mut properties = Properties::default();
        while matches!(self.peek(0), b'&' | b'!') {
            self.property(&mut properties)?;
            self.skip_to_token(true);
        }
        self.open_anchor(&mut properties);
        let mut node = match self.peek(0) {
            b'*' if properties.is_empty() => self.alias()?,
            b'*' => return Err(self.error("an alias cannot have an anchor or a tag")),
            b'[' | b'{' => self.flow_collection()?,
            quote @ (b'"' | b'\'') => Node::Scalar(self.quoted(quote)?),
            b',' | b']' | b'}' | b':' if !properties.is_empty() => self.empty(self.pos),
            _ => Node::Scalar(self.plain(-1, true)?),
        };
        properties.apply(&mut node);
        self.close_anchor(&properties, &node)?;
        Ok(node)
    }
}
