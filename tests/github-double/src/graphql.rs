//! `POST /graphql`: a small but real executor. Documents are parsed whole; aliases, variables, fragments and
//! directives work; the types are the part of GitHub's schema that deploy tools use.

pub mod commit_mutation;
pub mod connections;
pub mod execute;
pub mod git_types;
pub mod input;
pub mod object;
pub mod pull_mutation;
pub mod repository_types;

use async_graphql_parser::types::{ExecutableDocument, OperationDefinition, Selection};
use serde_json::{Map, Value, json};

use crate::rest::context::{Context, Handled};
use crate::wire::answer::Answer;
use crate::wire::request::Request;

/// Requests above this many bytes are refused (measured on GitHub in 2026: 45 MB).
const PAYLOAD_LIMIT: usize = 45 * 1024 * 1024;

/// Answers a GraphQL request.
pub fn answer(c: &mut Context<'_>) -> Handled {
    if !c.world.switches.graphql || c.world.switches.plain || c.request.method != "POST" {
        return Err(Answer::not_found());
    }
    if c.caller.token().is_none() {
        return Err(Answer::error(401, "This endpoint requires you to be authenticated."));
    }
    if c.request.body.len() > PAYLOAD_LIMIT {
        return Ok(failed("The request payload cannot be larger than 45MB"));
    }
    let body = c.request.json()?;
    let Some(query) = body.get("query").and_then(Value::as_str) else {
        return Ok(failed("A query attribute must be specified and must be a string."));
    };
    let document = match async_graphql_parser::parse_query(query) {
        Ok(document) => document,
        Err(error) => return Ok(failed(&format!("Parse error: {error}"))),
    };
    let name = body.get("operationName").and_then(Value::as_str);
    let Some(operation) = choose(&document, name) else {
        return Ok(failed(&format!("No operation named \"{}\"", name.unwrap_or_default())));
    };
    let variables = match body.get("variables") {
        Some(Value::Object(given)) => given.clone(),
        _ => Map::new(),
    };
    Ok(Answer::ok(execute::run(c, &document, operation, &variables)))
}

fn choose<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let chosen = match name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted)),
        None => operations.next(),
    };
    chosen.map(|(_, operation)| &operation.node)
}

/// An answer that says only why nothing was executed: HTTP 200, no data.
fn failed(message: &str) -> Answer {
    Answer::ok(json!({"errors": [{"message": message}]}))
}

/// The names a request goes by: its operation's name and its top-level fields. Empty when it is not GraphQL.
pub fn operations(request: &Request) -> Vec<String> {
    if !request.is_graphql() {
        return Vec::new();
    }
    let body = request.json().unwrap_or_default();
    let document =
        body.get("query").and_then(Value::as_str).and_then(|query| async_graphql_parser::parse_query(query).ok());
    let Some(document) = document else { return Vec::new() };
    let Some(operation) = choose(&document, body.get("operationName").and_then(Value::as_str)) else {
        return Vec::new();
    };
    let named = document.operations.iter().filter_map(|(name, _)| name.map(|name| name.as_str().to_owned()));
    let fields = operation.selection_set.node.items.iter().filter_map(|item| match &item.node {
        Selection::Field(field) => Some(field.node.name.node.as_str().to_owned()),
        _ => None,
    });
    named.chain(fields).collect()
}
