//! The push to the branch itself, and what each of its ends leads to.

use super::plan::Plan;
use super::targets::Targets;
use super::{Landing, propose, report};
use crate::config::message::Words;
use crate::failure::{Failure, FailureKind, Result};
use crate::github::{Opened, Push, Write};
use crate::inputs::Strategy;
use crate::outcome::{Notice, Outcome};

impl Landing<'_> {
    /// Pushes; `None` when it must be tried again from fresh bytes.
    pub(super) async fn push(
        &mut self,
        mut opened: Opened,
        targets: &Targets,
        mut plan: Plan,
        round: u32,
    ) -> Result<Option<Outcome>> {
        let words = plan.words(self.job);
        let message = words.message(self.job.commit.message.as_deref());
        if round == 0 {
            warn_of_skips(&message, &mut plan);
        }
        let place = opened.tree.place.clone();
        let write = Write { place: place.clone(), files: plan.files.clone(), message };
        match self.github.push(&write, &mut opened.tree).await? {
            Push::Landed(made, author) => Ok(Some(report::committed(self.job, plan, made, Some(author)))),
            Push::Refused(said) if self.job.commit.strategy == Strategy::Auto => {
                self.job.console.line(&format!(
                    "a rule of branch {} refuses the push: opening a pull request ({})",
                    place.branch,
                    said.trim().replace('\n', " ")
                ));
                propose::run(self.job, self.github, &opened, targets, plan).await.map(Some)
            }
            Push::Refused(said) => Err(self.refused(&place.branch, &said).await),
            Push::Lost(said) => {
                self.race.lost(&place.branch, said).await?;
                self.tried = Some(plan);
                Ok(None)
            }
            Push::Unknown(attempt) => {
                let seen = attempt.seen.clone();
                self.attempts.push(attempt);
                self.tried = Some(plan);
                self.race.unanswered(&seen).await?;
                Ok(None)
            }
        }
    }

    /// Explains a push that a rule refuses.
    async fn refused(&self, branch: &str, said: &str) -> Failure {
        let rules = self.github.rules(self.repository, branch).await.unwrap_or_default();
        let named = if rules.is_empty() { String::new() } else { format!(" (rules: {})", rules.join(", ")) };
        let said = said.trim().replace('\n', " ");
        Failure::new(
            FailureKind::Forbidden,
            format!("a rule of branch {branch} of {} refuses the push{named}: {said}", self.repository),
        )
        .hinted("use `strategy: pull-request`, or `auto`, which opens one when a push is refused")
        .hinted("or let the token's owner bypass the rule: a GitHub App can be on a ruleset's bypass list")
    }
}

/// Says when the message will keep workflows from starting.
pub(super) fn warn_of_skips(message: &str, plan: &mut Plan) {
    let skips = Words::skips(message);
    if !skips.is_empty() {
        let message = format!("the commit's message holds {}: GitHub starts no workflow for it", skips.join(", "));
        plan.notices.push(Notice::new(message));
    }
}
