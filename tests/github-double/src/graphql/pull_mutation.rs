//! `createPullRequest`: the same checks as over REST, worded as GraphQL words them.

use serde_json::Value;

use super::commit_mutation::{by_id, permitted};
use super::input::Arguments;
use super::object::{Node, Out, Problem};
use super::repository_types::find;
use crate::access::Permission;
use crate::clock;
use crate::repository::PullRequest;
use crate::rest::context::Context;
use crate::rest::pulls::check_branches;
use crate::wire::answer::Body;

/// Opens a pull request.
pub fn create(c: &mut Context<'_>, arguments: &Arguments) -> Result<Out, Problem> {
    let input = arguments.0.get("input").cloned().unwrap_or(Value::Null);
    let key = by_id(c, &input["repositoryId"])?;
    permitted(c, &key, Permission::PullRequests, "CreatePullRequest")?;
    let login = c.caller.login().to_owned();
    let text = |field: &str| input[field].as_str().unwrap_or_default().to_owned();
    let bare = |name: String| name.strip_prefix("refs/heads/").map_or(name.clone(), str::to_owned);
    let (head, base) = (bare(text("headRefName")), bare(text("baseRefName")));
    let repository = find(c, &key)?;
    check_branches(repository, &head, &base).map_err(|refusal| {
        let message = match &refusal.body {
            Body::Json(value) => value["errors"][0]["message"]
                .as_str()
                .unwrap_or("Head sha can't be blank, Base sha can't be blank")
                .to_owned(),
            _ => String::new(),
        };
        Problem::new("UNPROCESSABLE", message)
    })?;
    let (number, now) = (repository.pulls.len() as u64 + 1, clock::now());
    repository.pulls.push(PullRequest {
        number,
        title: text("title"),
        body: input["body"].as_str().map(str::to_owned),
        head,
        base,
        state: "open".into(),
        draft: input["draft"].as_bool().unwrap_or(false),
        labels: Vec::new(),
        login,
        created: now,
        updated: now,
        merged: None,
    });
    Ok(Out::node(Node::Record(
        "CreatePullRequestPayload",
        vec![
            ("clientMutationId", Out::Leaf(input["clientMutationId"].clone())),
            ("pullRequest", Out::node(Node::PullRequest(key, number))),
        ],
    )))
}
