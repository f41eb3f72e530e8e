//! The integration tests, one binary: wiring, files of the runner, documents; what is pure is tested beside its code.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "tests")]

/// `bump` against the GitHub double.
mod bump;
/// Identities that can deploy one set and nothing else.
mod ci_user;
/// Deploys against the real control plane.
mod deploy;
/// Deploys through proxies and plugins, and what they ask of others.
mod deploy_access;
/// Deploys while the control plane breaks.
mod deploy_faults;
/// Secrets are never shown.
mod deploy_secrets;
/// `action.yml`, README and docs say what the table in the code says.
mod documents;
/// The pipelines of `examples/`, run from their own files.
mod examples;
/// `judge` as people use it.
mod judge;
/// `rollback` against the GitHub double.
mod rollback;
/// Rollouts on the real control plane, to their verdicts.
mod rollout;
/// The peers' own rollout states, judged by ours.
mod rollout_cases;
/// Inputs as the runner passes them; outputs, summary, masks and annotations as it reads them.
mod runner;
/// What a stranger's event, manifest or text must not bring about.
mod security;
/// Builders and doubles.
mod support;
