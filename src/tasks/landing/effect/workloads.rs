//! The images and replica counts of built objects, and how two builds differ in them.
//! Walks any kind: custom resources hold pod templates, too.

use std::collections::BTreeMap;

use crate::kustomize::Built;
use crate::yaml::Node;

/// Images and replica counts by object and place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Workloads {
    /// `Deployment/ns/web: container app` → its image, `Deployment/ns/web: replicas` → the count.
    values: BTreeMap<String, String>,
}

/// One difference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Object and container with both values.
    pub(super) shown: String,
    /// The new value.
    pub(super) new: String,
}

impl Workloads {
    /// Gathers them from a build.
    pub(super) fn of(built: &Built) -> Self {
        let mut workloads = Self::default();
        for object in &built.objects {
            let name = name_of(&object.node);
            if let Some(count) = object.node.at(&["spec", "replicas"]).and_then(Node::text) {
                workloads.add(format!("{name}: replicas"), count);
            }
            workloads.walk(&name, &object.node);
        }
        workloads
    }

    /// Returns what is different in `after`.
    pub(super) fn changes_to(&self, after: &Self) -> Vec<Change> {
        let differs = |(place, new): (&String, &String)| {
            let old = self.values.get(place);
            if old == Some(new) {
                return None;
            }
            let old = old.map_or("-", String::as_str);
            Some(Change { shown: format!("{place} {old} -> {new}"), new: new.clone() })
        };
        after.values.iter().filter_map(differs).collect()
    }

    /// Tells whether some container runs an image.
    pub(super) fn runs(&self, image: &str) -> bool {
        self.values.values().any(|value| value == image)
    }

    /// Says which images there are, for whoever named one that is not.
    pub(super) fn hint(&self) -> String {
        let mut images: Vec<&str> = self
            .values
            .iter()
            .filter(|(place, _)| !place.ends_with(": replicas"))
            .map(|(_, image)| image.as_str())
            .collect();
        images.sort_unstable();
        images.dedup();
        let count = images.len();
        images.truncate(10);
        match count {
            0 => "nothing that it builds runs an image".to_owned(),
            _ => format!("check the name: it builds workloads with {}", images.join(", ")),
        }
    }

    fn walk(&mut self, object: &str, node: &Node) {
        if let Some(mapping) = node.as_mapping() {
            for entry in &mapping.entries {
                let key = entry.key.text.as_str();
                let list = if matches!(key, "containers" | "initContainers" | "ephemeralContainers") {
                    entry.value.as_sequence()
                } else {
                    None
                };
                match list {
                    Some(list) => {
                        list.items.iter().enumerate().for_each(|(index, item)| self.container(object, key, index, item))
                    }
                    None => self.walk(object, &entry.value),
                }
            }
        } else if let Some(list) = node.as_sequence() {
            list.items.iter().for_each(|item| self.walk(object, item));
        }
    }

    fn container(&mut self, object: &str, list: &str, index: usize, container: &Node) {
        let Some(image) = container.get("image").and_then(Node::text) else { return };
        let kind = if list == "initContainers" { "init container" } else { "container" };
        let name = container.get("name").and_then(Node::text).map_or_else(|| index.to_string(), str::to_owned);
        self.add(format!("{object}: {kind} {name}"), image);
    }

    /// Adds a value; several at one place count one by one.
    fn add(&mut self, place: String, value: &str) {
        let mut key = place.clone();
        let mut number = 2;
        while self.values.contains_key(&key) {
            key = format!("{place} ({number})");
            number += 1;
        }
        self.values.insert(key, value.to_owned());
    }
}

fn name_of(object: &Node) -> String {
    let text = |path: &[&str]| object.at(path).and_then(Node::text).unwrap_or_default().to_owned();
    let (kind, namespace, name) = (text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"]));
    if namespace.is_empty() { format!("{kind}/{name}") } else { format!("{kind}/{namespace}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::Workloads;
    use crate::kustomize::{Built, Object};

    fn workloads(text: &str) -> Workloads {
        let nodes = crate::yaml::parse(text.as_bytes()).expect("the fixture is YAML");
        let objects = nodes.into_iter().map(|node| Object { node, file: None, line: 1 }).collect();
        Workloads::of(&Built { objects, ..Built::default() })
    }

    const WEB: &str = "kind: Deployment\nmetadata: {name: web, namespace: ns}\nspec:\n  replicas: 2\n  template:\n    spec:\n      \
                       initContainers: [{name: i, image: init:1}]\n      containers: [{name: app, image: app:1}]\n";

    #[test]
    fn images_and_replicas_are_found_and_compared() {
        let before = workloads(WEB);
        assert!(before.changes_to(&before).is_empty());
        let after = workloads(&WEB.replace("app:1", "app:2").replace("replicas: 2", "replicas: 3"));
        let shown: Vec<String> = before.changes_to(&after).into_iter().map(|change| change.shown).collect();
        assert_eq!(shown, ["Deployment/ns/web: container app app:1 -> app:2", "Deployment/ns/web: replicas 2 -> 3"]);
        assert!(after.runs("init:1") && !after.runs("app:1"));
    }

    #[test]
    fn any_kind_with_containers_counts() {
        let custom = workloads("kind: Rollout\nmetadata: {name: r}\nspec: {deep: [{containers: [{image: x:1}]}]}\n");
        assert!(custom.runs("x:1"));
    }
}
