//! Field specs: which fields of which kinds a transformer touches, and the walk that finds or makes them.
//! Sets no value itself and knows no transformer.

use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use smol_str::SmolStr;

use super::by_hash::ByHash;
use super::growth::check_depth;
use super::gvk::Gvk;
use super::resource::Key;
use super::resource_id::GvkRef;
use crate::failure::{Failure, Result};
use crate::yaml::{MAX_DEPTH, Mapping, Node, Scalar, Sequence, Tag};

/// One row of a table: a kind (empty parts select everything) and a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    /// The kinds it applies to.
    pub(crate) gvk: Gvk,
    /// `/`-separated; `\/` is a slash in a name, `name[]` a list that is never made.
    pub(crate) path: SmolStr,
    /// Whether missing parts are made.
    pub(crate) create: bool,
}

/// What is made where a path with `create` ends and nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Create {
    /// A scalar, for the setter to fill.
    Scalar,
    /// A mapping.
    Mapping,
}

/// A table ready to be applied to many objects: one path trie for each kind met.
#[derive(Debug)]
pub(crate) struct FieldSpecs {
    specs: Vec<FieldSpec>,
    create: Option<Create>,
    /// By the hash of the kind, several of which may share one.
    tries: ByHash<Vec<KindPaths>>,
    hasher: RandomState,
    /// Segments of the longest path met; one that is too long is refused when the table is applied.
    longest: usize,
}

/// A kind, and its paths.
type KindPaths = (Gvk, Rc<Vec<Step>>);

/// The paths of the rows for one kind.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    steps: Rc<Vec<Step>>,
    create: Option<Create>,
    longest: usize,
}

/// One segment of the paths of one kind, with those that go on below it.
#[derive(Debug)]
struct Step {
    name: SmolStr,
    /// Written `name[]`.
    list: bool,
    create: bool,
    /// The name is one that [`refuse_no_name`] refuses, once a path leads to it.
    is_refused: bool,
    /// Rows whose path ends here.
    ends: Vec<usize>,
    next: Vec<Step>,
}

/// What a row does to the value that its path leads to; gets the row's number.
pub(crate) type Setter<'a> = &'a mut dyn FnMut(usize, &mut Node) -> Result<()>;

