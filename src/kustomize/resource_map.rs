//! All objects gathered so far, in order, with an index over every current and previous id.
//! Keeps ids unique on append; every operation costs what it touches, never all pairs.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::failure::{Failure, Result};
use crate::kustomize::by_hash::ByHash;
use crate::kustomize::kustomization::shown;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::ResourceId;
use crate::parallel;

mod absorb;

/// Positions by the hash of (kind, name, effective namespace).
type Index = ByHash<Vec<u32>>;

/// An ordered set of objects.
#[derive(Debug, Default)]
pub(crate) struct ResourceMap {
    resources: Vec<Resource>,
    /// Over current and previous ids. May hold stale
    /// positions (ids are compared on lookup), never lacks one. Dropped when all resources are borrowed to be changed.
    index: Option<Index>,
}

impl ResourceMap {
    /// Returns all objects in order.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns all objects to change them; use [`ResourceMap::change`] where a step changes a few only.
    pub(crate) fn resources_mut(&mut self) -> &mut [Resource] {
        self.index = None;
        &mut self.resources
    }

    /// Changes every object on its own, many at a time; `prepare` makes what a thread keeps from one to the next. Of
    /// several failures that of the first object counts.
    pub(crate) fn change_each<S>(
        &mut self,
        prepare: impl Fn() -> S + Sync,
        change: impl Fn(&mut S, &mut Resource) -> Result<()> + Sync,
    ) -> Result<()> {
        self.index = None;
        parallel::try_each(&mut self.resources, prepare, change)
    }

    /// Returns the number of objects.
    pub(crate) fn len(&self) -> usize {
        self.resources.len()
    }

    /// Takes all objects out.
    pub(crate) fn into_resources(self) -> Vec<Resource> {
        self.resources
    }

    /// Puts objects in place of all that are there, without any check.
    pub(crate) fn replace_all(&mut self, resources: Vec<Resource>) {
        self.resources = resources;
        self.index = None;
    }

    /// Adds an object; one with an equal current id must not be there.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<()> {
        self.build_index();
        let id = resource.current_id();
        let hash = hash(id);
        let position = self.positions(hash).iter().copied().find(|at| self.resources[*at as usize].current_id() == id);
        if let Some(position) = position {
            let there = &self.resources[position as usize];
            let places =
                [there, &resource].map(|one| one.place().map_or_else(|| "a generator".into(), |place| shown(&place)));
            let id = there.current_id();
            return Err(Failure::input(format_args!("{id} is there twice: from {} and {}", places[0], places[1]))
                .hinted("Remove one of them, or patch the first instead of adding it again."));
        }
        let position = self.resources.len();
        if let Some(index) = &mut self.index {
            enter_at(index, hash, position);
            enter_previous(index, &resource, position);
        }
        self.resources.push(resource);
        Ok(())
    }

    /// Adds all objects of another set.
    pub(crate) fn append_all(&mut self, other: ResourceMap) -> Result<()> {
        if self.resources.is_empty() {
            *self = other;
            return self.check_unique();
        }
        other.resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Changes one object and keeps the index right.
    pub(crate) fn change<T>(&mut self, position: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let result = change(&mut self.resources[position]);
        if let Some(index) = &mut self.index {
            enter(index, &self.resources[position], position);
        }
        result
    }

    /// Returns the positions, in order, of the objects of which `id` is the current or a previous id.
    pub(crate) fn by_any_id(&mut self, id: ResourceId<'_>) -> Vec<usize> {
        let candidates = self.candidates(id);
        let named = |position: &usize| {
            let resource = &self.resources[*position];
            !resource.is_dropped() && resource.all_ids().any(|one| one == id)
        };
        candidates.into_iter().filter(named).collect()
    }

    /// Checks that no two objects have the same current id, as kustomize does whenever it makes the set anew.
    pub(crate) fn check_unique(&self) -> Result<()> {
        let mut seen = HashSet::with_capacity(self.resources.len());
        for resource in self.resources.iter().filter(|resource| !resource.is_dropped()) {
            if !seen.insert(resource.current_id()) {
                return Err(Failure::input(format_args!("{} is there twice", resource.current_id())));
            }
        }
        Ok(())
    }

    /// Drops the objects that a step emptied.
    pub(crate) fn drop_emptied(&mut self) {
        if self.resources.iter().any(Resource::is_dropped) {
            self.resources.retain(|resource| !resource.is_dropped());
            self.index = None;
        }
    }

    /// Returns positions that may have this id, ascending, each once.
    fn candidates(&mut self, id: ResourceId<'_>) -> Vec<usize> {
        self.build_index();
        let mut found: Vec<usize> = self.positions(hash(id)).iter().map(|one| *one as usize).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn build_index(&mut self) {
        if self.index.is_none() {
            let mut index = ByHash::default();
            index.reserve(self.resources.len() * 2);
            for (position, resource) in self.resources.iter().enumerate() {
                enter(&mut index, resource, position);
            }
            self.index = Some(index);
        }
    }

    /// Returns what the index, once built, has for the hash of an id.
    fn positions(&self, hash: u64) -> &[u32] {
        self.index.as_ref().and_then(|index| index.get(&hash)).map_or(&[], Vec::as_slice)
    }
}

fn enter(index: &mut Index, resource: &Resource, position: usize) {
    enter_previous(index, resource, position);
    enter_at(index, hash(resource.current_id()), position);
}

fn enter_previous(index: &mut Index, resource: &Resource, position: usize) {
    if !resource.history.previous.is_empty() {
        resource.previous_ids().for_each(|id| enter_at(index, hash(id), position));
    }
}

fn enter_at(index: &mut Index, hash: u64, position: usize) {
    let position = u32::try_from(position).expect("fewer than 2^32 objects fit in memory");
    let positions = index.entry(hash).or_default();
    if !positions.contains(&position) {
        positions.push(position);
    }
}

fn hash(id: ResourceId<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (id.gvk.kind, id.name, id.namespace).hash(&mut hasher);
    hasher.finish()
}
