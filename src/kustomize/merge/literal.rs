//! The literal procedure for keyed lists whose keys are missing, repeated or mixed (kyaml `walk/associative_sequence.go`).
//! Quadratic by nature; lists with complete and unique keys never get here.

use std::collections::HashSet;

use smol_str::SmolStr;

use super::list::{is_empty, key_text};
use super::{Fate, Merge, Merged, Misfit, directive, form};
use crate::kustomize::scalar_text::string_for_setter;
use crate::kustomize::schema::TypeId;
use crate::yaml::Node;

/// The texts of an element under the list's keys; empty where it has none.
type Tuple = Vec<SmolStr>;

/// Elements are known by their place in `elements`, because one may stand in several lists at once.
pub(super) struct Procedure<'m, 's> {
    merge: &'m Merge<'s>,
    element: Option<TypeId>,
    elements: Vec<Node>,
    live: Vec<usize>,
    patch: Option<Vec<usize>>,
    /// Patch and live list are one: what leaves the live list is gone from the patch as well.
    is_one_list: bool,
}

impl<'m, 's> Procedure<'m, 's> {
    pub(super) fn new(
        merge: &'m Merge<'s>,
        element: Option<TypeId>,
        live: Vec<Node>,
        patch: Option<Vec<Node>>,
    ) -> Self {
        let (of_live, of_patch) = (live.len(), patch.as_ref().map(Vec::len));
        let mut elements = live;
        elements.extend(patch.into_iter().flatten());
        let patch = of_patch.map(|count| (of_live..of_live + count).collect());
        Self { merge, element, elements, live: (0..of_live).collect(), patch, is_one_list: false }
    }

    /// A list that is merged with itself: patch and live elements are the same ones.
    pub(super) fn of_itself(merge: &'m Merge<'s>, element: Option<TypeId>, items: Vec<Node>) -> Self {
        let all: Vec<usize> = (0..items.len()).collect();
        Self { merge, element, elements: items, live: all.clone(), patch: Some(all), is_one_list: true }
    }

    pub(super) fn run(mut self, keys: &[SmolStr]) -> Merged<Vec<Node>> {
        let mut tuples = self.tuples(keys);
        if keys.len() > 1 {
            unify(&mut tuples);
        }
        let used: Vec<usize> = (0..keys.len()).filter(|at| tuples.iter().any(|tuple| !tuple[*at].is_empty())).collect();
        let used = if used.is_empty() { (0..keys.len()).collect() } else { used };
        let names: Vec<&str> = used.iter().map(|at| keys[*at].as_str()).collect();
        let mut new = Vec::new();
        for tuple in &tuples {
            let texts: Tuple = used.iter().map(|at| tuple[*at].clone()).collect();
            self.add_merged(&mut new, &names, &texts)?;
        }
        if !tuples.is_empty() {
            self.lay_live_over(&mut new, &names)?;
            self.live = new;
        }
        let mut elements: Vec<Option<Node>> = self.elements.into_iter().map(Some).collect();
        let last = self.live.iter().enumerate().map(|(at, id)| (*id, at)).collect::<std::collections::HashMap<_, _>>();
        let take =
            |(at, id): (usize, &usize)| if last[id] == at { elements[*id].take() } else { elements[*id].clone() };
        Ok(self.live.iter().enumerate().filter_map(take).collect())
    }

    /// The patch's tuples, then the live ones, without repeats.
    fn tuples(&self, keys: &[SmolStr]) -> Vec<Tuple> {
        let mut seen = HashSet::new();
        let ids = self.patch.iter().flatten().chain(&self.live);
        let tuple =
            |id: &usize| keys.iter().map(|key| SmolStr::from(key_text(&self.elements[*id], key))).collect::<Tuple>();
        ids.map(tuple).filter(|tuple| seen.insert(tuple.clone())).collect()
    }

    /// Merges the first elements that match the tuple, and puts the result on the new list.
    fn add_merged(&mut self, new: &mut Vec<usize>, keys: &[&str], texts: &[SmolStr]) -> Merged<()> {
        let present: Vec<usize> = (0..keys.len()).filter(|at| !texts[*at].is_empty()).collect();
        let present = if present.is_empty() { (0..keys.len()).collect() } else { present };
        let live = self.first_match(&self.live, keys, texts, &present);
        let patch = self.patch.as_ref().and_then(|patch| self.first_match(patch, keys, texts, &present));
        let Some(merged) = self.merged(live, patch)?.filter(|id| !is_empty(&self.elements[*id])) else {
            let mut kept = std::mem::take(&mut self.live);
            self.set(&mut kept, keys, texts, None)?;
            if self.is_one_list {
                self.patch = Some(kept.clone());
            }
            self.live = kept;
            return Ok(());
        };
        if let Node::Mapping(map) = &mut self.elements[merged] {
            for (key, text) in keys.iter().zip(texts) {
                if !text.is_empty() && map.get(key).is_none() {
                    map.set(key, string_for_setter(text));
                }
            }
        }
        self.set(new, keys, texts, Some(merged))
    }

    fn first_match(&self, list: &[usize], keys: &[&str], texts: &[SmolStr], present: &[usize]) -> Option<usize> {
        let fits = |id: &&usize| {
            let Some(map) = self.elements[**id].as_mapping() else { return false };
            present.iter().all(|at| {
                let field = map.entries.iter().find(|entry| entry.key.text == keys[*at]);
                field.is_some_and(|entry| entry.value.text().unwrap_or_default() == texts[*at])
            })
        };
        list.iter().find(fits).copied()
    }

