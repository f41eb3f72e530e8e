//! The splices of an edit: values replaced, pairs added and removed, entries appended, in the layout that stands there.
//! Knows the file's syntax; whether the result is right is the proof's to say.

use std::collections::{HashMap, HashSet};

use granit_parser::ScalarStyle;

use crate::yaml::layout;
use crate::yaml::meaning::{Anchors, Meaning, is_merge, is_null};
use crate::yaml::quoting::write_string;
use crate::yaml::splice::Splices;
use crate::yaml::syntax::{Document, Kind, Syntax};

use super::{EditError, Fields, List, ListChange, Want, at, is_key, list_value};

/// What is collected on the way to the new text.
pub(super) struct Plan<'doc> {
    pub(super) text: &'doc str,
    pub(super) document: &'doc Document,
    pub(super) anchors: &'doc Anchors<'doc>,
    pub(super) splices: Splices,
    /// Values that get another text.
    pub(super) values: Vec<(&'doc Syntax, Want)>,
    /// Values that are taken away with their key.
    pub(super) removed: Vec<&'doc Syntax>,
    /// Starts of aliases that something else is written for.
    pub(super) replaced: HashSet<usize>,
    /// Fields to add to a mapping and positions of pairs to remove from it, by where the mapping starts.
    pub(super) mappings: HashMap<usize, MappingChange<'doc>>,
}

/// Pairs that a mapping gets and loses.
pub(super) struct MappingChange<'doc> {
    mapping: &'doc Syntax,
    added: Vec<String>,
    removed: Vec<usize>,
}

impl<'doc> Plan<'doc> {
    pub(super) fn new(text: &'doc str, document: &'doc Document, anchors: &'doc Anchors<'doc>) -> Self {
        Self {
            text,
            document,
            anchors,
            splices: Splices::default(),
            values: Vec::new(),
            removed: Vec::new(),
            replaced: HashSet::new(),
            mappings: HashMap::new(),
        }
    }

    /// Plans the changes to the entries that are there.
    pub(super) fn change_items(&mut self, change: &ListChange) -> Result<(), EditError> {
        for (index, fields) in &change.items {
            let item = self.item(change.list, *index)?;
            match &item.kind {
                Kind::Alias(_) => {
                    let text = self.written_out(item, fields)?;
                    self.splices.replace(item.span.clone(), text);
                    self.replaced.insert(item.span.start);
                }
                _ => fields.iter().for_each(|(field, want)| self.change_field(item, field, want)),
            }
        }
        Ok(())
    }

