//! The objects that a name can mean: those that had another id before, found by a former name and today's namespace.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;

use crate::kustomize::gvk::Gvk;
use crate::kustomize::name_reference::Referrer;
use crate::kustomize::resource_id::CLUSTER_SCOPED;
use crate::kustomize::resource_map::ResourceMap;

/// One object that had another id before.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) name: SmolStr,
    /// As written; empty when it names none.
    pub(super) namespace: SmolStr,
    pub(super) effective_namespace: SmolStr,
    pub(super) kind: SmolStr,
    pub(super) is_cluster_scoped: bool,
    pub(super) previous: Vec<Gvk>,
    pub(super) prefixes: Vec<SmolStr>,
    pub(super) suffixes: Vec<SmolStr>,
    first_namespace: SmolStr,
}

/// All of them, indexed.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    all: Vec<Candidate>,
    /// Positions by former name, then by today's effective namespace.
    named: HashMap<SmolStr, HashMap<SmolStr, Vec<u32>>>,
    /// Of every object, renamed or not: the namespaces at first and today, effective and as written.
    started: HashSet<SmolStr>,
    started_now_effective: HashSet<(SmolStr, SmolStr)>,
    started_now_written: HashSet<(SmolStr, SmolStr)>,
}

impl Candidate {
    /// Whether it is in the group of a namespace: the one that objects started in, or else are in now.
    pub(super) fn is_in(&self, namespace: &str, by_first: bool) -> bool {
        let own = if by_first { &self.first_namespace } else { &self.effective_namespace };
        own == namespace && namespace != CLUSTER_SCOPED
    }
}

impl Candidates {
    /// Gathers the objects of a set.
    pub(super) fn of(objects: &ResourceMap) -> Self {
        let mut candidates = Self::default();
        let mut before = None;
        for resource in objects.resources() {
            let (id, first) = (resource.current_id(), resource.original_id());
            let first_namespace = SmolStr::from(first.namespace);
            let namespaces = (first.namespace, id.namespace, resource.namespace());
            if before != Some(namespaces) {
                candidates.note_namespaces(namespaces);
                before = Some(namespaces);
            }
            if resource.history.previous.is_empty() {
                continue;
            }
            let position = u32::try_from(candidates.all.len()).expect("fewer than 2^32 objects fit in memory");
            let mut entered = None;
            for previous in resource.previous_ids() {
                // Every step that renames or moves an object notes its name: mostly the same one.
                if entered.replace(previous.name) == Some(previous.name) {
                    continue;
                }
                let by_namespace = candidates.named.entry(previous.name.into()).or_default();
                let positions = by_namespace.entry(id.namespace.into()).or_default();
                if positions.last() != Some(&position) {
                    positions.push(position);
                }
            }
            let candidate = Candidate {
                name: id.name.into(),
                namespace: resource.namespace().into(),
                effective_namespace: id.namespace.into(),
                kind: id.gvk.kind.into(),
                is_cluster_scoped: id.is_cluster_scoped(),
                previous: resource.previous_ids().map(|id| id.gvk.to_gvk()).collect(),
                prefixes: resource.history.prefixes.clone(),
                suffixes: resource.history.suffixes.clone(),
                first_namespace,
            };
            candidates.all.push(candidate);
        }
        candidates
    }

    fn note_namespaces(&mut self, (first, effective, written): (&str, &str, &str)) {
        let first = SmolStr::from(first);
        self.started.insert(first.clone());
        self.started_now_effective.insert((first.clone(), effective.into()));
        self.started_now_written.insert((first, written.into()));
    }

    /// Returns, in order, those that had a name and that the referrer can refer to at all: all for a cluster-scoped one,
    /// else those of its namespace, cluster-scoped ones, and those where a RoleBinding's ServiceAccounts are.
    pub(super) fn named(&self, name: &str, referrer: &Referrer) -> Vec<&Candidate> {
        let Some(by_namespace) = self.named.get(name) else { return Vec::new() };
        let mut positions: Vec<u32> = if referrer.is_cluster_scoped {
            by_namespace.values().flatten().copied().collect()
        } else {
            let own = [referrer.namespace.as_str(), CLUSTER_SCOPED];
            let near = own.into_iter().filter_map(|namespace| by_namespace.get(namespace)).flatten().copied();
            let subjects = referrer.subject_namespaces.iter();
            let written = |namespace: &SmolStr, position: &u32| self.all[*position as usize].namespace == *namespace;
            let far = subjects.filter_map(|namespace| Some((namespace, by_namespace.get(namespace)?)));
            let far = far.flat_map(|(namespace, positions)| {
                positions.iter().copied().filter(move |position| written(namespace, position))
            });
            near.chain(far).collect()
        };
        positions.sort_unstable();
        positions.dedup();
        positions.into_iter().map(|position| &self.all[position as usize]).collect()
    }

    /// Whether any object that the referrer can refer to was in this namespace at first.
    pub(super) fn some_started_in(&self, namespace: &str, referrer: &Referrer) -> bool {
        if namespace == CLUSTER_SCOPED {
            return false;
        }
        let first = SmolStr::from(namespace);
        if referrer.is_cluster_scoped {
            return self.started.contains(&first);
        }
        let own = [referrer.namespace.clone(), SmolStr::new_static(CLUSTER_SCOPED)];
        own.into_iter().any(|now| self.started_now_effective.contains(&(first.clone(), now)))
            || referrer
                .subject_namespaces
                .iter()
                .any(|now| self.started_now_written.contains(&(first.clone(), now.clone())))
    }
}
