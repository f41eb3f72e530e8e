//! YAML inside of a scalar, printed again as go-yaml v3 prints nodes: in its order and styles, with its comments, indented
//! by two. Comments inside of flow collections are lost, and what was an alias is written out.

use crate::yaml::{Entry, Mapping, Node, Scalar, Sequence, Tag};

mod comments;
mod scalar;

use comments::Comments;

/// Prints a document; `original` is the text that it was read from, whose comments are kept.
pub(crate) fn print(node: &Node, original: &str) -> String {
    let mut printer = Printer { out: String::new(), comments: Comments::of(node, original) };
    printer.own_lines(first_place(node), 0);
    match node {
        Node::Mapping(map) if !map.flow && !map.entries.is_empty() => printer.map(map, 0, usize::MAX),
        Node::Sequence(list) if !list.flow && !list.items.is_empty() => printer.list(list, 0, usize::MAX),
        node => {
            printer.value(node, 0, usize::MAX);
            printer.end_line(node, usize::MAX);
        }
    }
    printer.own_lines(usize::MAX, 0);
    printer.out
}

struct Printer<'t> {
    out: String,
    comments: Comments<'t>,
}

/// Where the text of a node starts; unknown for one that no text held.
fn first_place(node: &Node) -> usize {
    let place = match node {
        Node::Mapping(map) if !map.flow => map.entries.first().map_or(0, |entry| entry.key.span.start),
        Node::Sequence(list) if !list.flow => list.items.first().map_or(0, |item| first_place(item) as u32),
        node => node.span().start,
    };
    place as usize
}

impl Printer<'_> {
    /// Prints the entries of a block map; what follows it starts at `end`.
    fn map(&mut self, map: &Mapping, indent: usize, end: usize) {
        for (index, Entry { key, value }) in map.entries.iter().enumerate() {
            let next = map.entries.get(index + 1).map_or(end, |next| next.key.span.start as usize);
            if index > 0 {
                self.own_lines(key.span.start as usize, indent);
            }
            self.pad_at_line_start(indent);
            scalar::print(key, indent, true, &mut self.out);
            self.out.push(':');
            self.entry_value(key, value, indent, next);
        }
        self.closing_lines(end, indent, map.entries.first().map(|entry| entry.key.span.start as usize));
    }

    fn entry_value(&mut self, key: &Scalar, value: &Node, indent: usize, next: usize) {
        match value {
            Node::Mapping(map) if is_block(value) => {
                self.behind_key(key, value);
                self.own_lines(first_place(value), indent + 2);
                self.map(map, indent + 2, next);
            }
            Node::Sequence(list) if is_block(value) => {
                self.behind_key(key, value);
                self.own_lines(list_start(list), indent);
                self.list(list, indent, next);
            }
            value => {
                if !is_blank(value) {
                    self.out.push(' ');
                }
                self.value(value, indent + 2, next);
                self.end_line(value, next);
            }
        }
    }

    /// Prints the elements of a block list.
    fn list(&mut self, list: &Sequence, indent: usize, end: usize) {
        for (index, item) in list.items.iter().enumerate() {
            let next = list.items.get(index + 1).map_or(end, first_place);
            if index > 0 {
                self.own_lines(first_place(item), indent);
            }
            self.pad_at_line_start(indent);
            self.out.push('-');
            match item {
                Node::Mapping(map) if is_block(item) => {
                    self.element_start(indent + 2, first_place(item));
                    self.map(map, indent + 2, next);
                }
                Node::Sequence(inner) if is_block(item) => {
                    self.element_start(indent + 2, first_place(item));
                    self.list(inner, indent + 2, next);
                }
                item => {
                    if !is_blank(item) {
                        self.out.push(' ');
                    }
                    self.value(item, indent + 2, next);
                    self.end_line(item, next);
                }
            }
        }
        self.closing_lines(end, indent, list.items.first().map(|item| first_place(item).saturating_sub(2)));
    }

    /// The first line of a collection goes on behind the dash, unless a comment stands there.
    fn element_start(&mut self, indent: usize, start: usize) {
        if let Some(text) = self.comments.behind(start) {
            self.out.push(' ');
            self.out.push_str(text);
            self.out.push('\n');
            self.own_lines(start, indent);
        } else {
            self.out.push(' ');
        }
    }

    /// Prints a value; a block scalar takes the comment before `next` on its first line, where it stands behind `|`,
    /// or stood behind the single line that was there before.
    fn value(&mut self, node: &Node, indent: usize, next: usize) {
        match node {
            Node::Scalar(one) if scalar::is_block(one) => {
                let comment = self.comments.inside_header(one).or_else(|| self.comments.behind(next));
                scalar::block(one, indent, comment, &mut self.out);
            }
            Node::Scalar(one) => scalar::print(one, indent, false, &mut self.out),
            Node::Mapping(map) => {
                self.out.push('{');
                for (index, entry) in map.entries.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    scalar::print(&entry.key, 0, true, &mut self.out);
                    self.out.push_str(": ");
                    self.flow_value(&entry.value);
                }
                self.out.push('}');
            }
            Node::Sequence(list) => {
                self.out.push('[');
                for (index, item) in list.items.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.flow_value(item);
                }
                self.out.push(']');
            }
        }
    }

    fn flow_value(&mut self, node: &Node) {
        match node {
            Node::Scalar(one) => scalar::print(one, 0, true, &mut self.out),
            node => self.value(node, 0, 0),
        }
    }

    fn behind_key(&mut self, key: &Scalar, value: &Node) {
        let start = first_place(value);
        if (key.span.end as usize) < start
            && let Some(text) = self.comments.behind(start)
        {
            self.out.push(' ');
            self.out.push_str(text);
        }
        self.out.push('\n');
    }

    fn end_line(&mut self, node: &Node, next: usize) {
        let is_block_scalar = node.as_scalar().is_some_and(scalar::is_block);
        self.comments.skip_before(node.span().end as usize);
        if !is_block_scalar && let Some(text) = self.comments.behind(next) {
            self.out.push(' ');
            self.out.push_str(text);
        }
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Prints the comments that have lines of their own before `place`, at `indent`.
    fn own_lines(&mut self, place: usize, indent: usize) {
        let lines = self.comments.own_lines(place, 0);
        self.print_lines(&lines, indent);
    }

    /// Prints the comments behind the last entry that are indented like the collection.
    fn closing_lines(&mut self, end: usize, indent: usize, start: Option<usize>) {
        let column = start.map_or(0, |start| self.comments.column(start));
        if indent > 0 {
            let lines = self.comments.own_lines(end, column);
            self.print_lines(&lines, indent);
        }
    }

    fn print_lines(&mut self, lines: &[&str], indent: usize) {
        for line in lines {
            if !line.is_empty() {
                self.out.extend(std::iter::repeat_n(' ', indent));
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn pad_at_line_start(&mut self, indent: usize) {
        if self.out.is_empty() || self.out.ends_with('\n') {
            self.out.extend(std::iter::repeat_n(' ', indent));
        }
    }
}

fn list_start(list: &Sequence) -> usize {
    list.items.first().map_or(0, first_place)
}

fn is_block(node: &Node) -> bool {
    match node {
        Node::Mapping(map) => !map.flow && !map.entries.is_empty(),
        Node::Sequence(list) => !list.flow && !list.items.is_empty(),
        Node::Scalar(_) => false,
    }
}

fn is_blank(node: &Node) -> bool {
    matches!(node, Node::Scalar(one) if one.tag == Tag::Null && one.text.is_empty())
}

#[cfg(test)]
mod tests;
