//! The comments of a text: finds them outside of all values, and hands them out in order.

use crate::yaml::{Node, Scalar, Style};

/// One comment.
#[derive(Debug)]
struct Comment<'t> {
    start: usize,
    text: &'t str,
    /// Nothing but blanks stands in front of it on its line.
    own_line: bool,
    /// A blank line, or several, in front of it and behind it.
    blank_before: bool,
    blank_after: bool,
}

/// The comments that were not printed yet.
pub(super) struct Comments<'t> {
    source: &'t str,
    all: Vec<Comment<'t>>,
    next: usize,
}

impl<'t> Comments<'t> {
    pub(super) fn of(node: &Node, source: &'t str) -> Self {
        let mut values = Vec::new();
        collect(node, &mut values);
        values.sort_unstable();
        let mut all = Vec::new();
        let (mut at, mut values) = (0, values.into_iter().peekable());
        while let Some(found) = source[at..].find('#').map(|found| at + found) {
            while values.next_if(|(_, end)| *end <= found).is_some() {}
            if let Some((_, end)) = values.next_if(|(start, end)| (*start..*end).contains(&found)) {
                at = end;
                continue;
            }
            let line = source[..found].rfind('\n').map_or(0, |end| end + 1);
            let before = &source[line..found];
            if !before.is_empty() && !before.ends_with([' ', '\t']) {
                at = found + 1;
                continue;
            }
            let end = source[found..].find('\n').map_or(source.len(), |end| found + end);
            all.push(Comment {
                start: found,
                text: source[found..end].trim_end(),
                own_line: before.trim().is_empty(),
                blank_before: is_blank_line_before(source, line),
                blank_after: source[end..].strip_prefix('\n').is_some_and(starts_with_blank_line),
            });
            at = end;
        }
        Self { source, all, next: 0 }
    }

    /// The column of a place, from 0.
    pub(super) fn column(&self, place: usize) -> usize {
        let place = place.min(self.source.len());
        place - self.source[..place].rfind('\n').map_or(0, |end| end + 1)
    }

    /// Takes the comment that stands behind something on its line, before `place`.
    pub(super) fn behind(&mut self, place: usize) -> Option<&'t str> {
        let comment = self.all.get(self.next).filter(|comment| !comment.own_line && comment.start < place)?;
        self.next += 1;
        Some(comment.text)
    }

    /// Forgets the comments before `place`: they stood inside of a flow collection.
    pub(super) fn skip_before(&mut self, place: usize) {
        while self.all.get(self.next).is_some_and(|comment| comment.start < place) {
            self.next += 1;
        }
    }

    /// The comment behind the `|` or `>` of a block scalar.
    pub(super) fn inside_header(&self, scalar: &Scalar) -> Option<&'t str> {
        let text = self.source.get(scalar.span.start as usize..scalar.span.end as usize)?;
        let header = text.lines().next()?;
        header.find(" #").map(|at| header[at..].trim())
    }

    /// Takes the lines of comments before `place` that are indented by `column` at least; empty ones stand for blank lines.
    pub(super) fn own_lines(&mut self, place: usize, column: usize) -> Vec<&'t str> {
        let first = self.next;
        let fits =
            |comment: &&Comment<'_>| comment.own_line && comment.start < place && self.column(comment.start) >= column;
        let count = self.all[first..].iter().take_while(fits).count();
        self.next = first + count;
        let taken = &self.all[first..first + count];
        let mut lines = Vec::new();
        let at_start =
            first == 0 && taken.first().is_some_and(|comment| self.source[..comment.start].trim().is_empty());
        for (index, comment) in taken.iter().enumerate() {
            let opens = index == 0 && place == usize::MAX && !at_start;
            if comment.blank_before && (index > 0 || opens) {
                lines.push("");
            }
            lines.push(comment.text);
        }
        // A blank line behind the comments stays where they start the text, or follow an entry's last line as one block.
        let one_block = taken.iter().skip(1).all(|comment| !comment.blank_before);
        let follows = taken.first().is_some_and(|comment| !comment.blank_before) && !self.is_behind_a_comment(first);
        let stays = at_start || (column == 0 && one_block && follows);
        if place != usize::MAX && stays && taken.last().is_some_and(|comment| comment.blank_after) {
            lines.push("");
        }
        lines
    }

    /// Whether the line in front of a comment's ends with a comment.
    fn is_behind_a_comment(&self, index: usize) -> bool {
        let Some(previous) = index.checked_sub(1).and_then(|index| self.all.get(index)) else { return false };
        let between = self.all.get(index).map_or("", |comment| &self.source[previous.start..comment.start]);
        !previous.own_line && between.matches('\n').count() == 1
    }
}

fn collect(node: &Node, values: &mut Vec<(usize, usize)>) {
    match node {
        Node::Scalar(scalar) => values.push(place(scalar)),
        Node::Sequence(list) => list.items.iter().for_each(|item| collect(item, values)),
        Node::Mapping(map) => {
            for entry in &map.entries {
                values.push(place(&entry.key));
                collect(&entry.value, values);
            }
        }
    }
}

fn place(scalar: &Scalar) -> (usize, usize) {
    debug_assert!(scalar.span.start <= scalar.span.end || scalar.style == Style::Plain, "spans are ranges");
    (scalar.span.start as usize, scalar.span.end as usize)
}

fn is_blank_line_before(source: &str, line: usize) -> bool {
    let before = source[..line].strip_suffix('\n');
    before.is_some_and(|before| before.rsplit('\n').next().is_some_and(|last| last.trim().is_empty()))
}

fn starts_with_blank_line(rest: &str) -> bool {
    rest.split_once('\n').is_some_and(|(line, _)| line.trim().is_empty())
}
