//! Reads manifests into resources: what counts as an object, and how `*List` kinds are unpacked.

use std::collections::VecDeque;

use crate::failure::Result;
use crate::kustomize::openapi::OpenApi;
use crate::kustomize::resource::Resource;
use crate::kustomize::source::Source;
use crate::yaml::{self, Node};

/// Reads all objects of a file.
pub(crate) fn read(source: &Source, openapi: &OpenApi) -> Result<Vec<Resource>> {
    Ok(resources(nodes(source)?, source, openapi))
}

/// Reads a file as far as needs no more than its text.
pub(crate) fn nodes(source: &Source) -> Result<Vec<Node>> {
    unpack(checked(alone(source.documents()?), source)?, source)
}

/// Takes the nodes of a file as resources.
pub(crate) fn resources(nodes: Vec<Node>, source: &Source, openapi: &OpenApi) -> Vec<Resource> {
    let schema = openapi.current();
    let resources = nodes.into_iter().map(|node| {
        let start = node.span().start;
        let mut resource = Resource::new(node, &schema);
        resource.start = start;
        openapi.note_kind(resource.api_version(), resource.kind());
        resource.source = Some(source.clone());
        resource
    });
    resources.collect()
}

/// A `List` that is the file's only document is taken apart before anything is checked.
fn alone(mut documents: Vec<Node>) -> Vec<Node> {
    let is_list = |node: &Node| {
        matches!(node.get("kind").and_then(Node::text), Some("List" | "ResourceList"))
            && (node.get("items").is_some() || node.get("functionConfig").is_some())
    };
    if documents.len() != 1 || !is_list(&documents[0]) {
        return documents;
    }
    let list = documents.pop().expect("there is exactly one");
    let Node::Mapping(mut list) = list else { return Vec::new() };
    match list.remove("items") {
        Some(Node::Sequence(items)) => items.items,
        _ => Vec::new(),
    }
}

/// Drops what is empty and refuses what has no kind or no name.
fn checked(nodes: Vec<Node>, source: &Source) -> Result<Vec<Node>> {
    let filled = nodes.into_iter().filter(|node| !is_empty(node));
    filled.map(|node| identified(&node, source).map(|()| node)).collect()
}

fn identified(node: &Node, source: &Source) -> Result<()> {
    let text = |node: Option<&Node>| node.filter(|node| !node.is_null()).and_then(Node::text).unwrap_or_default().len();
    let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
    let refused = |what: &str| Err(source.failure(node.span(), format_args!("the object has no {what}")));
    if text(node.get("kind")) == 0 {
        return refused("`kind`");
    }
    if !kind.ends_with("List") && text(node.at(&["metadata", "name"])) == 0 {
        return refused("`metadata.name`");
    }
    Ok(())
}

/// Replaces every `*List` that has `items` by these, behind all that stands there.
fn unpack(nodes: Vec<Node>, source: &Source) -> Result<Vec<Node>> {
    let mut waiting = VecDeque::from(nodes);
    let mut unpacked = Vec::with_capacity(waiting.len());
    while let Some(node) = waiting.pop_front() {
        let is_list = node.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List"));
        match node.get("items") {
            Some(items) if is_list => waiting.extend(items_of(&node, items, source)?),
            _ => unpacked.push(node),
        }
    }
    Ok(unpacked)
}

/// kustomize takes the items through JSON, after which all their strings are quoted ones.
fn items_of(list: &Node, items: &Node, source: &Source) -> Result<Vec<Node>> {
    let refused =
        |error: yaml::Error| source.failure(list.span(), format_args!("the list cannot be unpacked: {error}"));
    match items {
        Node::Sequence(sequence) => {
            yaml::to_json(list).map_err(refused)?;
            let mut unpacked = Vec::with_capacity(sequence.items.len());
            for item in &sequence.items {
                let json = yaml::to_json(item).map_err(refused)?;
                let mut nodes = yaml::parse(json.as_bytes()).map_err(refused)?;
                nodes.iter_mut().filter_map(Node::as_mapping_mut).for_each(|map| map.span = item.span());
                unpacked.extend(nodes);
            }
            checked(unpacked, source)
        }
        node if node.is_null() => Ok(Vec::new()),
        node => Err(source.failure(node.span(), "`items` of a list must be a list")),
    }
}

fn is_empty(node: &Node) -> bool {
    match node {
        Node::Mapping(mapping) => mapping.entries.is_empty(),
        Node::Sequence(sequence) => sequence.items.is_empty(),
        node => node.is_null(),
    }
}
