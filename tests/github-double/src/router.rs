//! Which path means what, and what every answer has in common. One line an endpoint.

use serde_json::Value;
use sha1::{Digest, Sha1};

use crate::clock;
use crate::git::Oid;
use crate::graphql;
use crate::rest::context::{Caller, Context, Handled};
use crate::rest::{
    blobs, branches, commits, compare, contents, contents_write, git_commits, identity, issues, merges, protection,
    pulls, refs, repositories, rules, secrets, tarballs, trees,
};
use crate::wire::answer::{Answer, Body};
use crate::wire::request::{Face, Request};
use crate::world::World;

/// What a contents write has read before it moves the branch.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// The branch's head when the request came.
    pub head: Option<Oid>,
}

/// The first half of a contents write; `None` for every other request.
pub fn plan(world: &mut World, request: &Request) -> Option<Planned> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let (["repos", owner, name, "contents", ..], "PUT" | "DELETE") = (segments.as_slice(), request.method.as_str())
    else {
        return None;
    };
    let repository = world.repository(&format!("{owner}/{name}"))?;
    let branch = contents_write::branch(request, &repository.default_branch);
    Some(Planned { head: repository.head(&format!("refs/heads/{branch}")) })
}

/// Answers a request.
pub fn handle(world: &mut World, request: &Request, planned: Option<Planned>) -> Answer {
    if request.face == Face::Codeload {
        return tarballs::codeload(world, request);
    }
    if request.header("user-agent").is_none() {
        return Answer::raw(
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for other possible causes.\n",
            "text/html",
        )
        .with_status(403);
    }
    let caller = match Caller::of(world, request) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.documented(""),
    };
    let mut context = Context { world, request, caller, planned, accepted: None };
    let (docs, handled) = route(&mut context);
    let accepted = context.accepted.take();
    let mut answer = handled.unwrap_or_else(|refusal| refusal).documented(docs);
    answer.headers.extend(context.caller.headers(accepted.as_deref()));
    answer
}

fn route(context: &mut Context<'_>) -> (&'static str, Handled) {
    let request = context.request;
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    match segments.as_slice() {
        ["graphql"] => ("graphql", graphql::answer(context)),
        ["user"] if method == "GET" => ("users/users#get-the-authenticated-user", identity::user(context)),
        ["rate_limit"] if method == "GET" => ("rate-limit/rate-limit", identity::rate_limit(context)),
        ["repos", owner, name, rest @ ..] => match rest {
            ["git", rest @ ..] => git(context, method, owner, name, rest),
            ["pulls", ..] | ["issues", ..] => review(context, method, owner, name, rest),
            ["actions", ..] | ["environments", ..] => secret(context, method, owner, name, rest),
            _ => repository(context, method, owner, name, rest),
        },
        _ => ("", Err(Answer::not_found())),
    }
}

fn repository(c: &mut Context<'_>, method: &str, o: &str, r: &str, rest: &[&str]) -> (&'static str, Handled) {
    match (method, rest) {
        ("GET", []) => ("repos/repos#get-a-repository", repositories::get(c, o, r)),
        ("GET", ["contents", path @ ..]) => {
            ("repos/contents#get-repository-content", contents::get(c, o, r, &path.join("/")))
        }
        ("PUT", ["contents", path @ ..]) => {
            ("repos/contents#create-or-update-file-contents", contents_write::put(c, o, r, &path.join("/")))
        }
        ("DELETE", ["contents", path @ ..]) => {
            ("repos/contents#delete-a-file", contents_write::delete(c, o, r, &path.join("/")))
        }
        ("GET", ["branches"]) => ("branches/branches#list-branches", branches::list(c, o, r)),
        ("GET", ["branches", name @ .., "protection"]) if !name.is_empty() => {
            ("branches/branch-protection#get-branch-protection", protection::get(c, o, r, &name.join("/")))
        }
        ("GET", ["branches", name @ ..]) => ("branches/branches#get-a-branch", branches::get(c, o, r, &name.join("/"))),
        ("GET", ["rules", "branches", name @ ..]) => {
            ("repos/rules#get-rules-for-a-branch", rules::of_branch(c, o, r, &name.join("/")))
        }
        ("GET", ["commits"]) => ("commits/commits#list-commits", commits::list(c, o, r)),
        ("GET", ["commits", reference @ ..]) => {
            ("commits/commits#get-a-commit", commits::get(c, o, r, &reference.join("/")))
        }
        ("GET", ["compare", basehead @ ..]) => {
            ("commits/commits#compare-two-commits", compare::get(c, o, r, &basehead.join("/")))
        }
        ("GET", ["tarball", reference @ ..]) => {
            ("repos/contents#download-a-repository-archive-tar", tarballs::redirect(c, o, r, &reference.join("/")))
        }
        _ => ("", Err(Answer::not_found())),
    }
}

