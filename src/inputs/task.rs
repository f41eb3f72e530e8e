//! The typed tasks, one a mode, and how they are filled from values. Holds no behaviour of a mode.

use std::time::Duration;

use super::values::Values;
use super::{Context, Environment, Mode};
use crate::secret::Secret;

/// What the process is to do.
#[derive(Debug)]
pub enum Task {
    /// Builds and prints a kustomization.
    Render(Render),
    /// Sets images in the config repo.
    Bump(Bump),
    /// Applies and judges.
    Deploy(Deploy),
    /// Shows what a deploy would change.
    Diff(Diff),
    /// Goes back to earlier images.
    Rollback(Rollback),
    /// Judges objects from a file.
    Judge(Judge),
    /// Makes a least-privileged identity.
    CiUser(CiUser),
}

impl Task {
    /// Returns the task's mode.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Render(_) => Mode::Render,
            Self::Bump(_) => Mode::Bump,
            Self::Deploy(_) => Mode::Deploy,
            Self::Diff(_) => Mode::Diff,
            Self::Rollback(_) => Mode::Rollback,
            Self::Judge(_) => Mode::Judge,
            Self::CiUser(_) => Mode::CiUser,
        }
    }
}

/// Where GitHub is and how to speak to it.
#[derive(Clone, Debug)]
pub struct Forge {
    /// The token, where one was given.
    pub token: Option<Secret>,
    /// Which API to use.
    pub api: GithubApi,
}

/// Choice of GitHub's APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GithubApi {
    /// GraphQL, REST where it is not there.
    Auto,
    /// GraphQL only.
    Graphql,
    /// REST only.
    Rest,
}

/// Where the manifests are read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Lines of `path`; at least one.
    pub paths: Vec<String>,
    /// `owner/name` of a repository to read in place of the disk.
    pub config_repo: Option<String>,
    /// Branch, tag or commit in it.
    pub reference: Option<String>,
    /// Private hosts that remote resources may come from.
    pub allow_hosts: Vec<String>,
    /// How to reach GitHub, for `config_repo` and remote resources.
    pub forge: Forge,
}

/// kustomize's own flags.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// `Some("none")`, `Some("legacy")`, or kustomize's default.
    pub reorder: Option<String>,
    /// Files outside the root may be loaded.
    pub load_restrictions_none: bool,
    /// Adds the managed-by label.
    pub managed_by_label: bool,
}

/// Images and replica counts to set; lines as they were given.
#[derive(Clone, Debug, Default)]
pub struct ImageEdits {
    /// Lines in the grammar of `kustomize edit set image`.
    pub lines: Vec<String>,
    /// Name of the one image that `tag`, `digest` and `new_name` speak of.
    pub image: Option<String>,
    /// Its new tag.
    pub tag: Option<String>,
    /// Its new digest.
    pub digest: Option<String>,
    /// Its new name.
    pub new_name: Option<String>,
    /// Lines `name=count`.
    pub replicas: Vec<String>,
}

impl ImageEdits {
    /// Tells whether nothing is to be set.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.image.is_none() && self.replicas.is_empty()
    }
}

/// `render`
#[derive(Debug)]
pub struct Render {
    /// What to build.
    pub source: Source,
    /// kustomize's flags.
    pub build: Build,
    /// Images set on the fly.
    pub edits: ImageEdits,
    /// File or folder in place of standard output.
    pub output: Option<String>,
}

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

/// Where a kubeconfig comes from.
#[derive(Clone, Debug)]
pub enum KubeconfigSource {
    /// The input's own text: base64, YAML, a file's path or `in-cluster`.
    Text(Secret),
    /// Files of the variable `KUBECONFIG`, outside GitHub Actions, merged as kubectl merges them.
    Files(Vec<String>),
}

/// How to reach the cluster.
#[derive(Clone, Debug)]
pub struct ClusterAccess {
    /// The kubeconfig, where one was given.
    pub kubeconfig: Option<KubeconfigSource>,
    /// URL of the API server, in place of a kubeconfig.
    pub server: Option<String>,
    /// Its bearer token.
    pub token: Option<Secret>,
    /// Its CA: PEM or base64.
    pub ca: Option<String>,
    /// Context of the kubeconfig.
    pub context: Option<String>,
    /// Namespace for objects that name none; given explicitly.
    pub namespace: Option<String>,
    /// Permits a kubeconfig's exec plugin.
    pub allow_exec: bool,
    /// Accepts `insecure-skip-tls-verify`.
    pub allow_insecure: bool,
}

