//! Bounds on what copying values around may make of an object, so that a few lines cannot fill the memory.
//! Real manifests stay far below them.

use crate::failure::{Failure, Result};
use crate::yaml::{MAX_DEPTH, Node};

/// Most values that one patch or replacement may copy.
const MAX_COPIED: usize = 4_000_000;

/// Counts what is copied.
#[derive(Debug)]
pub(crate) struct Growth {
    copied: usize,
    most: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Self { copied: 0, most: MAX_COPIED }
    }
}

impl Growth {
    /// Notes that `value` is copied to a place `depth` levels down.
    ///
    /// # Errors
    /// More values, or a deeper nesting, than are sensible.
    pub(crate) fn copy(&mut self, value: &Node, depth: usize) -> Result<()> {
        self.copied = self.copied.saturating_add(count(value));
        if self.copied > self.most {
            return Err(Failure::input(format!("more than {} values would be copied", self.most)));
        }
        check_depth(depth.saturating_add(depth_of(value)))
    }
}

/// Refuses nesting that no manifest has.
///
/// # Errors
/// More than [`MAX_DEPTH`] levels.
pub(crate) fn check_depth(depth: usize) -> Result<()> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(Failure::input(format!("the values would nest more than {MAX_DEPTH} levels deep")))
}

fn count(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::Sequence(list) => 1 + list.items.iter().map(count).sum::<usize>(),
        Node::Mapping(map) => 1 + map.entries.iter().map(|entry| count(&entry.value)).sum::<usize>(),
    }
}

fn depth_of(node: &Node) -> usize {
    let deepest = match node {
        Node::Scalar(_) => None,
        Node::Sequence(list) => list.items.iter().map(depth_of).max(),
        Node::Mapping(map) => map.entries.iter().map(|entry| depth_of(&entry.value)).max(),
    };
    1 + deepest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Growth, MAX_DEPTH};
    use crate::kustomize::testing::node;
    use crate::yaml::Node;

    #[test]
    fn doubling_ends_before_the_memory_does() {
        let (mut growth, mut value) = (Growth { copied: 0, most: 100_000 }, node("[a]"));
        let mut steps = 0;
        while growth.copy(&value, 0).is_ok() {
            let Node::Sequence(list) = &mut value else { panic!("a list") };
            let copy = Node::Sequence(list.clone());
            list.items.push(copy);
            steps += 1;
        }
        assert!((10..30).contains(&steps), "{steps}");
    }

    #[test]
    fn deep_places_are_refused() {
        assert!(Growth::default().copy(&node("{a: b}"), MAX_DEPTH - 10).is_ok());
        assert!(Growth::default().copy(&node("{a: b}"), MAX_DEPTH).is_err());
    }
}
