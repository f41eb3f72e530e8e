//! `GET /repos/{owner}/{repo}`: the repository, its default branch, and what the token may do with it.

use serde_json::{Map, Value, json};

use crate::access::{Level, Permission};
use crate::clock;
use crate::repository::Repository;
use crate::rest::context::{Caller, Context, Handled};
use crate::rest::shapes::{node_id, user};
use crate::wire::answer::Answer;
use crate::world::Urls;

/// The parts of a repository that have an address of their own: field, path behind the repository's.
const ADDRESSES: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// The repository.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str) -> Handled {
    let (urls, caller) = (c.urls(), c.caller.clone());
    let repository = c.read(owner, name, Permission::Metadata)?;
    Ok(Answer::ok(shape(repository, &urls, Some(&caller))))
}

/// The repository's JSON; `permissions` only when somebody asks with a token.
pub fn shape(repository: &Repository, urls: &Urls, caller: Option<&Caller>) -> Value {
    let full_name = repository.full_name();
    let (api, page) = (format!("{}/repos/{full_name}", urls.api), format!("{}/{full_name}", urls.server));
    let host = urls.server.split_once("://").map_or(urls.server.as_str(), |(_, host)| host);
    let at = clock::rfc3339(repository.created);
    let visibility = if repository.private { "private" } else { "public" };
    let value = json!({
        "id": repository.id, "node_id": node_id("Repository", &repository.id.to_string()),
        "name": repository.name, "full_name": full_name, "private": repository.private,
        "owner": user(urls, &repository.owner), "html_url": page, "description": null, "fork": false, "url": api,
        "git_url": format!("git://{host}/{full_name}.git"), "ssh_url": format!("git@{host}:{full_name}.git"),
        "clone_url": format!("{page}.git"), "svn_url": page, "mirror_url": null, "homepage": null,
        "created_at": at, "updated_at": at, "pushed_at": at, "size": 1, "language": null, "license": null,
        "stargazers_count": 0, "watchers_count": 0, "forks_count": 0, "open_issues_count": 0,
        "forks": 0, "open_issues": 0, "watchers": 0, "network_count": 0, "subscribers_count": 0,
        "has_issues": true, "has_projects": true, "has_downloads": true, "has_wiki": true, "has_pages": false,
        "has_discussions": false, "archived": repository.archived, "disabled": false, "allow_forking": true, "is_template": false,
        "web_commit_signoff_required": false, "topics": [], "visibility": visibility,
        "default_branch": repository.default_branch,
    });
    let mut fields = match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.extend(ADDRESSES.iter().map(|(field, path)| ((*field).to_owned(), format!("{api}{path}").into())));
    if let Some(token) = caller.and_then(Caller::token) {
        let may = |permission, level| token.may(&full_name, permission, level);
        let push = token.shows_push(&full_name);
        let admin = push && may(Permission::Administration, Level::Write);
        fields.insert(
            "permissions".into(),
            json!({
                "admin": admin, "maintain": admin, "push": push, "triage": push,
                "pull": !repository.private || may(Permission::Metadata, Level::Read),
            }),
        );
    }
    fields.into()
}
