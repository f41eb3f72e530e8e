//! `/_double/…`: what a script in another process needs to play the rest of the world. Off unless asked for,
//! and at a path that GitHub does not have.

use std::time::Duration;

use serde_json::{Value, json};

use crate::git::Mode;
use crate::git::tree::Target;
use crate::seed::somebody;
use crate::wire::answer::Answer;
use crate::wire::fault::{Failure, Fault};
use crate::wire::request::Request;
use crate::world::World;

/// Answers a control request.
///
/// - `POST push` `{repository, branch, message, files: {path: text or null}}` → `{sha}`
/// - `POST fault` `{when: before|after|slow, failure, seconds, method, path, operation, nth, times}` → 204; `failure`
///   is a status, or one of `reset`, `hang`, `truncated`, `primary-limit`, `secondary-limit`, `resource-limits`,
///   `query-timeout`
/// - `GET requests` → `{requests: [line], counts: {kind: n}}`
pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    let body = request.json().map(Value::Object).unwrap_or_default();
    let action = request.segments.get(1).map(String::as_str).unwrap_or_default();
    let result = match (request.method.as_str(), action) {
        ("POST", "push") => push(world, &body),
        ("POST", "fault") => fault(world, &body),
        ("GET", "requests") => Ok(requests(world)),
        _ => Err(format!("no such control: {} {action}", request.method)),
    };
    result.unwrap_or_else(|message| Answer::error(400, &message))
}

fn push(world: &mut World, body: &Value) -> Result<Answer, String> {
    let text = |field: &str| body[field].as_str().ok_or_else(|| format!("{field} is missing"));
    let (name, branch, message) = (text("repository")?, text("branch")?, text("message")?);
    let files = body["files"].as_object().ok_or("files is missing")?;
    let repository = world.repository(name).ok_or_else(|| format!("no repository {name}"))?;
    let mut changes: Vec<(String, Target)> = Vec::new();
    for (path, content) in files {
        let target = content.as_str().map(|text| (Mode::File, repository.store.put_blob(text.to_owned())));
        changes.push((path.clone(), target));
    }
    let sha = repository.push(branch, message, &changes, &somebody()).to_string();
    Ok(Answer::created(json!({"sha": sha})))
}

fn fault(world: &mut World, body: &Value) -> Result<Answer, String> {
    let seconds = body["seconds"].as_u64();
    let pause = Duration::from_secs(seconds.unwrap_or(1));
    let mut fault = match body["when"].as_str() {
        Some("before") => Fault::before(failure(body, seconds)?),
        Some("after") => Fault::after(failure(body, seconds)?),
        Some("slow") => Fault::slow(pause),
        _ => return Err("when is none of before, after, slow".into()),
    };
    if let Some(method) = body["method"].as_str() {
        fault = fault.method(method);
    }
    if let Some(path) = body["path"].as_str() {
        fault = fault.path(path);
    }
    if let Some(operation) = body["operation"].as_str() {
        fault = fault.operation(operation);
    }
    let number = |field: &str| body[field].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(1);
    world.faults.push(fault.nth(number("nth")).times(number("times")));
    Ok(Answer::empty(204))
}

fn failure(body: &Value, seconds: Option<u64>) -> Result<Failure, String> {
    if let Some(status) = body["failure"].as_u64().and_then(|status| u16::try_from(status).ok()) {
        return Ok(Failure::Status(status));
    }
    Ok(match body["failure"].as_str().unwrap_or_default() {
        "reset" => Failure::Reset,
        "truncated" => Failure::Truncated,
        "hang" => Failure::Hang(Duration::from_secs(seconds.unwrap_or(1))),
        "primary-limit" => Failure::PrimaryLimit { status: 403, reset_in: seconds.unwrap_or(1) },
        "secondary-limit" => Failure::SecondaryLimit { status: 403, retry_after: seconds },
        "resource-limits" => Failure::ResourceLimits,
        "query-timeout" => Failure::QueryTimeout,
        other => return Err(format!("failure {other} is unknown")),
    })
}

fn requests(world: &World) -> Answer {
    let lines: Vec<String> = world.log.entries.iter().map(|entry| entry.line()).collect();
    Answer::ok(json!({"requests": lines, "counts": world.log.counts()}))
}
