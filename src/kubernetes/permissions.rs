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
    status: RulesStatus,
}

#[derive(Default, Deserialize)]
struct RulesStatus {
    #[serde(default, rename = "resourceRules")]
    rules: Vec<Rule>,
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
    let granted: BTreeMap<String, Vec<Rule>> = answers.into_iter().collect::<Result<_, _>>()?;
    let uncertain = needs.into_iter().filter(|need| {
        let rules = need.namespace.as_ref().and_then(|namespace| granted.get(namespace));
        !rules.is_some_and(|rules| permission::grants(rules, need))
    });
    let asked = stream::iter(uncertain).map(|need| async move {
        let allowed = allowed(cluster, &need).await?;
        Ok::<_, ApiError>((!allowed).then_some(need))
    });
    let answers: Vec<_> = asked.buffer_unordered(CONCURRENCY).collect().await;
    answers.into_iter().filter_map(Result::transpose).collect()
}

async fn rules(cluster: &Cluster, namespace: &str) -> Result<Vec<Rule>, ApiError> {
    let question = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace}});
    let call = post("selfsubjectrulesreviews", &question);
    let review: RulesReview = cluster.json(&call).await?;
    Ok(review.status.rules)
}

async fn allowed(cluster: &Cluster, need: &Need) -> Result<bool, ApiError> {
    let question = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"group": need.group, "resource": need.resource, "verb": need.verb,
            "namespace": need.namespace.as_deref().unwrap_or_default()}}});
    let review: AccessReview = cluster.json(&post("selfsubjectaccessreviews", &question)).await?;
    Ok(review.status.allowed)
}

fn post(review: &str, question: &serde_json::Value) -> Call {
    let body = question.to_string().into_bytes();
    Call::with_body(Method::POST, format!("{REVIEWS}/{review}"), "application/json", body)
}
