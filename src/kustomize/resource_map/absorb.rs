//! How a generated object enters the set: `behavior: create`, `replace` or `merge`.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::generators::pairs::set_data;
use crate::kustomize::generators::secret::base64_lines;
use crate::kustomize::resource::{Behavior, Resource, child_mapping};
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::add;
use crate::yaml::Node;

impl ResourceMap {
    /// Adds an object, or puts it in place of the one that has, or had, its id.
    pub(crate) fn absorb(&mut self, new: Resource) -> Result<()> {
        let behavior = new.history.behavior.unwrap_or_default();
        let there = self.by_any_id(new.current_id());
        match (there.as_slice(), behavior) {
            ([], Behavior::Create) => self.append(new),
            ([], _) => Err(Failure::input(format_args!(
                "`behavior: {}` needs {} to be there, and it is not",
                behavior.word(),
                new.current_id()
            ))
            .hinted("Check name and namespace, or use `behavior: create`.")),
            ([_], Behavior::Create) => Err(Failure::input(format_args!("{} is there already", new.current_id()))
                .hinted("Use `behavior: merge` or `behavior: replace`.")),
            ([position], _) => self.put_in_place(*position, new, behavior),
            _ => {
                let ids: Vec<String> =
                    there.iter().map(|position| self.resources()[*position].current_id().to_string()).collect();
                let message = format!("{} could be merged with each of {}", new.current_id(), ids.join(", "));
                Err(Failure::input(message))
            }
        }
    }

    /// The new object takes the old one's place, name, namespace and history; labels and annotations are united.
    fn put_in_place(&mut self, position: usize, mut new: Resource, behavior: Behavior) -> Result<()> {
        let old = &self.resources()[position];
        if new.gvk() != old.gvk() {
            let message = format!("{} cannot take the place of {}", new.current_id(), old.current_id());
            return Err(Failure::input(message));
        }
        let needs_hash = old.history.needs_hash && new.history.needs_hash;
        for field in ["labels", "annotations"] {
            unite(&mut new, old, field);
        }
        new.set_name(old.name());
        new.set_namespace(old.namespace());
        new.history = old.history.clone();
        new.history.needs_hash = needs_hash;
        if behavior == Behavior::Merge {
            merge_data(&mut new, old)?;
            new.origin = old.origin.clone().or(new.origin);
        }
        new.transformations.clone_from(&old.transformations);
        new.var_names.clone_from(&old.var_names);
        self.change(position, |resource| *resource = new);
        Ok(())
    }
}

fn unite(new: &mut Resource, old: &Resource, field: &str) {
    let mut united = texts(old.node.at(&["metadata", field]));
    united.extend(texts(new.node.at(&["metadata", field])));
    let metadata = new.metadata_mut();
    metadata.as_mapping_mut().expect("metadata_mut returns a mapping").remove(field);
    for (key, value) in united {
        let map = child_mapping(metadata, field).as_mapping_mut().expect("child_mapping returns a mapping");
        add(map, &key, Node::string(value));
    }
}

fn merge_data(new: &mut Resource, old: &Resource) -> Result<()> {
    let mut old_data = texts(old.node.get("data"));
    if new.api_version() == "v1" && new.kind() == "Secret" {
        old_data.extend(encoded(old.node.get("stringData"))?);
    }
    for (field, mut united) in [("data", old_data), ("binaryData", texts(old.node.get("binaryData")))] {
        united.extend(texts(new.node.get(field)));
        let root = new.node.as_mapping_mut().expect("an object is a mapping");
        root.remove(field);
        for (key, value) in united {
            set_data(&mut new.node, field, &key, value.into());
        }
    }
    Ok(())
}

/// The values of a Secret's `stringData`, as they would stand in `data`.
fn encoded(node: Option<&Node>) -> Result<BTreeMap<SmolStr, SmolStr>> {
    let Some(mapping) = node.and_then(Node::as_mapping) else { return Ok(BTreeMap::new()) };
    let pairs = mapping.entries.iter().map(|entry| match entry.value.as_scalar() {
        Some(_) => {
            let text = if entry.value.is_null() { "" } else { entry.value.text().unwrap_or_default() };
            Ok((entry.key.text.clone(), base64_lines(text.as_bytes()).into()))
        }
        None => Err(Failure::input(format_args!("`{}` in a Secret's stringData is no scalar", entry.key.text))),
    });
    pairs.collect()
}

/// A map's values as text, null and what is no scalar as the empty one.
fn texts(node: Option<&Node>) -> BTreeMap<SmolStr, SmolStr> {
    let entries = node.and_then(Node::as_mapping).map(|mapping| mapping.entries.as_slice()).unwrap_or_default();
    let text = |node: &Node| if node.is_null() { SmolStr::default() } else { node.text().unwrap_or_default().into() };
    entries.iter().map(|entry| (entry.key.text.clone(), text(&entry.value))).collect()
}
