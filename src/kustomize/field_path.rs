//! Field paths of replacements and vars (`spec.containers.[name=web].image`): their segments, and reading along them.
//! Writing along a path is the replacements' own business.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_spec::split_path;
use crate::yaml::Node;

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// A field of a map.
    Field(SmolStr),
    /// An element of a list, from 0.
    Index(usize),
    /// `-`: the last element where a value is read, a field's name where one is written.
    Last,
    /// `*`: every element.
    Every,
    /// `[field=text]`, or `[=text]` for a list of single values (an empty field).
    Match(SmolStr, SmolStr),
    /// `[text]` or a negative number: no path can go through it.
    Broken(SmolStr),
}

/// Splits a path at its dots; `\.` is a dot in a name, `[a.b]` one name, `[k=v.w]` one match.
pub(crate) fn segments(path: &str) -> Vec<Segment> {
    joined_brackets(split_path(path, '.')).into_iter().map(segment).collect()
}

fn joined_brackets(parts: Vec<SmolStr>) -> Vec<SmolStr> {
    let mut result = Vec::with_capacity(parts.len());
    let mut parts = parts.into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            result.push(part);
            continue;
        }
        let mut bracketed = part.to_string();
        for next in parts.by_ref() {
            bracketed.push('.');
            bracketed.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        let is_match = bracketed.contains('=');
        result.push(if is_match { bracketed.into() } else { bracketed.trim_matches(['[', ']']).into() });
    }
    result
}

fn segment(text: SmolStr) -> Segment {
    if let Ok(index) = text.parse::<i64>() {
        return usize::try_from(index).map_or(Segment::Broken(text), Segment::Index);
    }
    match text.as_str() {
        "-" => Segment::Last,
        "*" => Segment::Every,
        bracketed if bracketed.starts_with('[') && bracketed.ends_with(']') => {
            let inner = bracketed.strip_prefix('[').unwrap_or(bracketed);
            let inner = inner.strip_suffix(']').unwrap_or(inner);
            match inner.split_once('=') {
                Some((field, value)) => Segment::Match(field.into(), value.into()),
                None => Segment::Broken(text),
            }
        }
        _ => Segment::Field(text),
    }
}

/// Reads along a path; none where something is missing or null on the way.
///
/// # Errors
/// A segment that does not fit what is there: an index into a map, a field of a single value.
pub(crate) fn lookup<'n>(node: &'n Node, path: &[Segment]) -> Result<Option<&'n Node>> {
    let mut at = node;
    for segment in path {
        match step(at, segment)? {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// Goes one segment down.
///
/// # Errors
/// A segment that does not fit what is there.
pub(crate) fn step<'n>(node: &'n Node, segment: &Segment) -> Result<Option<&'n Node>> {
    match segment {
        Segment::Field(name) if name.trim().is_empty() => Ok(Some(node)),
        Segment::Field(name) => field(node, name.trim()),
        Segment::Index(index) => Ok(elements(node, segment)?.get(*index)),
        Segment::Last => match elements(node, segment)?.last() {
            Some(last) => Ok(Some(last)),
            None => Err(Failure::input("'-' means the last element, but the list is empty")),
        },
        Segment::Match(key, text) => Ok(elements(node, segment)?.iter().find(|item| {
            let value = if key.is_empty() { Some(*item) } else { item.as_mapping().and_then(|map| map.get(key)) };
            value.is_some_and(|value| value.text().unwrap_or_default() == text)
        })),
        Segment::Every => Err(Failure::input("'*' is allowed in the paths of targets only")),
        Segment::Broken(text) => {
            Err(Failure::input(format!("'{text}' is no segment of a path; a list element is [field=value]")))
        }
    }
}

fn field<'n>(node: &'n Node, name: &str) -> Result<Option<&'n Node>> {
    match node {
        Node::Mapping(map) => Ok(map.get(name)),
        node if node.is_null() => Ok(None),
        _ => Err(Failure::input(format!("'{name}' is looked for in {}, which has no fields", form(node)))),
    }
}

/// The elements of a list; a null one has none.
///
/// # Errors
/// What is no list.
pub(crate) fn elements<'n>(node: &'n Node, segment: &Segment) -> Result<&'n [Node]> {
    match node {
        Node::Sequence(list) => Ok(&list.items),
        node if node.is_null() => Ok(&[]),
        _ => Err(Failure::input(format!("{segment} is looked for in {}, which has no elements", form(node)))),
    }
}

/// What a node is, in words.
pub(crate) fn form(node: &Node) -> &'static str {
    match node {
        Node::Scalar(_) => "a single value",
        Node::Mapping(_) => "a map",
        Node::Sequence(_) => "a list",
    }
}

impl std::fmt::Display for Segment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(name) | Self::Broken(name) => write!(formatter, "'{name}'"),
            Self::Index(index) => write!(formatter, "element {index}"),
            Self::Last => formatter.write_str("'-'"),
            Self::Every => formatter.write_str("'*'"),
            Self::Match(key, text) => write!(formatter, "'[{key}={text}]'"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Segment, lookup, segments};
    use crate::kustomize::testing::{node, text};

    #[test]
    fn brackets_keep_dots_together() {
        let field = |name: &str| Segment::Field(name.into());
        assert_eq!(segments("metadata.annotations.[a.b/c]"), [field("metadata"), field("annotations"), field("a.b/c")]);
        assert_eq!(segments("a.[n=x.y].b"), [field("a"), Segment::Match("n".into(), "x.y".into()), field("b")]);
        assert_eq!(segments("a\\.b.0.-.*"), [field("a.b"), Segment::Index(0), Segment::Last, Segment::Every]);
        assert_eq!(segments("[abc].-1"), [Segment::Broken("[abc]".into()), Segment::Broken("-1".into())]);
    }

    fn look(document: &str, path: &str) -> Result<Option<String>, String> {
        let document = node(document);
        lookup(&document, &segments(path)).map(|found| found.map(text)).map_err(|failure| failure.to_string())
    }

    #[test]
    fn values_are_read_by_field_index_last_and_match() {
        let document = "{a: [{n: x, v: 1}, {n: y, v: 2}], s: [p, q], z: null}";
        for (path, expected) in
            [("a.0.v", "1"), ("a.-.v", "2"), ("a.[n=y].v", "2"), ("s.[=q]", "\"q\""), ("s.1", "\"q\""), ("z", "null")]
        {
            assert_eq!(look(document, path), Ok(Some(expected.into())), "{path}");
        }
        for path in ["b", "a.7.v", "a.[n=z].v", "z.y"] {
            assert_eq!(look(document, path), Ok(None), "{path}");
        }
        for path in ["a.v", "s.0.x", "a.*.v", "a.-1", "[a=b]"] {
            assert!(look(document, path).is_err(), "{path}");
        }
    }
}