    /// Merges a patch element into a live one; the place of the result, none when it was deleted.
    fn merged(&mut self, live: Option<usize>, patch: Option<usize>) -> Merged<Option<usize>> {
        match (live, patch) {
            (None, None) => Ok(None),
            (Some(live), None) => {
                let mut node = std::mem::replace(&mut self.elements[live], Node::mapping());
                let stays = self.merge.untouched(&mut node, self.element)?;
                self.elements[live] = node;
                Ok(stays.then_some(live))
            }
            (Some(live), Some(patch)) if live == patch => self.settled(live),
            (None, Some(patch)) => {
                let node = self.elements[patch].clone();
                self.use_up_directive(patch);
                let Some(node) = self.merge.fresh(node, self.element)? else { return Ok(None) };
                self.elements[patch] = node;
                Ok(Some(patch))
            }
            (Some(live), Some(patch)) => self.pair(live, patch),
        }
    }

    fn settled(&mut self, id: usize) -> Merged<Option<usize>> {
        let mut node = std::mem::replace(&mut self.elements[id], Node::mapping());
        let stays = self.merge.settle(&mut node, self.element)?;
        self.elements[id] = node;
        Ok(stays.then_some(id))
    }

    fn pair(&mut self, live: usize, patch: usize) -> Merged<Option<usize>> {
        let mut node = std::mem::replace(&mut self.elements[live], Node::mapping());
        let fate = self.merge.walk(&mut node, self.elements[patch].clone(), self.element)?;
        self.elements[live] = node;
        self.use_up_directive(patch);
        match fate {
            Fate::Live => Ok(Some(live)),
            Fate::Gone => Ok(None),
            Fate::New(new) => {
                self.elements[patch] = new;
                Ok(Some(patch))
            }
        }
    }

    fn use_up_directive(&mut self, id: usize) {
        if let Node::Mapping(map) = &mut self.elements[id] {
            // An unknown word was an error when it was merged, or stays as a field.
            let _ = directive::take_of_map(map);
        }
    }

    /// Each live element takes the place of its equal on the new list, or comes at its end.
    fn lay_live_over(&self, new: &mut Vec<usize>, keys: &[&str]) -> Merged<()> {
        for id in &self.live {
            let mut texts = Tuple::new();
            for key in keys {
                match self.field(*id, key)? {
                    Some(text) => texts.push(text),
                    None => new.push(*id),
                }
            }
            if keys.len() > 1 {
                self.set(new, keys, &texts, None)?;
            }
            self.set(new, keys, &texts, Some(*id))?;
        }
        Ok(())
    }

    /// The text of an element's key, empty for a null; none when it has no such field.
    fn field(&self, id: usize, key: &str) -> Merged<Option<SmolStr>> {
        match &self.elements[id] {
            Node::Mapping(map) => {
                let entry = map.entries.iter().find(|entry| entry.key.text == key);
                Ok(entry.map(|entry| entry.value.text().unwrap_or_default().into()))
            }
            node if node.is_null() => Ok(None),
            node => {
                Err(Misfit::new(format!("an element of this list must be a map with '{key}', found {}", form(node))))
            }
        }
    }

    /// Replaces the elements that have all the texts (an empty text: any value) by `element`, or appends it; without an
    /// element removes them. Null and empty elements go; with no text at all everything goes.
    fn set(&self, list: &mut Vec<usize>, keys: &[&str], texts: &[SmolStr], element: Option<usize>) -> Merged<()> {
        let by_text = texts.first().is_some_and(|text| !text.is_empty());
        let mut result = Vec::with_capacity(list.len() + 1);
        let mut matched = false;
        for id in list.iter().copied() {
            if is_empty(&self.elements[id]) {
                continue;
            }
            if by_text && self.elements[id].as_mapping().is_none() {
                result.push(id);
                continue;
            }
            if !self.has_texts(id, keys, texts)? {
                if !texts.is_empty() {
                    result.push(id);
                }
                continue;
            }
            matched = true;
            result.extend(element);
        }
        *list = result;
        if let Some(id) = element.filter(|id| !matched && !self.elements[*id].is_null()) {
            list.push(id);
        }
        Ok(())
    }

    fn has_texts(&self, id: usize, keys: &[&str], texts: &[SmolStr]) -> Merged<bool> {
        for (key, text) in keys.iter().zip(texts) {
            let found = self.field(id, key)?;
            if found.is_none_or(|found| !text.is_empty() && found != *text) {
                return Ok(false);
            }
        }
        Ok(!texts.is_empty())
    }
}

/// Tuples that agree in one key, and otherwise differ only where one lacks the text, become their union, in turn.
fn unify(tuples: &mut [Tuple]) {
    for at in 0..tuples.len() {
        let one = tuples[at].clone();
        for other in 0..tuples.len() {
            if let Some(union) = union(&one, &tuples[other]) {
                tuples[at].clone_from(&union);
                tuples[other] = union;
            }
        }
    }
}

fn union(one: &Tuple, other: &Tuple) -> Option<Tuple> {
    let mut agree = false;
    let mut result = Tuple::with_capacity(one.len());
    for (left, right) in one.iter().zip(other) {
        agree |= left == right;
        if left != right && !left.is_empty() && !right.is_empty() {
            return None;
        }
        result.push(if left.is_empty() { right.clone() } else { left.clone() });
    }
    agree.then_some(result)
}