impl ClusterAccess {
    /// Tells whether any access was given.
    pub fn is_given(&self) -> bool {
        self.kubeconfig.is_some() || self.server.is_some()
    }
}

/// Which objects may be deleted and created anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recreate {
    /// None.
    Never,
    /// Those with the annotation.
    Annotated,
    /// Those, and Jobs.
    Jobs,
}

/// How an apply behaves; shared by `deploy`, `rollback` and (for its rules) `ci-user`.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// From the end of the checks to the verdict.
    pub timeout: Duration,
    /// One deploy of a set at a time.
    pub lock: bool,
    /// How long to wait for the lock.
    pub lock_timeout: Duration,
    /// Takes over fields of people and other CI tools; fails otherwise.
    pub take_over: bool,
    /// Objects that may be made anew.
    pub recreate: Recreate,
    /// Applies the previous configuration again on failure.
    pub rollback_on_failure: bool,
    /// Watches on for restarts.
    pub soak: Duration,
    /// Lines of requests that must succeed.
    pub verify: Vec<String>,
    /// Everything but the writes.
    pub dry_run: bool,
}

/// `deploy`
#[derive(Debug)]
pub struct Deploy {
    /// What to deploy.
    pub source: Source,
    /// kustomize's flags.
    pub build: Build,
    /// Images set on the fly.
    pub edits: ImageEdits,
    /// The cluster.
    pub access: ClusterAccess,
    /// How to apply.
    pub options: ApplyOptions,
    /// Permits going back behind a newer commit.
    pub allow_older: bool,
}

