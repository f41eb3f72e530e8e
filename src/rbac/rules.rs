//! Single rights → the fewest rules that grant them and nothing else, one set a namespace and one for the cluster. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reason, Use};
use crate::apply::permission::Need;

/// Objects named in a comment; the others are counted.
const NAMED: usize = 3;

/// The rules of one Role, or of the ClusterRole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Where they hold; none for the whole cluster.
    pub namespace: Option<String>,
    /// In the order of group and resource.
    pub rules: Vec<Rule>,
}

/// One rule with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// API group.
    pub group: String,
    /// Plural names, or paths of the server that are no resources.
    pub resources: Vec<String>,
    /// The only objects that it holds for; empty for all.
    pub names: Vec<String>,
    /// Verbs.
    pub verbs: Vec<String>,
    /// What needs it, a line each.
    pub because: Vec<String>,
}

type Needs = BTreeMap<Need, BTreeSet<Reason>>;

/// Returns the fewest rules, the cluster's last.
pub(crate) fn of(needs: &Needs) -> Vec<Scope> {
    let needs = without_covered(needs);
    let mut scopes: BTreeMap<Option<&str>, Vec<(&Need, &BTreeSet<Reason>)>> = BTreeMap::new();
    for (need, reasons) in &needs {
        scopes.entry(need.namespace.as_deref()).or_default().push((need, reasons));
    }
    let mut all: Vec<Scope> = scopes
        .into_iter()
        .map(|(namespace, needs)| Scope { namespace: namespace.map(str::to_owned), rules: rules(&needs) })
        .collect();
    all.sort_by_key(|scope| scope.namespace.is_none());
    all
}

/// Folds what a wider need grants already into that: a name into all names, a namespace into the cluster.
fn without_covered(needs: &Needs) -> Needs {
    let mut kept = Needs::new();
    for (need, reasons) in needs {
        let wider = [
            Need { namespace: None, name: None, ..need.clone() },
            Need { namespace: None, ..need.clone() },
            Need { name: None, ..need.clone() },
        ];
        let place = wider.into_iter().find(|wider| needs.contains_key(wider)).unwrap_or_else(|| need.clone());
        kept.entry(place).or_default().extend(reasons.iter().cloned());
    }
    kept
}

#[derive(Default)]
struct Verb<'a> {
    names: BTreeSet<&'a str>,
    reasons: BTreeMap<Use, BTreeSet<&'a str>>,
}

/// The rules of one scope.
fn rules(needs: &[(&Need, &BTreeSet<Reason>)]) -> Vec<Rule> {
    let mut resources: BTreeMap<(&str, &str), BTreeMap<&str, Verb<'_>>> = BTreeMap::new();
    for (need, reasons) in needs {
        let verbs = resources.entry((&need.group, &need.resource)).or_default();
        let verb = verbs.entry(&need.verb).or_default();
        verb.names.extend(need.name.as_deref());
        for reason in *reasons {
            verb.reasons.entry(reason.purpose).or_default().insert(&reason.who);
        }
    }
    let mut merged: Vec<Open<'_>> = Vec::new();
    let mut index: BTreeMap<(&str, Vec<&str>, bool), usize> = BTreeMap::new();
    for ((group, resource), verbs) in &resources {
        for rule in split(group, resource, verbs) {
            if !rule.names.is_empty() {
                merged.push(rule);
                continue;
            }
            let key = (*group, rule.verbs.clone(), resource.starts_with('/'));
            match index.get(&key) {
                Some(at) => merged[*at].absorb(rule),
                None => {
                    index.insert(key, merged.len());
                    merged.push(rule);
                }
            }
        }
    }
    merged.into_iter().map(Open::close).collect()
}

/// A rule that may still take resources in.
struct Open<'a> {
    group: &'a str,
    resources: Vec<&'a str>,
    names: BTreeSet<&'a str>,
    verbs: Vec<&'a str>,
    reasons: BTreeMap<Use, (BTreeSet<&'a str>, BTreeSet<&'a str>)>,
}

/// One rule for each set of names among the verbs of a resource.
fn split<'a>(group: &'a str, resource: &'a str, verbs: &'a BTreeMap<&'a str, Verb<'a>>) -> Vec<Open<'a>> {
    let mut by_names: BTreeMap<&BTreeSet<&str>, Open<'a>> = BTreeMap::new();
    for (name, verb) in verbs {
        let rule = by_names.entry(&verb.names).or_insert_with(|| Open {
            group,
            resources: vec![resource],
            names: verb.names.clone(),
            verbs: Vec::new(),
            reasons: BTreeMap::new(),
        });
        rule.verbs.push(name);
        for (purpose, who) in &verb.reasons {
            let (verbs, objects) = rule.reasons.entry(*purpose).or_default();
            verbs.insert(name);
            objects.extend(who);
        }
    }
    by_names.into_values().collect()
}

impl Open<'_> {
    fn absorb(&mut self, other: Self) {
        self.resources.extend(other.resources);
        for (purpose, (verbs, who)) in other.reasons {
            let (known, objects) = self.reasons.entry(purpose).or_default();
            known.extend(verbs);
            objects.extend(who);
        }
    }

    fn close(self) -> Rule {
        let own = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let because = self
            .reasons
            .iter()
            .map(|(purpose, (verbs, who))| {
                let verbs = verbs.iter().copied().collect::<Vec<_>>().join(", ");
                format!("{verbs}: {}", purpose.of(&listed(who)))
            })
            .collect();
        Rule {
            group: self.group.to_owned(),
            resources: own(self.resources),
            names: own(self.names.into_iter().collect()),
            verbs: own(self.verbs),
            because,
        }
    }
}

fn listed(who: &BTreeSet<&str>) -> String {
    let mut text = who.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if who.len() > NAMED {
        text.push_str(&format!(" and {} more", who.len() - NAMED));
    }
    text
}
