//! The only place that speaks to a forge: GitHub's REST and GraphQL APIs, at whatever address the run names.
//! Reads files at a commit, commits by compare-and-swap, opens pull requests. Decides nothing about their content.

mod client;
mod commit;
mod history;
mod listing;
mod place;
mod policy;
mod pulls;
mod query;
mod read;
mod refusal;
mod secrets;
mod selection;
mod tree;
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::{Context, Forge, GithubApi};
use crate::runner::Console;
use crate::runner::stop::Stop;

use client::Clients;
pub use commit::{Attempt, Author, FileChange, Push, Write};
pub use history::{Logged, Relation};
pub use place::{Place, Repository};
pub use pulls::{Proposal, PullRequest};
pub use read::Opened;
pub use refusal::TokenKind;
pub use secrets::{SecretPlace, SecretStore};
pub use tree::{Entry, Mode, Tree};

/// A connection to one GitHub, with the time that is left for everything done over it.
pub struct Github<'run> {
    clients: Clients,
    api: GithubApi,
    /// GraphQL was asked for and is not there.
    graphql_missing: AtomicBool,
    /// A commit by GraphQL took too long; the next one goes in parts.
    mutations_too_slow: AtomicBool,
    /// Of the repositories that were read over REST, by their path.
    facts: Mutex<HashMap<String, read::Facts>>,
    token: TokenKind,
    deadline: Instant,
    timeout: Duration,
    console: &'run Console,
    stop: Stop,
}

impl fmt::Debug for Github<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Github").field("api", &self.api).field("token", &self.token).finish_non_exhaustive()
    }
}

impl<'run> Github<'run> {
    /// Prepares the connection; sends nothing. Everything that follows must be done within `timeout`.
    ///
    /// # Errors
    /// When an address is none, or the system's certificates cannot be read.
    pub fn connect(context: &Context, forge: &Forge, timeout: Duration, console: &'run Console) -> Result<Self> {
        let graphql = graphql_address(&context.api_url, &context.graphql_url);
        Ok(Self {
            clients: Clients::new(context, &graphql, forge.token.as_ref())?,
            api: forge.api,
            graphql_missing: AtomicBool::new(false),
            mutations_too_slow: AtomicBool::new(false),
            facts: Mutex::default(),
            token: TokenKind::of(forge.token.as_ref()),
            deadline: Instant::now() + timeout,
            timeout,
            console,
            stop: Stop::deaf(),
        })
    }

    /// The same, which ends when `stop` says so: reads at once, a write when it was answered or some seconds later.
    pub(crate) fn stopping(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// Returns what the token's form says about its kind.
    pub fn token(&self) -> TokenKind {
        self.token
    }

    fn uses_graphql(&self) -> bool {
        self.api != GithubApi::Rest && !self.graphql_missing.load(Ordering::Relaxed)
    }

    /// Remembers that there is no GraphQL here; returns whether REST may take its place.
    fn without_graphql(&self) -> bool {
        self.graphql_missing.store(true, Ordering::Relaxed);
        self.api == GithubApi::Auto
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Returns how long to wait before trying again what was lost to somebody else; `round` counts from 0.
    pub(crate) fn pause_before(&self, round: u32) -> Duration {
        policy::pause(round, wire::chance())
    }

    /// Waits, or fails when the time that is left is not enough.
    pub(crate) async fn pause(&self, wait: Duration, why: &str) -> Result<()> {
        if wait >= self.left() {
            let waited = self.timeout.as_secs();
            let message = format!("gave up after {waited} s: {why}, and {} s more are needed", wait.as_secs().max(1));
            return Err(Failure::new(FailureKind::Network, message).hinted("raise `timeout`, or run again later"));
        }
        if wait >= Duration::from_secs(1) {
            self.console.line(&format!("waiting {:.1} s: {why}", wait.as_secs_f64()));
        }
        let waited = async {
            tokio::time::sleep(wait).await;
            Ok(())
        };
        self.stop.ended(waited).await
    }
}

/// Returns the GraphQL address: the one the run names when it is on the API's own host, where the token belongs; else
/// the one that belongs to the API (GitHub Enterprise Server has it beside `/api/v3`).
fn graphql_address(api: &str, graphql: &str) -> String {
    let host = |address| authority(address).map(|authority| authority.host().to_owned());
    if host(api).is_some() && host(api) == host(graphql) {
        return graphql.to_owned();
    }
    match api.strip_suffix("/api/v3") {
        Some(server) => format!("{server}/api/graphql"),
        None => format!("{api}/graphql"),
    }
}

fn authority(address: &str) -> Option<http::uri::Authority> {
    address.parse::<http::Uri>().ok().and_then(|uri| uri.authority().cloned())
}

#[cfg(test)]
mod tests {
    use super::graphql_address;

    #[test]
    fn the_token_stays_with_the_host_of_the_api() {
        let github = ("https://api.github.com", "https://api.github.com/graphql");
        assert_eq!(graphql_address(github.0, github.1), github.1);
        assert_eq!(
            graphql_address("https://g.example/api/v3", "https://g.example/api/graphql"),
            "https://g.example/api/graphql"
        );
        assert_eq!(graphql_address("https://g.example/api/v3", github.1), "https://g.example/api/graphql");
        assert_eq!(graphql_address("http://127.0.0.1:8080", github.1), "http://127.0.0.1:8080/graphql");
    }
}
