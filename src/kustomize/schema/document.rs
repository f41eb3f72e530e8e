//! Reads a custom OpenAPI v2 document: its definitions, and from its paths which kinds have a namespace.
//! What no merge asks for (formats, descriptions, validation) is not looked at.

use smol_str::{SmolStr, format_smolstr};

use super::{Schema, Type, TypeId, map_at, short_name};
use crate::failure::{Failure, Result};
use crate::yaml::{Mapping, Node};

const KIND_OF: &str = "x-kubernetes-group-version-kind";

pub(super) fn read(schema: &mut Schema, document: &Node) -> Result<()> {
    let root = document.as_mapping().ok_or_else(|| Failure::input("an OpenAPI document must be a map"))?;
    if let Some(definitions) = map_at(root, "definitions")? {
        for entry in &definitions.entries {
            let id = read_type(schema, &entry.key.text, &entry.value)?;
            schema.definitions.0.push((short_name(&entry.key.text), id));
            schema.kinds.0.extend(kinds(&entry.value)?.into_iter().map(|kind| (kind, id)));
        }
    }
    schema.definitions.sort();
    schema.kinds.sort();
    read_scopes(schema, map_at(root, "paths")?)
}

fn read_type(schema: &mut Schema, name: &str, node: &Node) -> Result<TypeId> {
    let Some(map) = node.as_mapping() else {
        return Err(Failure::input(format!("'{name}' of the OpenAPI document must be a schema, that is a map")));
    };
    let mut new = Type { reference: reference(map), merge_keys: merge_keys(map), ..Type::default() };
    if let Some(properties) = map_at(map, "properties")? {
        for entry in &properties.entries {
            let id = read_type(schema, &entry.key.text, &entry.value)?;
            new.fields.0.push((entry.key.text.clone(), id));
        }
        new.fields.sort();
    }
    if let Some(additional @ Node::Mapping(_)) = map.get("additionalProperties") {
        new.additional = Some(read_type(schema, "additionalProperties", additional)?);
    }
    if let (true, Some(items @ Node::Mapping(_))) = (is_array(map), map.get("items")) {
        new.elements = Some(read_type(schema, "items", items)?);
    }
    Ok(schema.add(new))
}

fn reference(map: &Mapping) -> Option<SmolStr> {
    let text = map.get("$ref")?.text()?;
    let name = text.strip_prefix("#/definitions/").unwrap_or(text).replace("~1", "/").replace("~0", "~");
    Some(short_name(&name))
}

fn is_array(map: &Mapping) -> bool {
    match map.get("type") {
        Some(Node::Sequence(types)) => types.items.len() == 1 && types.items[0].text() == Some("array"),
        Some(one) => one.text() == Some("array"),
        None => false,
    }
}

/// The list of keys beats the single key; without a strategy that says merge neither counts.
fn merge_keys(map: &Mapping) -> Option<Vec<SmolStr>> {
    let strategy = map.get("x-kubernetes-patch-strategy")?.as_str()?;
    if !strategy.split(',').any(|one| one == "merge") {
        return None;
    }
    if let Some(Node::Sequence(keys)) = map.get("x-kubernetes-list-map-keys") {
        return Some(keys.items.iter().filter_map(Node::as_str).map(SmolStr::from).collect());
    }
    Some(map.get("x-kubernetes-patch-merge-key").and_then(Node::as_str).map(SmolStr::from).into_iter().collect())
}

/// The `apiVersion kind` of each kind that a definition or an operation names.
fn kinds(node: &Node) -> Result<Vec<SmolStr>> {
    match node.get(KIND_OF) {
        Some(Node::Sequence(list)) => list.items.iter().filter(|item| item.as_mapping().is_some()).map(kind).collect(),
        _ => Ok(Vec::new()),
    }
}

fn kind(node: &Node) -> Result<SmolStr> {
    let text = |key| node.get(key).and_then(Node::as_str);
    let (Some(version), Some(kind)) = (text("version"), text("kind")) else {
        return Err(Failure::input(format!(
            "an entry of '{KIND_OF}' in the OpenAPI document lacks 'version' or 'kind'"
        )));
    };
    Ok(match text("group") {
        Some(group) if !group.is_empty() => format_smolstr!("{group}/{version} {kind}"),
        _ => format_smolstr!("{version} {kind}"),
    })
}

/// A kind is namespaced when any path that reads it has a namespace parameter.
fn read_scopes(schema: &mut Schema, paths: Option<&Mapping>) -> Result<()> {
    for entry in paths.map_or(&[][..], |paths| &paths.entries) {
        let Some(of) = entry.value.at(&["get", KIND_OF]).filter(|of| of.as_mapping().is_some()) else { continue };
        let kind = kind(of)?;
        if entry.key.text.contains("namespaces/{namespace}") {
            schema.namespaced.insert(kind, true);
        } else {
            schema.namespaced.entry(kind).or_insert(false);
        }
    }
    Ok(())
}
