//! A GitHub API server for tests and the demo: real commit graph, GitHub's own status codes and messages.
//!
//! ```no_run
//! # async fn example() {
//! use github_double::{Double, Failure, Fault, Rule, Token};
//!
//! let double = Double::start().await;
//! double.repository("acme/config").file("app/kustomization.yaml", "images: []\n").seed();
//! double.token(Token::app("ghs_writer").can_write("acme/config"));
//!
//! // GITHUB_API_URL, GITHUB_GRAPHQL_URL, GITHUB_SERVER_URL for the client:
//! let _ = (double.api_url(), double.graphql_url(), double.server_url());
//!
//! // Somebody else pushes; a rule appears; the next commit is lost after it took effect:
//! double.push("acme/config", "main", "unrelated", &[("README.md", Some("hello\n"))]);
//! double.ruleset("acme/config", &["~DEFAULT_BRANCH"], vec![Rule::PullRequest]);
//! double.fault(Fault::after(Failure::Reset).operation("createCommitOnBranch"));
//!
//! // What came of it:
//! let text = double.read("acme/config", "main", "app/kustomization.yaml");
//! let requests = double.requests().len();
//! # let _ = (text, requests);
//! # }
//! ```
//!
//! Tests that block (run a binary and wait) use [`Double::start_in_background`].
//!
//! - **Git** ([`git`]): objects have git's SHA-1s; [`Double::export`] writes a real repository for the git binary.
//! - **REST** ([`rest`]): contents, git database, branches, commits, compare, pulls, labels, rules, secrets, tarballs.
//! - **GraphQL** ([`graphql`]): reads of repositories, refs, commits, trees and blobs; `createCommitOnBranch`,
//!   `createRef`, `createPullRequest`.
//! - **Tokens** ([`access`]): four kinds with permissions per repository, refused as GitHub refuses each.
//! - **Rules** ([`rules`]): rulesets and classic protection.
//! - **Faults** ([`wire::fault`], [`wire::chaos`], [`lag`]): before and after the effect, resets, hangs, rate
//!   limits, resource limits, stale reads, and a random schedule by seed.
//! - **Log** ([`wire::log`]): every request and answer without tokens, counts and bytes; `dump_log` writes JSON
//!   lines for `schema/check.mjs`, which holds them against GitHub's published schemas ([`schema::check`]).
//!
//! Two writers truly race: every request takes effect at one moment, contents writes at two (the head is read, then
//! moved after [`world::Switches::race_window`]), and GitHub's own lock contention is
//! `Fault::before(Failure::Answer(422, json!({"message": "Reference cannot be updated"})))`.
//!
//! Where it is simpler than GitHub: signatures have the form of one and prove nothing; merges are by file; renames
//! are found by equal content; there are no forks, annotated tags, LFS, reviews or checks; `createCommitOnBranch`
//! always writes mode 100644 unless [`world::Switches::keep_modes`] is on (public measurements disagree). No
//! public recording shows the GraphQL error of a missing branch; its text here is a guess, its type is not.
//!
//! [`world::Switches::plain`] answers in other words than GitHub's, as another implementation of its REST API would.
//!
//! An Enterprise Server's paths (`/api/v3`, `/api/graphql`) work too: [`Double::enterprise_api_url`].
//! Archives come from another host (127.0.0.2), where a token must not arrive: [`Double::leaked_tokens`].

// The JSON of a repository has more fields than the default allows `json!` to take.
#![recursion_limit = "256"]

pub mod access;
pub mod base64;
pub mod clock;
mod control;
mod double;
mod export;
pub mod git;
pub mod graphql;
pub mod lag;
pub mod repository;
pub mod rest;
pub mod router;
pub mod rules;
pub mod schema;
mod seed;
mod signing;
pub mod wire;
pub mod world;

pub use access::{Level, Permission, Token, TokenKind};
pub use double::{Commit, Double};
pub use repository::{PullRequest, StoredSecret};
pub use rules::{Protection, Rule, Ruleset};
pub use seed::Seed;
pub use wire::chaos::Chaos;
pub use wire::fault::{Effect, Failure, Fault};
pub use wire::log::Entry;
