//! Strategic merge of a patch into an object, as kustomize does it (kyaml `merge2` and `walk`), its quirks included.
//! Knows nodes and the schema only; which object gets which patch is the transformers' business.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::scalar_text::{is_text, is_untagged, is_yaml11_value};
use super::schema::{Schema, TypeId};
use crate::failure::{Failure, Result};
use crate::yaml::{Entry, Mapping, Node, Sequence, Style, Tag};

mod directive;
mod list;
mod literal;

use directive::Directive;

/// What is left of a live value.
#[derive(Debug)]
enum Fate {
    /// The live value, changed in place.
    Live,
    /// Another value takes its place.
    New(Node),
    /// Nothing.
    Gone,
}

/// A patch that does not fit its object: where, and why.
#[derive(Debug)]
struct Misfit {
    /// Innermost first.
    path: Vec<SmolStr>,
    message: String,
}

type Merged<T> = std::result::Result<T, Box<Misfit>>;

/// Merges `patch` into `object` and returns whether anything is left of it: a patch can delete the whole object.
///
/// # Errors
/// A value of another form than the live one (a list over a map), and unknown `$patch` words.
pub(crate) fn merge(schema: &Schema, object: &mut Node, patch: Node) -> Result<bool> {
    let merge = Merge { schema };
    match merge.walk(object, patch, None).map_err(|misfit| misfit.into_failure())? {
        Fate::Live => Ok(true),
        Fate::New(node) => {
            *object = node;
            Ok(true)
        }
        Fate::Gone => Ok(false),
    }
}

struct Merge<'s> {
    schema: &'s Schema,
}

