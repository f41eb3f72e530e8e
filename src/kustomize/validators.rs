//! `validators`: plugins that may look at the objects but not change them, but for a `validated-by` label.

use crate::failure::{Failure, Result};
use crate::kustomize::accumulate::LayerBuild;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::yaml::Node;

const LABEL: &str = "validated-by";

/// Runs them; a change is an error.
pub(crate) fn run(layer: &LayerBuild<'_, '_>, objects: &mut ResourceMap) -> Result<()> {
    for step in layer.plugin_steps(&layer.kustomization.validators)? {
        let before: Vec<Resource> = objects.resources().to_vec();
        step.transformer.transform(objects)?;
        if before.len() != objects.len() {
            return Err(Failure::input("a validator added or removed objects, which only transformers may"));
        }
        for (before, after) in before.iter().zip(objects.resources()) {
            let mut stripped = after.node.clone();
            let is_rewritten = strip(&mut stripped);
            if is_rewritten {
                return Err(Failure::input(format_args!("a validator changed the labels of {}", before.current_id()))
                    .hinted(format!("kustomize takes the label `{LABEL}` on objects without other labels only.")));
            }
            if !is_same(&before.node, &stripped) {
                return Err(Failure::input(format_args!("a validator changed {}", before.current_id()))
                    .hinted("List it under `transformers` if it is meant to change objects."));
            }
        }
    }
    Ok(())
}

/// Takes the label away. Returns whether labels that stay are written anew for it, which is a change for kustomize:
/// those that stand in a file, and those that are not the last of the metadata.
fn strip(node: &mut Node) -> bool {
    let metadata = node.as_mapping_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::as_mapping_mut);
    let Some(metadata) = metadata else { return false };
    let is_last = metadata.entries.last().is_some_and(|entry| entry.key.text == "labels");
    let Some(Node::Mapping(labels)) = metadata.get_mut("labels") else { return false };
    if labels.remove(LABEL).is_none() {
        return false;
    }
    if labels.entries.is_empty() {
        metadata.remove("labels");
        return false;
    }
    !is_last || labels.span.end > 0
}

/// Tells whether two trees say the same, in the same order of keys and the same quoting.
fn is_same(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Scalar(one), Node::Scalar(other)) => {
            one.text == other.text && one.tag == other.tag && one.style == other.style
        }
        (Node::Sequence(one), Node::Sequence(other)) => {
            one.items.len() == other.items.len()
                && one.items.iter().zip(&other.items).all(|(one, other)| is_same(one, other))
        }
        (Node::Mapping(one), Node::Mapping(other)) => {
            one.entries.len() == other.entries.len()
                && one
                    .entries
                    .iter()
                    .zip(&other.entries)
                    .all(|(one, other)| one.key.text == other.key.text && is_same(&one.value, &other.value))
        }
        _ => false,
    }
}
