//! GraphQL: queries and mutations, and what their errors mean. A GitHub without GraphQL is noticed here.
//! Knows the envelope; the fields are their callers'.

use http::Method;
use serde_json::{Value, json};

use super::policy;
use super::wire::{Answer, Request, Sent, seconds};
use super::{Github, refusal};
use crate::failure::Result;

/// How a GraphQL request ended.
#[derive(Debug)]
pub(super) enum Graph {
    /// The data, and what went wrong beside it.
    Answered(Value, Vec<Trouble>),
    /// There is no GraphQL API here.
    Missing,
    /// The answer leaves open whether the write took effect.
    Unknown(String),
}

/// One error of a GraphQL answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// GitHub's word for it: `NOT_FOUND`, `FORBIDDEN`, …; empty when there is none.
    pub(super) kind: String,
    /// The message.
    pub(super) message: String,
    /// The field that it is about, the innermost name of its path.
    pub(super) field: String,
}

impl Trouble {
    /// Tells whether the query asked for more than the server gives at once, or took too long.
    pub(super) fn is_too_much(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        self.is_refused_as_too_much() || text.contains("timedout") || text.contains("timeout")
    }

    /// Tells whether the server refused to do that much at once; then nothing was done.
    pub(super) fn is_refused_as_too_much(&self) -> bool {
        const KINDS: [&str; 3] = ["RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED", "MAX_COMPLEXITY_EXCEEDED"];
        KINDS.contains(&self.kind.as_str()) || self.message.to_ascii_lowercase().contains("resource limits")
    }

    /// Tells whether the server failed, which a retry may cure.
    pub(super) fn is_transient(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        matches!(self.kind.as_str(), "SERVICE_UNAVAILABLE" | "INTERNAL" | "BAD_GATEWAY")
            || text.contains("something went wrong")
            || text.contains("please try again")
    }

    /// Tells whether it leaves one of our own fields (files, logs) unanswered, which must not look like a missing file.
    pub(super) fn hides_a_file(&self) -> bool {
        let digits = self.field.strip_prefix(['f', 'l']);
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn is_limit(&self) -> bool {
        self.kind == "RATE_LIMITED" || policy::says_limited(&self.message)
    }
}

/// Joins the messages of errors.
pub(super) fn messages(troubles: &[Trouble]) -> String {
    troubles.iter().map(|trouble| trouble.message.as_str()).collect::<Vec<_>>().join("; ")
}

impl Github<'_> {
    /// Sends a query, which is asked again until it is answered.
    pub(super) async fn query(&self, query: &str, variables: Value, what: &str) -> Result<Graph> {
        self.graph(query, variables, what, true).await
    }

    /// Sends a mutation, once.
    pub(super) async fn mutate(&self, query: &str, variables: Value, what: &str) -> Result<Graph> {
        self.graph(query, variables, what, false).await
    }

    async fn graph(&self, query: &str, variables: Value, what: &str, repeatable: bool) -> Result<Graph> {
        let body = json!({ "query": query, "variables": variables });
        let mut request = Request::write(Method::POST, "", body, what);
        request.repeatable = repeatable;
        for attempt in 0.. {
            let answer = match self.attempt(&self.clients.graphql, &request).await? {
                Sent::Answered(answer) => answer,
                Sent::Unknown(seen) => return Ok(Graph::Unknown(seen)),
            };
            if is_missing(&answer) {
                return Ok(Graph::Missing);
            }
            let troubles = troubles(&answer);
            if !answer.is_success() && troubles.is_empty() {
                return Err(refusal::explain(&answer, what, self.token));
            }
            if troubles.iter().any(Trouble::is_limit) {
                let why = format!("GitHub limits the rate of GraphQL while {what}");
                self.pause(policy::limit(&answer.limits(), attempt, seconds()), &why).await?;
                continue;
            }
            let failed = troubles.iter().any(Trouble::is_transient) && !troubles.iter().any(Trouble::is_too_much);
            if failed && repeatable {
                let why = format!("{what} failed: {}", messages(&troubles));
                self.pause(policy::pause(attempt, super::wire::chance()), &why).await?;
                continue;
            }
            if failed {
                return Ok(Graph::Unknown(messages(&troubles)));
            }
            return Ok(Graph::Answered(answer.body["data"].clone(), troubles));
        }
        unreachable!("the loop ends by returning")
    }
}

/// Tells whether the answer is that of a server without GraphQL.
fn is_missing(answer: &Answer) -> bool {
    let envelope = answer.body.get("data").is_some() || answer.body.get("errors").is_some();
    match answer.status {
        401 | 403 | 429 => false,
        200..=499 | 501 => !envelope,
        _ => false,
    }
}

fn troubles(answer: &Answer) -> Vec<Trouble> {
    let errors = answer.body["errors"].as_array().map_or(&[][..], Vec::as_slice);
    errors
        .iter()
        .filter_map(|error| {
            let message = error["message"].as_str()?.to_owned();
            let kind = error["type"].as_str().or_else(|| error.pointer("/extensions/code")?.as_str());
            let path = error["path"].as_array().map_or(&[][..], Vec::as_slice);
            let field = path.iter().rev().find_map(|part| part.as_str()).unwrap_or_default().to_owned();
            Some(Trouble { kind: kind.unwrap_or_default().to_owned(), message, field })
        })
        .collect()
}
