//! `PUT` and `DELETE …/contents/{path}`: one file, one commit. The head is read when the request comes and
//! moved later; whoever moved it in between, for whatever file, makes this a 409.

use serde_json::{Map, Value, json};

use crate::access::Permission;
use crate::base64;
use crate::clock;
use crate::git::tree::{self, TreeError, entry_at};
use crate::git::{Mode, Oid, Person};
use crate::repository::{RefError, Repository};
use crate::rest::context::{Caller, Context, Handled, authorize, web_flow};
use crate::rest::shapes;
use crate::router::text;
use crate::rules::Violation;
use crate::signing::Draft;
use crate::wire::answer::Answer;
use crate::wire::request::Request;

/// The branch that a contents write names (a deletion may name it in the query).
pub fn branch(request: &Request, default: &str) -> String {
    let body = request.json().unwrap_or_default();
    let named = text(&body, "branch").or_else(|| request.parameter("branch"));
    let named = named.filter(|name| !name.is_empty()).unwrap_or(default);
    named.strip_prefix("refs/heads/").unwrap_or(named).to_owned()
}

/// What is written, after the input was checked.
struct Write {
    path: String,
    message: String,
    branch: String,
    content: Option<Vec<u8>>,
    sha: Option<String>,
    author: Option<Person>,
    committer: Option<Person>,
}

/// Creates or replaces a file.
pub fn put(c: &mut Context<'_>, owner: &str, name: &str, path: &str) -> Handled {
    let body = c.request.json()?;
    c.write(owner, name, Permission::Contents)?;
    let content = text(&body, "content").ok_or_else(|| Answer::malformed("\"content\" wasn't supplied."))?;
    let content = base64::decode(content).ok_or_else(|| Answer::error(422, "content is not valid Base64"))?;
    let write = checked(c, owner, name, path, &body, Some(content))?;
    commit(c, owner, name, write)
}

/// Deletes a file.
pub fn delete(c: &mut Context<'_>, owner: &str, name: &str, path: &str) -> Handled {
    let mut body = c.request.json()?;
    c.write(owner, name, Permission::Contents)?;
    for field in ["message", "sha"] {
        if let Some(value) = c.request.parameter(field) {
            body.entry(field).or_insert_with(|| value.into());
        }
    }
    let write = checked(c, owner, name, path, &body, None)?;
    commit(c, owner, name, write)
}

fn checked(
    c: &mut Context<'_>,
    owner: &str,
    name: &str,
    path: &str,
    body: &Map<String, Value>,
    content: Option<Vec<u8>>,
) -> Result<Write, Answer> {
    let message = text(body, "message").filter(|message| !message.is_empty());
    let message = message.ok_or_else(|| Answer::malformed("\"message\" wasn't supplied."))?;
    let repository = c.write(owner, name, Permission::Contents)?;
    let default = repository.default_branch.clone();
    if path.starts_with(".github/workflows/") {
        let (full_name, private) = (repository.full_name(), repository.private);
        authorize(&c.caller, &full_name, private, &[Permission::Workflows], crate::access::Level::Write)?;
    }
    Ok(Write {
        path: path.to_owned(),
        message: message.to_owned(),
        branch: branch(c.request, &default),
        content,
        sha: text(body, "sha").map(str::to_owned),
        author: person(body, "author")?,
        committer: person(body, "committer")?,
    })
}

fn person(body: &Map<String, Value>, field: &str) -> Result<Option<Person>, Answer> {
    let Some(Value::Object(given)) = body.get(field) else { return Ok(None) };
    let part = |name: &str| {
        text(given, name)
            .map(str::to_owned)
            .ok_or_else(|| Answer::malformed(&format!("\"{field}.{name}\" wasn't supplied.")))
    };
    let seconds = text(given, "date").and_then(clock::parse).unwrap_or_else(clock::now);
    Ok(Some(Person { name: part("name")?, email: part("email")?, seconds }))
}

