//! The roots of the schema, repositories, refs, pull requests, users and comparisons.

use serde_json::{Value, json};

use super::connections::connection;
use super::git_types::object;
use super::input::Arguments;
use super::object::{Node, Out, Problem};
use crate::access::{Level, Permission};
use crate::clock;
use crate::git::tree::entry_at;
use crate::git::{Oid, graph};
use crate::repository::{PullRequest, Repository};
use crate::rest::context::{Context, authorize, user_id};
use crate::rest::pull_shape::heads;
use crate::rest::shapes::node_id;

/// The repository behind a node.
pub fn find<'a>(c: &'a mut Context<'_>, key: &str) -> Result<&'a mut Repository, Problem> {
    c.world.repository(key).ok_or_else(Problem::stumbled)
}

/// The repository, when the caller may read its contents.
pub fn readable(c: &mut Context<'_>, owner: &str, name: &str) -> Result<String, Problem> {
    let full_name = format!("{owner}/{name}");
    let missing =
        || Problem::new("NOT_FOUND", format!("Could not resolve to a Repository with the name '{full_name}'."));
    let private = c.world.repository(&full_name).ok_or_else(missing)?.private;
    authorize(&c.caller, &full_name, private, &[Permission::Metadata], Level::Read).map_err(|_| missing())?;
    Ok(full_name.to_ascii_lowercase())
}

fn may(c: &Context<'_>, key: &str, permission: Permission, level: Level) -> bool {
    let private = c.world.repositories.get(key).is_some_and(|repository| repository.private);
    authorize(&c.caller, key, private, &[permission], level).is_ok()
}

/// A field of the root of queries.
pub fn query(c: &mut Context<'_>, field: &str, arguments: &Arguments) -> Result<Out, Problem> {
    match field {
        "repository" => {
            let (owner, name) = (arguments.required(field, "owner")?, arguments.required(field, "name")?);
            readable(c, &owner, &name).map(|key| Out::node(Node::Repository(key)))
        }
        "viewer" => Ok(Out::node(Node::User(c.caller.login().to_owned()))),
        "rateLimit" => {
            let used = c.world.used.min(5000);
            Ok(Out::node(Node::Record(
                "RateLimit",
                vec![
                    ("limit", Out::leaf(5000)),
                    ("cost", Out::leaf(1)),
                    ("used", Out::leaf(used)),
                    ("remaining", Out::leaf(5000 - used)),
                    ("nodeCount", Out::leaf(1)),
                    ("resetAt", Out::leaf(clock::rfc3339(clock::now() + 3600))),
                ],
            )))
        }
        _ => Err(Problem::no_field(&Node::Query, field)),
    }
}

/// A field of a repository.
pub fn repository(
    c: &mut Context<'_>,
    node: &Node,
    key: &str,
    field: &str,
    arguments: &Arguments,
) -> Result<Out, Problem> {
    let contents = ["object", "ref", "refs", "defaultBranchRef", "isEmpty"].contains(&field);
    if contents && !may(c, key, Permission::Contents, Level::Read) {
        return Err(Problem::forbidden(c.caller.token().and_then(|token| token.refusal()).unwrap_or("Not Found")));
    }
    let server = c.world.urls.server.clone();
    let can_push = c.caller.token().is_some_and(|token| token.shows_push(key));
    let admin = can_push && may(c, key, Permission::Administration, Level::Write);
    let repository = find(c, key)?;
    Ok(match field {
        "id" => Out::leaf(node_id("Repository", &repository.id.to_string())),
        "databaseId" => Out::leaf(repository.id),
        "name" => Out::leaf(repository.name.clone()),
        "nameWithOwner" => Out::leaf(repository.full_name()),
        "url" => Out::leaf(format!("{server}/{}", repository.full_name())),
        "owner" => Out::node(Node::User(repository.owner.clone())),
        "isPrivate" => Out::leaf(repository.private),
        "isArchived" => Out::leaf(repository.archived),
        "isDisabled" | "isFork" | "isLocked" | "isMirror" => Out::leaf(false),
        "visibility" => Out::leaf(if repository.private { "PRIVATE" } else { "PUBLIC" }),
        "isEmpty" => Out::leaf(repository.refs("refs/").is_empty()),
        "viewerPermission" => Out::leaf(if admin {
            "ADMIN"
        } else if can_push {
            "WRITE"
        } else {
            "READ"
        }),
        "defaultBranchRef" => {
            let name = format!("refs/heads/{}", repository.default_branch);
            Out::maybe(repository.read(&name).map(|oid| Node::Ref(key.to_owned(), name, oid)))
        }
        "ref" => {
            let wanted = arguments.required(field, "qualifiedName")?;
            let names = [
                wanted.clone(),
                format!("refs/heads/{wanted}"),
                format!("refs/tags/{wanted}"),
                format!("refs/{wanted}"),
            ];
            let found = names.into_iter().find_map(|name| repository.read(&name).map(|oid| (name, oid)));
            Out::maybe(found.map(|(name, oid)| Node::Ref(key.to_owned(), name, oid)))
        }
        "refs" => {
            let prefix = arguments.required(field, "refPrefix")?;
            let all =
                repository.refs(&prefix).into_iter().map(|(name, oid)| Node::Ref(key.to_owned(), name, oid)).collect();
            connection(("RefConnection", "RefEdge"), field, arguments, all)?
        }
        "object" => Out::maybe(find_object(repository, key, arguments)?),
        "pullRequest" => pull(repository, key, arguments)?,
        "pullRequests" => pulls(repository, key, field, arguments)?,
        _ => return Err(Problem::no_field(node, field)),
    })
}

