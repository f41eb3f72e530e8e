//! `createCommitOnBranch` and `createRef`. Messages are GitHub's as recorded in public issues and fixtures.

use serde_json::{Value, json};

use super::input::Arguments;
use super::object::{Node, Out, Problem};
use super::repository_types::{find, readable};
use crate::access::{Level, Permission};
use crate::base64;
use crate::git::tree::{self, Target, TreeError, entry_at};
use crate::git::{Mode, Oid};
use crate::repository::{RefError, Repository};
use crate::rest::context::{Context, authorize, web_flow};
use crate::rest::shapes::node_id;
use crate::rules::Violation;
use crate::signing::Draft;

/// The input after it was checked for form.
struct Commit {
    owner: String,
    name: String,
    branch: String,
    expected: String,
    message: String,
    additions: Vec<(String, String)>,
    deletions: Vec<String>,
}

/// `createCommitOnBranch`.
pub fn create_commit(c: &mut Context<'_>, arguments: &Arguments) -> Result<Out, Problem> {
    let input = arguments.0.get("input").cloned().unwrap_or(Value::Null);
    let wanted = parse(c, &input)?;
    let key = readable(c, &wanted.owner, &wanted.name)?;
    permitted(c, &key, Permission::Contents, "CreateCommitOnBranch")?;
    let touched = wanted.additions.iter().map(|(path, _)| path).chain(&wanted.deletions);
    if let Some(path) = touched.into_iter().find(|path| path.starts_with(".github/workflows/")) {
        let path = path.clone();
        permitted(c, &key, Permission::Workflows, "CreateCommitOnBranch").map_err(|_| {
            Problem::new("UNPROCESSABLE", format!("refusing to allow a GitHub App to create or update workflow `{path}` without `workflows` permission"))
        })?;
    }
    let (author, login, keep_modes) = (c.caller.person(), c.caller.login().to_owned(), c.world.switches.keep_modes);
    let repository = find(c, &key)?;
    let reference = format!("refs/heads/{}", wanted.branch);
    let head = check_head(repository, &wanted, &reference)?;
    let base = repository.store.commit(head).map(|commit| commit.tree);
    let changes = changes(repository, &wanted, base, keep_modes)?;
    let tree = tree::write(&mut repository.store, base, &changes).map_err(|error| tree_error(error, head))?;
    let draft = Draft { tree, parents: vec![head], author, committer: web_flow(), message: wanted.message };
    let oid = repository.store.put_commit(draft.signed());
    repository.update_ref(&reference, Some(oid), false, &login).map_err(refused)?;
    Ok(Out::node(Node::Record(
        "CreateCommitOnBranchPayload",
        vec![
            ("clientMutationId", Out::Leaf(input["clientMutationId"].clone())),
            ("commit", Out::node(Node::Commit(key.clone(), oid))),
            ("ref", Out::node(Node::Ref(key, reference, oid))),
        ],
    )))
}

fn check_head(repository: &Repository, wanted: &Commit, reference: &str) -> Result<Oid, Problem> {
    let branch = &wanted.branch;
    let head = repository.head(reference);
    let head =
        head.ok_or_else(|| Problem::new("NOT_FOUND", format!("Could not resolve to a Ref with the name '{branch}'.")))?;
    let expected: Oid = wanted.expected.parse().map_err(|()| null_input("expectedHeadOid"))?;
    if repository.store.commit(expected).is_none() {
        let message = format!("No commit exists with specified expectedHeadOid '{expected}'.");
        return Err(Problem::new("NOT_FOUND", message));
    }
    if head != expected {
        // Two spaces, as GitHub writes it.
        let message = format!("Expected branch to point to \"{expected}\" but it did not.  Pull and try again.");
        return Err(Problem::new("STALE_DATA", message));
    }
    Ok(head)
}

fn changes(
    repository: &mut Repository,
    wanted: &Commit,
    base: Option<Oid>,
    keep_modes: bool,
) -> Result<Vec<(String, Target)>, Problem> {
    let mut changes: Vec<(String, Target)> = wanted.deletions.iter().map(|path| (path.clone(), None)).collect();
    for (path, contents) in &wanted.additions {
        let bytes = base64::decode(contents).ok_or_else(|| {
            Problem::new("UNPROCESSABLE", format!("Contents of the file at path {path} are not valid Base64"))
        })?;
        let old = base.and_then(|tree| entry_at(&repository.store, tree, path)).map(|(mode, _)| mode);
        let mode = old.filter(|mode| keep_modes && *mode == Mode::Executable).unwrap_or(Mode::File);
        changes.push((path.clone(), Some((mode, repository.store.put_blob(bytes)))));
    }
    Ok(changes)
}

fn tree_error(error: TreeError, head: Oid) -> Problem {
    match error {
        TreeError::MalformedPath(path) => Problem::new("UNPROCESSABLE", format!("A path was malformed: {path}")),
        TreeError::NothingToDelete(path) => Problem::new(
            "UNPROCESSABLE",
            format!("A path was requested for deletion which does not exist as of commit oid `{head}`: {path}"),
        ),
    }
}

/// A refused move, as a GraphQL error. Both types are as recorded: a ruleset's violation is FORBIDDEN, as a missing
/// permission is, and only its text tells them apart.
fn refused(error: RefError) -> Problem {
    match error {
        RefError::NotFastForward => Problem::new("STALE_DATA", "Update is not a fast forward"),
        RefError::Violation(violation @ Violation::Protection(_)) => {
            Problem::new("BRANCH_PROTECTION_RULE_VIOLATION", violation.message())
        }
        RefError::Violation(violation @ Violation::Ruleset(_)) => Problem::new("FORBIDDEN", violation.message()),
    }
}

