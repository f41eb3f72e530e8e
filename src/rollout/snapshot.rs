//! The objects of a cluster as last seen, indexed so that judging one costs no more than its related objects.
//! Holds objects as they came; knows no rule of any kind.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde_json::Value;

use super::fields::{list, text};

/// What names an object for its whole life: API group (without version), kind, namespace, name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// API group; empty for the core one.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty when the object has none.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectKey {
    /// Reads the key of an object; `None` when it has no kind.
    pub fn of(object: &Value) -> Option<Self> {
        let kind = text(object, "kind");
        if kind.is_empty() {
            return None;
        }
        let name = Some(text(object, "metadata.name")).filter(|name| !name.is_empty());
        Some(Self {
            group: group_of(text(object, "apiVersion")).to_owned(),
            kind: kind.to_owned(),
            namespace: text(object, "metadata.namespace").to_owned(),
            name: name.unwrap_or_else(|| text(object, "metadata.generateName")).to_owned(),
        })
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(formatter, "{}/{}", self.kind, self.name),
            namespace => write!(formatter, "{}/{namespace}/{}", self.kind, self.name),
        }
    }
}

/// Returns the group of an apiVersion.
pub(crate) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Objects, and the ways from one to its related ones.
#[derive(Debug, Default)]
pub struct Snapshot {
    objects: HashMap<ObjectKey, Value>,
    by_uid: HashMap<String, ObjectKey>,
    by_owner: HashMap<String, BTreeSet<ObjectKey>>,
    by_kind: HashMap<(String, String), BTreeSet<ObjectKey>>,
    events: HashMap<(String, String, String), BTreeSet<ObjectKey>>,
}

impl Snapshot {
    /// Puts an object in, in place of an earlier version of it, and returns its key; `None` when it has no kind.
    pub fn insert(&mut self, object: Value) -> Option<ObjectKey> {
        let key = ObjectKey::of(&object)?;
        self.remove(&key);
        let uid = text(&object, "metadata.uid");
        if !uid.is_empty() {
            self.by_uid.insert(uid.to_owned(), key.clone());
        }
        for owner in owner_marks(&object) {
            self.by_owner.entry(owner).or_default().insert(key.clone());
        }
        if let Some(subject) = event_subject(&object) {
            self.events.entry(subject).or_default().insert(key.clone());
        }
        self.by_kind.entry((key.kind.clone(), key.namespace.clone())).or_default().insert(key.clone());
        self.objects.insert(key.clone(), object);
        Some(key)
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Value> {
        let object = self.objects.remove(key)?;
        let uid = text(&object, "metadata.uid");
        if self.by_uid.get(uid) == Some(key) {
            self.by_uid.remove(uid);
        }
        for owner in owner_marks(&object) {
            forget(&mut self.by_owner, owner, key);
        }
        if let Some(subject) = event_subject(&object) {
            forget(&mut self.events, subject, key);
        }
        forget(&mut self.by_kind, (key.kind.clone(), key.namespace.clone()), key);
        Some(object)
    }

    /// Returns an object.
    pub fn get(&self, key: &ObjectKey) -> Option<&Value> {
        self.objects.get(key)
    }

    /// Returns how many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Returns whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Returns the objects whose verdict a change of this one may alter: itself and every owner up the chain; for an
    /// event, those of the object that it is about.
    pub fn affected_by(&self, changed: &Value) -> Vec<ObjectKey> {
        let mut affected = Vec::new();
        let mut waiting: Vec<ObjectKey> = ObjectKey::of(changed).into_iter().collect();
        waiting.extend(self.owners_of(changed));
        waiting.extend(self.subject_of(changed));
        while let Some(key) = waiting.pop() {
            if affected.contains(&key) {
                continue;
            }
            if let Some(object) = self.objects.get(&key) {
                waiting.extend(self.owners_of(object));
            }
            affected.push(key);
        }
        affected
    }

    /// Returns the objects of `kind` that name `owner` as an owner, in the order of their names.
    pub(crate) fn owned_by<'a>(&'a self, owner: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let uid = text(owner, "metadata.uid");
        let by_uid = self.by_owner.get(uid).filter(|_| !uid.is_empty());
        let by_name = self.by_owner.get(&name_mark(
            text(owner, "kind"),
            text(owner, "metadata.namespace"),
            text(owner, "metadata.name"),
        ));
        [by_uid, by_name]
            .into_iter()
            .flatten()
            .flatten()
            .filter(move |key| key.kind == kind)
            .filter_map(|key| self.get(key))
    }

    /// Returns the owners of an object that are here.
    pub(crate) fn owners_of(&self, object: &Value) -> Vec<ObjectKey> {
        let namespace = text(object, "metadata.namespace");
        let found = list(object, "metadata.ownerReferences").iter().filter_map(|owner| match text(owner, "uid") {
            "" => Some(ObjectKey {
                group: group_of(text(owner, "apiVersion")).to_owned(),
                kind: text(owner, "kind").to_owned(),
                namespace: namespace.to_owned(),
                name: text(owner, "name").to_owned(),
            }),
            uid => self.by_uid.get(uid).cloned(),
        });
        found.filter(|key| self.objects.contains_key(key)).collect()
    }