    /// Returns an entry of a list that `compare` has found.
    pub(super) fn item(&self, list: List, index: usize) -> Result<&'doc Syntax, EditError> {
        let found = list_value(self.text, self.document, list)?;
        match found.pair.map(|(_, value)| &value.kind) {
            Some(Kind::Sequence(items, _)) => Ok(&items[index]),
            _ => Err(EditError { message: format!("{} is no list", list.key()), line: 0, column: 0 }),
        }
    }

    fn change_field(&mut self, item: &'doc Syntax, field: &str, want: &Want) {
        let Kind::Mapping(pairs, _) = &item.kind else { return };
        let own: Vec<usize> = (0..pairs.len()).filter(|index| is_key(&pairs[*index].0, field)).collect();
        let inherited = self.inherits(item, field);
        match (own.last(), want) {
            (None, Want::Nothing) if inherited => self.add(item, pair(field, &Want::Text(String::new()))),
            (None, Want::Nothing) => {}
            (None, want) => self.add(item, pair(field, want)),
            // Taken away, the merged value would show: an empty one says the same as none.
            (Some(last), Want::Nothing) if inherited => {
                self.values.push((&pairs[*last].1, Want::Text(String::new())));
            }
            (Some(_), Want::Nothing) => {
                self.removed.extend(own.iter().map(|index| &pairs[*index].1));
                self.mapping(item).removed.extend(own);
            }
            (Some(last), want) => self.values.push((&pairs[*last].1, want.clone())),
        }
    }

    /// Tells whether a mapping gets a field from a merge key.
    fn inherits(&self, item: &'doc Syntax, field: &str) -> bool {
        let Kind::Mapping(pairs, _) = &item.kind else { return false };
        let sources = pairs.iter().filter(|(key, _)| is_merge(key)).flat_map(|(_, value)| match &value.kind {
            Kind::Sequence(items, _) => items.iter().collect(),
            _ => vec![value],
        });
        sources.filter_map(|source| self.anchors.fields(source)).flatten().any(|(key, _)| is_key(key, field))
    }

    /// Plans a pair to add to a mapping.
    pub(super) fn add(&mut self, mapping: &'doc Syntax, pair: String) {
        self.mapping(mapping).added.push(pair);
    }

    fn mapping(&mut self, mapping: &'doc Syntax) -> &mut MappingChange<'doc> {
        let new = MappingChange { mapping, added: Vec::new(), removed: Vec::new() };
        self.mappings.entry(mapping.span.start).or_insert(new)
    }

    /// Writes an entry out in one line: what it means now, with `fields` changed.
    pub(super) fn written_out(&self, item: &'doc Syntax, fields: &Fields) -> Result<String, EditError> {
        let refuse = || at(self.text, item.start(), "the entry is an alias that cannot be written out".into());
        let mut pairs = Vec::new();
        for (key, value) in self.anchors.fields(item).ok_or_else(refuse)? {
            let key = key.text().ok_or_else(refuse)?;
            if !fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(key)) {
                match self.anchors.meaning(value).map_err(|_| refuse())? {
                    Meaning::Text(text) => pairs.push(format!("{key}: {}", write_string(&text, ScalarStyle::Plain))),
                    Meaning::Plain(text) => pairs.push(format!("{key}: {text}")),
                    _ => return Err(refuse()),
                }
            }
        }
        let changed = fields.iter().filter(|(_, want)| *want != Want::Nothing);
        pairs.extend(changed.map(|(field, want)| pair(field, want)));
        Ok(format!("{{{}}}", pairs.join(", ")))
    }

    /// Replaces one value and keeps its anchor, its quotes where they fit, and the comment behind it.
    pub(super) fn replace(&mut self, node: &Syntax, want: &Want) -> Result<(), EditError> {
        let style = match &node.kind {
            Kind::Scalar(_, style) if !is_null(node) => *style,
            Kind::Scalar(..) | Kind::Alias(_) => ScalarStyle::DoubleQuoted,
            _ => {
                return Err(at(
                    self.text,
                    node.start(),
                    "a text is wanted here, and a list or mapping stands here".into(),
                ));
            }
        };
        let new = write(want, style);
        let mut range = node.span.clone();
        if let Some(tag) = &node.tag
            && &self.text[tag.clone()] != "!!str"
        {
            range.start = tag.start;
        }
        let glued = range.is_empty() && !self.text[..range.start].ends_with([' ', '\t', '\n']);
        self.splices.replace(range, if glued { format!(" {new}") } else { new });
        Ok(())
    }

    /// Plans the entries to append to a list whose key is there.
    pub(super) fn append(&mut self, change: &ListChange) -> Result<(), EditError> {
        if change.new.is_empty() {
            return Ok(());
        }
        let found = list_value(self.text, self.document, change.list)?;
        match found.pair {
            Some((key, value)) if is_null(value) || is_empty_list(value) => self.fill(change, key, value),
            Some((key, value)) => self.append_items(change, key, value),
            None => Ok(()),
        }
    }

    fn append_items(&mut self, change: &ListChange, key: &Syntax, list: &Syntax) -> Result<(), EditError> {
        let Kind::Sequence(items, flow) = &list.kind else {
            return Err(at(self.text, list.start(), format!("{} is no list", change.list.key())));
        };
        let in_braces = items.iter().all(|item| matches!(item.kind, Kind::Mapping(_, true)));
        if *flow {
            let texts: Vec<String> = change.new.iter().map(|(name, fields)| flow_item(name, fields)).collect();
            layout::add_flow_items(self.text, &mut self.splices, list, &texts);
            return Ok(());
        }
        let behind = layout::behind_colon(self.text, key);
        let Some(dashes) = layout::dashes(self.text, list, behind) else {
            return Err(at(self.text, list.start(), format!("the layout of {} is not understood", change.list.key())));
        };
        let lines = change.new.iter().flat_map(|(name, fields)| {
            if in_braces {
                vec![format!("{}-{}{}", dashes.indent, dashes.gap, flow_item(name, fields))]
            } else {
                block_item(&dashes.indent, &dashes.gap, name, fields)
            }
        });
        layout::add_lines(self.text, &mut self.splices, list.end(), &lines.collect::<Vec<_>>());
        Ok(())
    }

    /// Gives a key without a list one: lines below it, or brackets where the text around is in braces.
    fn fill(&mut self, change: &ListChange, key: &Syntax, value: &Syntax) -> Result<(), EditError> {
        let from = layout::behind_colon(self.text, key);
        let in_braces = self.document.root.as_ref().is_some_and(|root| matches!(root.kind, Kind::Mapping(_, true)));
        let plain =
            value.anchor.is_none() && value.tag.is_none() && !self.text[value.span.clone()].contains(['\n', '#']);
        if in_braces || !plain {
            let texts: Vec<String> = change.new.iter().map(|(name, fields)| flow_item(name, fields)).collect();
            let glue = if value.span.start == from { " " } else { "" };
            self.splices.replace(value.span.clone(), format!("{glue}[{}]", texts.join(", ")));
            return Ok(());
        }
        let indent = self.list_indent(key);
        let lines: Vec<String> =
            change.new.iter().flat_map(|(name, fields)| block_item(&indent, " ", name, fields)).collect();
        if !value.span.is_empty() {
            self.splices.remove(from..value.span.end);
        }
        layout::add_lines(self.text, &mut self.splices, value.span.end, &lines);
        Ok(())
    }

    /// Adds the key and its list at the end of the document, where there is no such key.
    pub(super) fn create(&mut self, change: &ListChange) -> Result<(), EditError> {
        if change.new.is_empty() || list_value(self.text, self.document, change.list)?.pair.is_some() {
            return Ok(());
        }
        let root = self.document.root.as_ref();
        match root.map(|root| (root, &root.kind)) {
            Some((root, Kind::Mapping(pairs, true))) => {
                let texts: Vec<String> = change.new.iter().map(|(name, fields)| flow_item(name, fields)).collect();
                let pair = format!("{}: [{}]", change.list.key(), texts.join(", "));
                // Both lists may be missing from empty braces: then the mapping is written once, with both.
                if pairs.is_empty() {
                    self.add(root, pair);
                } else {
                    layout::add_pairs(self.text, &mut self.splices, root, &[], &[pair]);
                }
            }
            Some((root, Kind::Mapping(pairs, false))) => {
                let (first, _) = pairs.first().expect("a mapping without braces has a pair");
                let lines = self.list_lines(change, first);
                layout::add_lines(self.text, &mut self.splices, root.end(), &lines);
            }
            _ => self.create_document(change),
        }
        Ok(())
    }

    fn list_lines(&self, change: &ListChange, sibling: &Syntax) -> Vec<String> {
        let start = layout::line_start(self.text, sibling.start());
        let outer = &self.text[start..sibling.start()];
        let indent = self.list_indent(sibling);
        let mut lines = vec![format!("{outer}{}:", change.list.key())];
        lines.extend(change.new.iter().flat_map(|(name, fields)| block_item(&indent, " ", name, fields)));
        lines
    }

    /// Adds the key and its list to a file that says nothing yet.
    fn create_document(&mut self, change: &ListChange) {
        let mut lines = vec![format!("{}:", change.list.key())];
        lines.extend(change.new.iter().flat_map(|(name, fields)| block_item("", " ", name, fields)));
        let ending = layout::line_ending(self.text, self.text.len());
        let before = if self.text.is_empty() || self.text.ends_with(['\n', '\u{feff}']) { "" } else { ending };
        self.splices.insert(self.text.len(), format!("{before}{}{ending}", lines.join(ending)));
    }

    /// Returns the indentation for the dashes of a new list: as other lists of the file have it, else the key's own.
    fn list_indent(&self, key: &Syntax) -> String {
        let start = layout::line_start(self.text, key.start());
        let outer = &self.text[start..key.start()];
        let Some(Kind::Mapping(pairs, _)) = self.document.root.as_ref().map(|root| &root.kind) else {
            return outer.to_owned();
        };
        let other = pairs.iter().find_map(|(key, value)| {
            layout::dashes(self.text, value, layout::behind_colon(self.text, key)).map(|dashes| dashes.indent)
        });
        other.unwrap_or_else(|| outer.to_owned())
    }

    /// Returns the text with everything done to it.
    pub(super) fn finish(mut self) -> Result<String, EditError> {
        let mut mappings: Vec<_> = std::mem::take(&mut self.mappings).into_values().collect();
        mappings.sort_by_key(|change| change.mapping.span.start);
        // What belongs into an entry stands before what follows the entry, where both begin at the end of one line.
        let mut splices = Splices::default();
        for change in &mut mappings {
            change.removed.sort_unstable();
            layout::remove_pairs(self.text, &mut splices, change.mapping, &change.removed);
            if !change.added.is_empty() {
                layout::add_pairs(self.text, &mut splices, change.mapping, &change.removed, &change.added);
            }
        }
        splices.append(self.splices);
        splices.apply(self.text).ok_or_else(|| EditError {
            message: "the changes asked for touch the same bytes; make them one by one".into(),
            line: 0,
            column: 0,
        })
    }
}

