//! A strategic merge patch for objects: merges it into one, and restores what it may not change.
//! Which objects get it is the transformers' business.

use std::cell::Cell;
use std::rc::Rc;

use crate::failure::{Failure, Result};
use crate::kustomize::merge::merge;
use crate::kustomize::openapi::{OpenApi, SchemaInUse};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::ResourceId;
use crate::kustomize::resource_map::ResourceMap;
use crate::yaml::{Mapping, Node, Scalar, Tag};

/// A patch, in the form of the object that it changes.
#[derive(Debug)]
pub(crate) struct StrategicPatch {
    patch: Resource,
    schema: SchemaInUse,
    use_mark: Rc<Cell<bool>>,
    allow_name_change: bool,
    allow_kind_change: bool,
}

impl StrategicPatch {
    /// Takes a patch as it was read.
    pub(crate) fn new(patch: Resource, openapi: &OpenApi) -> Self {
        let (schema, use_mark) = (openapi.current(), openapi.use_mark());
        Self { patch, schema, use_mark, allow_name_change: false, allow_kind_change: false }
    }

    /// Permits the patch to change name or kind.
    #[must_use]
    pub(crate) fn allowing(self, name_change: bool, kind_change: bool) -> Self {
        let mut patch = self.patch;
        if name_change || kind_change {
            // kustomize notes the permission in an annotation of the patch, and writes them all as texts.
            as_texts(&mut patch.node, &["annotations"]);
        }
        Self { patch, allow_name_change: name_change, allow_kind_change: kind_change, ..self }
    }

    /// The id of the object that a patch without a target means.
    pub(crate) fn id(&self) -> ResourceId<'_> {
        self.patch.original_id()
    }

    /// Finds the one object that the patch means by its own id, as it is or ever was.
    ///
    /// # Errors
    /// None or several.
    pub(crate) fn only_match(&self, objects: &mut ResourceMap) -> Result<usize> {
        let matches = objects.by_any_id(self.id());
        if let [only] = matches[..] {
            return Ok(only);
        }
        let place = self.patch.source.as_ref().map(|source| source.place(self.patch.node.span()));
        let failure = self.no_match(objects, &matches);
        Err(match place {
            Some(place) => failure.during(format!("{}:{}:{}", place.file, place.line, place.column)).at(place),
            None => failure,
        })
    }

    fn no_match(&self, objects: &ResourceMap, matches: &[usize]) -> Failure {
        let id = self.id();
        let shown = |resource: &Resource| resource.current_id().to_string();
        if !matches.is_empty() {
            let all: Vec<String> = matches.iter().map(|at| shown(&objects.resources()[*at])).collect();
            return Failure::input(format!("the patch for {id} means several objects: {}", all.join("; ")))
                .hinted("Use a `target` that selects one.");
        }
        let near = |resource: &&Resource| resource.kind() == id.gvk.kind || resource.name() == id.name;
        let near: Vec<String> = objects.resources().iter().filter(near).take(5).map(shown).collect();
        let failure = Failure::input(format!("there is no {id} for the patch to change"));
        if near.is_empty() {
            failure.hinted(
                "A patch without `target` needs apiVersion, kind, name and namespace of an object that is there.",
            )
        } else {
            failure.hinted(format!("Objects like it: {}.", near.join("; ")))
        }
    }

    /// Merges the patch into the object that it names itself.
    pub(crate) fn apply(&self, resource: &mut Resource) -> Result<()> {
        self.merge_into(resource, self.patch.node.clone())
    }

    /// Merges the patch into any object, whatever the patch says to be.
    pub(crate) fn apply_to_target(&self, resource: &mut Resource) -> Result<()> {
        let mut patch = self.patch.node.clone();
        as_texts(&mut patch, &["labels", "annotations"]);
        let without_version = resource.node.get("apiVersion").is_none();
        if let Node::Mapping(map) = &mut patch {
            match resource.node.get("apiVersion") {
                Some(version) => map.set("apiVersion", version.clone()),
                None => drop(map.remove("apiVersion")),
            }
        }
        self.merge_into(resource, patch)?;
        if let (true, Node::Mapping(map)) = (without_version && !resource.is_dropped(), &mut resource.node) {
            map.set("apiVersion", Node::Scalar(Scalar { tag: Tag::Null, ..Scalar::default() }));
        }
        Ok(())
    }

    fn merge_into(&self, resource: &mut Resource, patch: Node) -> Result<()> {
        let (name, namespace, kind) =
            (resource.name().to_owned(), resource.namespace().to_owned(), resource.kind().to_owned());
        if self.allow_name_change || self.allow_kind_change {
            resource.remember_id();
        }
        self.use_mark.set(true);
        let schema = self.schema.get();
        let stays = resource.as_annotations(|node| {
            let stays = merge(schema, node, patch)?;
            if !stays {
                *node = Node::mapping();
            }
            Ok::<bool, Failure>(stays)
        })?;
        if !stays || resource.is_dropped() {
            resource.node = Node::mapping();
            return Ok(());
        }
        if !self.allow_kind_change {
            resource.set_kind(&kind);
        }
        if !self.allow_name_change {
            resource.set_name(&name);
        }
        resource.set_namespace(&namespace);
        resource.spread_shared();
        Ok(())
    }
}

/// kustomize copies labels and annotations of some patches as texts: a null there deletes nothing.
fn as_texts(patch: &mut Node, fields: &[&str]) {
    let Some(metadata) = patch.as_mapping_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_mapping_mut)
    else {
        return;
    };
    for field in fields {
        let map = match metadata.get_mut(field) {
            Some(Node::Mapping(map)) => map,
            Some(_) => {
                metadata.remove(field);
                continue;
            }
            None => continue,
        };
        let texts = |map: &mut Mapping| {
            for entry in &mut map.entries {
                let text = entry.value.text().unwrap_or_default();
                entry.value = Node::string(text);
            }
        };
        texts(map);
        if map.entries.is_empty() {
            metadata.remove(field);
        }
    }
}
