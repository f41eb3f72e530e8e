//! What an identity may do beside what it needs. Pure.

use std::collections::{BTreeSet, HashMap};

use super::Wants;
use crate::apply::permission::{Need, Rule};
use crate::kubernetes::permissions::Granted;

/// Paths that every authenticated identity may read (`system:discovery`, `system:public-info-viewer`,
/// `system:service-account-issuer-discovery`).
const PUBLIC_PATHS: [&str; 12] = [
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/readyz",
    "/version",
    "/openapi",
    "/openapi/*",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
];

/// Returns what is granted in a namespace (rights on the whole cluster among it) and not needed, a sentence each.
pub(crate) fn exceeds(namespace: &str, granted: &Granted, wants: &Wants) -> BTreeSet<String> {
    let mut needed: HashMap<(&str, &str, &str), Vec<&Need>> = HashMap::new();
    for need in wants.needs.keys().filter(|need| need.namespace.as_deref().is_none_or(|name| name == namespace)) {
        needed.entry((&need.group, &need.resource, &need.verb)).or_default().push(need);
    }
    let mut found = BTreeSet::new();
    for rule in granted.rules.iter().filter(|rule| !is_everybodys(rule)) {
        for group in &rule.groups {
            for resource in &rule.resources {
                for verb in &rule.verbs {
                    let needs = needed.get(&(group.as_str(), resource.as_str(), verb.as_str()));
                    let needs = needs.map(Vec::as_slice).unwrap_or_default();
                    found.extend(beyond(needs, &rule.names).map(|which| {
                        let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                        format!("{verb} {resource}{group}{which}")
                    }));
                }
            }
        }
    }
    for rule in &granted.paths {
        let wanted = |path: &&String| {
            !PUBLIC_PATHS.contains(&path.trim_end_matches('/'))
                && !wants.needs.keys().any(|need| need.resource == **path)
        };
        found.extend(rule.paths.iter().filter(wanted).map(|path| format!("{} {path}", rule.verbs.join(", "))));
    }
    found
}

/// Says which objects a rule holds for beyond those that are needed; none where it holds for no other.
fn beyond(needs: &[&Need], names: &[String]) -> Option<String> {
    if needs.iter().any(|need| need.name.is_none()) {
        return None;
    }
    let needed: BTreeSet<&str> = needs.iter().filter_map(|need| need.name.as_deref()).collect();
    if names.is_empty() {
        let only: Vec<&str> = needed.into_iter().collect();
        let only = if only.is_empty() { String::new() } else { format!(", not only {}", only.join(", ")) };
        return Some(only);
    }
    let more: Vec<&str> = names.iter().map(String::as_str).filter(|name| !needed.contains(name)).collect();
    (!more.is_empty()).then(|| format!(" {}", more.join(", ")))
}

/// What every authenticated identity may do (`system:basic-user`): ask about itself.
fn is_everybodys(rule: &Rule) -> bool {
    let reviews = ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"];
    rule.verbs.iter().all(|verb| verb == "create")
        && rule.groups.iter().all(|group| group == "authorization.k8s.io" || group == "authentication.k8s.io")
        && rule.resources.iter().all(|resource| reviews.contains(&resource.as_str()))
}
