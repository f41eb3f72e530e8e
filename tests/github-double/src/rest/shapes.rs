//! The JSON of users, commits, files and trees: every field that GitHub's description requires.

use serde_json::{Map, Value, json};

use crate::base64;
use crate::clock;
use crate::git::diff::{self, FileChange};
use crate::git::tree::PathEntry;
use crate::git::{Commit, Mode, Oid, Person};
use crate::repository::Repository;
use crate::rest::context::user_id;
use crate::wire::request::encode_path;
use crate::world::Urls;

/// A user or bot.
pub fn user(urls: &Urls, login: &str) -> Value {
    let api = format!("{}/users/{}", urls.api, encode_path(login));
    let id = user_id(login);
    let bot = login.ends_with("[bot]");
    let page = if bot {
        format!("{}/apps/{}", urls.server, login.trim_end_matches("[bot]"))
    } else {
        format!("{}/{login}", urls.server)
    };
    json!({
        "login": login, "id": id, "node_id": node_id("User", &id.to_string()),
        "avatar_url": format!("{}/avatars/u/{id}", urls.server), "gravatar_id": "",
        "url": api, "html_url": page,
        "followers_url": format!("{api}/followers"), "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"), "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"), "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"), "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": if bot { "Bot" } else { "User" }, "user_view_type": "public", "site_admin": false,
    })
}

/// The user behind a commit's mail address; null when nobody has it.
pub fn user_of(urls: &Urls, person: &Person) -> Value {
    if person.email == "noreply@github.com" {
        return user(urls, "web-flow");
    }
    let Some(name) = person.email.strip_suffix("@users.noreply.github.com") else { return Value::Null };
    user(urls, name.split_once('+').map_or(name, |(_, login)| login))
}

/// An opaque GraphQL id.
pub fn node_id(kind: &str, text: &str) -> String {
    let letters: String = kind.chars().filter(char::is_ascii_uppercase).collect();
    format!("{letters}_{}", base64::encode(text.as_bytes()).trim_end_matches('='))
}

/// Name, mail and moment.
pub fn person(person: &Person) -> Value {
    json!({"name": person.name, "email": person.email, "date": person.date()})
}

/// Whether GitHub vouches for the commit's signature.
pub fn verification(commit: &Commit) -> Value {
    match &commit.signature {
        Some(signature) => json!({
            "verified": true, "reason": "valid", "signature": signature, "payload": commit.payload(),
            "verified_at": clock::rfc3339(commit.committer.seconds),
        }),
        None => json!({
            "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null,
        }),
    }
}

fn repository_url(repository: &Repository, urls: &Urls) -> (String, String) {
    let full_name = repository.full_name();
    (format!("{}/repos/{full_name}", urls.api), format!("{}/{full_name}", urls.server))
}

/// A commit as the git database endpoints show it.
pub fn git_commit(repository: &Repository, urls: &Urls, oid: Oid) -> Value {
    let (api, page) = repository_url(repository, urls);
    let commit = repository.store.commit(oid).expect("callers look the commit up first");
    let parents: Vec<Value> = commit.parents.iter().map(|parent| {
        json!({"sha": parent.to_string(), "url": format!("{api}/git/commits/{parent}"), "html_url": format!("{page}/commit/{parent}")})
    }).collect();
    json!({
        "sha": oid.to_string(), "node_id": node_id("Commit", &oid.to_string()),
        "url": format!("{api}/git/commits/{oid}"), "html_url": format!("{page}/commit/{oid}"),
        "author": person(&commit.author), "committer": person(&commit.committer),
        "tree": {"sha": commit.tree.to_string(), "url": format!("{api}/git/trees/{}", commit.tree)},
        "message": commit.message, "parents": parents, "verification": verification(commit),
    })
}

/// A commit as the commits endpoints list it.
pub fn commit(repository: &Repository, urls: &Urls, oid: Oid) -> Value {
    let (api, page) = repository_url(repository, urls);
    let commit = repository.store.commit(oid).expect("callers look the commit up first");
    let parents: Vec<Value> = commit.parents.iter().map(|parent| {
        json!({"sha": parent.to_string(), "url": format!("{api}/commits/{parent}"), "html_url": format!("{page}/commit/{parent}")})
    }).collect();
    json!({
        "sha": oid.to_string(), "node_id": node_id("Commit", &oid.to_string()),
        "commit": {
            "author": person(&commit.author), "committer": person(&commit.committer), "message": commit.message,
            "tree": {"sha": commit.tree.to_string(), "url": format!("{api}/git/trees/{}", commit.tree)},
            "url": format!("{api}/git/commits/{oid}"), "comment_count": 0, "verification": verification(commit),
        },
        "url": format!("{api}/commits/{oid}"), "html_url": format!("{page}/commit/{oid}"),
        "comments_url": format!("{api}/commits/{oid}/comments"),
        "author": user_of(urls, &commit.author), "committer": user_of(urls, &commit.committer), "parents": parents,
    })
}

