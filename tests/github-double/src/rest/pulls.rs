//! `…/pulls`: listing, opening and changing pull requests.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::clock;
use crate::git::graph;
use crate::repository::{PullRequest, Repository};
use crate::rest::context::{Context, Handled};
use crate::rest::paging;
use crate::rest::pull_shape::{full, simple};
use crate::router::text;
use crate::wire::answer::Answer;

/// Pull requests, newest first; `head` is `owner:branch`.
pub fn list(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::PullRequests)?;
    let state = request.parameter("state").unwrap_or("open");
    // A head without its owner is ignored, as on GitHub.
    let head = request.parameter("head").and_then(|head| head.split_once(':'));
    let mut found: Vec<&PullRequest> = repository
        .pulls
        .iter()
        .filter(|pull| state == "all" || pull.state == state)
        .filter(|pull| request.parameter("base").is_none_or(|base| pull.base == base))
        .filter(|pull| {
            head.is_none_or(|(owner, branch)| repository.owner.eq_ignore_ascii_case(owner) && pull.head == branch)
        })
        .collect();
    if request.parameter("direction") != Some("asc") {
        found.reverse();
    }
    let page = paging::page(request, &urls, found);
    let answer = Answer::ok(page.items.iter().map(|pull| simple(repository, &urls, pull)).collect());
    Ok(match page.link {
        Some(link) => answer.with("link", link),
        None => answer,
    })
}

/// One pull request.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, number: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::PullRequests)?;
    let pull = find(repository, number)?;
    Ok(Answer::ok(full(repository, &urls, pull)))
}

/// The pull request of that number.
pub fn find<'a>(repository: &'a Repository, number: &str) -> Result<&'a PullRequest, Answer> {
    repository.pulls.iter().find(|pull| pull.number.to_string() == number).ok_or_else(Answer::not_found)
}

/// The same, to change it.
pub fn find_mut<'a>(repository: &'a mut Repository, number: &str) -> Result<&'a mut PullRequest, Answer> {
    repository.pulls.iter_mut().find(|pull| pull.number.to_string() == number).ok_or_else(Answer::not_found)
}

/// Opens a pull request.
pub fn create(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let body = c.request.json()?;
    let (urls, login) = (c.urls(), c.caller.login().to_owned());
    let job = c.caller.token().is_some_and(|token| token.kind == crate::access::TokenKind::ActionsJob);
    let refuses_jobs = !c.world.switches.actions_may_open_pulls;
    let repository = c.write(owner, name, Permission::PullRequests)?;
    if job && refuses_jobs {
        return Err(Answer::error(403, "GitHub Actions is not permitted to create or approve pull requests."));
    }
    let field = |field: &str| {
        text(&body, field)
            .map(str::to_owned)
            .ok_or_else(|| Answer::invalid("PullRequest", field, "missing_field", None))
    };
    let (head, base, title) = (field("head")?, field("base")?, field("title")?);
    let head = head.strip_prefix(&format!("{}:", repository.owner)).map_or(head.clone(), str::to_owned);
    check_branches(repository, &head, &base)?;
    let now = clock::now();
    let pull = PullRequest {
        number: repository.pulls.len() as u64 + 1,
        title,
        body: text(&body, "body").map(str::to_owned),
        head,
        base,
        state: "open".into(),
        draft: body.get("draft").and_then(Value::as_bool).unwrap_or(false),
        labels: Vec::new(),
        login,
        created: now,
        updated: now,
        merged: None,
    };
    repository.pulls.push(pull.clone());
    let value = full(repository, &urls, &pull);
    let location = value["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(value).with("location", location))
}

/// Whether a pull request from `head` to `base` can be opened.
pub fn check_branches(repository: &Repository, head: &str, base: &str) -> Result<(), Answer> {
    let find = |branch: &str, field: &str| {
        let oid = repository.head(&format!("refs/heads/{branch}"));
        oid.ok_or_else(|| Answer::invalid("PullRequest", field, "invalid", None))
    };
    let (base_oid, head_oid) = (find(base, "base")?, find(head, "head")?);
    let custom = |message: String| {
        let error = json!({"resource": "PullRequest", "code": "custom", "message": message});
        Answer::json(422, json!({"message": "Validation Failed", "errors": [error]}))
    };
    if repository.pulls.iter().any(|pull| pull.state == "open" && pull.head == head && pull.base == base) {
        return Err(custom(format!("A pull request already exists for {}:{head}.", repository.owner)));
    }
    if graph::between(&repository.store, base_oid, head_oid).is_empty() {
        return Err(custom(format!("No commits between {base} and {head}")));
    }
    Ok(())
}

/// Changes title, body, state or base.
pub fn update(c: &mut Context<'_>, owner: &str, name: &str, number: &str) -> Handled {
    let body = c.request.json()?;
    let urls = c.urls();
    let repository = c.write(owner, name, Permission::PullRequests)?;
    if let Some(base) = text(&body, "base")
        && repository.head(&format!("refs/heads/{base}")).is_none()
    {
        return Err(Answer::invalid("PullRequest", "base", "invalid", None));
    }
    let pull = find_mut(repository, number)?;
    if let Some(title) = text(&body, "title") {
        pull.title = title.into();
    }
    if let Some(base) = text(&body, "base") {
        pull.base = base.into();
    }
    if let Some(given) = body.get("body") {
        pull.body = given.as_str().map(str::to_owned);
    }
    if let Some(state) = text(&body, "state") {
        if !["open", "closed"].contains(&state) {
            return Err(Answer::invalid("PullRequest", "state", "invalid", None));
        }
        pull.state = state.into();
    }
    pull.updated = clock::now();
    let pull = pull.clone();
    Ok(Answer::ok(full(repository, &urls, &pull)))
}
