//! `…/compare/{base}...{head}`: how far two commits are apart, with the commits and files in between.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::git::{diff, graph};
use crate::rest::context::{Context, Handled};
use crate::rest::shapes;
use crate::wire::answer::Answer;
use crate::wire::request::encode_path;

/// Compares two commits.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, basehead: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Contents)?;
    let (base, head) = basehead.split_once("...").ok_or_else(Answer::not_found)?;
    let bare = |reference: &str| reference.rsplit(':').next().unwrap_or(reference).to_owned();
    let base_oid = repository.resolve(&bare(base)).ok_or_else(Answer::not_found)?;
    let head_oid = repository.resolve(&bare(head)).ok_or_else(Answer::not_found)?;
    let merge_base = graph::merge_base(&repository.store, base_oid, head_oid)
        .ok_or_else(|| Answer::error(404, &format!("No common ancestor between {base} and {head}.")))?;
    let mut ahead = graph::between(&repository.store, base_oid, head_oid);
    let behind = graph::between(&repository.store, head_oid, base_oid).len();
    ahead.reverse();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let paged = request.parameter("per_page").is_some() || request.parameter("page").is_some();
    let (size, page) =
        if paged { (request.number("per_page", 30).clamp(1, 250), request.number("page", 1).max(1)) } else { (250, 1) };
    let commits: Vec<Value> =
        ahead.iter().skip((page - 1) * size).take(size).map(|oid| shapes::commit(repository, &urls, *oid)).collect();
    let tree = |oid| repository.store.commit(oid).map(|commit| commit.tree);
    let changes = diff::changes(&repository.store, tree(merge_base), tree(head_oid));
    let files: Vec<Value> = if page == 1 {
        changes.iter().take(300).map(|change| shapes::file_change(repository, &urls, head_oid, change)).collect()
    } else {
        Vec::new()
    };
    let api = format!("{}/repos/{}/compare/{}", urls.api, repository.full_name(), encode_path(basehead));
    let html = format!("{}/{}/compare/{}", urls.server, repository.full_name(), encode_path(basehead));
    let permalink = format!(
        "{}/{}/compare/{}:{base_oid}...{}:{head_oid}",
        urls.server,
        repository.full_name(),
        repository.owner,
        repository.owner
    );
    Ok(Answer::ok(json!({
        "url": api, "html_url": html, "permalink_url": permalink,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "base_commit": shapes::commit(repository, &urls, base_oid),
        "merge_base_commit": shapes::commit(repository, &urls, merge_base),
        "status": status, "ahead_by": ahead.len(), "behind_by": behind, "total_commits": ahead.len(),
        "commits": commits, "files": files,
    })))
}
