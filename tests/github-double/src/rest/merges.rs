//! `PUT …/pulls/{number}/merge`: a merge or a squash, by files (no line merging: a file that both sides
//! changed is a conflict).

use std::collections::BTreeMap;

use serde_json::json;

use crate::access::Permission;
use crate::clock;
use crate::git::tree::{self, Target};
use crate::git::{Oid, diff, graph};
use crate::repository::{PullRequest, Repository};
use crate::rest::context::{Context, Handled, web_flow};
use crate::rest::pull_shape::heads;
use crate::rest::pulls::{find, find_mut};
use crate::router::text;
use crate::signing::Draft;
use crate::wire::answer::Answer;

/// Merges a pull request.
pub fn merge(c: &mut Context<'_>, owner: &str, name: &str, number: &str) -> Handled {
    let body = c.request.json()?;
    let person = c.caller.person();
    let repository = c.write(owner, name, Permission::Contents)?;
    let pull = find(repository, number)?.clone();
    let not_mergeable = || Answer::error(405, "Pull Request is not mergeable");
    let (Some(base), Some(head)) = heads(repository, &pull) else { return Err(not_mergeable()) };
    if pull.state != "open" {
        return Err(not_mergeable());
    }
    if text(&body, "sha").is_some_and(|sha| sha != head.to_string()) {
        return Err(Answer::error(409, "Head branch was modified. Review and try the merge again."));
    }
    let tree = merged_tree(repository, base, head).ok_or_else(not_mergeable)?;
    let squash = match text(&body, "merge_method").unwrap_or("merge") {
        "squash" => true,
        "merge" => false,
        _ => return Err(Answer::error(405, "Rebase merges are not allowed on this repository.")),
    };
    let parents = if squash { vec![base] } else { vec![base, head] };
    let message = message(&pull, &repository.owner, squash, text(&body, "commit_title"), text(&body, "commit_message"));
    let draft = Draft { tree, parents, author: person, committer: web_flow(), message };
    let oid = repository.store.put_commit(draft.signed());
    // Merging is what the rules ask for, so they are not asked again.
    repository.set_ref(&format!("refs/heads/{}", pull.base), Some(oid));
    let pull = find_mut(repository, number)?;
    pull.state = "closed".into();
    pull.updated = clock::now();
    pull.merged = Some((oid, pull.updated));
    Ok(Answer::ok(json!({"sha": oid.to_string(), "merged": true, "message": "Pull Request successfully merged"})))
}

fn message(pull: &PullRequest, owner: &str, squash: bool, title: Option<&str>, body: Option<&str>) -> String {
    let default = if squash {
        format!("{} (#{})", pull.title, pull.number)
    } else {
        format!("Merge pull request #{} from {owner}/{}", pull.number, pull.head)
    };
    let title = title.unwrap_or(&default);
    let body = body.unwrap_or(if squash { "" } else { &pull.title });
    if body.is_empty() { title.to_owned() } else { format!("{title}\n\n{body}") }
}

/// Base plus what head changed since they parted; `None` when both changed the same file differently.
fn merged_tree(repository: &mut Repository, base: Oid, head: Oid) -> Option<Oid> {
    let tree_of = |oid: Oid| repository.store.commit(oid).map(|commit| commit.tree);
    let fork = graph::merge_base(&repository.store, base, head)?;
    let (ours, theirs) = (tree_of(base)?, tree_of(head)?);
    let mine: BTreeMap<String, _> =
        diff::changes(&repository.store, tree_of(fork), Some(ours)).into_iter().map(|f| (f.path, f.new)).collect();
    let mut changes: Vec<(String, Target)> = Vec::new();
    for file in diff::changes(&repository.store, tree_of(fork), Some(theirs)) {
        match mine.get(&file.path) {
            Some(same) if *same == file.new => continue,
            Some(_) => return None,
            None => {}
        }
        if let Some(previous) = file.previous {
            changes.push((previous, None));
        }
        changes.push((file.path, file.new));
    }
    tree::write(&mut repository.store, Some(ours), &changes).ok()
}
