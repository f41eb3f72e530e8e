//! Where a replacement's value comes from: a text given in place, or a field of exactly one object.
//! Writes nothing.

use smol_str::SmolStr;

use super::{DEFAULT_PATH, Options, go_split};
use crate::failure::{Failure, Result};
use crate::kustomize::field_path::{Segment, form, lookup, segments};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::{GvkRef, effective_namespace};
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar_text::untagged;
use crate::kustomize::value::{Fields, Value};
use crate::yaml::Node;

#[derive(Debug)]
pub(super) enum Source {
    Given(SmolStr),
    Field(ObjectField),
}

/// A field of the one object that the parts select; empty parts select everything, no part is a pattern.
#[derive(Debug)]
pub(super) struct ObjectField {
    group: SmolStr,
    version: SmolStr,
    kind: SmolStr,
    name: SmolStr,
    namespace: SmolStr,
    path_text: SmolStr,
    path: Vec<Segment>,
    options: Options,
}

impl Source {
    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self> {
        match (fields.get("source"), fields.get("sourceValue")) {
            (Some(source), None) => ObjectField::from_field(source).map(Self::Field),
            (None, Some(value)) => value.string().map(Self::Given),
            (None, None) => Err(fields.whole.failure("a replacement needs `source` or `sourceValue`")),
            (Some(_), Some(value)) => {
                Err(value.failure("`source` and `sourceValue` exclude each other").hinted("Remove one of them."))
            }
        }
    }

    /// The value, and the place of the object that holds it: kustomize reads a field anew each time it is written.
    pub(super) fn value(&self, objects: &ResourceMap) -> Result<(Node, Option<usize>)> {
        match self {
            Self::Given(text) => Ok((Node::Scalar(untagged(text)), None)),
            Self::Field(field) => field.value(objects).map(|(value, position)| (value, Some(position))),
        }
    }

    /// The value once more, after something was written into the object that holds it. A part of a text was taken once.
    pub(super) fn again(&self, node: &Node) -> Option<Node> {
        match self {
            Self::Field(field) if field.options.delimiter.is_empty() => {
                lookup(node, &field.path).ok().flatten().cloned()
            }
            _ => None,
        }
    }
}

impl ObjectField {
    fn from_field(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["group", "version", "kind", "name", "namespace", "fieldPath", "options"])?;
        let mut path_text = fields.string("fieldPath")?;
        if path_text.is_empty() {
            path_text = SmolStr::new_static(DEFAULT_PATH);
        }
        Ok(Self {
            group: fields.string("group")?,
            version: fields.string("version")?,
            kind: fields.string("kind")?,
            name: fields.string("name")?,
            namespace: fields.string("namespace")?,
            path: segments(&path_text),
            path_text,
            options: Options::from_field(fields.get("options"))?,
        })
    }

    fn value(&self, objects: &ResourceMap) -> Result<(Node, usize)> {
        let (position, resource) = self.only_match(objects)?;
        let during = |failure: Failure| {
            failure.during(format!("reading field '{}' of {}", self.path_text, resource.current_id()))
        };
        let found = lookup(&resource.node, &self.path).map_err(during)?;
        let Some(node) = found.filter(|node| !is_nothing(node)) else {
            return Err(during(Failure::input("the field is missing or empty, so there is nothing to replace with")));
        };
        self.refined(node).map(|value| (value, position)).map_err(during)
    }

    fn only_match<'o>(&self, objects: &'o ResourceMap) -> Result<(usize, &'o Resource)> {
        let mut matches = objects.resources().iter().enumerate().filter(|(_, resource)| self.means(resource));
        match (matches.next(), matches.next()) {
            (Some(only), None) => Ok(only),
            (Some((_, one)), Some((_, other))) => {
                let (one, other) = (one.current_id(), other.current_id());
                Err(Failure::input(format!(
                    "the source of a replacement ({}) means several objects: {one}; {other}",
                    self.shown()
                ))
                .hinted("Name it more exactly, by kind, name and namespace."))
            }
            _ => Err(self.nothing(objects)),
        }
    }

    fn nothing(&self, objects: &ResourceMap) -> Failure {
        let near = |resource: &&Resource| resource.kind() == self.kind || resource.name() == self.name;
        let near: Vec<String> =
            objects.resources().iter().filter(near).take(5).map(|one| one.current_id().to_string()).collect();
        let failure = Failure::input(format!("the source of a replacement ({}) is no object here", self.shown()));
        if near.is_empty() { failure } else { failure.hinted(format!("Objects like it: {}.", near.join("; "))) }
    }

    fn means(&self, resource: &Resource) -> bool {
        self.selects(resource.gvk(), resource.name(), effective_namespace(resource.namespace()))
            || resource.previous_ids().any(|id| self.selects(id.gvk, id.name, id.namespace))
    }

    fn selects(&self, gvk: GvkRef<'_>, name: &str, namespace: &str) -> bool {
        let fits = |wanted: &SmolStr, found: &str| wanted.is_empty() || wanted == found;
        fits(&self.name, name)
            && (self.namespace.is_empty() || self.namespace == namespace)
            && fits(&self.group, gvk.group)
            && fits(&self.version, gvk.version)
            && fits(&self.kind, gvk.kind)
    }

    fn shown(&self) -> String {
        let parts = [
            ("group", &self.group),
            ("version", &self.version),
            ("kind", &self.kind),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(_, text)| !text.is_empty()).map(|(part, text)| format!("{part} {text}")).collect();
        if parts.is_empty() { "any object".to_owned() } else { parts.join(", ") }
    }

    /// Takes the part of the text that the options name.
    fn refined(&self, node: &Node) -> Result<Node> {
        if self.options.delimiter.is_empty() {
            return Ok(node.clone());
        }
        let Node::Scalar(scalar) = node else {
            return Err(Failure::input(format!("a delimiter needs a single value to split, found {}", form(node))));
        };
        let parts = go_split(&scalar.text, &self.options.delimiter);
        let part = usize::try_from(self.options.index).ok().and_then(|index| parts.get(index));
        let Some(part) = part else {
            let (index, count) = (self.options.index, parts.len());
            return Err(Failure::input(format!("options.index is {index}, but '{}' has {count} parts", scalar.text)));
        };
        let mut scalar = scalar.clone();
        scalar.text = (*part).into();
        Ok(Node::Scalar(scalar))
    }
}

fn is_nothing(node: &Node) -> bool {
    match node {
        Node::Scalar(_) => node.is_null(),
        Node::Mapping(map) => map.entries.is_empty(),
        Node::Sequence(list) => list.items.is_empty(),
    }
}