/// By `oid` (whole) or `expression`: a revision, or `revision:path`.
fn find_object(repository: &mut Repository, key: &str, arguments: &Arguments) -> Result<Option<Node>, Problem> {
    if let Some(text) = arguments.text("oid") {
        let oid = text.parse().map_err(|()| {
            Problem::invalid(
                format!(
                    "Argument 'oid' on Field 'object' has an invalid value ({text:?}). Expected type 'GitObjectID'."
                ),
                Value::Null,
            )
        })?;
        return Ok(object(repository, key, oid, ""));
    }
    let Some(expression) = arguments.text("expression") else { return Ok(None) };
    let (revision, path) =
        expression.split_once(':').map_or((expression, None), |(revision, path)| (revision, Some(path)));
    let Some(path) = path else {
        let found = repository.resolve(revision);
        let found = found.or_else(|| repository.store.by_prefix(revision, "tree"));
        let found = found.or_else(|| repository.store.by_prefix(revision, "blob"));
        return Ok(found.and_then(|oid| object(repository, key, oid, "")));
    };
    let commit = repository.resolve(revision);
    let root = commit.and_then(|oid| repository.store.commit(oid)).map(|commit| commit.tree);
    let root = root.or_else(|| repository.store.by_prefix(revision, "tree"));
    let found = root.and_then(|root| entry_at(&repository.store, root, path));
    // A submodule's commit is not in this repository, so it resolves to nothing.
    Ok(found.and_then(|(_, oid)| object(repository, key, oid, path.trim_matches('/'))))
}

fn pull(repository: &Repository, key: &str, arguments: &Arguments) -> Result<Out, Problem> {
    let number = arguments.0.get("number").and_then(Value::as_u64).unwrap_or(0);
    if repository.pulls.iter().all(|pull| pull.number != number) {
        let message = format!("Could not resolve to a PullRequest with the number of {number}.");
        return Err(Problem::new("NOT_FOUND", message));
    }
    Ok(Out::node(Node::PullRequest(key.to_owned(), number)))
}

fn state(pull: &PullRequest) -> &'static str {
    match (pull.merged.is_some(), pull.state.as_str()) {
        (true, _) => "MERGED",
        (false, "open") => "OPEN",
        _ => "CLOSED",
    }
}

