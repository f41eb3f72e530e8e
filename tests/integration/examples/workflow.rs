//! Runs a workflow file of GitHub Actions step by step, as the runner does: expressions filled in, the action's own `action.yml` read
//! for its declared inputs and their defaults, the checkout laid out, outputs handed on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::support::action::{Action, Ran};
use crate::support::forge::Forge;

const OURS: &str = "k8s-deploy/k8s-deploy-action";

/// A repository's run of one of its workflows.
pub(super) struct Run<'a> {
    pub(super) forge: &'a Forge,
    /// Folder of the example's copy of the repository.
    pub(super) repository_folder: PathBuf,
    /// `owner/name`.
    pub(super) repository: &'a str,
    /// The commit that it runs for.
    pub(super) sha: String,
    /// What expressions stand for, beside what the runner knows: `secrets.X`, `inputs.X`, `vars.X`, `github.event.…`.
    pub(super) expressions: BTreeMap<String, String>,
}

impl Run<'_> {
    /// Runs the only job of a workflow to its end, or to its first step that fails; returns what our steps left behind.
    #[track_caller]
    pub(super) fn workflow(mut self, file: &str) -> Vec<Ran> {
        let text = std::fs::read_to_string(self.repository_folder.join(file)).unwrap();
        let document: Value = serde_yaml::from_str(&text).unwrap();
        let jobs = document["jobs"].as_mapping().unwrap();
        assert_eq!(jobs.len(), 1, "{file} has one job");
        let steps = jobs.values().next().unwrap()["steps"].as_sequence().unwrap();
        let (owner, _) = self.repository.split_once('/').unwrap();
        self.expressions.insert("github.repository_owner".into(), owner.to_owned());
        self.expressions.insert("github.token".into(), "ghs_job".into());
        let mut checkout = Vec::new();
        let mut ran = Vec::new();
        for step in steps {
            let uses = step["uses"].as_str().unwrap_or_else(|| panic!("{file}: only steps with `uses` are run"));
            let (action, _) = uses.split_once('@').unwrap();
            match action {
                "actions/checkout" => checkout = self.checkout(),
                "actions/create-github-app-token" => self.app_token(step),
                ours if ours.starts_with(OURS) => {
                    let mode = ours[OURS.len()..].trim_start_matches('/');
                    let done = self.ours(mode, step, &checkout);
                    self.hand_on(step, &done);
                    let failed = done.code != 0;
                    ran.push(done);
                    if failed {
                        break;
                    }
                }
                other => panic!("{file} uses {other}, which this test does not know"),
            }
        }
        ran
    }

    /// The files of the commit, with the `.git` that says so.
    fn checkout(&self) -> Vec<(String, Vec<u8>)> {
        let double = &self.forge.double;
        let paths = double.files(self.repository, &self.sha);
        let files = paths.into_keys().map(|path| {
            let bytes = double.read_bytes(self.repository, &self.sha, &path).unwrap();
            (path, bytes)
        });
        let origin = format!("[remote \"origin\"]\n\turl = {}/{}\n", double.server_url(), self.repository);
        let git = [(".git/HEAD".to_owned(), format!("{}\n", self.sha)), (".git/config".to_owned(), origin)];
        files.chain(git.map(|(path, text)| (path, text.into_bytes()))).collect()
    }

    /// What another action of the marketplace would have made.
    fn app_token(&mut self, step: &Value) {
        for (name, value) in step["with"].as_mapping().unwrap() {
            let filled = self.filled(value);
            assert!(!filled.is_empty(), "{name:?} of the app token is empty");
        }
        let id = step["id"].as_str().unwrap();
        self.expressions.insert(format!("steps.{id}.outputs.token"), "ghs_writer".into());
    }

    fn ours(&self, mode: &str, step: &Value, checkout: &[(String, Vec<u8>)]) -> Ran {
        let declared = Path::new(env!("CARGO_MANIFEST_DIR")).join(mode).join("action.yml");
        let declared: Value = serde_yaml::from_str(&std::fs::read_to_string(declared).unwrap()).unwrap();
        let given = step["with"].as_mapping().unwrap();
        for name in given.keys() {
            assert!(declared["inputs"].get(name).is_some(), "{name:?} is no input of {mode}");
        }
        let double = &self.forge.double;
        let mut action = Action::in_actions()
            .env("GITHUB_API_URL", double.api_url())
            .env("GITHUB_GRAPHQL_URL", double.graphql_url())
            .env("GITHUB_SERVER_URL", double.server_url())
            .env("GITHUB_REPOSITORY", self.repository)
            .env("GITHUB_SHA", &self.sha)
            .env("GITHUB_RUN_ID", "77")
            .env("GITHUB_ACTOR", "ada");
        for (path, bytes) in checkout {
            action = action.file(path, bytes);
        }
        for (name, input) in declared["inputs"].as_mapping().unwrap() {
            let value = given.get(name).or_else(|| input.get("default"));
            action = action.input(name.as_str().unwrap(), &value.map(|value| self.filled(value)).unwrap_or_default());
        }
        let arguments: Vec<&str> =
            declared["runs"]["args"].as_sequence().into_iter().flatten().filter_map(Value::as_str).collect();
        let ran = action.args(&arguments).run();
        for name in ran.outputs.keys() {
            assert!(declared["outputs"].get(name).is_some(), "{mode}/action.yml declares no output {name}");
        }
        ran
    }

    /// Outputs become `steps.ID.outputs.NAME`.
    fn hand_on(&mut self, step: &Value, ran: &Ran) {
        let Some(id) = step["id"].as_str() else { return };
        for (name, value) in &ran.outputs {
            self.expressions.insert(format!("steps.{id}.outputs.{name}"), value.clone());
        }
    }

    /// A value with its expressions filled in; one that the test does not know is an error in the example.
    fn filled(&self, value: &Value) -> String {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(yes) => yes.to_string(),
            other => panic!("{other:?} is no text: quote it"),
        };
        let mut parts = text.split("${{");
        let mut filled = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").unwrap();
            let known = self.expressions.get(expression.trim());
            filled += known.unwrap_or_else(|| panic!("`{}` is not known here", expression.trim()));
            filled += rest;
        }
        filled
    }
}