    /// Returns the pods of a namespace, in the order of their names.
    pub fn pods(&self, namespace: &str) -> impl Iterator<Item = &Value> {
        self.of_kind("Pod", namespace)
    }

    /// Returns the objects of a kind in a namespace, in the order of their names.
    pub(crate) fn of_kind(&self, kind: &str, namespace: &str) -> impl Iterator<Item = &Value> {
        let keys = self.by_kind.get(&(kind.to_owned(), namespace.to_owned()));
        keys.into_iter().flatten().filter_map(|key| self.get(key))
    }

    /// Returns the object of that kind, namespace and name, whatever its group.
    pub(crate) fn named(&self, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        let keys = self.by_kind.get(&(kind.to_owned(), namespace.to_owned()))?;
        keys.iter().find(|key| key.name == name).and_then(|key| self.get(key))
    }

    /// Returns the events about an object.
    pub(crate) fn events_about(&self, object: &Value) -> impl Iterator<Item = &Value> {
        let uid = text(object, "metadata.uid").to_owned();
        let subject = (
            text(object, "kind").to_owned(),
            text(object, "metadata.namespace").to_owned(),
            text(object, "metadata.name").to_owned(),
        );
        let keys = self.events.get(&subject);
        let found = keys.into_iter().flatten().filter_map(|key| self.get(key));
        found.filter(move |event| {
            let about = subject_field(event).map_or("", |subject| text(subject, "uid"));
            about.is_empty() || uid.is_empty() || about == uid
        })
    }

    fn subject_of(&self, event: &Value) -> Option<ObjectKey> {
        let (kind, namespace, name) = event_subject(event)?;
        let keys = self.by_kind.get(&(kind, namespace))?;
        keys.iter().find(|key| key.name == name).cloned()
    }
}

/// Takes a key out of an index, and the entry with it when it was the last one.
fn forget<K: std::hash::Hash + Eq>(index: &mut HashMap<K, BTreeSet<ObjectKey>>, mark: K, key: &ObjectKey) {
    if let Some(keys) = index.get_mut(&mark) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(&mark);
        }
    }
}

/// Returns what owned objects are found by: the owner's uid, or kind, namespace and name where a reference has no uid.
fn owner_marks(object: &Value) -> Vec<String> {
    let namespace = text(object, "metadata.namespace");
    let owners = list(object, "metadata.ownerReferences").iter();
    owners
        .filter_map(|owner| match (text(owner, "uid"), text(owner, "name")) {
            ("", "") => None,
            ("", name) => Some(name_mark(text(owner, "kind"), namespace, name)),
            (uid, _) => Some(uid.to_owned()),
        })
        .collect()
}

fn name_mark(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind}/{namespace}/{name}")
}

fn subject_field(event: &Value) -> Option<&Value> {
    event.get("involvedObject").or_else(|| event.get("regarding"))
}

/// Returns kind, namespace and name of what an event is about.
fn event_subject(object: &Value) -> Option<(String, String, String)> {
    if text(object, "kind") != "Event" {
        return None;
    }
    let subject = subject_field(object)?;
    Some((text(subject, "kind").to_owned(), text(subject, "namespace").to_owned(), text(subject, "name").to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": name,
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1", "uid": "rs-1"}]}})
    }

    fn chain() -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.insert(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "uid": "d-1"}}));
        snapshot.insert(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1",
            "namespace": "shop", "uid": "rs-1", "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": "d-1"}]}}));
        snapshot.insert(pod("web-1-a"));
        snapshot
    }

    #[test]
    fn an_event_about_a_pod_affects_its_deployment() {
        let snapshot = chain();
        let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1-a"}});
        let affected = snapshot.affected_by(&event);
        assert!(affected.iter().any(|key| key.kind == "Deployment" && key.name == "web"), "{affected:?}");
    }

    #[test]
    fn a_removed_pod_is_owned_by_nobody() {
        let mut snapshot = chain();
        let key = ObjectKey::of(&pod("web-1-a")).expect("the pod has a kind");
        snapshot.remove(&key);
        let set = snapshot.named("ReplicaSet", "shop", "web-1").expect("the replica set is there");
        assert_eq!(snapshot.owned_by(set, "Pod").count(), 0);
    }

    #[test]
    fn a_later_version_takes_the_place_of_the_earlier_one() {
        let mut snapshot = chain();
        snapshot.insert(pod("web-1-a"));
        let set = snapshot.named("ReplicaSet", "shop", "web-1").expect("the replica set is there");
        assert_eq!(snapshot.owned_by(set, "Pod").count(), 1);
    }
}
