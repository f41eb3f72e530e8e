//! `…/git/commits`: commit objects. GitHub signs those that an app makes without naming anybody.

use serde_json::{Map, Value};

use crate::access::Permission;
use crate::clock;
use crate::git::{Oid, Person};
use crate::repository::Repository;
use crate::rest::context::{Context, Handled, web_flow};
use crate::rest::shapes;
use crate::router::text;
use crate::signing::Draft;
use crate::wire::answer::Answer;

/// One commit object.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, sha: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::Contents)?;
    let oid = sha.parse().map_err(|()| {
        Answer::error(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    })?;
    repository.store.commit(oid).ok_or_else(Answer::not_found)?;
    Ok(Answer::ok(shapes::git_commit(repository, &urls, oid)))
}

/// Makes a commit object; no ref moves.
pub fn create(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let body = c.request.json()?;
    let (urls, caller) = (c.urls(), c.caller.clone());
    let repository = c.write(owner, name, Permission::Contents)?;
    let message = text(&body, "message").ok_or_else(|| Answer::malformed("\"message\" wasn't supplied."))?.to_owned();
    let tree = text(&body, "tree").ok_or_else(|| Answer::malformed("\"tree\" wasn't supplied."))?;
    let tree: Oid = tree.parse().map_err(|()| Answer::error(422, "Tree SHA does not exist"))?;
    repository.store.tree(tree).ok_or_else(|| Answer::error(422, "Tree SHA does not exist"))?;
    let parents = parents(repository, &body)?;
    let (author, committer) = (person(&body, "author")?, person(&body, "committer")?);
    let given_signature = text(&body, "signature").map(str::to_owned);
    let named = author.is_some() || committer.is_some() || given_signature.is_some();
    let signed = caller.is_app() && !named;
    let author = author.unwrap_or_else(|| caller.person());
    let committer = committer.unwrap_or_else(|| if signed { web_flow() } else { author.clone() });
    let draft = Draft { tree, parents, author, committer, message };
    let oid = repository.store.put_commit(if signed { draft.signed() } else { draft.unsigned() });
    let value = shapes::git_commit(repository, &urls, oid);
    let location = value["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(value).with("location", location))
}

fn parents(repository: &Repository, body: &Map<String, Value>) -> Result<Vec<Oid>, Answer> {
    let missing = || Answer::error(422, "Parent SHA does not exist or is not a commit object");
    let given = match body.get("parents") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(given)) => given.clone(),
        Some(_) => return Err(Answer::malformed("\"parents\" is not an array.")),
    };
    given
        .iter()
        .map(|value| {
            let oid: Oid = value.as_str().unwrap_or_default().parse().map_err(|()| missing())?;
            repository.store.commit(oid).map(|_| oid).ok_or_else(missing)
        })
        .collect()
}

fn person(body: &Map<String, Value>, field: &str) -> Result<Option<Person>, Answer> {
    let Some(Value::Object(given)) = body.get(field) else { return Ok(None) };
    let (Some(name), Some(email)) = (text(given, "name"), text(given, "email")) else {
        return Err(Answer::malformed(&format!("\"{field}\" needs a name and an email.")));
    };
    let seconds = text(given, "date").and_then(clock::parse).unwrap_or_else(clock::now);
    Ok(Some(Person { name: name.into(), email: email.into(), seconds }))
}
