//! `…/branches`: branches with their heads.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::rest::context::{Context, Handled};
use crate::rest::{paging, shapes};
use crate::wire::answer::Answer;
use crate::wire::request::encode_path;

/// One branch.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, branch: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::Contents)?;
    let head = repository.read(&format!("refs/heads/{branch}"));
    let head = head.ok_or_else(|| Answer::error(404, "Branch not found"))?;
    let (api, encoded) = (format!("{}/repos/{}", urls.api, repository.full_name()), encode_path(branch));
    let rules = repository.protection.get(branch);
    let checks = rules.map(|rules| rules.checks.clone()).unwrap_or_default();
    let level = if checks.is_empty() { "off" } else { "non_admins" };
    Ok(Answer::ok(json!({
        "name": branch, "commit": shapes::commit(repository, &urls, head),
        "_links": {
            "self": format!("{api}/branches/{encoded}"),
            "html": format!("{}/{}/tree/{encoded}", urls.server, repository.full_name()),
        },
        "protected": rules.is_some(),
        "protection": {
            "enabled": rules.is_some(),
            "required_status_checks": {"enforcement_level": level, "contexts": checks, "checks": []},
        },
        "protection_url": format!("{api}/branches/{encoded}/protection"),
    })))
}

/// All branches.
pub fn list(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    let api = format!("{}/repos/{}", urls.api, repository.full_name());
    let all: Vec<Value> = repository
        .refs("refs/heads/")
        .iter()
        .map(|(full, oid)| {
            let branch = full.trim_start_matches("refs/heads/");
            json!({
                "name": branch, "protected": repository.protection.contains_key(branch),
                "commit": {"sha": oid.to_string(), "url": format!("{api}/commits/{oid}")},
            })
        })
        .collect();
    let page = paging::page(request, &urls, all);
    let answer = Answer::ok(page.items.into());
    Ok(match page.link {
        Some(link) => answer.with("link", link),
        None => answer,
    })
}
