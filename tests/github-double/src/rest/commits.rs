//! `…/commits`: the history of a branch or a path, and single commits with their files.

use crate::access::Permission;
use crate::clock;
use crate::git::graph;
use crate::rest::context::{Context, Handled};
use crate::rest::{paging, shapes};
use crate::wire::answer::Answer;

/// The history from `sha` (a branch or commit), of `path` when given, newest first.
pub fn list(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(409, "Git Repository is empty."));
    }
    let start = repository.resolve(request.parameter("sha").unwrap_or_default()).ok_or_else(Answer::not_found)?;
    let mut found = graph::history(&repository.store, start, request.parameter("path").unwrap_or_default());
    let since = request.parameter("since").and_then(clock::parse);
    let until = request.parameter("until").and_then(clock::parse);
    found.retain(|oid| {
        let at = repository.store.commit(*oid).map_or(0, |commit| commit.committer.seconds);
        since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until)
    });
    let page = paging::page(request, &urls, found);
    let answer = Answer::ok(page.items.into_iter().map(|oid| shapes::commit(repository, &urls, oid)).collect());
    Ok(match page.link {
        Some(link) => answer.with("link", link),
        None => answer,
    })
}

/// One commit with its files; its SHA alone for `application/vnd.github.sha`.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, reference: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    if repository.refs("refs/").is_empty() {
        return Err(Answer::error(409, "Git Repository is empty."));
    }
    let oid = repository
        .resolve(reference)
        .ok_or_else(|| Answer::error(422, &format!("No commit found for SHA: {reference}")))?;
    if request.header("accept").is_some_and(|accept| accept.contains(".sha")) {
        return Ok(Answer::raw(oid.to_string(), "application/vnd.github.sha; charset=utf-8"));
    }
    Ok(Answer::ok(shapes::commit_with_files(repository, &urls, oid)))
}
