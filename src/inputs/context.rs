//! The run around us, as the CI's variables tell it: which repository, commit and run, and where GitHub is.
//! Pure: reads nothing but the environment it is handed.

use super::Environment;

/// Facts on the run, for trailers, links and defaults.
#[derive(Clone, Debug)]
pub struct Context {
    /// Runs inside GitHub Actions.
    pub github_actions: bool,
    /// `owner/name` of the workflow's own repository.
    pub repository: Option<String>,
    /// The commit that the workflow runs for.
    pub sha: Option<String>,
    /// The run's number in its repository's address.
    pub run_id: Option<String>,
    /// Base of web addresses, without a final slash.
    pub server_url: String,
    /// Base of the REST API, without a final slash.
    pub api_url: String,
    /// Address of the GraphQL API.
    pub graphql_url: String,
    /// Name of the event that started the run.
    pub event_name: Option<String>,
    /// The event's own text (JSON).
    pub event: Option<String>,
    /// Who started it.
    pub actor: Option<String>,
    /// Folder of the checkout.
    pub workspace: Option<String>,
    /// The runner's folder for temporary files.
    pub temp: Option<String>,
    /// The runner asked for debug output.
    pub debug: bool,
    /// Somebody reads the outputs.
    pub has_outputs: bool,
}

impl Context {
    /// Reads the run's facts from its variables.
    pub fn read(environment: &Environment) -> Self {
        let text = |name: &str| environment.variable(name).map(str::to_owned);
        let url =
            |name: &str, default: &str| environment.variable(name).unwrap_or(default).trim_end_matches('/').to_owned();
        Self {
            github_actions: environment.is_github_actions(),
            repository: text("GITHUB_REPOSITORY"),
            sha: text("GITHUB_SHA"),
            run_id: text("GITHUB_RUN_ID"),
            server_url: url("GITHUB_SERVER_URL", "https://github.com"),
            api_url: url("GITHUB_API_URL", "https://api.github.com"),
            graphql_url: url("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
            event_name: text("GITHUB_EVENT_NAME"),
            event: environment.event.clone(),
            actor: text("GITHUB_ACTOR"),
            workspace: text("GITHUB_WORKSPACE"),
            temp: text("RUNNER_TEMP"),
            debug: environment.variable("RUNNER_DEBUG") == Some("1"),
            has_outputs: environment.variable("GITHUB_OUTPUT").is_some(),
        }
    }

    /// Returns the address of this run's page, when it is known.
    pub fn run_url(&self) -> Option<String> {
        let repository = self.repository.as_ref()?;
        let run = self.run_id.as_ref()?;
        Some(format!("{}/{repository}/actions/runs/{run}", self.server_url))
    }

    /// Tells whether the code that this run looks at came from another repository with this repository's rights:
    /// `pull_request_target`, or `workflow_run` after a `pull_request`, with a head elsewhere. An event that cannot be
    /// read counts as untrusted.
    pub fn is_untrusted(&self) -> bool {
        let head = match self.event_name.as_deref() {
            Some("pull_request_target") => "/pull_request/head/repo/full_name",
            Some("workflow_run") if self.follows_pull_request() => "/workflow_run/head_repository/full_name",
            _ => return false,
        };
        let own = self.event_text("/repository/full_name").or_else(|| self.repository.clone());
        match (self.event_text(head), own) {
            (Some(head), Some(own)) => !head.eq_ignore_ascii_case(&own),
            _ => true,
        }
    }

    /// Tells whether the event is a pull request from a fork, which gets no secrets.
    pub fn is_fork_pull_request(&self) -> bool {
        if self.event_name.as_deref() != Some("pull_request") {
            return false;
        }
        let head = self.event_text("/pull_request/head/repo/full_name");
        let base = self.event_text("/pull_request/base/repo/full_name").or_else(|| self.repository.clone());
        head.is_some() && head != base
    }

    fn follows_pull_request(&self) -> bool {
        self.event_text("/workflow_run/event").is_none_or(|event| event.starts_with("pull_request"))
    }

    fn event_text(&self, pointer: &str) -> Option<String> {
        let event: serde_json::Value = serde_json::from_str(self.event.as_deref()?).ok()?;
        event.pointer(pointer)?.as_str().map(str::to_owned)
    }
}
