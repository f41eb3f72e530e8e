//! Label and annotation values that kustomize keeps as one value in several places of an object.
//!
//! When `labels` or `commonAnnotations` add a key at several fields of an object, kustomize puts the very same node in
//! all of them; whatever later changes one of them in place (a patch, another label, a replacement) changes all. The
//! output depends on it, so it is kept here: the places, and the text they held when the step before was done.

use smol_str::SmolStr;

use crate::kustomize::resource::Resource;
use crate::kustomize::resource::annotations::as_strings;
use crate::yaml::{Node, Scalar};

/// One value in several places.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// Keys from the root to each place, a number for an element of a list.
    pub(crate) places: Vec<Vec<Key>>,
    /// What stood there after the last step.
    pub(crate) text: SmolStr,
}

/// A step on the way to a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// Field of a mapping.
    Field(SmolStr),
    /// Element of a list.
    Element(usize),
}

impl Resource {
    /// Brings the places of each shared value to what the last of them, in the order of their paths, was changed to.
    /// To be called after a step that changes values in place.
    pub(crate) fn spread_shared(&mut self) {
        let node = &mut self.node;
        self.shared.retain_mut(|shared| {
            shared.places.retain(|place| scalar_at(node, place).is_some());
            let changed = shared.places.iter().rev().find_map(|place| {
                let scalar = scalar_at(node, place).expect("kept only places that have one");
                (scalar.text != shared.text).then(|| scalar.clone())
            });
            if let Some(value) = changed {
                shared.text = value.text.clone();
                for place in &shared.places {
                    *scalar_at(node, place).expect("kept only places that have one") = value.clone();
                }
            }
            shared.places.len() > 1
        });
    }

    /// Writes all annotations anew as strings, as kustomize does when it notes an origin: none is shared any more.
    pub(crate) fn rewrite_annotations(&mut self) {
        let metadata = self.node.as_mapping_mut().and_then(|root| root.get_mut("metadata"));
        if let Some(annotations) = metadata.and_then(Node::as_mapping_mut).and_then(|map| map.get_mut("annotations")) {
            as_strings(annotations);
        }
        let own = [Key::Field("metadata".into()), Key::Field("annotations".into())];
        for shared in &mut self.shared {
            shared.places.retain(|place| !place.starts_with(&own));
        }
    }

    /// Remembers that the value at these places is one; fewer than two places share nothing.
    pub(crate) fn share(&mut self, mut places: Vec<Vec<Key>>, text: &str) {
        if places.len() > 1 {
            places.sort_unstable();
            self.shared.push(Shared { places, text: text.into() });
        }
    }
}

fn scalar_at<'n>(node: &'n mut Node, place: &[Key]) -> Option<&'n mut Scalar> {
    let found = place.iter().try_fold(node, |node, key| match (node, key) {
        (Node::Mapping(mapping), Key::Field(name)) => mapping.get_mut(name),
        (Node::Sequence(sequence), Key::Element(index)) => sequence.items.get_mut(*index),
        _ => None,
    })?;
    found.as_scalar_mut()
}