impl Merge<'_> {
    /// Merges a patch into a value that is there (it may be null).
    fn walk(&self, live: &mut Node, mut patch: Node, known: Option<TypeId>) -> Merged<Fate> {
        let of = self.type_of(known, &[live, &patch]);
        if live.is_null() {
            return Ok(self.fresh(patch, of)?.map_or(Fate::Gone, Fate::New));
        }
        if patch.is_null() {
            return Ok(Fate::Gone);
        }
        match (live, &mut patch) {
            (Node::Mapping(live), Node::Mapping(map)) => match directive::take_of_map(map)? {
                Directive::Delete => Ok(Fate::Gone),
                Directive::Replace => {
                    self.settle_fields(map, of)?;
                    Ok(Fate::New(patch))
                }
                Directive::Merge => self.merge_fields(live, std::mem::take(map), of).map(|()| Fate::Live),
            },
            (Node::Sequence(live), Node::Sequence(list)) => match self.merge_keys(of) {
                Some((list_type, keys)) => self.merge_list(live, list, list_type, keys),
                None => Ok(Fate::New(patch)),
            },
            (Node::Scalar(_), Node::Scalar(_)) => Ok(Fate::New(patch)),
            (live, patch) => Err(Misfit::of_form(live, patch)),
        }
    }

    fn merge_list(&self, live: &mut Sequence, patch: &mut Sequence, of: TypeId, keys: &[SmolStr]) -> Merged<Fate> {
        match directive::take_of_list(patch)? {
            Directive::Delete => Ok(Fate::Gone),
            Directive::Replace => {
                let mut covering = std::mem::take(patch);
                self.settle_list(&mut covering, of, keys)?;
                Ok(Fate::New(Node::Sequence(covering)))
            }
            Directive::Merge => {
                live.items =
                    self.list(std::mem::take(&mut live.items), Some(std::mem::take(&mut patch.items)), of, keys)?;
                Ok(Fate::Live)
            }
        }
    }

    fn merge_fields(&self, live: &mut Mapping, patch: Mapping, of: Option<TypeId>) -> Merged<()> {
        let mut patch = PatchFields::new(patch);
        let mut kept = Vec::with_capacity(live.entries.len());
        for mut entry in live.entries.drain(..) {
            let field = self.field(of, &entry.key.text);
            let stays = match patch.take(&entry.key.text) {
                None => self.untouched(&mut entry.value, field).map(|stays| stays && quoted(&mut entry.value)),
                Some(value) => self.walk(&mut entry.value, value, field).map(|fate| set_over(&mut entry.value, fate)),
            };
            if stays.map_err(|misfit| misfit.below(&entry.key.text))? {
                kept.push(entry);
            }
        }
        for Entry { key, value } in patch.rest() {
            let field = self.field(of, &key.text);
            if let Some(mut value) = self.fresh(value, field).map_err(|misfit| misfit.below(&key.text))? {
                quoted(&mut value);
                kept.push(Entry { key, value });
            }
        }
        live.entries = kept;
        Ok(())
    }

    /// A value of the patch for which nothing is there: loses nulls and directives.
    fn fresh(&self, mut patch: Node, known: Option<TypeId>) -> Merged<Option<Node>> {
        if patch.is_null() {
            return Ok(None);
        }
        let of = self.type_of(known, &[&patch]);
        match &mut patch {
            // An unknown word is an error only where there is something to merge with; here it stays as a field.
            Node::Mapping(map) => match directive::take_of_map(map) {
                Ok(Directive::Delete) => return Ok(None),
                _ => self.settle_fields(map, of)?,
            },
            Node::Sequence(list) => {
                if let Some((of, keys)) = self.merge_keys(of) {
                    self.settle_list(list, of, keys)?;
                }
            }
            Node::Scalar(_) => {}
        }
        Ok(Some(patch))
    }

    /// What kustomize does to a new value by merging it with itself; false when nothing is left.
    fn settle(&self, node: &mut Node, known: Option<TypeId>) -> Merged<bool> {
        let of = self.type_of(known, &[node]);
        match node {
            Node::Mapping(map) => {
                if directive::take_of_map(map)? == Directive::Delete {
                    return Ok(false);
                }
                self.settle_fields(map, of)?;
            }
            Node::Sequence(list) => {
                let Some((of, keys)) = self.merge_keys(of) else { return Ok(true) };
                if directive::take_of_list(list)? == Directive::Delete {
                    return Ok(false);
                }
                self.settle_list(list, of, keys)?;
            }
            Node::Scalar(scalar) => return Ok(scalar.tag != Tag::Null),
        }
        Ok(true)
    }

    fn settle_fields(&self, map: &mut Mapping, of: Option<TypeId>) -> Merged<()> {
        retain(map, |key, value| Ok(self.settle(value, self.field(of, key))? && quoted(value)))
    }

    fn settle_list(&self, list: &mut Sequence, of: TypeId, keys: &[SmolStr]) -> Merged<()> {
        list.items = self.settled_list(std::mem::take(&mut list.items), of, keys)?;
        Ok(())
    }

    /// A live value that the patch says nothing about: blank nulls go, and keyed lists are normalised all the same.
    fn untouched(&self, live: &mut Node, known: Option<TypeId>) -> Merged<bool> {
        match live {
            Node::Scalar(scalar) => {
                return Ok(scalar.tag != Tag::Null || !scalar.text.is_empty() || is_untagged(scalar));
            }
            Node::Mapping(_) => {
                let of = self.type_of(known, &[live]);
                let Node::Mapping(map) = live else { return Ok(true) };
                retain(map, |key, value| Ok(self.untouched(value, self.field(of, key))? && quoted(value)))?;
            }
            Node::Sequence(list) => {
                if let Some((of, keys)) = self.merge_keys(known) {
                    list.items = self.list(std::mem::take(&mut list.items), None, of, keys)?;
                }
            }
        }
        Ok(true)
    }

    /// The type known from above, else that of the first value which names its own kind.
    fn type_of(&self, known: Option<TypeId>, nodes: &[&Node]) -> Option<TypeId> {
        known.or_else(|| {
            nodes.iter().find_map(|node| {
                let map = node.as_mapping()?;
                self.schema.kind(map.get("apiVersion")?.text()?, map.get("kind")?.text()?)
            })
        })
    }

    fn field(&self, of: Option<TypeId>, name: &str) -> Option<TypeId> {
        self.schema.field(of?, name)
    }

    fn merge_keys(&self, of: Option<TypeId>) -> Option<(TypeId, &[SmolStr])> {
        of.and_then(|list| Some((list, self.schema.merge_keys(list)?)))
    }
}

