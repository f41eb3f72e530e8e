//! `…/git/ref`, `…/git/refs`, `…/git/matching-refs`: reading, creating, moving and deleting refs.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::git::Oid;
use crate::repository::{RefError, Repository};
use crate::rest::context::{Context, Handled};
use crate::rest::shapes::node_id;
use crate::router::text;
use crate::wire::answer::Answer;
use crate::world::Urls;

/// One ref by its exact name.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, short: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(409, "Git Repository is empty."));
    }
    let full = format!("refs/{}", short.trim_start_matches("refs/"));
    let oid = repository.read(&full).ok_or_else(Answer::not_found)?;
    Ok(Answer::ok(shape(repository, &urls, &full, oid)))
}

/// All refs whose names start like this.
pub fn matching(c: &mut Context<'_>, owner: &str, name: &str, short: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::Contents)?;
    let names = repository.refs(&format!("refs/{short}"));
    Ok(Answer::ok(names.iter().map(|(name, oid)| shape(repository, &urls, name, *oid)).collect()))
}

/// Creates a ref.
pub fn create(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let body = c.request.json()?;
    let (urls, login) = (c.urls(), c.caller.login().to_owned());
    let repository = c.write(owner, name, Permission::Contents)?;
    let full = text(&body, "ref").ok_or_else(|| Answer::malformed("\"ref\" wasn't supplied."))?.to_owned();
    let sha = text(&body, "sha").ok_or_else(|| Answer::malformed("\"sha\" wasn't supplied."))?;
    if !full.starts_with("refs/") || full.split('/').count() < 3 {
        return Err(Answer::error(422, "Reference name must start with 'refs/' and contain at least two slashes."));
    }
    if !is_well_formed(&full) {
        return Err(Answer::error(422, &format!("{full} is not a valid ref name.")));
    }
    let oid = object(repository, sha)?;
    if repository.head(&full).is_some() {
        return Err(Answer::error(422, "Reference already exists"));
    }
    // Recorded for branches whose names are restricted: the reason is not said.
    let unsaid = |_| Answer::error(422, "Reference update failed");
    repository.update_ref(&full, Some(oid), false, &login).map_err(unsaid)?;
    let location = format!("{}/repos/{}/git/{full}", urls.api, repository.full_name());
    Ok(Answer::created(shape(repository, &urls, &full, oid)).with("location", location))
}

/// Moves a ref, by fast-forward unless `force`.
pub fn update(c: &mut Context<'_>, owner: &str, name: &str, short: &str) -> Handled {
    let body = c.request.json()?;
    let (urls, login) = (c.urls(), c.caller.login().to_owned());
    let repository = c.write(owner, name, Permission::Contents)?;
    let sha = text(&body, "sha").ok_or_else(|| Answer::malformed("\"sha\" wasn't supplied."))?;
    let full = format!("refs/{short}");
    if repository.head(&full).is_none() {
        return Err(Answer::error(422, "Reference does not exist"));
    }
    let oid = object(repository, sha)?;
    let force = body.get("force").and_then(Value::as_bool).unwrap_or(false);
    repository.update_ref(&full, Some(oid), force, &login).map_err(|error| refused(&error))?;
    Ok(Answer::ok(shape(repository, &urls, &full, oid)))
}

/// Deletes a ref.
pub fn delete(c: &mut Context<'_>, owner: &str, name: &str, short: &str) -> Handled {
    let login = c.caller.login().to_owned();
    let repository = c.write(owner, name, Permission::Contents)?;
    let full = format!("refs/{short}");
    if repository.head(&full).is_none() {
        return Err(Answer::error(422, "Reference does not exist"));
    }
    if full == format!("refs/heads/{}", repository.default_branch) {
        return Err(Answer::error(422, "Cannot delete the default branch"));
    }
    repository.update_ref(&full, None, true, &login).map_err(|error| refused(&error))?;
    Ok(Answer::empty(204))
}

fn object(repository: &Repository, sha: &str) -> Result<Oid, Answer> {
    let oid: Oid = sha.parse().map_err(|()| {
        Answer::error(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    })?;
    match repository.store.get(oid).map(crate::git::Object::kind) {
        Some("commit") => Ok(oid),
        Some(_) => Err(Answer::error(422, "Reference update failed")),
        None => Err(Answer::error(422, "Object does not exist")),
    }
}

fn refused(error: &RefError) -> Answer {
    match error {
        RefError::NotFastForward => Answer::error(422, "Update is not a fast forward"),
        RefError::Violation(violation) => Answer::error(422, &violation.message()),
    }
}

/// Git's own rules for ref names, as far as API clients meet them.
fn is_well_formed(name: &str) -> bool {
    let bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
}

fn shape(repository: &Repository, urls: &Urls, name: &str, oid: Oid) -> Value {
    let api = format!("{}/repos/{}", urls.api, repository.full_name());
    json!({
        "ref": name, "node_id": node_id("Ref", name), "url": format!("{api}/git/{name}"),
        "object": {"sha": oid.to_string(), "type": "commit", "url": format!("{api}/git/commits/{oid}")},
    })
}
