//! The one table of modes, inputs, outputs and exit codes. `action.yml`, the sub-actions, `--help`, README and docs are
//! generated from it. Data only: what a value means is decided where it is parsed.

use super::Mode;

/// What form a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    /// Lines; blank ones dropped, each trimmed.
    Lines,
    /// Several lines kept as they are: templates, PEM.
    Block,
    /// `true|True|TRUE|false|False|FALSE`.
    Bool,
    /// `90s`, `10m`, `1h30m`, `90d`.
    Duration,
    /// One of the words.
    Choice(&'static [&'static str]),
    /// Never a flag's value, never printed.
    Secret,
}

/// One input, the same in every place that shows it.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Kebab-case name: the flag's, the input's and the key of `INPUT_…`.
    pub name: &'static str,
    /// Its form.
    pub kind: Kind,
    /// What an absent value means; empty when there is no default.
    pub default: &'static str,
    /// The modes that use it.
    pub modes: &'static [Mode],
    /// One sentence or two for people.
    pub description: &'static str,
}

/// One output.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Kebab-case name.
    pub name: &'static str,
    /// The modes that set it.
    pub modes: &'static [Mode],
    /// What stands in it.
    pub description: &'static str,
}

/// One exit code.
#[derive(Clone, Copy, Debug)]
pub struct ExitCode {
    /// The process's exit code.
    pub code: u8,
    /// When it is used.
    pub when: &'static str,
}

use Kind::{Block, Bool, Choice, Duration, Lines, Secret, Text};
use Mode::{Bump, CiUser, Deploy, Diff, Judge, Render, Rollback};

const ALL: &[Mode] = &[Render, Bump, Deploy, Diff, Rollback, Judge, CiUser];
const BUILD: &[Mode] = &[Render, Bump, Deploy, Diff, Rollback, CiUser];
const COMMIT: &[Mode] = &[Bump, Rollback];
const READ_REPO: &[Mode] = &[Render, Deploy, Diff, CiUser];
const IMAGES: &[Mode] = &[Bump, Render, Deploy, Diff];
const CLUSTER: &[Mode] = &[Deploy, Diff, Rollback, CiUser];
const APPLY: &[Mode] = &[Deploy, Rollback, CiUser];
const FLAGS: &[Mode] = &[Render, Deploy, Diff];

/// Every mode with what it does.
pub const MODES: &[(Mode, &str)] = &[
    (Render, "builds the kustomization at `path` and prints it, as `kustomize build` does"),
    (Bump, "sets images in the kustomization(s) at `path` of the config repo, in one commit or pull request"),
    (Deploy, "renders, checks, applies server-side, and watches until every object is ready or has failed"),
    (Diff, "shows what a deploy would change, secrets masked"),
    (Rollback, "commits an earlier set of images again; with cluster access, deploys that tree"),
    (Judge, "reads objects as `kubectl get -o yaml` prints them and says each one's verdict and why"),
    (CiUser, "makes the least-privileged cluster identity that can deploy this kustomization, and its kubeconfig"),
];

