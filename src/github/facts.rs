//! What holds for a repository whatever its branches do: its default branch, the token's rights, whether it is archived.
//! Read over REST, where GraphQL gives it along with the files.

use serde_json::Value;

use super::wire::Request;
use super::{Github, Repository};
use crate::failure::Result;

/// What holds for a repository as a whole.
#[derive(Clone)]
pub(super) struct Facts {
    pub(super) default_branch: String,
    pub(super) can_push: Option<bool>,
    pub(super) archived: bool,
}

impl Github<'_> {
    /// Reads what holds for a repository whatever its branches do, once a run: a lost race does not ask again.
    pub(super) async fn facts(&self, repository: &Repository) -> Result<Facts> {
        let known = self.facts.lock().ok().and_then(|known| known.get(&repository.path()).cloned());
        if let Some(facts) = known {
            return Ok(facts);
        }
        let what = format!("reading repository {repository}");
        let answer = self.fetch(Request::get(repository.path(), what)).await?;
        let facts = Facts {
            default_branch: answer.text("/default_branch").unwrap_or("main").to_owned(),
            can_push: rest_rights(&answer.body["permissions"]),
            archived: answer.body["archived"].as_bool().unwrap_or(false),
        };
        if let Ok(mut known) = self.facts.lock() {
            known.insert(repository.path(), facts.clone());
        }
        Ok(facts)
    }
}

/// The rights in a repository's answer; an installation token's are all `false` whatever it can do, and say nothing.
fn rest_rights(permissions: &Value) -> Option<bool> {
    let right = |name: &str| permissions[name].as_bool().unwrap_or(false);
    if right("push") {
        return Some(true);
    }
    right("pull").then_some(false)
}