/// `diff`
#[derive(Debug)]
pub struct Diff {
    /// What to compare.
    pub source: Source,
    /// kustomize's flags.
    pub build: Build,
    /// Images set on the fly.
    pub edits: ImageEdits,
    /// The cluster.
    pub access: ClusterAccess,
    /// Takes over fields in the dry run, as deploy would.
    pub take_over: bool,
    /// Exit 8 on differences.
    pub exit_code: bool,
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

/// `judge`
#[derive(Debug)]
pub struct Judge {
    /// Files to read; `-` is standard input.
    pub files: Vec<String>,
    /// One JSON line an object in place of the table.
    pub json: bool,
    /// The clock, as RFC 3339 text.
    pub now: Option<String>,
}

/// `ci-user`
#[derive(Debug)]
pub struct CiUser {
    /// What the identity is to deploy.
    pub source: Source,
    /// Admin access, or with `check` the kubeconfig to look at.
    pub access: ClusterAccess,
    /// Deploy's options as they will be used.
    pub options: ApplyOptions,
    /// Name of the identity; empty only with `check`.
    pub name: String,
    /// A ServiceAccount token in place of a client certificate.
    pub token_auth: bool,
    /// Wanted lifetime.
    pub expires_in: Duration,
    /// RSA 2048 in place of ECDSA P-256.
    pub rsa: bool,
    /// A Secret token that does not expire.
    pub long_lived: bool,
    /// `owner/repo[:ENVIRONMENT]/SECRET`
    pub store: Option<String>,
    /// File for the kubeconfig.
    pub out: Option<String>,
    /// Compare only.
    pub check: bool,
}

/// Fills the task of `mode`; what is wrong is left in `values`.
pub(super) fn build(mode: Mode, values: &mut Values<'_>, environment: &Environment) -> Option<Task> {
    Some(match mode {
        Mode::Render => Task::Render(Render {
            source: source(values),
            build: flags(values),
            edits: edits(values),
            output: values.text("output"),
        }),
        Mode::Bump => Task::Bump(bump(values, environment)),
        Mode::Deploy => Task::Deploy(Deploy {
            source: source(values),
            build: flags(values),
            edits: edits(values),
            access: access(values, environment, true),
            options: options(values),
            allow_older: values.boolean("allow-older"),
        }),
        Mode::Diff => Task::Diff(Diff {
            source: source(values),
            build: flags(values),
            edits: edits(values),
            access: access(values, environment, true),
            take_over: values.choice("conflicts") != "fail",
            exit_code: values.boolean("exit-code"),
        }),
        Mode::Rollback => Task::Rollback(rollback(values, environment)),
        Mode::Judge => Task::Judge(judge(values)),
        Mode::CiUser => Task::CiUser(ci_user(values, environment)),
    })
}

fn forge(values: &mut Values<'_>) -> Forge {
    let api = match values.choice("github-api").as_str() {
        "graphql" => GithubApi::Graphql,
        "rest" => GithubApi::Rest,
        _ => GithubApi::Auto,
    };
    Forge { token: values.secret_text("token"), api }
}

fn source(values: &mut Values<'_>) -> Source {
    let config_repo = repository(values);
    if config_repo.is_none() && values.given("ref").is_some() {
        values.refuse("ref", "is of use only with `config-repo`; the disk is read as it is");
    }
    Source {
        paths: values.paths(),
        config_repo,
        reference: values.text("ref"),
        allow_hosts: values.lines("allow-hosts"),
        forge: forge(values),
    }
}

/// `config-repo`, checked for its form.
fn repository(values: &mut Values<'_>) -> Option<String> {
    let name = values.text("config-repo")?;
    if !is_repository(&name) {
        values.refuse("config-repo", &format!("`{name}` is no repository: write it as `owner/name`"));
    }
    Some(name)
}

fn is_repository(name: &str) -> bool {
    let part = |text: &str| {
        !text.is_empty()
            && text != "."
            && text != ".."
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    name.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

fn flags(values: &mut Values<'_>) -> Build {
    let reorder = values.choice("reorder");
    let restrictor = values.choice("load-restrictor");
    Build {
        reorder: Some(reorder).filter(|word| !word.is_empty()),
        load_restrictions_none: matches!(restrictor.as_str(), "none" | "LoadRestrictionsNone"),
        managed_by_label: values.boolean("enable-managedby-label"),
    }
}

fn edits(values: &mut Values<'_>) -> ImageEdits {
    let edits = ImageEdits {
        lines: values.lines("images"),
        image: values.text("image"),
        tag: values.text("tag"),
        digest: values.text("digest"),
        new_name: values.text("new-name"),
        replicas: values.lines("replicas"),
    };
    let details = [("tag", &edits.tag), ("digest", &edits.digest), ("new-name", &edits.new_name)];
    if edits.image.is_none() {
        for (name, _) in details.iter().filter(|(_, value)| value.is_some()) {
            values.refuse(name, "needs `image`, the name of the image it speaks of");
        }
    } else if details.iter().all(|(_, value)| value.is_none()) {
        values.refuse("image", "needs `tag`, `digest` or `new-name` beside it");
    }
    edits
}

fn bump(values: &mut Values<'_>, environment: &Environment) -> Bump {
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

fn rollback(values: &mut Values<'_>, environment: &Environment) -> Rollback {
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

fn access(values: &mut Values<'_>, environment: &Environment, required: bool) -> ClusterAccess {
    let variable = environment.variable("KUBECONFIG").filter(|_| !environment.is_github_actions());
    let holds_text = variable.is_some_and(is_kubeconfig_text);
    if holds_text && values.given("kubeconfig").is_none() && values.given("cluster-server").is_none() {
        values.refuse(
            "kubeconfig",
            "the variable KUBECONFIG names files, and this one holds the kubeconfig itself: pass it as INPUT_KUBECONFIG",
        );
    }
    let from_variable = || {
        let list = variable.filter(|_| !holds_text)?;
        let files: Vec<String> = list.split(':').filter(|file| !file.is_empty()).map(str::to_owned).collect();
        (!files.is_empty()).then_some(KubeconfigSource::Files(files))
    };
    let access = ClusterAccess {
        kubeconfig: values
            .secret_text("kubeconfig")
            .map(KubeconfigSource::Text)
            .or_else(|| if values.given("cluster-server").is_some() { None } else { from_variable() }),
        server: values.text("cluster-server"),
        token: values.secret_text("cluster-token"),
        ca: values.block("cluster-ca"),
        context: values.text("context"),
        namespace: values.text("namespace"),
        allow_exec: values.boolean("allow-exec"),
        allow_insecure: values.boolean("allow-insecure"),
    };
    if access.server.is_some() && access.kubeconfig.is_some() {
        values.refuse("cluster-server", "takes the place of `kubeconfig`: give one of them");
    }
    if access.server.is_some() && access.token.is_none() {
        values.refuse("cluster-token", "is required with `cluster-server`");
    }
    if required && !access.is_given() && !holds_text {
        values.refuse("kubeconfig", &missing_access(environment));
    }
    access
}

/// Tells a kubeconfig, or base64 of one, from a list of files. Its text must never be taken for a path, which errors would name.
fn is_kubeconfig_text(value: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    value.contains(['\n', '{']) || (value.len() >= 256 && !value.starts_with('/') && value.chars().all(base64))
}

fn missing_access(environment: &Environment) -> String {
    let cause = if Context::read(environment).is_fork_pull_request() {
        "this is a pull request from a fork, and GitHub gives those no secrets"
    } else {
        "a secret that does not exist or is misspelt arrives as empty text, and pull requests from forks get no secrets"
    };
    format!(
        "is empty: {cause}; set the secret and pass it as `kubeconfig`, or give `cluster-server` and `cluster-token`"
    )
}

fn options(values: &mut Values<'_>) -> ApplyOptions {
    let recreate = match values.choice("recreate").as_str() {
        "never" => Recreate::Never,
        "jobs" => Recreate::Jobs,
        _ => Recreate::Annotated,
    };
    ApplyOptions {
        timeout: values.duration("timeout", Duration::from_secs(600)),
        lock: values.boolean("lock"),
        lock_timeout: values.duration("lock-timeout", Duration::from_secs(600)),
        take_over: values.choice("conflicts") != "fail",
        recreate,
        rollback_on_failure: values.boolean("rollback-on-failure"),
        soak: values.duration("soak", Duration::ZERO),
        verify: values.lines("verify"),
        dry_run: values.boolean("dry-run"),
    }
}

fn judge(values: &mut Values<'_>) -> Judge {
    let json = match values.text("output").as_deref() {
        None | Some("table") => false,
        Some("json") => true,
        Some(other) => {
            values.refuse("output", &format!("`{other}` is none of `table`, `json`"));
            false
        }
    };
    let given = values.paths();
    let files = if given == ["."] { vec!["-".to_owned()] } else { given };
    Judge { files, json, now: values.text("now") }
}

fn ci_user(values: &mut Values<'_>, environment: &Environment) -> CiUser {
    let check = values.boolean("check");
    let name = values.text("name").unwrap_or_default();
    if name.is_empty() && !check {
        values.refuse("name", "is required: the name of the identity to make");
    }
    CiUser {
        source: source(values),
        access: access(values, environment, true),
        options: options(values),
        name,
        token_auth: values.choice("auth") == "token",
        expires_in: values.duration("expires-in", Duration::from_secs(90 * 86_400)),
        rsa: values.choice("key-type") == "rsa",
        long_lived: values.boolean("long-lived"),
        store: values.text("store"),
        out: values.text("out"),
        check,
    }
}

impl Task {
    /// Returns the secrets among the inputs as they were given, for masking.
    pub fn secrets(&self) -> Vec<&Secret> {
        let (forge, access) = match self {
            Self::Render(task) => (Some(&task.source.forge), None),
            Self::Bump(task) => (Some(&task.commit.forge), None),
            Self::Deploy(task) => (Some(&task.source.forge), Some(&task.access)),
            Self::Diff(task) => (Some(&task.source.forge), Some(&task.access)),
            Self::Rollback(task) => (Some(&task.commit.forge), Some(&task.access)),
            Self::CiUser(task) => (Some(&task.source.forge), Some(&task.access)),
            Self::Judge(_) => (None, None),
        };
        let kubeconfig = access.and_then(|access| match &access.kubeconfig {
            // The lines of a YAML text (`kind: Config`) must not be masked; its secrets are once it was read.
            Some(KubeconfigSource::Text(text)) if text.expose().len() > 100 && !text.expose().contains(": ") => {
                Some(text)
            }
            _ => None,
        });
        let token = access.and_then(|access| access.token.as_ref());
        forge.and_then(|forge| forge.token.as_ref()).into_iter().chain(kubeconfig).chain(token).collect()
    }
}