fn commit(c: &mut Context<'_>, owner: &str, name: &str, write: Write) -> Handled {
    let (urls, caller, planned) = (c.urls(), c.caller.clone(), c.planned);
    let repository = c.write(owner, name, Permission::Contents)?;
    let reference = format!("refs/heads/{}", write.branch);
    let head = repository.head(&reference);
    let read = planned.map_or(head, |planned| planned.head);
    if read.is_none() && !repository.refs("refs/heads/").is_empty() {
        return Err(Answer::error(404, &format!("Branch {} not found", write.branch)));
    }
    let base = read.and_then(|oid| repository.store.commit(oid)).map(|commit| commit.tree);
    let current = base.and_then(|tree| entry_at(&repository.store, tree, &write.path));
    check_sha(&write, current)?;
    if head != read {
        let oid = |oid: Option<Oid>| oid.map_or_else(|| "0".repeat(40), |oid| oid.to_string());
        return Err(Answer::error(409, &format!("is at {} but expected {}", oid(head), oid(read))));
    }
    let target = write.content.as_ref().map(|bytes| (mode(current), repository.store.put_blob(bytes.clone())));
    let tree = tree::write(&mut repository.store, base, &[(write.path.clone(), target)]).map_err(tree_error)?;
    let signed = caller.is_app() && write.author.is_none() && write.committer.is_none();
    let draft = draft(&caller, &write, tree, head, signed);
    let oid = repository.store.put_commit(if signed { draft.signed() } else { draft.unsigned() });
    let verb = if write.content.is_none() {
        "delete"
    } else if current.is_some() {
        "update"
    } else {
        "create"
    };
    repository.update_ref(&reference, Some(oid), false, caller.login()).map_err(|error| refused(&error, verb))?;
    Ok(written(repository, &urls, &write, target, oid, current.is_some()))
}

fn check_sha(write: &Write, current: Option<(Mode, Oid)>) -> Result<(), Answer> {
    match (current, &write.sha, &write.content) {
        (None, _, None) => Err(Answer::not_found()),
        (None, _, Some(_)) => Ok(()),
        (Some((Mode::Directory, _)), _, _) => Err(Answer::malformed("\"path\" is a directory.")),
        (Some(_), None, _) => Err(Answer::malformed("\"sha\" wasn't supplied.")),
        (Some((_, oid)), Some(sha), _) if oid.to_string() != *sha => {
            Err(Answer::error(409, &format!("{} does not match {sha}", write.path)))
        }
        _ => Ok(()),
    }
}

/// A replaced file keeps its mode, unless it was a link.
fn mode(current: Option<(Mode, Oid)>) -> Mode {
    match current {
        Some((Mode::Executable, _)) => Mode::Executable,
        _ => Mode::File,
    }
}

fn tree_error(error: TreeError) -> Answer {
    match error {
        TreeError::MalformedPath(_) => Answer::error(422, "path contains a malformed path component"),
        TreeError::NothingToDelete(_) => Answer::not_found(),
    }
}

fn draft(caller: &Caller, write: &Write, tree: Oid, head: Option<Oid>, signed: bool) -> Draft {
    let author = write.author.clone().or_else(|| write.committer.clone()).unwrap_or_else(|| caller.person());
    let maker = if signed { web_flow() } else { caller.person() };
    let committer = write.committer.clone().unwrap_or(maker);
    Draft { tree, parents: head.into_iter().collect(), author, committer, message: write.message.clone() }
}

fn refused(error: &RefError, verb: &str) -> Answer {
    match error {
        RefError::NotFastForward => Answer::error(409, "Update is not a fast forward"),
        RefError::Violation(violation @ Violation::Ruleset(_)) => Answer::error(409, &violation.message()),
        RefError::Violation(violation @ Violation::Protection(_)) => {
            Answer::error(409, &format!("Could not {verb} file: {}", violation.message()))
        }
    }
}

fn written(
    repository: &Repository,
    urls: &crate::world::Urls,
    write: &Write,
    target: Option<(Mode, Oid)>,
    oid: Oid,
    existed: bool,
) -> Answer {
    let content = target.map_or(Value::Null, |(mode, blob)| {
        shapes::content_entry(repository, urls, &write.branch, &write.path, mode, blob).into()
    });
    let commit = shapes::git_commit(repository, urls, oid);
    Answer::json(if existed { 200 } else { 201 }, json!({"content": content, "commit": commit}))
}
