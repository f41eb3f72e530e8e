//! A GitHub double with a config repo and a source repo, and the binary pointed at it.

use github_double::{Double, Token};
use tokio::runtime::Runtime;

use super::action::Action;

/// A deployment of an image, as a base needs one.
pub(crate) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: app
";

/// A kustomization of that deployment with one image.
pub(crate) const KUSTOMIZATION: &str = "\
# kept
resources:
- deployment.yaml
images:
- name: app # inline
  newName: reg.example/app
  newTag: v1 # set by CI
";

/// A running double, and the runtime that it lives in.
pub(crate) struct Forge {
    pub(crate) double: Double,
    /// The double lives as long as its runtime.
    _runtime: Runtime,
}

impl Forge {
    /// A double with the token `ghs_writer`, which may write to `acme/config` and read `acme/app`.
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let double = runtime.block_on(Double::start());
        double.token(Token::app("ghs_writer").can_write("acme/config").can_read("acme/app"));
        double.repository("acme/app").file("README.md", "app\n").seed();
        Self { double, _runtime: runtime }
    }

    /// One with `prod/` in `acme/config`.
    pub(crate) fn with_prod() -> Self {
        let forge = Self::start();
        forge
            .double
            .repository("acme/config")
            .file("prod/kustomization.yaml", KUSTOMIZATION)
            .file("prod/deployment.yaml", DEPLOYMENT)
            .file("README.md", "config\n")
            .seed();
        forge.double.forget_requests();
        forge
    }

    /// The binary in a job of `acme/app`, bumping `prod` of `acme/config`.
    pub(crate) fn bump(&self) -> Action {
        let sha = self.double.head("acme/app", "main").unwrap();
        self.at(self.double.api_url(), self.double.graphql_url())
            .env("GITHUB_SHA", sha)
            .input("mode", "bump")
            .input("path", "prod")
    }

    /// The binary in a job of `acme/app`, pointed at these addresses.
    pub(crate) fn at(&self, api: &str, graphql: &str) -> Action {
        Action::in_actions()
            .env("GITHUB_API_URL", api)
            .env("GITHUB_GRAPHQL_URL", graphql)
            .env("GITHUB_SERVER_URL", self.double.server_url())
            .env("GITHUB_REPOSITORY", "acme/app")
            .env("GITHUB_RUN_ID", "77")
            .env("GITHUB_ACTOR", "ada")
            .input("config-repo", "acme/config")
            .input("token", "ghs_writer")
    }

    /// The text of a file at the head of `main`.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        self.double.read("acme/config", "main", path).unwrap_or_else(|| panic!("no {path}"))
    }

    /// How many commits `main` has.
    pub(crate) fn commits(&self) -> usize {
        self.double.commits("acme/config", "main").len()
    }
}