fn pulls(repository: &Repository, key: &str, field: &str, arguments: &Arguments) -> Result<Out, Problem> {
    let states: Vec<&str> = match arguments.0.get("states") {
        Some(Value::Array(states)) => states.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    let found = repository.pulls.iter().filter(|pull| {
        (states.is_empty() || states.contains(&state(pull)))
            && arguments.text("headRefName").is_none_or(|name| pull.head == name)
            && arguments.text("baseRefName").is_none_or(|name| pull.base == name)
    });
    let all = found.map(|pull| Node::PullRequest(key.to_owned(), pull.number)).collect();
    connection(("PullRequestConnection", "PullRequestEdge"), field, arguments, all)
}

/// A field of a ref.
pub fn reference(
    c: &mut Context<'_>,
    node: &Node,
    (key, name, oid): (&str, &str, Oid),
    field: &str,
    arguments: &Arguments,
) -> Result<Out, Problem> {
    let repository = find(c, key)?;
    let cut = name.match_indices('/').nth(1).map_or(0, |(index, _)| index + 1);
    Ok(match field {
        "id" => Out::leaf(node_id("Ref", &format!("{}:{name}", repository.id))),
        "name" => Out::leaf(&name[cut..]),
        "prefix" => Out::leaf(&name[..cut]),
        "target" => Out::maybe(object(repository, key, oid, "")),
        "repository" => Out::node(Node::Repository(key.to_owned())),
        "branchProtectionRule" => Out::leaf(Value::Null),
        "compare" => {
            let head = arguments.required(field, "headRef")?;
            let head = repository.resolve(&head);
            Out::maybe(head.map(|head| Node::Comparison(key.to_owned(), oid, head)))
        }
        _ => return Err(Problem::no_field(node, field)),
    })
}

/// A field of a comparison.
pub fn comparison(
    c: &mut Context<'_>,
    node: &Node,
    (key, base, head): (&str, Oid, Oid),
    field: &str,
    arguments: &Arguments,
) -> Result<Out, Problem> {
    let repository = find(c, key)?;
    let mut ahead = graph::between(&repository.store, base, head);
    let behind = graph::between(&repository.store, head, base).len();
    Ok(match field {
        "id" => Out::leaf(node_id("Comparison", &format!("{base}:{head}"))),
        "aheadBy" => Out::leaf(ahead.len()),
        "behindBy" => Out::leaf(behind),
        "status" => Out::leaf(match (ahead.len(), behind) {
            (0, 0) => "IDENTICAL",
            (_, 0) => "AHEAD",
            (0, _) => "BEHIND",
            _ => "DIVERGED",
        }),
        "commits" => {
            ahead.reverse();
            let all = ahead.into_iter().map(|oid| Node::Commit(key.to_owned(), oid)).collect();
            connection(("ComparisonCommitConnection", "CommitEdge"), field, arguments, all)?
        }
        _ => return Err(Problem::no_field(node, field)),
    })
}

/// A field of a pull request.
pub fn pull_request(c: &mut Context<'_>, node: &Node, key: &str, number: u64, field: &str) -> Result<Out, Problem> {
    let server = c.world.urls.server.clone();
    let repository = find(c, key)?;
    let pull = repository.pulls.iter().find(|pull| pull.number == number).ok_or_else(Problem::stumbled)?.clone();
    let (base, head) = heads(repository, &pull);
    let text = |oid: Option<Oid>| oid.map_or_else(|| "0".repeat(40), |oid| oid.to_string());
    Ok(match field {
        "id" => Out::leaf(node_id("PullRequest", &format!("{}:{number}", repository.id))),
        "number" => Out::leaf(number),
        "title" => Out::leaf(pull.title),
        "body" => Out::leaf(pull.body.unwrap_or_default()),
        "state" => Out::leaf(state(&pull)),
        "merged" => Out::leaf(pull.merged.is_some()),
        "isDraft" => Out::leaf(pull.draft),
        "url" => Out::leaf(format!("{server}/{}/pull/{number}", repository.full_name())),
        "headRefName" => Out::leaf(pull.head),
        "baseRefName" => Out::leaf(pull.base),
        "headRefOid" => Out::leaf(text(head)),
        "baseRefOid" => Out::leaf(text(base)),
        "author" => Out::node(Node::User(pull.login)),
        "createdAt" => Out::leaf(clock::rfc3339(pull.created)),
        "updatedAt" => Out::leaf(clock::rfc3339(pull.updated)),
        "mergeCommit" => Out::maybe(pull.merged.map(|(oid, _)| Node::Commit(key.to_owned(), oid))),
        "repository" => Out::node(Node::Repository(key.to_owned())),
        _ => return Err(Problem::no_field(node, field)),
    })
}

/// A field of a user or bot.
pub fn user(c: &mut Context<'_>, node: &Node, login: &str, field: &str) -> Result<Out, Problem> {
    let server = c.world.urls.server.clone();
    Ok(match field {
        "login" => Out::leaf(login),
        "id" => Out::leaf(node_id(node.type_name(), &user_id(login).to_string())),
        "databaseId" => Out::leaf(user_id(login)),
        "url" => Out::leaf(format!("{server}/{login}")),
        "name" => Out::leaf(json!(login)),
        "email" => Out::leaf(""),
        _ => return Err(Problem::no_field(node, field)),
    })
}
