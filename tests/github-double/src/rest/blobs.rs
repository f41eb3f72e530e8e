//! `…/git/blobs`: file content by its SHA.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::base64;
use crate::git::Oid;
use crate::rest::context::{Context, Handled};
use crate::rest::shapes::node_id;
use crate::router::text;
use crate::wire::answer::Answer;

/// One blob.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, sha: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    let oid: Oid = sha.parse().map_err(|()| {
        Answer::error(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    })?;
    let bytes = repository.store.blob(oid).ok_or_else(Answer::not_found)?;
    if request.header("accept").is_some_and(|accept| accept.contains(".raw")) {
        return Ok(Answer::raw(bytes.clone(), "application/vnd.github.raw+json; charset=utf-8"));
    }
    Ok(Answer::ok(json!({
        "sha": oid.to_string(), "node_id": node_id("Blob", sha), "size": bytes.len(),
        "url": format!("{}/repos/{}/git/blobs/{oid}", urls.api, repository.full_name()),
        "content": base64::encode_wrapped(bytes), "encoding": "base64",
    })))
}

/// Keeps a blob.
pub fn create(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let body = c.request.json()?;
    let urls = c.urls();
    let repository = c.write(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(409, "Git Repository is empty."));
    }
    let content = body.get("content").and_then(Value::as_str);
    let content = content.ok_or_else(|| Answer::malformed("\"content\" wasn't supplied."))?;
    let bytes = match text(&body, "encoding").unwrap_or("utf-8") {
        "utf-8" => content.as_bytes().to_vec(),
        "base64" => base64::decode(content).ok_or_else(|| Answer::error(422, "content is not valid Base64"))?,
        _ => return Err(Answer::error(422, "encoding must be utf-8 or base64")),
    };
    let oid = repository.store.put_blob(bytes);
    let url = format!("{}/repos/{}/git/blobs/{oid}", urls.api, repository.full_name());
    Ok(Answer::created(json!({"sha": oid.to_string(), "url": url})).with("location", url))
}