fn git(c: &mut Context<'_>, method: &str, o: &str, r: &str, rest: &[&str]) -> (&'static str, Handled) {
    match (method, rest) {
        ("GET", ["ref" | "refs", name @ ..]) if !name.is_empty() => {
            ("git/refs#get-a-reference", refs::get(c, o, r, &name.join("/")))
        }
        ("GET", ["matching-refs", name @ ..]) => {
            ("git/refs#list-matching-references", refs::matching(c, o, r, &name.join("/")))
        }
        ("POST", ["refs"]) => ("git/refs#create-a-reference", refs::create(c, o, r)),
        ("PATCH", ["refs", name @ ..]) => ("git/refs#update-a-reference", refs::update(c, o, r, &name.join("/"))),
        ("DELETE", ["refs", name @ ..]) => ("git/refs#delete-a-reference", refs::delete(c, o, r, &name.join("/"))),
        ("GET", ["commits", sha]) => ("git/commits#get-a-commit-object", git_commits::get(c, o, r, sha)),
        ("POST", ["commits"]) => ("git/commits#create-a-commit", git_commits::create(c, o, r)),
        ("GET", ["trees", sha @ ..]) => ("git/trees#get-a-tree", trees::get(c, o, r, &sha.join("/"))),
        ("POST", ["trees"]) => ("git/trees#create-a-tree", trees::create(c, o, r)),
        ("GET", ["blobs", sha]) => ("git/blobs#get-a-blob", blobs::get(c, o, r, sha)),
        ("POST", ["blobs"]) => ("git/blobs#create-a-blob", blobs::create(c, o, r)),
        _ => ("", Err(Answer::not_found())),
    }
}

fn review(c: &mut Context<'_>, method: &str, o: &str, r: &str, rest: &[&str]) -> (&'static str, Handled) {
    match (method, rest) {
        ("GET", ["pulls"]) => ("pulls/pulls#list-pull-requests", pulls::list(c, o, r)),
        ("POST", ["pulls"]) => ("pulls/pulls#create-a-pull-request", pulls::create(c, o, r)),
        ("GET", ["pulls", number]) => ("pulls/pulls#get-a-pull-request", pulls::get(c, o, r, number)),
        ("PATCH", ["pulls", number]) => ("pulls/pulls#update-a-pull-request", pulls::update(c, o, r, number)),
        ("PUT", ["pulls", number, "merge"]) => ("pulls/pulls#merge-a-pull-request", merges::merge(c, o, r, number)),
        ("GET", ["issues", number, "labels"]) => {
            ("issues/labels#list-labels-for-an-issue", issues::labels(c, o, r, number))
        }
        ("POST", ["issues", number, "labels"]) => {
            ("issues/labels#add-labels-to-an-issue", issues::add_labels(c, o, r, number))
        }
        _ => ("", Err(Answer::not_found())),
    }
}

fn secret(c: &mut Context<'_>, method: &str, o: &str, r: &str, rest: &[&str]) -> (&'static str, Handled) {
    match (method, rest) {
        ("GET", ["actions", "secrets", "public-key"]) => {
            ("actions/secrets#get-a-repository-public-key", secrets::public_key(c, o, r, None))
        }
        ("PUT", ["actions", "secrets", name]) => {
            ("actions/secrets#create-or-update-a-repository-secret", secrets::put(c, o, r, None, name))
        }
        ("GET", ["actions", "secrets", name]) => {
            ("actions/secrets#get-a-repository-secret", secrets::get(c, o, r, None, name))
        }
        ("GET", ["environments", environment, "secrets", "public-key"]) => {
            ("actions/secrets#get-an-environment-public-key", secrets::public_key(c, o, r, Some(environment)))
        }
        ("PUT", ["environments", environment, "secrets", name]) => {
            ("actions/secrets#create-or-update-an-environment-secret", secrets::put(c, o, r, Some(environment), name))
        }
        ("GET", ["environments", environment, "secrets", name]) => {
            ("actions/secrets#get-an-environment-secret", secrets::get(c, o, r, Some(environment), name))
        }
        _ => ("", Err(Answer::not_found())),
    }
}

/// Adds what every answer of the API has: rate limit, request id, media type, ETag; answers 304 to a fresh one.
pub fn complete(world: &mut World, request: &Request, mut answer: Answer) -> Answer {
    if request.face == Face::Codeload {
        return answer;
    }
    if world.switches.plain {
        return plain(answer);
    }
    world.used += 1;
    let used = world.used.min(5000);
    let reset = clock::now() + 3600;
    let defaults = [
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", (5000 - used).to_string()),
        ("x-ratelimit-used", used.to_string()),
        ("x-ratelimit-reset", reset.to_string()),
        ("x-ratelimit-resource", if request.is_graphql() { "graphql" } else { "core" }.to_owned()),
        ("x-github-request-id", format!("0400:3C5E:{:X}:{:X}:65A1", used, request.body.len())),
        ("x-github-media-type", "github.v3; format=json".to_owned()),
        ("x-github-api-version-selected", "2022-11-28".to_owned()),
    ];
    for (name, value) in defaults {
        if !answer.headers.iter().any(|(have, _)| have == name) {
            answer.headers.push((name.to_owned(), value));
        }
    }
    if request.method == "GET" && answer.status == 200 {
        let etag = format!("W/\"{:x}\"", Sha1::digest(answer.encode().0));
        if request.header("if-none-match") == Some(etag.as_str()) {
            answer.status = 304;
            answer.body = Body::Empty;
        }
        answer.headers.push(("etag".to_owned(), etag));
    }
    answer
}

/// The same answer in nobody's words.
fn plain(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| !name.starts_with("x-"));
    if answer.status >= 400 {
        let status = http::StatusCode::from_u16(answer.status).ok();
        let words = status.and_then(|status| status.canonical_reason()).unwrap_or("Error");
        answer.body = Body::Json(serde_json::json!({"message": words}));
    }
    answer
}

/// A field of a JSON body as text.
pub fn text<'a>(body: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}
