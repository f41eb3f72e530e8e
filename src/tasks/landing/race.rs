//! The race for a branch: how often it was lost, how long to wait before the next try, and what to say when time is over.
//! Knows nothing of what is committed.

use std::time::Duration;

use tokio::time::Instant;

use crate::failure::{Failure, FailureKind, Result};
use crate::github::Github;
use crate::runner::Console;

/// A try that fails so soon after a lost one failed because the time was over, and not because GitHub was out of reach.
const SOON: Duration = Duration::from_secs(15);

/// The tries on one branch.
#[derive(Debug)]
pub(super) struct Race<'run> {
    github: &'run Github<'run>,
    console: &'run Console,
    /// Tries so far.
    tries: u32,
    lost: Option<Loss>,
}

/// The last loss with no other trouble since.
#[derive(Debug)]
struct Loss {
    at: Instant,
    branch: String,
    /// GitHub's words.
    said: String,
}

impl<'run> Race<'run> {
    pub(super) fn new(github: &'run Github<'run>, console: &'run Console) -> Self {
        Self { github, console, tries: 0, lost: None }
    }

    /// Notes that somebody else was faster, and waits a random while.
    ///
    /// # Errors
    /// The time is over: a conflict.
    pub(super) async fn lost(&mut self, branch: &str, said: String) -> Result<()> {
        let why = format!("somebody else was faster on branch {branch}; reading it again");
        let loss = Loss { at: Instant::now(), branch: branch.to_owned(), said };
        let failure = loss.after(self.tries + 1);
        self.lost = Some(loss);
        self.again(&why, failure).await
    }

    /// Notes a write without an answer, and waits a random while before it is looked for.
    ///
    /// # Errors
    /// The time is over: nobody knows whether it landed.
    pub(super) async fn unanswered(&mut self, seen: &str) -> Result<()> {
        self.lost = None;
        let why = format!("no answer to the commit ({seen}); looking whether it landed");
        let hint = "the commit may have landed: run again, a bump that is there already changes nothing";
        let failure = Failure::new(FailureKind::Network, format!("no answer from GitHub until the timeout: {seen}"));
        let waited = self.again(&why, failure.hinted(hint)).await;
        waited.map_err(|failure| if failure.kind == FailureKind::Cancelled { failure.hinted(hint) } else { failure })
    }

    /// What ended the try after a lost one: the time, when it is over so soon after.
    pub(super) fn ended_by(&self, failure: Failure) -> Failure {
        match &self.lost {
            Some(loss) if failure.kind == FailureKind::Network && loss.at.elapsed() < SOON => loss.after(self.tries),
            _ => failure,
        }
    }

    async fn again(&mut self, why: &str, failure: Failure) -> Result<()> {
        let wait = self.github.pause_before(self.tries);
        self.tries += 1;
        if let Err(ended) = self.github.pause(wait, why).await {
            return Err(if ended.kind == FailureKind::Cancelled { ended } else { failure });
        }
        if wait < Duration::from_secs(1) {
            self.console.debug(why);
        }
        Ok(())
    }
}

impl Loss {
    fn after(&self, tries: u32) -> Failure {
        let Self { branch, said, .. } = self;
        let message = format!("lost the race on branch {branch} {tries} times until the timeout: {said}");
        Failure::new(FailureKind::Conflict, message)
            .hinted("raise `timeout`, or let fewer jobs write to the branch at once")
    }
}
