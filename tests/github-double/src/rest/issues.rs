//! `…/issues/{number}/labels`: labels of pull requests, which share their numbers with issues.

use serde_json::Value;

use crate::access::{Level, Permission};
use crate::clock;
use crate::repository::Repository;
use crate::rest::context::{Context, Handled};
use crate::rest::pull_shape::label;
use crate::rest::pulls::{find, find_mut};
use crate::wire::answer::Answer;
use crate::world::Urls;

const EITHER: [Permission; 2] = [Permission::Issues, Permission::PullRequests];

/// The labels.
pub fn labels(c: &mut Context<'_>, owner: &str, name: &str, number: &str) -> Handled {
    let urls = c.urls();
    let repository = c.repository(owner, name, &EITHER, Level::Read)?;
    let names = find(repository, number)?.labels.clone();
    Ok(Answer::ok(shape(repository, &urls, &names)))
}

/// Adds labels to those that are there.
pub fn add_labels(c: &mut Context<'_>, owner: &str, name: &str, number: &str) -> Handled {
    let body: Value =
        serde_json::from_slice(&c.request.body).map_err(|_| Answer::error(400, "Problems parsing JSON"))?;
    let urls = c.urls();
    let repository = c.repository(owner, name, &EITHER, Level::Write)?;
    let given = body.get("labels").unwrap_or(&body).as_array().cloned();
    let given = given.ok_or_else(|| Answer::malformed("\"labels\" wasn't supplied."))?;
    let pull = find_mut(repository, number)?;
    for label in given {
        let name = label.as_str().or_else(|| label["name"].as_str()).unwrap_or_default().to_owned();
        if name.is_empty() || name.chars().count() > 50 {
            return Err(Answer::invalid("Label", "name", "invalid", None));
        }
        if !pull.labels.iter().any(|have| have.eq_ignore_ascii_case(&name)) {
            pull.labels.push(name);
        }
    }
    pull.updated = clock::now();
    let names = pull.labels.clone();
    Ok(Answer::ok(shape(repository, &urls, &names)))
}

fn shape(repository: &Repository, urls: &Urls, names: &[String]) -> Value {
    names.iter().map(|name| label(repository, urls, name)).collect()
}
