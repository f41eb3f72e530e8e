//! Anchors' values, aliases and merge keys, expanded while reading, with a bound on what a small text may grow to.
//! Works on finished nodes; scans nothing.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::properties::Properties;
use super::{Read, Reader};
use crate::yaml::{Entry, Mapping, Node, Span, Tag};

/// Text of a copied scalar that counts as much as one node.
const TEXT_PER_NODE: usize = 64;

/// The anchors met so far; the last definition of a name counts.
#[derive(Default)]
pub(super) struct Anchors {
    values: HashMap<SmolStr, Anchored>,
    opened: usize,
}

enum Anchored {
    /// Its value, the so-many-th opened, is still being read: an alias inside would contain itself.
    Open(usize),
    /// The value, what copying it costs, and how deep it is.
    Done { value: Node, cost: usize, depth: usize },
}

impl Reader<'_> {
    /// Notes that the value of an anchor starts.
    pub(super) fn open_anchor(&mut self, properties: &mut Properties) {
        if let Some(name) = &properties.anchor {
            self.anchors.opened += 1;
            properties.opened = Some(self.anchors.opened);
            self.anchors.values.insert(name.clone(), Anchored::Open(self.anchors.opened));
        }
    }

    /// Keeps the value of an anchor for its aliases, unless the name was given anew inside the value.
    pub(super) fn close_anchor(&mut self, properties: &Properties, value: &Node) -> Read<()> {
        let Some(name) = &properties.anchor else { return Ok(()) };
        self.note_anchored(value.span());
        if let (Some(mine), Some(now)) = (properties.opened, self.anchors.values.get(name))
            && !matches!(now, Anchored::Open(open) if *open == mine)
        {
            return Ok(());
        }
        let (cost, depth) = measure(value);
        self.spend(cost)?;
        self.anchors.values.insert(name.clone(), Anchored::Done { value: value.clone(), cost, depth });
        Ok(())
    }

    /// Reads `*name` and returns a copy of what it stands for.
    pub(super) fn alias(&mut self) -> Read<Node> {
        let start = self.pos;
        let name = self.anchor_name()?;
        let span = self.span_from(start);
        self.key_allowed = false;
        let (mut copy, cost, depth) = match self.anchors.values.get(&name) {
            None => return Err(self.error_at(start, format!("the anchor `{name}` is not defined"))),
            Some(Anchored::Open(_)) => return Err(self.error_at(start, format!("the anchor `{name}` contains itself"))),
            Some(Anchored::Done { value, cost, depth }) if *cost <= *self.nodes_left => (value.clone(), *cost, *depth),
            Some(Anchored::Done { .. }) => return Err(self.error_at(start, "the aliases expand to too much")),
        };
        if self.depth + depth > super::MAX_DEPTH {
            return Err(self.error_at(start, format!("nested deeper than {} levels by aliases", super::MAX_DEPTH)));
        }
        self.spend(cost)?;
        self.aliases.push(span);
        set_span(&mut copy, span);
        Ok(copy)
    }

    fn spend(&mut self, cost: usize) -> Read<()> {
        match self.nodes_left.checked_sub(cost) {
            Some(left) => *self.nodes_left = left,
            None => return Err(self.error("the aliases expand to too much")),
        }
        Ok(())
    }

    /// Expands the merge key of a finished mapping: its own keys stay, then the maps listed first win.
    pub(super) fn merge(&self, mapping: &mut Mapping) -> Read<()> {
        let is_merge = |entry: &Entry| entry.key.tag == Tag::Merge;
        let Some(at) = mapping.entries.iter().position(is_merge) else { return Ok(()) };
        if let Some(second) = mapping.entries[at + 1..].iter().find(|entry| is_merge(entry)) {
            return Err(self.error_at(second.key.span.start as usize, "the merge key `<<` stands twice in one map"));
        }
        let entry = mapping.entries.remove(at);
        let place = entry.key.span.start as usize;
        let sources = match entry.value {
            Node::Mapping(one) => vec![one],
            Node::Sequence(list) if self.is_alias(list.span) => return Err(self.not_a_map(place)),
            Node::Sequence(many) => {
                many.items.into_iter().map(|item| self.merge_source(item, place)).collect::<Read<_>>()?
            }
            Node::Scalar(_) => return Err(self.not_a_map(place)),
        };
        let own = mapping.entries.iter().enumerate().map(|(at, entry)| (entry.key.text.clone(), at));
        let own_count = mapping.entries.len();
        let mut places: HashMap<SmolStr, usize> = own.collect();
        for merged in sources.into_iter().rev().flat_map(|source| source.entries) {
            match places.get(&merged.key.text) {
                Some(at) if *at < own_count => {}
                Some(at) => mapping.entries[*at] = merged,
                None => {
                    places.insert(merged.key.text.clone(), mapping.entries.len());
                    mapping.entries.push(merged);
                }
            }
        }
        Ok(())
    }

    /// Tells whether a value came from an alias; their places ascend.
    fn is_alias(&self, span: Span) -> bool {
        self.aliases.binary_search_by_key(&span.start, |alias| alias.start).is_ok()
    }

    fn merge_source(&self, item: Node, place: usize) -> Read<Mapping> {
        match item {
            Node::Mapping(mapping) => Ok(mapping),
            _ => Err(self.not_a_map(place)),
        }
    }

    fn not_a_map(&self, place: usize) -> Box<crate::yaml::Error> {
        self.error_at(place, "the value of the merge key `<<` must be a map or a list of maps")
    }
}

fn set_span(node: &mut Node, span: Span) {
    match node {
        Node::Scalar(scalar) => scalar.span = span,
        Node::Mapping(mapping) => mapping.span = span,
        Node::Sequence(sequence) => sequence.span = span,
    }
}

/// Returns what copying a value costs, in nodes, and its depth.
fn measure(node: &Node) -> (usize, usize) {
    let add = |(cost, depth): (usize, usize), (more, below): (usize, usize)| (cost + more, depth.max(below + 1));
    match node {
        Node::Scalar(scalar) => (1 + scalar.text.len() / TEXT_PER_NODE, 1),
        Node::Sequence(sequence) => sequence.items.iter().map(measure).fold((1, 1), add),
        Node::Mapping(mapping) => {
            let entry = |entry: &Entry| {
                let (cost, depth) = measure(&entry.value);
                (cost + 1 + entry.key.text.len() / TEXT_PER_NODE, depth)
            };
            mapping.entries.iter().map(entry).fold((1, 1), add)
        }
    }
}
