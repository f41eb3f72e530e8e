//! Which rights a set needs, whether given rules grant them, and the rule to paste where they do not. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;

use super::target::Target;

/// One verb on one resource in one namespace (none: on the whole cluster).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    /// API group.
    pub group: String,
    /// Plural name, with `/subresource` where that is meant; or a path of the server that is no resource, with its first slash.
    pub resource: String,
    /// Namespace; none for what lives in no namespace.
    pub namespace: Option<String>,
    /// One verb.
    pub verb: String,
    /// The only object that is meant; none where any may be.
    pub name: Option<String>,
}

/// A rule of a `SelfSubjectRulesReview`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rule {
    pub verbs: Vec<String>,
    #[serde(rename = "apiGroups")]
    pub groups: Vec<String>,
    pub resources: Vec<String>,
    #[serde(rename = "resourceNames")]
    pub names: Vec<String>,
}

/// Returns what reading and changing the objects takes.
pub(crate) fn needs<'a>(targets: impl Iterator<Item = &'a Target>, verbs: &[&str]) -> BTreeSet<Need> {
    targets
        .flat_map(|target| {
            verbs.iter().map(|verb| Need {
                group: target.manifest.reference.group.clone(),
                resource: target.resource.plural.clone(),
                namespace: target.manifest.reference.namespace.clone(),
                verb: (*verb).to_owned(),
                // A right to create cannot be limited to names.
                name: (*verb != "create").then(|| target.manifest.reference.name.clone()),
            })
        })
        .collect()
}

/// Tells whether rules surely grant a need; rules for single names grant it for these.
pub(crate) fn grants(rules: &[Rule], need: &Need) -> bool {
    let has = |list: &[String], word: &str| list.iter().any(|entry| entry == "*" || entry == word);
    rules.iter().any(|rule| {
        (rule.names.is_empty() || need.name.as_ref().is_some_and(|name| rule.names.contains(name)))
            && has(&rule.verbs, &need.verb)
            && has(&rule.groups, &need.group)
            && has(&rule.resources, &need.resource)
    })
}

/// Verbs by group and resource.
type Resources<'a> = BTreeMap<(&'a str, &'a str), BTreeSet<&'a str>>;

/// Prints what is missing as Roles and a ClusterRole, ready to paste.
pub(crate) fn rules(missing: &BTreeSet<Need>) -> String {
    let mut by_namespace: BTreeMap<Option<&str>, Resources<'_>> = BTreeMap::new();
    for need in missing {
        let resources = by_namespace.entry(need.namespace.as_deref()).or_default();
        resources.entry((&need.group, &need.resource)).or_default().insert(&need.verb);
    }
    let mut text = String::new();
    for (namespace, resources) in by_namespace {
        let _ = match namespace {
            Some(namespace) => writeln!(text, "# in a Role of namespace {namespace}:"),
            None => writeln!(text, "# in a ClusterRole:"),
        };
        for ((group, resource), verbs) in resources {
            let verbs: Vec<String> = verbs.iter().map(|verb| format!("\"{verb}\"")).collect();
            let _ = writeln!(
                text,
                "- apiGroups: [\"{group}\"]\n  resources: [\"{resource}\"]\n  verbs: [{}]",
                verbs.join(", ")
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(group: &str, resource: &str, namespace: Option<&str>, verb: &str) -> Need {
        Need {
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.map(str::to_owned),
            verb: verb.to_owned(),
            name: None,
        }
    }

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str]) -> Rule {
        let own = |list: &[&str]| list.iter().map(|entry| (*entry).to_owned()).collect();
        Rule { verbs: own(verbs), groups: own(groups), resources: own(resources), names: Vec::new() }
    }

    #[test]
    fn rules_grant_by_name_and_by_star() {
        let wanted = need("apps", "deployments", Some("a"), "patch");
        assert!(grants(&[rule(&["get", "patch"], &["apps"], &["deployments"])], &wanted));
        assert!(grants(&[rule(&["*"], &["*"], &["*"])], &wanted));
        assert!(!grants(&[rule(&["get"], &["apps"], &["deployments"])], &wanted));
        let named = Rule { names: vec!["web".to_owned()], ..rule(&["patch"], &["apps"], &["deployments"]) };
        let web = Need { name: Some("web".to_owned()), ..wanted.clone() };
        let other = Need { name: Some("other".to_owned()), ..wanted.clone() };
        assert!(!grants(std::slice::from_ref(&named), &wanted) && !grants(std::slice::from_ref(&named), &other));
        assert!(grants(&[named], &web));
    }

    #[test]
    fn the_missing_rule_is_ready_to_paste() {
        let missing = [
            need("apps", "deployments", Some("shop"), "get"),
            need("apps", "deployments", Some("shop"), "patch"),
            need("", "namespaces", None, "create"),
        ];
        assert_eq!(
            rules(&missing.into_iter().collect()),
            "# in a ClusterRole:\n- apiGroups: [\"\"]\n  resources: [\"namespaces\"]\n  verbs: [\"create\"]\n\
             # in a Role of namespace shop:\n- apiGroups: [\"apps\"]\n  resources: [\"deployments\"]\n  verbs: [\"get\", \"patch\"]\n"
        );
    }
}
