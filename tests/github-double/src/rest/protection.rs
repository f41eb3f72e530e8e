//! `…/branches/{branch}/protection`: classic protection, which knows nothing of rulesets.

use serde_json::json;

use crate::access::Permission;
use crate::rest::context::{Context, Handled};
use crate::wire::answer::Answer;
use crate::wire::request::encode_path;

/// The classic protection of a branch; 404 when there is none, whatever rulesets say.
pub fn get(c: &mut Context<'_>, owner: &str, name: &str, branch: &str) -> Handled {
    let urls = c.urls();
    let repository = c.read(owner, name, Permission::Administration)?;
    repository.read(&format!("refs/heads/{branch}")).ok_or_else(|| Answer::error(404, "Branch not found"))?;
    let rules = repository.protection.get(branch).ok_or_else(|| Answer::error(404, "Branch not protected"))?;
    let url = format!("{}/repos/{}/branches/{}/protection", urls.api, repository.full_name(), encode_path(branch));
    let mut value = json!({
        "url": url,
        "required_signatures": {"url": format!("{url}/required_signatures"), "enabled": rules.signatures},
        "enforce_admins": {"url": format!("{url}/enforce_admins"), "enabled": true},
        "allow_force_pushes": {"enabled": false}, "allow_deletions": {"enabled": false},
    });
    if rules.pull_request {
        value["required_pull_request_reviews"] = json!({
            "url": format!("{url}/required_pull_request_reviews"), "dismiss_stale_reviews": false,
            "require_code_owner_reviews": false, "required_approving_review_count": rules.approvals,
        });
    }
    if !rules.checks.is_empty() {
        value["required_status_checks"] = json!({
            "url": format!("{url}/required_status_checks"), "strict": false, "contexts": rules.checks,
            "contexts_url": format!("{url}/required_status_checks/contexts"), "checks": [],
        });
    }
    Ok(Answer::ok(value))
}