/// Every input of every mode, in the order in which people should meet them.
pub const INPUTS: &[Input] = &[
    row("mode", Choice(&["render", "bump", "deploy", "diff", "rollback", "judge", "ci-user"]), "", ALL, "What to do."),
    row(
        "path",
        Lines,
        ".",
        ALL,
        "Folder of the kustomization (or of plain manifests, for deploy and diff); globs and several lines for bump, deploy and diff.",
    ),
    row(
        "config-repo",
        Text,
        "",
        BUILD,
        "Repository (`owner/name`) that holds the configuration. For bump and rollback it defaults to the workflow's own.",
    ),
    row("config-dir", Text, "", COMMIT, "Local folder to edit in place of a repository; nothing is committed."),
    row("branch", Text, "", COMMIT, "Branch to commit to; defaults to the repository's default branch."),
    row(
        "ref",
        Text,
        "",
        READ_REPO,
        "Branch, tag or commit to read when `config-repo` is given; defaults to its default branch.",
    ),
    row(
        "token",
        Secret,
        "",
        BUILD,
        "GitHub token. Reading or writing another repository needs a GitHub App or fine-grained token: the job's own token cannot.",
    ),
    row(
        "images",
        Lines,
        "",
        IMAGES,
        "Images to set, a line each, in the grammar of `kustomize edit set image`: `name=new-name:tag@digest`.",
    ),
    row(
        "image",
        Text,
        "",
        &[Bump, Render, Deploy, Diff, Rollback],
        "Name of one image to set; what is not named beside it is kept. For rollback: the only image that goes back.",
    ),
    row("tag", Text, "", IMAGES, "New tag of `image`; a tag without `digest` drops an existing digest."),
    row("digest", Text, "", IMAGES, "New digest of `image`: `sha256:…`."),
    row("new-name", Text, "", IMAGES, "New name of `image`: the registry and repository to pull from."),
    row("replicas", Lines, "", IMAGES, "Replica counts to set, a line each: `name=count`."),
    row("create-missing", Bool, "true", &[Bump], "Add an `images` entry that is not there yet."),
    row(
        "strategy",
        Choice(&["push", "pull-request", "auto"]),
        "push",
        COMMIT,
        "Push, open or update a pull request, or push and fall back to a pull request when a branch rule refuses the push.",
    ),
    row(
        "commit-message",
        Block,
        "",
        COMMIT,
        "Template of the commit message; `{images}`, `{image}`, `{old}`, `{new}`, `{path}` are filled in.",
    ),
    row("pull-request-title", Text, "", COMMIT, "Template of the pull request's title."),
    row("pull-request-body", Block, "", COMMIT, "Template of the pull request's body."),
    row("pull-request-branch", Text, "", COMMIT, "Template of the pull request's branch."),
    row("pull-request-labels", Lines, "", COMMIT, "Labels of the pull request."),
    row("sign-off", Bool, "false", COMMIT, "Add a `Signed-off-by` trailer (DCO)."),
    row("allow-no-effect", Bool, "false", &[Bump], "Permit a bump that changes no workload."),
    row("allow-older", Bool, "false", &[Bump, Deploy], "Permit going back behind what is already there."),
    row("github-api", Choice(&["auto", "graphql", "rest"]), "auto", COMMIT, "Which of GitHub's APIs to use."),
    row(
        "rollback-to",
        Text,
        "previous",
        &[Rollback],
        "`previous`, `last-successful`, an image tag or a commit. Only `images` entries go back.",
    ),
    row(
        "kubeconfig",
        Secret,
        "",
        CLUSTER,
        "Access to the cluster: base64 (once or twice), YAML, a file in the workspace, or `in-cluster`.",
    ),
    row("cluster-server", Text, "", CLUSTER, "URL of the API server, with `cluster-token` in place of a kubeconfig."),
    row("cluster-token", Secret, "", CLUSTER, "Bearer token for `cluster-server`."),
    row("cluster-ca", Block, "", CLUSTER, "CA certificate of `cluster-server`: PEM or base64."),
    row("context", Text, "", CLUSTER, "Context of the kubeconfig; defaults to its current one."),
    row(
        "namespace",
        Text,
        "",
        CLUSTER,
        "Where objects go that name no namespace; defaults to the context's, then `default`. An object that names another one is refused.",
    ),
    row("allow-hosts", Lines, "", BUILD, "Private hosts that remote resources may come from."),
    row("allow-exec", Bool, "false", CLUSTER, "Run the exec plugin that the kubeconfig names."),
    row("allow-insecure", Bool, "false", CLUSTER, "Accept a kubeconfig with `insecure-skip-tls-verify`."),
    row(
        "timeout",
        Duration,
        "10m",
        &[Bump, Deploy, Rollback],
        "Deploy: from the end of the checks to the verdict, soak and verify included. Bump: all of it, retries included (`5m` by default).",
    ),
    row("lock", Bool, "true", APPLY, "Let one deploy of a set run at a time, through a Lease."),
    row("lock-timeout", Duration, "10m", APPLY, "How long to wait for another deploy of the same set."),
    row(
        "conflicts",
        Choice(&["take-over", "fail"]),
        "take-over",
        CLUSTER,
        "What to do with fields that people or other CI tools own.",
    ),
    row(
        "recreate",
        Choice(&["never", "annotated", "jobs"]),
        "annotated",
        APPLY,
        "Which objects may be deleted and created anew when an immutable field changes.",
    ),
    row("rollback-on-failure", Bool, "false", APPLY, "Apply the previous configuration again when the rollout fails."),
    row(
        "soak",
        Duration,
        "0s",
        &[Deploy, Rollback],
        "How long to keep watching for restarts after everything is ready.",
    ),
    row(
        "verify",
        Lines,
        "",
        APPLY,
        "Requests that must succeed after the rollout, a line each: `service/NAME:PORT/PATH => STATUS ~ \"REGEX\"` or `URL => STATUS`.",
    ),
    row("dry-run", Bool, "false", &[Bump, Deploy, Rollback, CiUser], "Everything but the writes."),
    row("exit-code", Bool, "false", &[Diff], "Exit 8 when there are differences."),
    row(
        "output",
        Text,
        "",
        &[Render, Judge],
        "render: file or folder to write to in place of standard output; judge: `table` or `json`.",
    ),
    row("now", Text, "", &[Judge], "The clock, as an RFC 3339 time."),
    row("reorder", Choice(&["none", "legacy"]), "", FLAGS, "As kustomize's `--reorder`."),
    row(
        "load-restrictor",
        Choice(&["root-only", "none", "LoadRestrictionsRootOnly", "LoadRestrictionsNone"]),
        "root-only",
        FLAGS,
        "As kustomize's `--load-restrictor`.",
    ),
    row("enable-managedby-label", Bool, "false", FLAGS, "As kustomize's `--enable-managedby-label`."),
    row("name", Text, "", &[CiUser], "Name of the identity to make."),
    row("auth", Choice(&["certificate", "token"]), "certificate", &[CiUser], "How the identity proves itself."),
    row("expires-in", Duration, "90d", &[CiUser], "How long the certificate or token is to live."),
    row(
        "key-type",
        Choice(&["ecdsa", "rsa"]),
        "ecdsa",
        &[CiUser],
        "Kind of the certificate's key: ECDSA P-256 or RSA 2048.",
    ),
    row("long-lived", Bool, "false", &[CiUser], "Make a Secret token that does not expire."),
    row("store", Text, "", &[CiUser], "GitHub secret to put the kubeconfig in: `owner/repo[:ENVIRONMENT]/SECRET`."),
    row("out", Text, "", &[CiUser], "File for the kubeconfig (mode 0600)."),
    row(
        "check",
        Bool,
        "false",
        &[CiUser],
        "Compare what the kubeconfig may do with what the kustomization needs; exit 8 when they differ.",
    ),
];

