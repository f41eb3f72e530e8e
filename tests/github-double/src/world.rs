//! Everything the double knows: repositories, tokens, switches, faults, the log. One lock guards it whole.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::access::Token;
use crate::repository::Repository;
use crate::wire::chaos::Chaos;
use crate::wire::fault::Fault;
use crate::wire::log::Log;

/// Where the double is reached.
#[derive(Clone, Debug)]
pub struct Urls {
    /// What `GITHUB_API_URL` holds.
    pub api: String,
    /// What `GITHUB_GRAPHQL_URL` holds.
    pub graphql: String,
    /// What `GITHUB_SERVER_URL` holds.
    pub server: String,
    /// Where archives are, on another host.
    pub codeload: String,
}

/// Switches of the double as a whole.
#[derive(Clone, Debug)]
pub struct Switches {
    /// How long a contents write takes between reading the head and moving it.
    pub race_window: Duration,
    /// Whether `/graphql` is there at all.
    pub graphql: bool,
    /// Whether `createCommitOnBranch` keeps the mode of an existing file (else it always writes 100644).
    pub keep_modes: bool,
    /// Whether answers are those of another implementation of GitHub's REST API: right statuses, other words, no
    /// `x-` headers, no ETags, no GraphQL. Whoever leans on the double's own ways fails here.
    pub plain: bool,
    /// Whether `/_double/…` is there.
    pub control: bool,
    /// Whether jobs may open pull requests (a setting of the repository or organization).
    pub actions_may_open_pulls: bool,
    /// How long every request takes at least.
    pub latency: Duration,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            race_window: Duration::from_millis(2),
            graphql: true,
            keep_modes: false,
            plain: false,
            control: false,
            actions_may_open_pulls: true,
            latency: Duration::ZERO,
        }
    }
}

/// The state behind the double.
pub struct World {
    /// By `owner/name` in lower case.
    pub repositories: BTreeMap<String, Repository>,
    /// By value.
    pub tokens: BTreeMap<String, Token>,
    /// Where the double is reached.
    pub urls: Urls,
    /// Switches.
    pub switches: Switches,
    /// Faults to come.
    pub faults: Vec<Fault>,
    /// Random faults.
    pub chaos: Option<Chaos>,
    /// What was asked and answered.
    pub log: Log,
    /// When the double started.
    pub started: Instant,
    /// Requests counted against the rate limit.
    pub used: u64,
}

impl World {
    /// An empty world.
    pub fn new(urls: Urls) -> Self {
        Self {
            repositories: BTreeMap::new(),
            tokens: BTreeMap::new(),
            urls,
            switches: Switches::default(),
            faults: Vec::new(),
            chaos: None,
            log: Log::default(),
            started: Instant::now(),
            used: 0,
        }
    }

    /// A repository by `owner/name`, whatever the case.
    pub fn repository(&mut self, full_name: &str) -> Option<&mut Repository> {
        self.repositories.get_mut(&full_name.to_ascii_lowercase())
    }
}