/// A setter that also gets the way to the value.
pub(crate) type TrailSetter<'a> = &'a mut dyn FnMut(&[Crumb<'_>], usize, &mut Node) -> Result<()>;

/// One step of the way to a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crumb<'a> {
    /// Field of a mapping.
    Field(&'a SmolStr),
    /// Element of a list.
    Element(usize),
}

impl FieldSpecs {
    /// Takes a table; `create` is what rows with `create` make at their end (none: nothing is ever made).
    pub(crate) fn new(specs: Vec<FieldSpec>, create: Option<Create>) -> Self {
        Self { specs, create, tries: ByHash::default(), hasher: RandomState::new(), longest: 0 }
    }

    /// Returns the paths of the rows for a kind.
    pub(crate) fn paths(&mut self, gvk: GvkRef<'_>) -> Paths {
        Paths { steps: self.steps_for(gvk), create: self.create, longest: self.longest }
    }

    fn steps_for(&mut self, gvk: GvkRef<'_>) -> Rc<Vec<Step>> {
        let known = self.tries.entry(self.hasher.hash_one(gvk)).or_default();
        if let Some((_, steps)) = known.iter().find(|(one, _)| gvk.is(one)) {
            return Rc::clone(steps);
        }
        let mut steps = Vec::new();
        for (row, spec) in self.specs.iter().enumerate() {
            if gvk.is_selected_by(&spec.gvk) {
                let path = split_path(&spec.path, '/');
                self.longest = self.longest.max(path.len());
                insert(&mut steps, &path[..path.len().min(MAX_DEPTH)], spec.create && self.create.is_some(), row);
            }
        }
        let steps = Rc::new(steps);
        known.push((gvk.to_gvk(), Rc::clone(&steps)));
        steps
    }
}

impl Paths {
    /// Calls `set` on every value that the paths lead to.
    ///
    /// # Errors
    /// A scalar in the middle of a path, a segment that names no field, and what `set` returns.
    pub(crate) fn apply(&self, object: &mut Node, set: Setter<'_>) -> Result<()> {
        self.apply_on_trail(object, &mut |_, row, node| set(row, node))
    }

    /// Calls `set` on every value that the paths lead to, with the way there.
    ///
    /// # Errors
    /// As [`Paths::apply`].
    pub(crate) fn apply_on_trail(&self, object: &mut Node, set: TrailSetter<'_>) -> Result<()> {
        check_depth(self.longest)?;
        Walk { create: self.create, trail: Vec::new() }.below(&self.steps, object, set)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Crumb<'_> {
    /// Returns the same step of a way that outlives the walk.
    pub(crate) fn key(self) -> Key {
        match self {
            Self::Field(name) => Key::Field(name.clone()),
            Self::Element(index) => Key::Element(index),
        }
    }
}

fn insert(steps: &mut Vec<Step>, path: &[SmolStr], create: bool, row: usize) {
    let Some((segment, rest)) = path.split_first() else { return };
    let trimmed = segment.strip_suffix("[]");
    let (name, list) = (trimmed.unwrap_or(segment), trimmed.is_some());
    let same = |step: &Step| step.name == name && step.list == list && step.create == (create && !list);
    let index = steps.iter().position(same).unwrap_or_else(|| {
        let is_refused = refuse_no_name(name).is_err();
        let (ends, next) = (Vec::new(), Vec::new());
        steps.push(Step { name: name.into(), list, create: create && !list, is_refused, ends, next });
        steps.len() - 1
    });
    if rest.is_empty() {
        steps[index].ends.push(row);
    } else {
        insert(&mut steps[index].next, rest, create, row);
    }
}

struct Walk<'s> {
    create: Option<Create>,
    trail: Vec<Crumb<'s>>,
}

impl<'s> Walk<'s> {
    fn below(&mut self, steps: &'s [Step], node: &mut Node, set: TrailSetter<'_>) -> Result<()> {
        if steps.is_empty() || node.is_null() {
            return Ok(());
        }
        match node {
            Node::Sequence(list) => list.items.iter_mut().enumerate().try_for_each(|(index, item)| {
                self.trail.push(Crumb::Element(index));
                self.below(steps, item, set)?;
                self.trail.pop();
                Ok(())
            }),
            Node::Mapping(map) => steps.iter().try_for_each(|step| self.enter(step, map, set)),
            Node::Scalar(scalar) => {
                let names = steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ");
                Err(Failure::input(format!(
                    "expected a map or a list that holds {names}, found the value '{}'",
                    scalar.text
                )))
            }
        }
    }

    fn enter(&mut self, step: &'s Step, map: &mut Mapping, set: TrailSetter<'_>) -> Result<()> {
        if step.is_refused {
            refuse_no_name(&step.name)?;
        }
        if step.create && map.get(&step.name).is_none() {
            map.set(&step.name, self.made(step));
        }
        let Some(value) = map.get_mut(&step.name) else { return Ok(()) };
        if value.is_null() && step.list {
            *value = Node::Sequence(Sequence::default());
        } else if value.is_null() && step.create && !self.makes_scalar(step) {
            *value = Node::mapping();
        }
        self.trail.push(Crumb::Field(&step.name));
        for row in &step.ends {
            set(&self.trail, *row, value)?;
        }
        self.below(&step.next, value, set)?;
        self.trail.pop();
        Ok(())
    }

    fn makes_scalar(&self, step: &Step) -> bool {
        step.next.is_empty() && self.create == Some(Create::Scalar)
    }

    /// An empty scalar reads as null until the setter fills it.
    fn made(&self, step: &Step) -> Node {
        if self.makes_scalar(step) {
            Node::Scalar(Scalar { tag: Tag::Null, ..Scalar::default() })
        } else {
            Node::mapping()
        }
    }
}

/// Numbers, `-`, `*` and `[…]` address list elements in kustomize's lookups, which no map has.
fn refuse_no_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Failure::input("the path of a field spec has an empty field name"));
    }
    let addresses_elements =
        name == "-" || name == "*" || is_go_integer(name) || (name.starts_with('[') && name.ends_with(']'));
    if addresses_elements {
        return Err(Failure::input(format!(
            "'{name}' in the path of a field spec addresses a list element, but the value is a map"
        )));
    }
    Ok(())
}

