//! What a strategic merge must know of a kind: which lists merge by which keys, and how to get there.
//! Holds the built-in kinds (data in `tables/schema.txt`) and what a custom OpenAPI document says; merges nothing itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use smol_str::{SmolStr, format_smolstr};

use super::tables::scope_of;
use crate::failure::{Failure, Result};
use crate::yaml::{Mapping, Node};

mod builtin;
mod document;

/// Index of a type in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeId(u32);

/// What is known of one field or definition.
#[derive(Clone, Debug, Default)]
struct Type {
    /// Another definition stands for this type; named as the data does ([`short_name`]).
    reference: Option<SmolStr>,
    fields: Names,
    /// The type of every field that `fields` does not name.
    additional: Option<TypeId>,
    elements: Option<TypeId>,
    /// The keys of a list that merges by element; none of them: a set of scalars.
    merge_keys: Option<Vec<SmolStr>>,
}

/// Types by name. Found by halving: hashing all names of the built-in schema takes longer than a small build.
#[derive(Clone, Debug, Default)]
struct Names(Vec<(SmolStr, TypeId)>);

/// The types of all kinds that one build knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    types: Vec<Type>,
    /// By short name.
    definitions: Names,
    /// By `apiVersion kind`.
    kinds: Names,
    /// By `apiVersion kind`, from a custom document's paths: whether it is namespaced.
    namespaced: HashMap<SmolStr, bool>,
}

/// The built-in schema, read once a process; it never changes.
static BUILTIN: LazyLock<Schema> = LazyLock::new(builtin::read);

impl Schema {
    /// The schema of the built-in kinds (Kubernetes v1.21.2, as kustomize embeds it).
    pub(crate) fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads a custom OpenAPI v2 document (`definitions` and `paths`), which takes the built-in schema's place.
    ///
    /// # Errors
    /// A document that is no map, or whose parts have the wrong form.
    pub(crate) fn from_document(document: &Node) -> Result<Self> {
        let mut schema = Self::default();
        document::read(&mut schema, document)?;
        Ok(schema)
    }

    /// Lays `upper` over this one: its kinds, definitions and scopes win.
    #[must_use]
    pub(crate) fn overlaid_by(&self, upper: &Self) -> Self {
        let mut both = self.clone();
        let base = both.types.len() as u32;
        let moved = |id: &TypeId| TypeId(id.0 + base);
        both.types.extend(upper.types.iter().map(|one| Type {
            reference: one.reference.clone(),
            fields: Names(one.fields.0.iter().map(|(name, id)| (name.clone(), moved(id))).collect()),
            additional: one.additional.as_ref().map(moved),
            elements: one.elements.as_ref().map(moved),
            merge_keys: one.merge_keys.clone(),
        }));
        for (names, upper) in [(&mut both.definitions, &upper.definitions), (&mut both.kinds, &upper.kinds)] {
            names.0.extend(upper.0.iter().map(|(name, id)| (name.clone(), moved(id))));
            names.sort();
        }
        both.namespaced.extend(upper.namespaced.iter().map(|(name, scope)| (name.clone(), *scope)));
        both
    }

    /// The type of a kind, known by its exact `apiVersion` and `kind`.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<TypeId> {
        self.kinds.get(&format_smolstr!("{api_version} {kind}"))
    }

    /// The type of a field of `parent`.
    pub(crate) fn field(&self, parent: TypeId, name: &str) -> Option<TypeId> {
        let parent = self.get(parent);
        self.resolved(parent.fields.get(name).or(parent.additional)?)
    }

    /// The type of the elements of `list`.
    pub(crate) fn elements(&self, list: TypeId) -> Option<TypeId> {
        self.resolved(self.get(list).elements?)
    }

    /// The keys by which the list merges; an empty slice is a set of scalars, none is replaced whole.
    pub(crate) fn merge_keys(&self, list: TypeId) -> Option<&[SmolStr]> {
        self.get(list).merge_keys.as_deref()
    }

    /// Whether objects of the kind are certain to have no namespace.
    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        let namespaced = scope_of(api_version, kind)
            .or_else(|| self.namespaced.get(&format_smolstr!("{api_version} {kind}")).copied());
        namespaced == Some(false)
    }

    fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// Follows references; a dangling or circular one is no type.
    fn resolved(&self, mut id: TypeId) -> Option<TypeId> {
        for _ in 0..=self.definitions.0.len() {
            match &self.get(id).reference {
                None => return Some(id),
                Some(name) => id = self.definitions.get(name)?,
            }
        }
        None
    }

    fn add(&mut self, new: Type) -> TypeId {
        self.types.push(new);
        TypeId(self.types.len() as u32 - 1)
    }
}

impl Names {
    fn get(&self, name: &str) -> Option<TypeId> {
        let found = self.0.binary_search_by(|(one, _)| one.as_str().cmp(name));
        found.ok().map(|at| self.0[at].1)
    }

    /// To be called once all names are there; of equal ones the last stays.
    fn sort(&mut self) {
        self.0.sort_by(|one, other| one.0.cmp(&other.0));
        self.0.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                kept.1 = later.1;
            }
            is_same
        });
    }
}

/// A definition's name with `~` for `io.k8s.`, as the data has it.
fn short_name(name: &str) -> SmolStr {
    name.strip_prefix("io.k8s.").map_or_else(|| name.into(), |rest| format_smolstr!("~{rest}"))
}

/// The value of `key` when it is a map; an absent or null one is none.
fn map_at<'a>(parent: &'a Mapping, key: &str) -> Result<Option<&'a Mapping>> {
    match parent.get(key) {
        None => Ok(None),
        Some(Node::Mapping(map)) => Ok(Some(map)),
        Some(node) if node.is_null() => Ok(None),
        Some(_) => Err(Failure::input(format!("'{key}' of the OpenAPI document must be a map"))),
    }
}

#[cfg(test)]
mod tests;
