//! `…/rules/branches/{branch}`: the rules of all rulesets that are about a branch, whether or not it exists.

use serde_json::{Value, json};

use crate::access::Permission;
use crate::rest::context::{Context, Handled};
use crate::rest::paging;
use crate::rules::Rule;
use crate::wire::answer::Answer;

/// The active rules of a branch. Classic protection is not among them.
pub fn of_branch(c: &mut Context<'_>, owner: &str, name: &str, branch: &str) -> Handled {
    let (urls, request) = (c.urls(), c.request);
    let repository = c.read(owner, name, Permission::Metadata)?;
    let is_default = branch == repository.default_branch;
    let mut found: Vec<Value> = Vec::new();
    for ruleset in repository.rulesets.iter().filter(|ruleset| ruleset.covers(branch, is_default)) {
        for rule in &ruleset.rules {
            let mut value = json!({
                "type": rule.kind(), "ruleset_source_type": "Repository",
                "ruleset_source": repository.full_name(), "ruleset_id": ruleset.id,
            });
            if let Some(parameters) = parameters(rule) {
                value["parameters"] = parameters;
            }
            found.push(value);
        }
    }
    Ok(Answer::ok(paging::page(request, &urls, found).items.into()))
}

fn parameters(rule: &Rule) -> Option<Value> {
    match rule {
        Rule::PullRequest => Some(json!({
            "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": false,
            "require_code_owner_review": false, "require_last_push_approval": false,
            "required_review_thread_resolution": false, "allowed_merge_methods": ["merge", "squash", "rebase"],
        })),
        Rule::RequiredStatusChecks(checks) => {
            let checks: Vec<Value> = checks.iter().map(|context| json!({"context": context})).collect();
            Some(json!({"strict_required_status_checks_policy": false, "required_status_checks": checks}))
        }
        Rule::Update => Some(json!({"update_allows_fetch_and_merge": false})),
        Rule::CommitMessageContains(text) => Some(json!({"operator": "contains", "pattern": text, "negate": false})),
        _ => None,
    }
}
