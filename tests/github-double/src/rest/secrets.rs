//! Secrets of a repository or an environment: the public key, and sealed boxes as clients store them.

use serde_json::json;

use crate::access::Permission;
use crate::base64;
use crate::clock;
use crate::repository::{Repository, StoredSecret};
use crate::rest::context::{Context, Handled};
use crate::router::text;
use crate::wire::answer::Answer;

/// GitHub's limit of a secret's value, sealing overhead included.
const SIZE_LIMIT: usize = 48 * 1024 + 48;

fn permission(environment: Option<&str>) -> Permission {
    if environment.is_some() { Permission::Environments } else { Permission::Secrets }
}

fn check_environment(repository: &Repository, environment: Option<&str>) -> Result<(), Answer> {
    match environment {
        Some(name) if !repository.environments.iter().any(|have| have == name) => Err(Answer::not_found()),
        _ => Ok(()),
    }
}

/// The key to seal secrets with.
pub fn public_key(c: &mut Context<'_>, owner: &str, name: &str, environment: Option<&str>) -> Handled {
    let repository = c.read(owner, name, permission(environment))?;
    check_environment(repository, environment)?;
    Ok(Answer::ok(json!({"key_id": repository.key_id(), "key": base64::encode(&repository.public_key())})))
}

/// Stores a sealed secret: 201 for a new one, 204 for a changed one.
pub fn put(c: &mut Context<'_>, owner: &str, name: &str, environment: Option<&str>, secret: &str) -> Handled {
    let body = c.request.json()?;
    let repository = c.write(owner, name, permission(environment))?;
    check_environment(repository, environment)?;
    check_name(secret)?;
    let value =
        text(&body, "encrypted_value").ok_or_else(|| Answer::malformed("\"encrypted_value\" wasn't supplied."))?;
    let key_id = text(&body, "key_id").ok_or_else(|| Answer::malformed("\"key_id\" wasn't supplied."))?;
    let sealed = base64::decode(value).filter(|bytes| bytes.len() >= 48);
    let sealed = sealed.ok_or_else(|| {
        Answer::error(422, "Bad request - Encrypted value must be properly sealed and base64 encoded")
    })?;
    if sealed.len() > SIZE_LIMIT {
        return Err(Answer::error(422, "Secret value is too large"));
    }
    if key_id != repository.key_id() {
        return Err(Answer::error(422, "Bad request - Key ID does not match the current public key"));
    }
    let now = clock::now();
    let key = (environment.map(str::to_owned), secret.to_ascii_uppercase());
    let created = repository.secrets.get(&key).map(|old| old.created);
    let stored = StoredSecret {
        encrypted_value: value.to_owned(),
        key_id: key_id.to_owned(),
        created: created.unwrap_or(now),
        updated: now,
    };
    repository.secrets.insert(key, stored);
    Ok(if created.is_some() { Answer::empty(204) } else { Answer::created(json!({})) })
}

fn check_name(name: &str) -> Result<(), Answer> {
    let legal = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !legal || name.is_empty() || name.as_bytes()[0].is_ascii_digit() {
        return Err(Answer::error(
            422,
            "Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_).",
        ));
    }
    if name.to_ascii_uppercase().starts_with("GITHUB_") {
        return Err(Answer::error(422, "Secret names must not start with GITHUB_."));
    }
    Ok(())
}

/// A secret's name and dates; never its value.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, environment: Option<&str>, secret: &str) -> Handled {
    let repository = c.read(owner, name, permission(environment))?;
    check_environment(repository, environment)?;
    let key = (environment.map(str::to_owned), secret.to_ascii_uppercase());
    let stored = repository.secrets.get(&key).ok_or_else(Answer::not_found)?;
    Ok(Answer::ok(json!({
        "name": key.1, "created_at": clock::rfc3339(stored.created), "updated_at": clock::rfc3339(stored.updated),
    })))
}