/// Whether the caller may write; refusals are worded as GraphQL words them.
pub fn permitted(c: &Context<'_>, key: &str, permission: Permission, mutation: &str) -> Result<(), Problem> {
    let private = c.world.repositories.get(key).is_some_and(|repository| repository.private);
    if c.world.repositories.get(key).is_some_and(|repository| repository.archived) {
        return Err(Problem::new("UNPROCESSABLE", "Repository was archived so is read-only."));
    }
    authorize(&c.caller, key, private, &[permission], Level::Write).map_err(|_| {
        let words = c.caller.token().and_then(|token| token.refusal()).map(str::to_owned);
        let login = c.caller.login();
        Problem::forbidden(
            words.unwrap_or_else(|| format!("{login} does not have the correct permissions to execute `{mutation}`")),
        )
    })
}

/// The error of an input object with a null where a value must be.
pub fn null_input(field: &str) -> Problem {
    let message = format!(
        "Variable $input of type CreateCommitOnBranchInput! was provided invalid value for {field} (Expected value to not be null)"
    );
    let problems = json!([{"path": [field], "explanation": "Expected value to not be null"}]);
    Problem::invalid(message, json!({"problems": problems}))
}

fn parse(c: &mut Context<'_>, input: &Value) -> Result<Commit, Problem> {
    let text = |value: &Value, field: &str| value.as_str().map(str::to_owned).ok_or_else(|| null_input(field));
    let branch = &input["branch"];
    let (full_name, name) = match branch["id"].as_str() {
        Some(id) => branch_by_id(c, id)?,
        None => (
            text(&branch["repositoryNameWithOwner"], "branch.repositoryNameWithOwner")?,
            text(&branch["branchName"], "branch.branchName")?,
        ),
    };
    let (owner, repository) = full_name.split_once('/').ok_or_else(|| null_input("branch.repositoryNameWithOwner"))?;
    let headline = text(&input["message"]["headline"], "message.headline")?;
    let body = input["message"]["body"].as_str().unwrap_or_default();
    let files = input.get("fileChanges").cloned().unwrap_or_else(|| json!({}));
    let list = |field: &str| match files.get(field) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        // GitHub accepts the null by its schema and then stumbles over it.
        Some(_) => Err(Problem::stumbled()),
    };
    let additions = list("additions")?;
    let additions = additions.iter().map(|item| {
        Ok((
            text(&item["path"], "fileChanges.additions.path")?,
            text(&item["contents"], "fileChanges.additions.contents")?,
        ))
    });
    let deletions = list("deletions")?;
    let deletions = deletions.iter().map(|item| text(&item["path"], "fileChanges.deletions.path"));
    Ok(Commit {
        owner: owner.to_owned(),
        name: repository.to_owned(),
        branch: name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned(),
        expected: text(&input["expectedHeadOid"], "expectedHeadOid")?,
        message: if body.is_empty() { headline } else { format!("{headline}\n\n{body}") },
        additions: additions.collect::<Result<_, Problem>>()?,
        deletions: deletions.collect::<Result<_, _>>()?,
    })
}

fn branch_by_id(c: &Context<'_>, id: &str) -> Result<(String, String), Problem> {
    let found = c.world.repositories.values().find_map(|repository| {
        let refs = repository.refs("refs/heads/");
        let found = refs.into_iter().find(|(name, _)| node_id("Ref", &format!("{}:{name}", repository.id)) == id);
        found.map(|(name, _)| (repository.full_name(), name))
    });
    found.ok_or_else(|| Problem::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'")))
}

/// `createRef`.
pub fn create_ref(c: &mut Context<'_>, arguments: &Arguments) -> Result<Out, Problem> {
    let input = arguments.0.get("input").cloned().unwrap_or(Value::Null);
    let key = by_id(c, &input["repositoryId"])?;
    permitted(c, &key, Permission::Contents, "CreateRef")?;
    let login = c.caller.login().to_owned();
    let name = input["name"].as_str().unwrap_or_default().to_owned();
    let oid: Option<Oid> = input["oid"].as_str().and_then(|text| text.parse().ok());
    let repository = find(c, &key)?;
    let oid = oid.filter(|oid| repository.store.commit(*oid).is_some());
    let oid =
        oid.ok_or_else(|| Problem::new("UNPROCESSABLE", "The specified oid does not exist in this repository."))?;
    if !name.starts_with("refs/heads/") {
        return Err(Problem::new("UNPROCESSABLE", format!("\"{name}\" is not a valid ref name.")));
    }
    if repository.head(&name).is_some() {
        let message = format!("A ref named \"{name}\" already exists in the repository.");
        return Err(Problem::new("UNPROCESSABLE", message));
    }
    repository.update_ref(&name, Some(oid), false, &login).map_err(refused)?;
    Ok(Out::node(Node::Record(
        "CreateRefPayload",
        vec![
            ("clientMutationId", Out::Leaf(input["clientMutationId"].clone())),
            ("ref", Out::node(Node::Ref(key, name, oid))),
        ],
    )))
}

/// The repository of a global id.
pub fn by_id(c: &Context<'_>, id: &Value) -> Result<String, Problem> {
    let wanted = id.as_str().unwrap_or_default();
    let found =
        c.world.repositories.iter().find(|(_, repository)| node_id("Repository", &repository.id.to_string()) == wanted);
    found.map(|(key, _)| key.clone()).ok_or_else(|| {
        Problem::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{wanted}'"))
    })
}
