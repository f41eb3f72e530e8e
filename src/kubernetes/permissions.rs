//! Asks the API server what we may do: all rules of a namespace at once, and single accesses where those are not certain.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::failure::ApiError;
use super::{Call, Cluster};
use crate::apply::permission::{self, Need, Rule};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1";
/// Questions at a time.
const CONCURRENCY: usize = 16;

#[derive(Deserialize)]
struct RulesReview {
    #[serde(default)]
    status: Granted,
}

/// What the server says that we may do in a namespace, rights on the whole cluster among it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Granted {
    /// Rules on resources.
    #[serde(rename = "resourceRules")]
    pub rules: Vec<Rule>,
    /// Rules on paths that are no resources.
    #[serde(rename = "nonResourceRules")]
    pub paths: Vec<PathRule>,
    /// There are rights that the server cannot list.
    pub incomplete: bool,
}

/// A rule on paths that are no resources.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PathRule {
    pub verbs: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    pub paths: Vec<String>,
}

#[derive(Deserialize)]
struct AccessReview {
    #[serde(default)]
    status: AccessStatus,
}

#[derive(Default, Deserialize)]
struct AccessStatus {
    #[serde(default)]
    allowed: bool,
}

/// Returns the needs that are not granted.
///
/// # Errors
/// The server does not answer such questions to us.
pub(crate) async fn missing(cluster: &Cluster, needs: BTreeSet<Need>) -> Result<BTreeSet<Need>, ApiError> {
    let namespaces: BTreeSet<String> = needs.iter().filter_map(|need| need.namespace.clone()).collect();
    let asked = stream::iter(namespaces).map(|namespace| async move {
        let rules = rules(cluster, &namespace).await?;
        Ok::<_, ApiError>((namespace, rules))
    });
    let answers: Vec<_> = asked.buffer_unordered(CONCURRENCY).collect().await;
    let granted: BTreeMap<String, Granted> = answers.into_iter().collect::<Result<_, _>>()?;
    let uncertain = needs.into_iter().filter(|need| {
        let granted = need.namespace.as_ref().and_then(|namespace| granted.get(namespace));
        !granted.is_some_and(|granted| permission::grants(&granted.rules, need))
    });
    // One question for all names of a kind, and one a name only where that is denied.
    let mut kinds: BTreeMap<Need, Vec<Need>> = BTreeMap::new();
    for need in uncertain {
        kinds.entry(Need { name: None, ..need.clone() }).or_default().push(need);
    }
    let asked = stream::iter(kinds).map(|(kind, needs)| async move {
        let allowed = allowed(cluster, &kind).await?;
        Ok::<_, ApiError>(if allowed { Vec::new() } else { needs })
    });
    let answers: Vec<_> = asked.buffer_unordered(CONCURRENCY).collect().await;
    let denied: Vec<Vec<Need>> = answers.into_iter().collect::<Result<_, _>>()?;
    let asked = stream::iter(denied.into_iter().flatten()).map(|need| async move {
        let allowed = need.name.is_some() && allowed(cluster, &need).await?;
        Ok::<_, ApiError>((!allowed).then_some(need))
    });
    let answers: Vec<_> = asked.buffer_unordered(CONCURRENCY).collect().await;
    answers.into_iter().filter_map(Result::transpose).collect()
}

/// Returns all that we may do in a namespace.
///
/// # Errors
/// The server does not answer such questions to us.
pub(crate) async fn rules(cluster: &Cluster, namespace: &str) -> Result<Granted, ApiError> {
    let question = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace}});
    let call = post("selfsubjectrulesreviews", &question);
    let review: RulesReview = cluster.json(&call).await?;
    Ok(review.status)
}

async fn allowed(cluster: &Cluster, need: &Need) -> Result<bool, ApiError> {
    let spec = if need.resource.starts_with('/') {
        json!({"nonResourceAttributes": {"path": need.resource, "verb": need.verb}})
    } else {
        let (resource, subresource) = need.resource.split_once('/').unwrap_or((&need.resource, ""));
        json!({"resourceAttributes": {"group": need.group, "resource": resource, "subresource": subresource,
            "verb": need.verb, "namespace": need.namespace.as_deref().unwrap_or_default(),
            "name": need.name.as_deref().unwrap_or_default()}})
    };
    let question = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec});
    let review: AccessReview = cluster.json(&post("selfsubjectaccessreviews", &question)).await?;
    Ok(review.status.allowed)
}

fn post(review: &str, question: &serde_json::Value) -> Call {
    let body = question.to_string().into_bytes();
    Call::with_body(Method::POST, format!("{REVIEWS}/{review}"), "application/json", body)
}