/// The fields of a patch by name; of repeated ones the first counts.
struct PatchFields {
    entries: Vec<Option<Entry>>,
    /// Only for patches with many fields: for few ones a scan is faster.
    index: Option<HashMap<SmolStr, usize>>,
}

impl PatchFields {
    fn new(patch: Mapping) -> Self {
        let index = (patch.entries.len() > 8).then(|| {
            let mut index = HashMap::with_capacity(patch.entries.len());
            for (at, entry) in patch.entries.iter().enumerate() {
                index.entry(entry.key.text.clone()).or_insert(at);
            }
            index
        });
        Self { entries: patch.entries.into_iter().map(Some).collect(), index }
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let at = match &self.index {
            Some(index) => *index.get(name)?,
            None => self.entries.iter().position(|entry| entry.as_ref().is_some_and(|entry| entry.key.text == name))?,
        };
        let value = self.entries[at].take()?.value;
        self.forget(name);
        Some(value)
    }

    /// Repeated fields of a patch do nothing.
    fn forget(&mut self, name: &str) {
        if self.index.is_none() {
            for slot in &mut self.entries {
                if slot.as_ref().is_some_and(|entry| entry.key.text == name) {
                    *slot = None;
                }
            }
        }
    }

    fn rest(self) -> impl Iterator<Item = Entry> {
        let Self { entries, index } = self;
        entries.into_iter().enumerate().filter_map(move |(at, entry)| {
            let first = |entry: &Entry| index.as_ref().is_none_or(|index| index.get(&entry.key.text) == Some(&at));
            entry.filter(first)
        })
    }
}

fn retain(map: &mut Mapping, mut keep: impl FnMut(&str, &mut Node) -> Merged<bool>) -> Merged<()> {
    let mut error = None;
    map.entries.retain_mut(|entry| {
        error.is_some()
            || keep(&entry.key.text, &mut entry.value).unwrap_or_else(|misfit| {
                error = Some(misfit.below(&entry.key.text));
                true
            })
    });
    error.map_or(Ok(()), Err)
}

/// Puts what a merge made of a field in its place; a new scalar takes over the quotes of the old one.
fn set_over(live: &mut Node, fate: Fate) -> bool {
    match fate {
        Fate::Live => true,
        Fate::Gone => false,
        Fate::New(mut new) => {
            if let (Node::Scalar(old), Node::Scalar(new)) = (&*live, &mut new) {
                new.style = old.style;
            }
            *live = new;
            true
        }
    }
}

/// kustomize quotes plain strings that older readers take for something else; later patches see the quotes.
fn quoted(node: &mut Node) -> bool {
    if let Node::Scalar(scalar) = node
        && is_text(scalar)
        && scalar.style == Style::Plain
        && is_yaml11_value(&scalar.text)
    {
        scalar.style = Style::DoubleQuoted;
        scalar.tag = Tag::Str;
    }
    true
}

impl Misfit {
    fn new(message: impl Into<String>) -> Box<Self> {
        Box::new(Self { path: Vec::new(), message: message.into() })
    }

    fn of_form(live: &Node, patch: &Node) -> Box<Self> {
        Self::new(format!("the patch has {} where the object has {}", form(patch), form(live)))
    }

    fn below(mut self: Box<Self>, name: &str) -> Box<Self> {
        self.path.push(name.into());
        self
    }

    fn into_failure(self) -> Failure {
        let path = self.path.iter().rev().map(SmolStr::as_str).collect::<Vec<_>>().join(".");
        if path.is_empty() {
            Failure::input(self.message)
        } else {
            Failure::input(format!("at {path}: {}", self.message))
        }
    }
}

fn form(node: &Node) -> &'static str {
    match node {
        Node::Scalar(_) => "a single value",
        Node::Mapping(_) => "a map",
        Node::Sequence(_) => "a list",
    }
}

#[cfg(test)]
mod tests;