/// A changed file.
pub fn file_change(repository: &Repository, urls: &Urls, reference: Oid, change: &FileChange) -> Value {
    let (api, page) = repository_url(repository, urls);
    let (additions, deletions, patch) = diff::patch(&repository.store, change);
    let path = encode_path(&change.path);
    let mut value = json!({
        "sha": change.new.or(change.old).map(|(_, oid)| oid.to_string()),
        "filename": change.path, "status": change.status(),
        "additions": additions, "deletions": deletions, "changes": additions + deletions,
        "blob_url": format!("{page}/blob/{reference}/{path}"), "raw_url": format!("{page}/raw/{reference}/{path}"),
        "contents_url": format!("{api}/contents/{path}?ref={reference}"),
    });
    if let Some(patch) = patch {
        value["patch"] = patch.into();
    }
    if let Some(previous) = &change.previous {
        value["previous_filename"] = previous.clone().into();
    }
    value
}

/// A commit with its files and counts.
pub fn commit_with_files(repository: &Repository, urls: &Urls, oid: Oid) -> Value {
    let mut value = commit(repository, urls, oid);
    let commit = repository.store.commit(oid).expect("callers look the commit up first");
    let parent = commit.parents.first().and_then(|parent| repository.store.commit(*parent)).map(|parent| parent.tree);
    let changes = diff::changes(&repository.store, parent, Some(commit.tree));
    let files: Vec<Value> = changes.iter().take(300).map(|change| file_change(repository, urls, oid, change)).collect();
    let sum = |field: &str| files.iter().filter_map(|file| file[field].as_u64()).sum::<u64>();
    let (additions, deletions) = (sum("additions"), sum("deletions"));
    value["stats"] = json!({"total": additions + deletions, "additions": additions, "deletions": deletions});
    value["files"] = files.into();
    value
}

/// One entry of a tree answer.
pub fn tree_entry(repository: &Repository, urls: &Urls, entry: &PathEntry) -> Value {
    let (api, _) = repository_url(repository, urls);
    let kind = entry.mode.object_type();
    let mut value = json!({
        "path": entry.path, "mode": entry.mode.digits(), "type": kind, "sha": entry.oid.to_string(),
    });
    if let Some(size) = repository.store.size(entry.mode, entry.oid) {
        value["size"] = size.into();
    }
    if entry.mode != Mode::Submodule {
        value["url"] = format!("{api}/git/{kind}s/{}", entry.oid).into();
    }
    value
}

/// What the contents endpoints say of any entry, without its content.
pub fn content_entry(
    repository: &Repository,
    urls: &Urls,
    reference: &str,
    path: &str,
    mode: Mode,
    oid: Oid,
) -> Map<String, Value> {
    let (api, page) = repository_url(repository, urls);
    let encoded = encode_path(path);
    let kind = if mode == Mode::Directory { "tree" } else { "blob" };
    let name = path.rsplit('/').next().unwrap_or(path);
    let address = format!("{api}/contents/{encoded}?ref={reference}");
    let (git, html) = if mode == Mode::Submodule {
        (Value::Null, Value::Null)
    } else {
        (format!("{api}/git/{kind}s/{oid}").into(), format!("{page}/{kind}/{reference}/{encoded}").into())
    };
    let download = if mode.is_blob() { format!("{page}/raw/{reference}/{encoded}").into() } else { Value::Null };
    let word = match mode {
        Mode::Directory => "dir",
        Mode::Symlink => "symlink",
        Mode::Submodule => "submodule",
        Mode::File | Mode::Executable => "file",
    };
    let value = json!({
        "type": word, "size": repository.store.size(mode, oid).unwrap_or(0), "name": name, "path": path,
        "sha": oid.to_string(), "url": address, "git_url": git, "html_url": html, "download_url": download,
        "_links": {"self": address, "git": git, "html": html},
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
