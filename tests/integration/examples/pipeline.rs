//! Runs jobs of a `.gitlab-ci.yml` as GitLab's shell does: variables expanded, `before_script` and `script` in one shell that ends at the
//! first failure, the report of the job read back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;
use tempfile::TempDir;

/// A pipeline file with its project's folder.
pub(super) struct Pipeline {
    document: Value,
    project: TempDir,
    variables: BTreeMap<String, String>,
}

/// What a job left behind.
pub(super) struct JobRan {
    pub(super) code: i32,
    pub(super) log: String,
    /// The dotenv report.
    pub(super) report: BTreeMap<String, String>,
}

impl Pipeline {
    /// The pipeline of an example, its files copied, with the variables that GitLab sets itself.
    pub(super) fn of(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join(".gitlab-ci.yml")).unwrap();
        let mut document: Value = serde_yaml::from_str(&text).unwrap();
        document.apply_merge().unwrap();
        let project = TempDir::new().unwrap();
        copy(folder, project.path());
        let variables = [
            ("GITLAB_CI", "true"),
            ("CI", "true"),
            ("CI_SERVER_HOST", "gitlab.example.com"),
            ("CI_PROJECT_PATH", "acme/shop"),
            ("CI_PROJECT_URL", "https://gitlab.example.com/acme/shop"),
            ("CI_JOB_URL", "https://gitlab.example.com/acme/shop/-/jobs/42"),
            ("CI_REGISTRY", "registry.example.com"),
            ("CI_REGISTRY_IMAGE", "registry.example.com/acme/shop"),
            ("CI_DEPLOY_USER", "gitlab+deploy-token-1"),
            ("CI_DEPLOY_PASSWORD", "gldt-0123456789abcdef"),
            ("GITLAB_USER_LOGIN", "ada"),
        ];
        let mut variables: BTreeMap<String, String> =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        variables.insert("CI_PROJECT_DIR".into(), project.path().display().to_string());
        Self { document, project, variables }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Puts another text in place of one in all scripts.
    pub(super) fn replace(&mut self, old: &str, new: &str) {
        let text = serde_yaml::to_string(&self.document).unwrap();
        assert!(text.contains(old));
        self.document = serde_yaml::from_str(&text.replace(old, new)).unwrap();
    }

    /// A file of the project.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.project.path().join(name)
    }

    /// Runs a job; `programs` is a folder with what its image has beside ours.
    #[track_caller]
    pub(super) fn job(&self, name: &str, programs: Option<&Path>) -> JobRan {
        let binary = Path::new(env!("CARGO_BIN_EXE_k8s-deploy"));
        let path = std::env::var("PATH").unwrap();
        let folders = programs.into_iter().chain(binary.parent()).map(|folder| format!("{}:", folder.display()));
        let folders: String = folders.collect();
        let script: Vec<String> = ["before_script", "script"].iter().flat_map(|part| self.lines(name, part)).collect();
        assert!(!script.is_empty(), "{name} has no script");
        let output = Command::new("sh")
            .args(["-e", "-c", &script.join("\n")])
            .env_clear()
            .envs(self.expanded())
            .env("PATH", format!("{folders}{path}"))
            .current_dir(self.project.path())
            .output()
            .unwrap();
        let report = std::fs::read_to_string(self.file("k8s-deploy.env")).unwrap_or_default();
        JobRan {
            code: output.status.code().unwrap(),
            log: [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat(),
            report: report
                .lines()
                .map(|line| line.split_once('=').unwrap())
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
        }
    }

    /// A part of a job, its own or what it extends.
    fn lines(&self, job: &str, part: &str) -> Vec<String> {
        let definition = &self.document[job];
        match (definition.get(part), definition["extends"].as_str()) {
            (Some(lines), _) => {
                lines.as_sequence().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
            }
            (None, Some(base)) => self.lines(base, part),
            (None, None) => Vec::new(),
        }
    }

    /// GitLab's variables and the file's own, whose values may name others.
    fn expanded(&self) -> BTreeMap<String, String> {
        let mut all = self.variables.clone();
        for (name, value) in self.document["variables"].as_mapping().unwrap() {
            let mut value = value.as_str().unwrap().to_owned();
            // The longest name first: one can be the beginning of another.
            for (known, replacement) in self.variables.iter().rev() {
                value = value.replace(&format!("${known}"), replacement);
            }
            all.insert(name.as_str().unwrap().to_owned(), value);
        }
        all
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
