//! The way to the cluster, as the inputs name it.

use super::super::values::Values;
use super::super::{Context, Environment};
use crate::secret::Secret;

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

pub(super) fn access(values: &mut Values<'_>, environment: &Environment, required: bool) -> ClusterAccess {
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
