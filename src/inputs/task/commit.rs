//! The modes that commit to a config repo, and where and how they do.

use std::time::Duration;

use super::super::Environment;
use super::super::values::Values;
use super::access::{ClusterAccess, access};
use super::apply::{ApplyOptions, options};
use super::edits::{ImageEdits, edits};
use super::source::{Forge, forge, repository};

/// How a commit reaches the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Straight to the branch.
    Push,
    /// Through a pull request.
    PullRequest,
    /// Push, and a pull request when a branch rule refuses the push.
    Auto,
}

/// What `bump` and `rollback` share: where to commit and how.
#[derive(Clone, Debug)]
pub struct Commit {
    /// `owner/name`; absent with `config_dir`.
    pub config_repo: Option<String>,
    /// Local folder to edit in its place.
    pub config_dir: Option<String>,
    /// Branch; the repository's default when absent.
    pub branch: Option<String>,
    /// Lines of `path`.
    pub paths: Vec<String>,
    /// Push or pull request.
    pub strategy: Strategy,
    /// Template of the message.
    pub message: Option<String>,
    /// Template of the pull request's title.
    pub pull_request_title: Option<String>,
    /// Template of the pull request's body.
    pub pull_request_body: Option<String>,
    /// Template of the pull request's branch.
    pub pull_request_branch: Option<String>,
    /// Labels of the pull request.
    pub pull_request_labels: Vec<String>,
    /// Adds a DCO trailer.
    pub sign_off: bool,
    /// How to reach GitHub.
    pub forge: Forge,
    /// Private hosts that remote resources may come from.
    pub allow_hosts: Vec<String>,
    /// Bound on all of it, retries included.
    pub timeout: Duration,
    /// Everything but the writes.
    pub dry_run: bool,
}

/// `bump`
#[derive(Debug)]
pub struct Bump {
    /// Where and how to commit.
    pub commit: Commit,
    /// What to set; never empty.
    pub edits: ImageEdits,
    /// Adds entries that are not there yet.
    pub create_missing: bool,
    /// Permits a bump that changes no workload.
    pub allow_no_effect: bool,
    /// Permits going back behind a newer source commit.
    pub allow_older: bool,
}

/// `rollback`
#[derive(Debug)]
pub struct Rollback {
    /// Where and how to commit.
    pub commit: Commit,
    /// `previous`, `last-successful`, a tag or a commit.
    pub to: String,
    /// The only image to take back.
    pub image: Option<String>,
    /// The cluster, where one was given.
    pub access: ClusterAccess,
    /// How to apply there.
    pub options: ApplyOptions,
}

pub(super) fn bump(values: &mut Values<'_>, environment: &Environment) -> Bump {
    let edits = edits(values);
    if edits.is_empty() {
        values.refuse("images", "nothing to set: give `images`, `image` with `tag`, or `replicas`");
    }
    Bump {
        commit: commit(values, environment, Duration::from_secs(300)),
        edits,
        create_missing: values.boolean("create-missing"),
        allow_no_effect: values.boolean("allow-no-effect"),
        allow_older: values.boolean("allow-older"),
    }
}

pub(super) fn rollback(values: &mut Values<'_>, environment: &Environment) -> Rollback {
    let access = access(values, environment, false);
    let to = values.text("rollback-to").unwrap_or_default();
    if to == "last-successful" && !access.is_given() {
        values.refuse(
            "rollback-to",
            "`last-successful` stands in the cluster: give `kubeconfig`, or name a tag or a commit",
        );
    }
    if values.given("config-dir").is_some() && matches!(to.as_str(), "previous" | "last-successful") {
        values.refuse(
            "rollback-to",
            &format!("`{to}` needs the repository's history: with `config-dir` name an image tag"),
        );
    }
    Rollback {
        commit: commit(values, environment, Duration::from_secs(600)),
        to,
        image: values.text("image"),
        access,
        options: options(values),
    }
}

fn commit(values: &mut Values<'_>, environment: &Environment, timeout: Duration) -> Commit {
    let config_dir = values.text("config-dir");
    let given = repository(values);
    if config_dir.is_some() && given.is_some() {
        values.refuse("config-dir", "takes the place of `config-repo`: give one of them");
    }
    let own = environment.variable("GITHUB_REPOSITORY").map(str::to_owned);
    let config_repo = if config_dir.is_some() { None } else { given.or(own) };
    if config_dir.is_none() && config_repo.is_none() {
        values.refuse("config-repo", "is required outside GitHub Actions: `owner/name`, or a folder as `config-dir`");
    }
    let strategy = match values.choice("strategy").as_str() {
        "pull-request" => Strategy::PullRequest,
        "auto" => Strategy::Auto,
        _ => Strategy::Push,
    };
    let forge = forge(values);
    if config_repo.is_some() && forge.token.is_none() {
        values.refuse("token", "is required to write to a repository");
    }
    Commit {
        config_repo,
        config_dir,
        branch: values.text("branch"),
        paths: values.paths(),
        strategy,
        message: values.block("commit-message"),
        pull_request_title: values.text("pull-request-title"),
        pull_request_body: values.block("pull-request-body"),
        pull_request_branch: values.text("pull-request-branch"),
        pull_request_labels: values.lines("pull-request-labels"),
        sign_off: values.boolean("sign-off"),
        forge,
        allow_hosts: values.lines("allow-hosts"),
        timeout: values.duration("timeout", timeout),
        dry_run: values.boolean("dry-run"),
    }
}
