//! Anchors: an edit must not change what else an anchor stands for. What is shared is given its own value, or refused.
//! Only plans splices; the proof has the last word.

use std::collections::HashMap;

use granit_parser::ScalarStyle;

use crate::yaml::meaning::is_merge;
use crate::yaml::quoting::write_string;
use crate::yaml::syntax::{Kind, Syntax};

use super::plan::{Plan, pair};
use super::{EditError, Fields, List, ListChange, Want, at, is_key, list_value};

/// How an anchor is used at one place.
enum Use<'doc> {
    /// As the value of a merge key of this mapping.
    Merged(&'doc Syntax),
    /// As a value.
    Value(&'doc Syntax),
}

impl<'doc> Plan<'doc> {
    /// Replaces the values that change, and gives everything else that shares them its own.
    pub(super) fn settle_sharing(&mut self, lists: &[ListChange]) -> Result<(), EditError> {
        for change in lists {
            if !change.items.is_empty() || !change.new.is_empty() {
                self.refuse_shared_list(change.list)?;
            }
            for (index, fields) in &change.items {
                let item = self.item(change.list, *index)?;
                self.detach_entry(item, fields, change, lists)?;
            }
        }
        self.replace_values()
    }

    /// Refuses a list, or a document, that an alias elsewhere stands for: the edit would change that too.
    fn refuse_shared_list(&self, list: List) -> Result<(), EditError> {
        let found = list_value(self.text, self.document, list)?;
        let around = [self.document.root.as_ref(), found.pair.map(|(_, value)| value)];
        for node in around.into_iter().flatten() {
            if !self.uses(node).is_empty() {
                let message = format!("{} is used a second time through its anchor; write it out there", list.key());
                return Err(at(self.text, node.start(), message));
            }
        }
        Ok(())
    }

    fn uses(&self, node: &Syntax) -> &'doc [std::ops::Range<usize>] {
        let id = node.anchor.as_ref().map(|anchor| anchor.id);
        id.and_then(|id| self.document.uses.get(&id)).map_or(&[], Vec::as_slice)
    }

    /// Gives what else uses a changed entry's anchor the old values of the fields that change.
    fn detach_entry(
        &mut self,
        item: &'doc Syntax,
        fields: &Fields,
        change: &ListChange,
        lists: &[ListChange],
    ) -> Result<(), EditError> {
        if matches!(item.kind, Kind::Alias(_)) {
            return Ok(());
        }
        for alias in self.uses(item) {
            match self.use_at(alias.start) {
                Some(Use::Merged(mapping)) => self.pin(mapping, item, fields, change, lists)?,
                Some(Use::Value(node)) if !self.replaced.contains(&alias.start) => {
                    let text = self.written_out(node, &Vec::new())?;
                    self.splices.replace(alias.clone(), text);
                    self.replaced.insert(alias.start);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes the old values of `fields` into a mapping that gets them from `item` by a merge key.
    fn pin(
        &mut self,
        mapping: &'doc Syntax,
        item: &'doc Syntax,
        fields: &Fields,
        change: &ListChange,
        lists: &[ListChange],
    ) -> Result<(), EditError> {
        let own_edit = lists.iter().find_map(|list| {
            list.items.iter().find_map(|(index, fields)| {
                let entry = self.item(list.list, *index).ok()?;
                std::ptr::eq(entry, mapping).then_some(fields)
            })
        });
        for (field, _) in fields {
            let edited = own_edit.is_some_and(|own| own.iter().any(|(name, _)| name == field));
            let Kind::Mapping(pairs, _) = &mapping.kind else { continue };
            if edited || pairs.iter().any(|(key, _)| is_key(key, field)) {
                continue;
            }
            let old = |node: &'doc Syntax| {
                let fields = self.anchors.fields(node)?;
                fields.into_iter().find(|(key, _)| is_key(key, field)).map(|(_, value)| value)
            };
            match (old(mapping), old(item)) {
                (Some(value), Some(base)) if std::ptr::eq(value, base) => {
                    let text = self.anchors.resolve(value).text().unwrap_or_default().to_owned();
                    let pinned = match change.list {
                        List::Images => pair(field, &Want::Text(text)),
                        List::Replicas => format!("{field}: {text}"),
                    };
                    self.add(mapping, pinned);
                }
                (None, None) => self.add(mapping, pair(field, &Want::Text(String::new()))),
                _ => {}
            }
        }
        Ok(())
    }

    /// Finds what the alias at a byte is.
    fn use_at(&self, start: usize) -> Option<Use<'doc>> {
        let mut found = None;
        let is_it = |node: &Syntax| matches!(node.kind, Kind::Alias(_)) && node.span.start == start;
        self.document.root.as_ref()?.walk(&mut |node: &'doc Syntax| {
            if is_it(node) && found.is_none() {
                found = Some(Use::Value(node));
            }
            let Kind::Mapping(pairs, _) = &node.kind else { return };
            for (_, value) in pairs.iter().filter(|(key, _)| is_merge(key)) {
                let listed = matches!(&value.kind, Kind::Sequence(items, _) if items.iter().any(is_it));
                if listed || is_it(value) {
                    found = Some(Use::Merged(node));
                }
            }
        });
        found
    }

    /// Replaces the values that change. An anchor whose every use changes in the same way keeps standing for all of
    /// them; any other is handed on to the first use that stays.
    fn replace_values(&mut self) -> Result<(), EditError> {
        let values = std::mem::take(&mut self.values);
        let edited: HashMap<usize, &Want> = values
            .iter()
            .filter(|(node, _)| matches!(node.kind, Kind::Alias(_)))
            .map(|(node, want)| (node.span.start, want))
            .collect();
        let gone: Vec<usize> = self.removed.iter().map(|node| node.span.start).collect();
        let stays = |alias: usize| !edited.contains_key(&alias) && !gone.contains(&alias);
        let mut following = Vec::new();
        for (node, want) in &values {
            let uses = self.uses(node);
            let together = !uses.is_empty() && uses.iter().all(|alias| edited.get(&alias.start) == Some(&want));
            if together {
                following.extend(uses.iter().map(|alias| alias.start));
            } else if let Some(heir) = uses.iter().find(|alias| stays(alias.start)) {
                self.hand_on(node, heir.clone());
                let new = Syntax { anchor: None, tag: None, span: node.start()..node.end(), kind: node.kind.clone() };
                self.replace(&new, want)?;
                continue;
            }
            if !matches!(node.kind, Kind::Alias(_)) {
                self.replace(node, want)?;
            }
        }
        for (node, want) in &values {
            if matches!(node.kind, Kind::Alias(_)) && !following.contains(&node.span.start) {
                self.replace(node, want)?;
            }
        }
        for node in std::mem::take(&mut self.removed) {
            if let Some(heir) = self.uses(node).iter().find(|alias| stays(alias.start)) {
                self.hand_on(node, heir.clone());
            }
        }
        Ok(())
    }

    /// Writes the anchor and its old value where it is used next.
    fn hand_on(&mut self, node: &Syntax, heir: std::ops::Range<usize>) {
        let written = &self.text[node.start()..node.end()];
        let block = matches!(&node.kind, Kind::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded));
        let anchor = node.anchor.as_ref().map_or("", |anchor| &self.text[anchor.span.clone()]);
        let text = if block || written.contains(['\n', ',', '[', ']', '{', '}']) {
            format!("{anchor} {}", write_string(node.text().unwrap_or_default(), ScalarStyle::DoubleQuoted))
        } else {
            written.to_owned()
        };
        self.splices.replace(heir, text);
    }
}