fn is_empty_list(value: &Syntax) -> bool {
    matches!(&value.kind, Kind::Sequence(items, _) if items.is_empty())
}

/// Writes a field as it stands in a new pair: a tag always in quotes, the others where they need them.
pub(super) fn pair(field: &str, want: &Want) -> String {
    let style = if field == "newTag" { ScalarStyle::DoubleQuoted } else { ScalarStyle::Plain };
    format!("{field}: {}", write(want, style))
}

fn write(want: &Want, style: ScalarStyle) -> String {
    match want {
        Want::Text(text) => write_string(text, style),
        Want::Number(number) => number.to_string(),
        Want::Nothing => "\"\"".to_owned(),
    }
}

fn flow_item(name: &str, fields: &Fields) -> String {
    let rest: String = fields.iter().map(|(field, want)| format!(", {}", pair(field, want))).collect();
    format!("{{name: {}{rest}}}", write_string(name, ScalarStyle::Plain))
}

fn block_item(indent: &str, gap: &str, name: &str, fields: &Fields) -> Vec<String> {
    let mut lines = vec![format!("{indent}-{gap}name: {}", write_string(name, ScalarStyle::Plain))];
    lines.extend(fields.iter().map(|(field, want)| format!("{indent} {gap}{}", pair(field, want))));
    lines
}
