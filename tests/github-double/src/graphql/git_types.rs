//! Commits, trees, blobs, authors and signatures of the schema.

use serde_json::Value;

use super::connections::connection;
use super::input::Arguments;
use super::object::{Node, Out, Problem};
use super::repository_types::find;
use crate::clock;
use crate::git::graph;
use crate::git::tree::entry_at;
use crate::git::{Mode, Oid};
use crate::repository::Repository;
use crate::rest::context::Context;
use crate::rest::shapes::{node_id, user_of};

/// `Blob.text` is cut after this many bytes, and `isTruncated` says so.
const TEXT_LIMIT: usize = 512_000;

/// A field of a git type.
pub fn resolve(c: &mut Context<'_>, node: &Node, field: &str, arguments: &Arguments) -> Result<Out, Problem> {
    if let Node::GitActor(person) = node {
        return match field {
            "name" => Ok(Out::leaf(person.name.clone())),
            "email" => Ok(Out::leaf(person.email.clone())),
            "date" => Ok(Out::leaf(person.date())),
            "user" => Ok(match user_of(&c.world.urls, person)["login"].as_str() {
                Some(login) if !login.ends_with("[bot]") => Out::node(Node::User(login.to_owned())),
                _ => Out::leaf(Value::Null),
            }),
            _ => Err(Problem::no_field(node, field)),
        };
    }
    let server = c.world.urls.server.clone();
    match node {
        Node::Commit(key, oid) => {
            let repository = find(c, key)?;
            common(node, key, repository, &server, *oid, field)
                .map_or_else(|| commit(repository, node, (key, *oid), &server, field, arguments), Ok)
        }
        Node::Tree(key, oid, prefix) => {
            let repository = find(c, key)?;
            common(node, key, repository, &server, *oid, field)
                .map_or_else(|| tree(repository, node, key, *oid, prefix, field), Ok)
        }
        Node::Blob(key, oid) => {
            let repository = find(c, key)?;
            common(node, key, repository, &server, *oid, field).map_or_else(|| blob(repository, node, *oid, field), Ok)
        }
        Node::TreeEntry(key, prefix, name, mode, oid) => {
            let repository = find(c, key)?;
            entry(repository, node, key, (prefix, name, *mode, *oid), field)
        }
        Node::Signature(key, oid) => signature(find(c, key)?, node, *oid, field),
        _ => Err(Problem::no_field(node, field)),
    }
}

/// What every `GitObject` has.
fn common(node: &Node, key: &str, repository: &Repository, server: &str, oid: Oid, field: &str) -> Option<Out> {
    let text = oid.to_string();
    let resource = format!("/{}/commit/{oid}", repository.full_name());
    Some(match field {
        "oid" => Out::leaf(text),
        "abbreviatedOid" => Out::leaf(&text[..7]),
        "id" => Out::leaf(node_id(node.type_name(), &format!("{}:{oid}", repository.id))),
        "repository" => Out::node(Node::Repository(key.to_owned())),
        "commitUrl" => Out::leaf(format!("{server}{resource}")),
        "commitResourcePath" => Out::leaf(resource),
        _ => return None,
    })
}

/// The node of an object, whatever its type.
pub fn object(repository: &Repository, key: &str, oid: Oid, prefix: &str) -> Option<Node> {
    let key = key.to_owned();
    match repository.store.get(oid)?.kind() {
        "commit" => Some(Node::Commit(key, oid)),
        "tree" => Some(Node::Tree(key, oid, prefix.to_owned())),
        _ => Some(Node::Blob(key, oid)),
    }
}

