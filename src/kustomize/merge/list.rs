//! Lists that merge by key, and sets. The shortcut for lists whose keys are complete and unique is here;
//! all others go through the literal procedure.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;

use super::{Fate, Merge, Merged, Misfit, literal};
use crate::kustomize::schema::TypeId;
use crate::yaml::Node;

/// The text by which an element is known under a key; empty when there is none.
pub(super) fn key_text<'n>(element: &'n Node, key: &str) -> &'n str {
    let value = element.as_mapping().and_then(|map| map.entries.iter().find(|entry| entry.key.text == key));
    value.filter(|entry| !entry.value.is_null()).and_then(|entry| entry.value.text()).unwrap_or_default()
}

impl Merge<'_> {
    /// Merges the elements of a patch (or none) into the live ones.
    pub(super) fn list(
        &self,
        live: Vec<Node>,
        patch: Option<Vec<Node>>,
        of: TypeId,
        keys: &[SmolStr],
    ) -> Merged<Vec<Node>> {
        if keys.is_empty() {
            return set(patch.unwrap_or_default(), live);
        }
        let element = self.schema.elements(of);
        let Some(keys_in_use) = complete_and_unique(&[&live, patch.as_deref().unwrap_or_default()], keys) else {
            return literal::Procedure::new(self, element, live, patch).run(keys);
        };
        let Some(patch) = patch else { return self.untouched_elements(live, element) };
        match keys_in_use.len() {
            1 => self.patch_first(live, patch, element, &keys_in_use),
            _ => self.live_in_place(live, patch, element, &keys_in_use),
        }
    }

    /// What kustomize does to a new list by merging it with itself.
    pub(super) fn settled_list(&self, items: Vec<Node>, of: TypeId, keys: &[SmolStr]) -> Merged<Vec<Node>> {
        if keys.is_empty() {
            return set(Vec::new(), items);
        }
        let element = self.schema.elements(of);
        if complete_and_unique(&[&items], keys).is_none() {
            return literal::Procedure::of_itself(self, element, items).run(keys);
        }
        let mut kept = Vec::with_capacity(items.len());
        for mut item in items {
            if self.settle(&mut item, element)? && !is_empty(&item) {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    fn untouched_elements(&self, mut live: Vec<Node>, element: Option<TypeId>) -> Merged<Vec<Node>> {
        for item in &mut live {
            self.untouched(item, element)?;
        }
        Ok(live)
    }

    /// One key: the elements of the patch in its order, merged with their live matches; then the other live ones.
    fn patch_first(
        &self,
        live: Vec<Node>,
        patch: Vec<Node>,
        element: Option<TypeId>,
        keys: &[&str],
    ) -> Merged<Vec<Node>> {
        let index: HashMap<SmolStr, usize> =
            live.iter().enumerate().map(|(at, item)| (key_text(item, keys[0]).into(), at)).collect();
        let mut live: Vec<Option<Node>> = live.into_iter().map(Some).collect();
        let mut result = Vec::with_capacity(live.len() + patch.len());
        for item in patch {
            let matched = index.get(key_text(&item, keys[0])).and_then(|at| live[*at].take());
            result.extend(self.element(matched, item, element)?);
        }
        for mut item in live.into_iter().flatten() {
            self.untouched(&mut item, element)?;
            result.push(item);
        }
        Ok(result)
    }

    /// Several keys: elements that only the patch has, then all live ones in their order, merged in place.
    fn live_in_place(
        &self,
        live: Vec<Node>,
        patch: Vec<Node>,
        element: Option<TypeId>,
        keys: &[&str],
    ) -> Merged<Vec<Node>> {
        let mut patches: HashMap<Vec<SmolStr>, Node> = HashMap::with_capacity(patch.len());
        let known: HashSet<Vec<SmolStr>> = live.iter().map(|item| tuple(item, keys)).collect();
        let mut result = Vec::with_capacity(live.len() + patch.len());
        for item in patch {
            let tuple = tuple(&item, keys);
            if known.contains(&tuple) {
                patches.insert(tuple, item);
            } else {
                result.extend(self.element(None, item, element)?);
            }
        }
        for mut item in live {
            match patches.remove(&tuple(&item, keys)) {
                Some(patch) => result.extend(self.element(Some(item), patch, element)?),
                None => {
                    self.untouched(&mut item, element)?;
                    result.push(item);
                }
            }
        }
        Ok(result)
    }

    /// Merges one element with its live match. A `$patch: replace` of a live element is lost, as in kustomize: the live
    /// element comes back when the live list is laid over the new one.
    fn element(&self, live: Option<Node>, patch: Node, of: Option<TypeId>) -> Merged<Option<Node>> {
        let Some(mut live) = live else { return Ok(self.fresh(patch, of)?.filter(|node| !is_empty(node))) };
        match self.walk(&mut live, patch, of)? {
            Fate::Gone => Ok(None),
            Fate::New(node) if is_empty(&node) => Ok(None),
            Fate::Live | Fate::New(_) => Ok(Some(live).filter(|node| !is_empty(node))),
        }
    }
}

pub(super) fn is_empty(node: &Node) -> bool {
    node.is_null() || node.as_mapping().is_some_and(|map| map.entries.is_empty())
}

fn tuple(item: &Node, keys: &[&str]) -> Vec<SmolStr> {
    keys.iter().map(|key| key_text(item, key).into()).collect()
}

/// The keys that are in use, when every element is a map that has all of them and no two of a list have the same.
fn complete_and_unique<'k>(lists: &[&[Node]], keys: &'k [SmolStr]) -> Option<Vec<&'k str>> {
    let in_use = |key: &&SmolStr| lists.iter().any(|list| list.iter().any(|item| !key_text(item, key).is_empty()));
    let in_use: Vec<&str> = keys.iter().filter(in_use).map(SmolStr::as_str).collect();
    if in_use.is_empty() {
        return lists.iter().all(|list| list.is_empty()).then_some(in_use);
    }
    let complete = |item: &Node| in_use.iter().all(|key| !key_text(item, key).is_empty());
    lists.iter().all(|list| list.iter().all(complete) && unique(list, &in_use)).then_some(in_use)
}

fn unique(list: &[Node], keys: &[&str]) -> bool {
    if list.len() < 2 {
        return true;
    }
    let mut seen = HashSet::with_capacity(list.len());
    match keys {
        [key] => list.iter().all(|item| seen.insert((key_text(item, key), ""))),
        [one, other] => list.iter().all(|item| seen.insert((key_text(item, one), key_text(item, other)))),
        _ => {
            let mut seen = HashSet::with_capacity(list.len());
            list.iter().all(|item| seen.insert(tuple(item, keys)))
        }
    }
}

/// A set of scalars: the patch's values, then the live ones; of equal texts the live value stays, at the first place.
fn set(patch: Vec<Node>, live: Vec<Node>) -> Merged<Vec<Node>> {
    let mut places: HashMap<SmolStr, usize> = HashMap::new();
    let mut result: Vec<Node> = Vec::with_capacity(patch.len() + live.len());
    for item in patch.into_iter().chain(live) {
        if is_empty(&item) {
            continue;
        }
        let Some(text) = item.text().map(SmolStr::from) else {
            return Err(Misfit::new("this list is a set of single values, and one of its elements is a map or a list"));
        };
        match places.get(&text) {
            Some(at) => result[*at] = item,
            None => {
                places.insert(text, result.len());
                result.push(item);
            }
        }
    }
    Ok(result)
}
