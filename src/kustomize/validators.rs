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
            let others = strip(&mut stripped);
            // kustomize's notes about the transformers that ran stand behind the labels.
            if matches!(others, Others::Rewritten)
                || matches!(others, Others::Last) && !after.transformations.is_empty()
            {
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

/// The labels beside the one that is taken away.
enum Others {
    /// None, or nothing was taken away.
    Untouched,
    /// All made by transformers, and the last of the metadata: they are written as they were.
    Last,
    /// They stand in a file, or not last: writing them anew is a change for kustomize.
    Rewritten,
}

/// Takes the label away.
fn strip(node: &mut Node) -> Others {
    let metadata = node.as_mapping_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::as_mapping_mut);
    let Some(metadata) = metadata else { return Others::Untouched };
    let is_last = metadata.entries.last().is_some_and(|entry| entry.key.text == "labels");
    let Some(Node::Mapping(labels)) = metadata.get_mut("labels") else { return Others::Untouched };
    if labels.remove(LABEL).is_none() {
        return Others::Untouched;
    }
    if labels.entries.is_empty() {
        metadata.remove("labels");
        return Others::Untouched;
    }
    if is_last && labels.span.end == 0 { Others::Last } else { Others::Rewritten }
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