fn commit(
    repository: &Repository,
    node: &Node,
    (key, oid): (&str, Oid),
    server: &str,
    field: &str,
    arguments: &Arguments,
) -> Result<Out, Problem> {
    let commit = repository.store.commit(oid).ok_or_else(Problem::stumbled)?;
    let owned = key.to_owned();
    let resource = format!("/{}/commit/{oid}", repository.full_name());
    Ok(match field {
        "message" => Out::leaf(commit.message.clone()),
        "messageHeadline" => Out::leaf(commit.headline()),
        "messageBody" => Out::leaf(commit.body()),
        "committedDate" => Out::leaf(commit.committer.date()),
        "authoredDate" => Out::leaf(commit.author.date()),
        "author" => Out::node(Node::GitActor(commit.author.clone())),
        "committer" => Out::node(Node::GitActor(commit.committer.clone())),
        "committedViaWeb" => Out::leaf(commit.committer.email == "noreply@github.com"),
        "url" => Out::leaf(format!("{server}{resource}")),
        "resourcePath" => Out::leaf(resource),
        "tree" => Out::node(Node::Tree(owned, commit.tree, String::new())),
        "signature" => Out::maybe(commit.signature.as_ref().map(|_| Node::Signature(owned, oid))),
        "parents" => {
            let parents = commit.parents.iter().map(|parent| Node::Commit(owned.clone(), *parent)).collect();
            connection(("CommitConnection", "CommitEdge"), field, arguments, parents)?
        }
        "history" => {
            let path = arguments.text("path").unwrap_or_default();
            let since = arguments.text("since").and_then(clock::parse);
            let until = arguments.text("until").and_then(clock::parse);
            let when = |oid: Oid| repository.store.commit(oid).map_or(0, |commit| commit.committer.seconds);
            let found = graph::history(&repository.store, oid, path).into_iter();
            let found =
                found.filter(|oid| since.is_none_or(|at| when(*oid) >= at) && until.is_none_or(|at| when(*oid) <= at));
            let found = found.map(|oid| Node::Commit(owned.clone(), oid)).collect();
            connection(("CommitHistoryConnection", "CommitEdge"), field, arguments, found)?
        }
        "file" => {
            let path = arguments.required(field, "path")?;
            let found = entry_at(&repository.store, commit.tree, &path).filter(|_| !path.is_empty());
            let (prefix, name) = path.rsplit_once('/').map_or(("", path.as_str()), |(prefix, name)| (prefix, name));
            Out::maybe(found.map(|(mode, oid)| Node::TreeEntry(owned, prefix.to_owned(), name.to_owned(), mode, oid)))
        }
        _ => return Err(Problem::no_field(node, field)),
    })
}

fn tree(repository: &Repository, node: &Node, key: &str, oid: Oid, prefix: &str, field: &str) -> Result<Out, Problem> {
    if field != "entries" {
        return Err(Problem::no_field(node, field));
    }
    let entries = repository.store.tree(oid).unwrap_or_default().iter().map(|entry| {
        Out::node(Node::TreeEntry(key.to_owned(), prefix.to_owned(), entry.name.clone(), entry.mode, entry.oid))
    });
    Ok(Out::List(entries.collect()))
}

fn entry(
    repository: &Repository,
    node: &Node,
    key: &str,
    (prefix, name, mode, oid): (&str, &str, Mode, Oid),
    field: &str,
) -> Result<Out, Problem> {
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
    let digits = i64::from_str_radix(mode.digits(), 8).unwrap_or(0);
    Ok(match field {
        "name" => Out::leaf(name),
        "path" => Out::leaf(path),
        "mode" => Out::leaf(digits),
        "type" => Out::leaf(mode.object_type()),
        "oid" => Out::leaf(oid.to_string()),
        "size" => Out::leaf(repository.store.size(mode, oid).unwrap_or(0)),
        "extension" => Out::leaf(name.rsplit_once('.').map(|(_, extension)| format!(".{extension}"))),
        "object" => Out::maybe(object(repository, key, oid, &path)),
        "repository" => Out::node(Node::Repository(key.to_owned())),
        _ => return Err(Problem::no_field(node, field)),
    })
}

fn blob(repository: &Repository, node: &Node, oid: Oid, field: &str) -> Result<Out, Problem> {
    let bytes = repository.store.blob(oid).ok_or_else(Problem::stumbled)?;
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    Ok(match field {
        "text" => Out::leaf(text.map(|text| text.get(..TEXT_LIMIT).unwrap_or(text).to_owned())),
        "byteSize" => Out::leaf(bytes.len()),
        "isBinary" => Out::leaf(text.is_none()),
        "isTruncated" => Out::leaf(bytes.len() > TEXT_LIMIT),
        _ => return Err(Problem::no_field(node, field)),
    })
}

fn signature(repository: &Repository, node: &Node, oid: Oid, field: &str) -> Result<Out, Problem> {
    let commit = repository.store.commit(oid).ok_or_else(Problem::stumbled)?;
    Ok(match field {
        "isValid" | "wasSignedByGitHub" => Out::leaf(true),
        "state" => Out::leaf("VALID"),
        "email" => Out::leaf(commit.committer.email.clone()),
        "signature" => Out::leaf(commit.signature.clone()),
        "payload" => Out::leaf(commit.payload()),
        "verifiedAt" => Out::leaf(commit.committer.date()),
        "keyId" => Out::leaf("B5690EEEBB952194"),
        "signer" => Out::node(Node::User("web-flow".into())),
        _ => return Err(Problem::no_field(node, field)),
    })
}