/// Whether Go's `strconv.Atoi` reads the text.
pub(crate) fn is_go_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok()
}

/// Splits a path at `delimiter`; a backslash before one keeps it in the name, and one leading delimiter is allowed.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<SmolStr> {
    let mut parts = path.split(delimiter).peekable();
    let first = parts.next().unwrap_or_default();
    let start = if first.is_empty() && parts.peek().is_some() { parts.next().unwrap_or_default() } else { first };
    let mut names = vec![start.to_owned()];
    for part in parts {
        match names.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => names.push(part.to_owned()),
        }
    }
    names.into_iter().map(SmolStr::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{Create, FieldSpec, FieldSpecs, split_path};
    use crate::kustomize::gvk::Gvk;
    use crate::kustomize::resource_id::GvkRef;
    use crate::kustomize::testing::{node, text};
    use crate::yaml::Node;

    fn spec(kind: &str, path: &str, create: bool) -> FieldSpec {
        FieldSpec { gvk: Gvk { kind: kind.into(), ..Gvk::default() }, path: path.into(), create }
    }

    fn apply(specs: Vec<FieldSpec>, create: Option<Create>, object: &str) -> Result<String, String> {
        let mut object = node(object);
        let gvk = GvkRef::new("apps/v1", "Deployment");
        let result = FieldSpecs::new(specs, create).paths(gvk).apply(&mut object, &mut |_, value| {
            *value = Node::string("set");
            Ok(())
        });
        result.map(|()| text(&object)).map_err(|failure| failure.to_string())
    }

    #[test]
    fn paths_split_at_slashes_that_are_not_escaped() {
        assert_eq!(split_path("/a/b\\/c/d[]", '/'), ["a", "b/c", "d[]"]);
        assert_eq!(split_path("a//b", '/'), ["a", "", "b"]);
        assert_eq!(split_path("", '/'), [""]);
        assert_eq!(split_path("a.b\\.c", '.'), ["a", "b.c"]);
    }

    #[test]
    fn lists_are_descended_without_a_segment() {
        let object = "spec: {containers: [{image: a}, {image: b}, {name: c}]}";
        let result = apply(vec![spec("", "spec/containers/image", false)], None, object);
        assert_eq!(result.as_deref(), Ok(r#"{"spec":{"containers":[{"image":"set"},{"image":"set"},{"name":"c"}]}}"#));
    }

    #[test]
    fn create_makes_maps_and_the_wanted_leaf_but_no_list() {
        let specs = vec![spec("", "a/b/c", true), spec("", "d[]/e", true), spec("", "f/g", true)];
        let result = apply(specs, Some(Create::Scalar), "f: null");
        assert_eq!(result.as_deref(), Ok(r#"{"f":{"g":"set"},"a":{"b":{"c":"set"}}}"#));
    }

    #[test]
    fn a_null_list_segment_becomes_an_empty_list() {
        assert_eq!(apply(vec![spec("", "d[]/e", false)], None, "d: null").as_deref(), Ok(r#"{"d":[]}"#));
    }

    #[test]
    fn missing_or_null_parts_end_quietly_without_create() {
        assert_eq!(apply(vec![spec("", "a/b", false)], None, "a: null").as_deref(), Ok(r#"{"a":null}"#));
        assert_eq!(apply(vec![spec("Job", "a", false)], None, "a: x").as_deref(), Ok(r#"{"a":"x"}"#));
    }

    #[test]
    fn a_scalar_in_the_middle_and_an_element_address_are_errors() {
        let message = apply(vec![spec("", "a/b", false)], None, "a: x").expect_err("no map");
        assert!(message.contains("'x'"), "{message}");
        assert!(apply(vec![spec("", "a/0", false)], None, "a: {b: c}").is_err());
    }
}
