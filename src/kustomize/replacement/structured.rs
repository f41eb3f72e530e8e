//! Values inside of structured text: a field whose scalar is YAML or JSON itself is entered, changed and printed again.
//! Whatever does not work out leaves the text alone.

use super::target::{Make, TargetPath, Write};
use crate::failure::{Failure, Result};
use crate::kustomize::embedded_yaml;
use crate::kustomize::field_path::step;
use crate::kustomize::go_json;
use crate::yaml::{self, Node, Scalar};

/// Reads the text of a scalar as a document.
///
/// # Errors
/// Text that holds no document, or none that can be read.
pub(super) fn parse(text: &str) -> Result<Node> {
    match yaml::parse_first(text.as_bytes()) {
        Ok(Some(document)) => Ok(document.root),
        Ok(None) => Err(Failure::input("the path goes into an empty value")),
        Err(error) => Err(Failure::input(format!("the path goes into a text that is no YAML: {}", error.message))),
    }
}

/// Tries to write into a scalar on the way of the path; false when there is none, or when anything in it fails.
pub(super) fn write(node: &mut Node, path: &TargetPath, make: Make, write: Write<'_>) -> bool {
    let Some((depth, mut root)) = entered(node, path) else { return false };
    if !matches!(path.visit(&mut root, depth, make, &parse, write), Ok(count) if count > 0) {
        return false;
    }
    let Some(scalar) = scalar_at(node, path, depth) else { return false };
    match printed(&root, &scalar.text) {
        Some(text) => {
            scalar.text = text.into();
            true
        }
        None => false,
    }
}

/// The first scalar on the way that holds a document, and how many segments lead to it.
fn entered(node: &Node, path: &TargetPath) -> Option<(usize, Node)> {
    let mut at = node;
    for (index, segment) in path.segments().iter().enumerate() {
        at = step(at, segment).ok().flatten()?;
        if let Node::Scalar(scalar) = at {
            let depth = index + 1;
            return (depth < path.segments().len())
                .then(|| parse(&scalar.text).ok())
                .flatten()
                .map(|root| (depth, root));
        }
    }
    None
}

fn scalar_at<'n>(node: &'n mut Node, path: &TargetPath, depth: usize) -> Option<&'n mut Scalar> {
    let mut at = node;
    for segment in &path.segments()[..depth] {
        let next: *const Node = step(at, segment).ok().flatten()?;
        at = child_at(at, next)?;
    }
    at.as_scalar_mut()
}

/// The same child once more, to be changed.
fn child_at(node: &mut Node, child: *const Node) -> Option<&mut Node> {
    if std::ptr::eq(node, child) {
        return Some(node);
    }
    match node {
        Node::Mapping(map) => {
            map.entries.iter_mut().map(|entry| &mut entry.value).find(|value| std::ptr::eq(*value, child))
        }
        Node::Sequence(list) => list.items.iter_mut().find(|item| std::ptr::eq(*item, child)),
        Node::Scalar(_) => None,
    }
}

/// Text that starts like JSON is printed as JSON, in one line unless it had several; all other as YAML.
fn printed(root: &Node, original: &str) -> Option<String> {
    if !original.trim_start().starts_with(['{', '[']) {
        return Some(embedded_yaml::print(root, original).trim().to_owned());
    }
    let compact = yaml::to_json(root).ok()?;
    Some(if original.contains('\n') && original.contains("  ") { go_json::indented(&compact) } else { compact })
}