/// Every output.
pub const OUTPUTS: &[Output] = &[
    output("changed", ALL, "`true` when anything was written."),
    output(
        "result",
        ALL,
        "`unchanged`, `edited`, `committed`, `pull-request`, `superseded`, `planned`, `different`, `created`, `deployed`, `failed`, `timed-out`, `rolled-back`, `rollback-failed` or `cancelled`.",
    ),
    output(
        "commit-sha",
        &[Bump, Rollback, Deploy, Diff],
        "The commit that was made; for deploy and diff the one that was read.",
    ),
    output("commit-url", &[Bump, Rollback, Deploy, Diff], "Its page."),
    output("verified", COMMIT, "`true` when GitHub shows the commit as verified."),
    output("branch", COMMIT, "The branch that was committed to."),
    output("pr-number", COMMIT, "Number of the pull request."),
    output("pr-url", COMMIT, "Its page."),
    output("pr-operation", COMMIT, "`created`, `updated` or `none`."),
    output("images", &[Bump, Rollback, Deploy], "JSON list: `name`, `old`, `new`, `files`, `workloads`."),
    output("files", COMMIT, "JSON list of the files that were changed."),
    output("objects", &[Deploy, Diff, Rollback], "JSON list: `object`, `change`, `verdict`, `reason`, `message`."),
    output("diff-summary", &[Deploy, Diff, Rollback], "How many objects are created, changed and unchanged."),
    output("manifest-sha256", &[Render, Deploy, Diff, Rollback], "SHA-256 of the rendered manifests."),
];

/// Every exit code.
pub const EXIT_CODES: &[ExitCode] = &[
    ExitCode { code: 0, when: "done, or nothing to do; `superseded` too" },
    ExitCode { code: 1, when: "anything else" },
    ExitCode {
        code: 2,
        when: "bad input, manifest or kustomization; what the API refuses with 400, 404, 422 (an immutable field among them) or a webhook's denial",
    },
    ExitCode { code: 3, when: "not permitted: 401, 403, a branch rule with `strategy: push`, an untrusted run" },
    ExitCode {
        code: 4,
        when: "conflict: 409, a field owned by somebody else with `conflicts: fail`, a race on the branch lost until the timeout, `lock-timeout`",
    },
    ExitCode { code: 5, when: "rollout or verify failed (rolled back or not: `result` says)" },
    ExitCode { code: 6, when: "rollout timed out" },
    ExitCode { code: 7, when: "network: gave up reaching GitHub or the cluster" },
    ExitCode { code: 8, when: "differences found (`diff` with `exit-code`, `ci-user` with `check`)" },
    ExitCode { code: 9, when: "cancelled" },
];

const fn row(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    modes: &'static [Mode],
    description: &'static str,
) -> Input {
    Input { name, kind, default, modes, description }
}

const fn output(name: &'static str, modes: &'static [Mode], description: &'static str) -> Output {
    Output { name, modes, description }
}

/// Finds an input by name.
pub fn input(name: &str) -> Option<&'static Input> {
    INPUTS.iter().find(|input| input.name == name)
}
