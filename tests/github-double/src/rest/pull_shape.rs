//! The JSON of a pull request.

use serde_json::{Value, json};

use crate::clock;
use crate::git::{Oid, diff, graph};
use crate::repository::{PullRequest, Repository};
use crate::rest::repositories;
use crate::rest::shapes::{node_id, user};
use crate::world::Urls;

/// The heads of both branches; a branch that is gone keeps no commit.
pub fn heads(repository: &Repository, pull: &PullRequest) -> (Option<Oid>, Option<Oid>) {
    let head = |branch: &str| repository.head(&format!("refs/heads/{branch}"));
    (head(&pull.base), head(&pull.head))
}

/// A label.
pub fn label(repository: &Repository, urls: &Urls, name: &str) -> Value {
    let id = name.bytes().fold(1_000_u64, |sum, byte| sum * 31 % 1_000_000_007 + u64::from(byte));
    json!({
        "id": id, "node_id": node_id("Label", name), "name": name, "color": "ededed", "default": false, "description": "",
        "url": format!("{}/repos/{}/labels/{name}", urls.api, repository.full_name()),
    })
}

fn side(repository: &Repository, urls: &Urls, branch: &str, oid: Option<Oid>) -> Value {
    json!({
        "label": format!("{}:{branch}", repository.owner), "ref": branch,
        "sha": oid.map_or_else(|| "0".repeat(40), |oid| oid.to_string()),
        "user": user(urls, &repository.owner), "repo": repositories::shape(repository, urls, None),
    })
}

/// The pull request as lists show it.
pub fn simple(repository: &Repository, urls: &Urls, pull: &PullRequest) -> Value {
    let full_name = repository.full_name();
    let number = pull.number;
    let (api, page) = (format!("{}/repos/{full_name}", urls.api), format!("{}/{full_name}/pull/{number}", urls.server));
    let address = format!("{api}/pulls/{number}");
    let (base, head) = heads(repository, pull);
    let statuses = format!("{api}/statuses/{}", head.map_or_else(|| "0".repeat(40), |oid| oid.to_string()));
    let labels: Vec<Value> = pull.labels.iter().map(|name| label(repository, urls, name)).collect();
    let merged = pull.merged.map(|(_, at)| clock::rfc3339(at));
    let closed = (pull.state == "closed").then(|| clock::rfc3339(pull.updated));
    let link = |href: String| json!({"href": href});
    json!({
        "url": address, "id": repository.id * 1000 + number, "node_id": node_id("PullRequest", &number.to_string()),
        "html_url": page, "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
        "issue_url": format!("{api}/issues/{number}"), "number": number, "state": pull.state, "locked": false,
        "title": pull.title, "user": user(urls, &pull.login), "body": pull.body,
        "created_at": clock::rfc3339(pull.created), "updated_at": clock::rfc3339(pull.updated),
        "closed_at": closed, "merged_at": merged, "merge_commit_sha": pull.merged.map(|(oid, _)| oid.to_string()),
        "assignee": null, "assignees": [], "requested_reviewers": [], "requested_teams": [],
        "labels": labels, "milestone": null, "draft": pull.draft,
        "commits_url": format!("{address}/commits"), "review_comments_url": format!("{address}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{api}/issues/{number}/comments"), "statuses_url": statuses,
        "head": side(repository, urls, &pull.head, head), "base": side(repository, urls, &pull.base, base),
        "_links": {
            "self": link(address.clone()), "html": link(page), "issue": link(format!("{api}/issues/{number}")),
            "comments": link(format!("{api}/issues/{number}/comments")), "review_comments": link(format!("{address}/comments")),
            "review_comment": link(format!("{api}/pulls/comments{{/number}}")),
            "commits": link(format!("{address}/commits")), "statuses": link(statuses),
        },
        "author_association": "CONTRIBUTOR", "auto_merge": null, "active_lock_reason": null,
    })
}

/// The pull request as it is shown alone.
pub fn full(repository: &Repository, urls: &Urls, pull: &PullRequest) -> Value {
    let mut value = simple(repository, urls, pull);
    let (base, head) = heads(repository, pull);
    let between = base.zip(head).map(|(base, head)| graph::between(&repository.store, base, head)).unwrap_or_default();
    let tree = |oid: Option<Oid>| oid.and_then(|oid| repository.store.commit(oid)).map(|commit| commit.tree);
    let fork = base.zip(head).and_then(|(base, head)| graph::merge_base(&repository.store, base, head));
    let changes = if head.is_some() { diff::changes(&repository.store, tree(fork), tree(head)) } else { Vec::new() };
    let counts: Vec<_> = changes.iter().map(|change| diff::patch(&repository.store, change)).collect();
    let more = json!({
        "merged": pull.merged.is_some(), "mergeable": pull.merged.is_none(), "rebaseable": pull.merged.is_none(),
        "mergeable_state": "clean", "merged_by": pull.merged.map(|_| user(urls, &pull.login)),
        "comments": 0, "review_comments": 0, "maintainer_can_modify": false, "commits": between.len(),
        "additions": counts.iter().map(|count| count.0).sum::<usize>(),
        "deletions": counts.iter().map(|count| count.1).sum::<usize>(), "changed_files": changes.len(),
    });
    if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object()) {
        value.extend(more.clone());
    }
    value
}
