//! The fields that a replacement writes: finds them along a path, makes them where it may, and hands each to a setter.
//! Knows neither sources nor options.

use regex::Regex;
use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_path::{Segment, form};
use crate::kustomize::go_regex;
use crate::kustomize::scalar_text::{as_go_prints, resolve};
use crate::yaml::{Mapping, Node, Scalar, Sequence, Tag};

/// A path to write along: its segments with their patterns compiled.
#[derive(Debug)]
pub(super) struct TargetPath {
    segments: Vec<Segment>,
    patterns: Vec<Option<Result<Regex, String>>>,
}

/// What is made at the end of a path where nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    Nothing,
    Scalar,
    Mapping,
    Sequence,
}

/// A field to be written.
pub(super) struct Field<'n> {
    pub(super) node: &'n mut Node,
    /// Made just now: has no type of its own yet.
    pub(super) is_new: bool,
}

/// Writes one field.
pub(super) type Write<'w> = &'w mut dyn FnMut(Field<'_>) -> Result<()>;

/// What a scalar in the middle of a path is taken for.
pub(super) type Inner<'i> = &'i dyn Fn(&str) -> Result<Node>;

impl TargetPath {
    pub(super) fn new(segments: Vec<Segment>) -> Self {
        let pattern = |segment: &Segment| match segment {
            Segment::Match(_, text) => Some(go_regex::unanchored(text).map_err(|failure| failure.to_string())),
            _ => None,
        };
        Self { patterns: segments.iter().map(pattern).collect(), segments }
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Calls `write` on every field that the path leads to from its segment `from`, and returns how many there were.
    pub(super) fn visit(
        &self,
        node: &mut Node,
        from: usize,
        make: Make,
        inner: Inner<'_>,
        write: Write<'_>,
    ) -> Result<usize> {
        Walk { path: self, make, inner }.walk(node, from, false, write)
    }
}

struct Walk<'p> {
    path: &'p TargetPath,
    make: Make,
    inner: Inner<'p>,
}

impl Walk<'_> {
    fn walk(&self, node: &mut Node, at: usize, is_new: bool, write: Write<'_>) -> Result<usize> {
        match self.path.segments.get(at) {
            None => write(Field { node, is_new }).map(|()| 1),
            Some(Segment::Index(index)) => self.element(node, *index, at, write),
            Some(Segment::Match(key, text)) => self.matching(node, key, text, at, write),
            Some(Segment::Every) => {
                let mut count = 0;
                for item in self.elements(node, at)? {
                    count += self.walk(item, at + 1, false, write)?;
                }
                Ok(count)
            }
            Some(Segment::Field(name)) => self.field(node, name, at, write),
            Some(Segment::Last) => self.field(node, "-", at, write),
            Some(Segment::Broken(text)) if text.starts_with('[') => {
                Err(Failure::input(format!("'{text}' is no segment of a path; a list element is [field=value]")))
            }
            Some(Segment::Broken(text)) => self.field(node, text, at, write),
        }
    }

    fn field(&self, node: &mut Node, name: &str, at: usize, write: Write<'_>) -> Result<usize> {
        let ends = at + 1 == self.path.segments.len();
        let map = match node {
            Node::Mapping(map) => map,
            node if node.is_null() => return self.below_null(write, at),
            node => {
                return Err(Failure::input(format!("'{name}' is looked for in {}, which has no fields", form(node))));
            }
        };
        let is_new = map.get(name).is_none();
        if is_new {
            let Some(new) = self.made(at) else { return Ok(0) };
            map.set(name, new);
        }
        let value = map.get_mut(name).expect("it was there or is made");
        match value {
            Node::Scalar(scalar) if !ends && !is_new => {
                let mut inside = (self.inner)(&scalar.text)?;
                self.walk(&mut inside, at + 1, false, write)
            }
            _ => self.walk(value, at + 1, is_new, write),
        }
    }

    /// kustomize makes fields of a null where no output shows them.
    fn below_null(&self, write: Write<'_>, at: usize) -> Result<usize> {
        let Some(mut lost) = self.made(at) else { return Ok(0) };
        self.walk(&mut lost, at + 1, true, write)
    }

    fn element(&self, node: &mut Node, index: usize, at: usize, write: Write<'_>) -> Result<usize> {
        let made = self.made(at);
        let mut none = Vec::new();
        let items = self.items_or(node, at, &mut none)?;
        let is_new = items.len() == index && made.is_some();
        if is_new {
            items.extend(made);
        }
        let count = items.len();
        match items.get_mut(index) {
            Some(item) => self.walk(item, at + 1, is_new, write),
            None => Err(Failure::input(format!("element {index} is asked for, but the list has {count}"))),
        }
    }

    fn matching(&self, node: &mut Node, key: &str, text: &str, at: usize, write: Write<'_>) -> Result<usize> {
        let pattern = match &self.path.patterns[at] {
            Some(Ok(pattern)) => pattern,
            Some(Err(reason)) => return Err(Failure::input(reason)),
            None => return Err(Failure::input(format!("'[{key}={text}]' has no pattern"))),
        };
        let mut none = Vec::new();
        let items = self.items_or(node, at, &mut none)?;
        let mut count = 0;
        for item in items.iter_mut().filter(|item| fits(item, key, pattern)) {
            count += self.matched(item, key, at, write)?;
        }
        if count > 0 || self.make == Make::Nothing {
            return Ok(count);
        }
        let mut new = element_with(key, text);
        if !fits(&new, key, pattern) {
            return Err(Failure::input(format!(
                "no element fits '[{key}={text}]', and none that does can be made of a pattern"
            )));
        }
        let count = self.matched(&mut new, key, at, write)?;
        items.push(new);
        Ok(count)
    }

    /// What follows a match of single values is not looked at, as in kustomize.
    fn matched(&self, item: &mut Node, key: &str, at: usize, write: Write<'_>) -> Result<usize> {
        if key.is_empty() {
            write(Field { node: item, is_new: false }).map(|()| 1)
        } else {
            self.walk(item, at + 1, false, write)
        }
    }

    fn elements<'n>(&self, node: &'n mut Node, at: usize) -> Result<&'n mut [Node]> {
        match node {
            Node::Sequence(list) => Ok(&mut list.items),
            node if node.is_null() => Ok(&mut []),
            node => Err(self.no_list(node, at)),
        }
    }

    fn items_or<'n>(&self, node: &'n mut Node, at: usize, none: &'n mut Vec<Node>) -> Result<&'n mut Vec<Node>> {
        match node {
            Node::Sequence(list) => Ok(&mut list.items),
            node if node.is_null() => Ok(none),
            node => Err(self.no_list(node, at)),
        }
    }

    fn no_list(&self, node: &Node, at: usize) -> Failure {
        Failure::input(format!("{} is looked for in {}, which has no elements", self.path.segments[at], form(node)))
    }

    /// What is made for the segment `at`: a list where an element follows, a map where a field does.
    fn made(&self, at: usize) -> Option<Node> {
        if self.make == Make::Nothing {
            return None;
        }
        Some(match self.path.segments.get(at + 1) {
            Some(Segment::Index(_) | Segment::Match(..)) => Node::Sequence(Sequence::default()),
            Some(Segment::Broken(text)) if text.starts_with('[') => Node::Sequence(Sequence::default()),
            Some(_) => Node::mapping(),
            None => match self.make {
                Make::Mapping => Node::mapping(),
                Make::Sequence => Node::Sequence(Sequence::default()),
                _ => Node::Scalar(Scalar { tag: Tag::Null, ..Scalar::default() }),
            },
        })
    }
}

fn fits(item: &Node, key: &str, pattern: &Regex) -> bool {
    let value = if key.is_empty() { Some(item) } else { item.as_mapping().and_then(|map| map.get(key)) };
    value.is_some_and(|value| pattern.is_match(&as_go_prints(value)))
}

fn element_with(key: &str, text: &str) -> Node {
    let text = SmolStr::from(text);
    let value = Node::Scalar(Scalar { tag: resolve(&text), text, ..Scalar::default() });
    if key.is_empty() {
        return value;
    }
    let mut map = Mapping::default();
    map.set(key, value);
    Node::Mapping(map)
}
