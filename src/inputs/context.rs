//! The run around us, as the CI's variables tell it: which repository, commit and run, and where GitHub is.
//! Pure: reads nothing but the environment it is handed.

use super::Environment;
use crate::proxy::Proxies;

/// The CI that started the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions, and what speaks its commands.
    Github,
    /// GitLab CI.
    Gitlab,
    /// A terminal, or a CI that only keeps the log.
    Shell,
}

/// Facts on the run, for trailers, links and defaults.
#[derive(Clone, Debug)]
pub struct Context {
    /// The CI around us.
    pub ci: Ci,
    /// `owner/name` of the workflow's own repository; with the server's name in front when it is not on GitHub.
    pub repository: Option<String>,
    /// The commit that the workflow runs for.
    pub sha: Option<String>,
    /// Page of this run.
    pub run_page: Option<String>,
    /// GitLab's page of the pipeline's project.
    pub project_page: Option<String>,
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
    /// The ways to GitHub.
    pub proxies: Proxies,
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
        let context = Self {
            ci: environment.ci(),
            repository: text("GITHUB_REPOSITORY"),
            sha: text("GITHUB_SHA"),
            run_page: None,
            project_page: None,
            server_url: url("GITHUB_SERVER_URL", "https://github.com"),
            api_url: url("GITHUB_API_URL", "https://api.github.com"),
            graphql_url: url("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
            event_name: text("GITHUB_EVENT_NAME"),
            event: environment.event.clone(),
            actor: text("GITHUB_ACTOR"),
            workspace: text("GITHUB_WORKSPACE"),
            temp: text("RUNNER_TEMP"),
            proxies: Proxies::read(&text),
            debug: environment.wants_debug(),
            has_outputs: environment.variable("GITHUB_OUTPUT").is_some(),
        };
        if context.ci == Ci::Gitlab { context.on_gitlab(environment) } else { context.on_github(environment) }
    }

    fn on_github(mut self, environment: &Environment) -> Self {
        let run = environment.variable("GITHUB_RUN_ID");
        self.run_page = self
            .repository
            .as_ref()
            .zip(run)
            .map(|(repository, run)| format!("{}/{repository}/actions/runs/{run}", self.server_url));
        self
    }

    /// GitLab's names for the same facts. Where GitHub is stays as it was: the config repo may be there.
    fn on_gitlab(mut self, environment: &Environment) -> Self {
        let text = |name: &str| environment.variable(name).map(str::to_owned);
        let host = environment.variable("CI_SERVER_HOST").unwrap_or("gitlab.com");
        // With its server, so that nobody takes it for a repository of the same name on GitHub.
        self.repository = environment.variable("CI_PROJECT_PATH").map(|path| format!("{host}/{path}"));
        self.sha = text("CI_COMMIT_SHA");
        self.run_page = text("CI_JOB_URL").or_else(|| text("CI_PIPELINE_URL"));
        self.project_page = text("CI_PROJECT_URL");
        self.actor = text("GITLAB_USER_LOGIN");
        self.workspace = text("CI_PROJECT_DIR");
        self
    }

    /// Returns the address of this run's page, when it is known.
    pub fn run_url(&self) -> Option<String> {
        self.run_page.clone()
    }

    /// Returns a repository as people of this server name it: without the server in front.
    pub fn short_name<'a>(&self, repository: &'a str) -> &'a str {
        let host = self.server_url.split("://").nth(1).unwrap_or_default();
        repository.strip_prefix(host).and_then(|rest| rest.strip_prefix('/')).unwrap_or(repository)
    }

    /// Returns the page of a commit of a set's repository (`owner/name` or an address), where it is known to have one here.
    pub fn commit_page(&self, repository: &str, sha: &str) -> Option<String> {
        if let Some(project) = &self.project_page {
            let own = self.repository.as_deref()?;
            let same = own == repository || own.split_once('/').is_some_and(|(_, path)| path == repository);
            return same.then(|| format!("{project}/-/commit/{sha}"));
        }
        let repository = self.short_name(repository);
        let on_github = self.ci == Ci::Github && repository.split('/').count() == 2 && !repository.contains(':');
        on_github.then(|| format!("{}/{repository}/commit/{sha}", self.server_url))
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

#[cfg(test)]
mod tests {
    use super::{Ci, Context};
    use crate::inputs::Environment;

    fn context(variables: &[(&str, &str)]) -> Context {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Context::read(&Environment { variables, ..Environment::default() })
    }

    #[test]
    fn a_run_on_github_is_linked_on_its_own_server() {
        let context = context(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://ghes.corp/"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_ID", "7"),
        ]);
        assert_eq!(context.run_url().as_deref(), Some("https://ghes.corp/o/r/actions/runs/7"));
        assert_eq!(context.commit_page("o/config", "abc").as_deref(), Some("https://ghes.corp/o/config/commit/abc"));
        assert_eq!(context.short_name("ghes.corp/o/r"), "o/r");
        assert_eq!(context.commit_page("git.corp/a/b/c", "abc"), None);
    }

    #[test]
    fn a_job_on_gitlab_is_linked_by_gitlabs_own_addresses() {
        let context = context(&[
            ("GITLAB_CI", "true"),
            ("CI_SERVER_HOST", "git.corp"),
            ("CI_PROJECT_PATH", "team/shop/api"),
            ("CI_PROJECT_URL", "https://git.corp/team/shop/api"),
            ("CI_JOB_URL", "https://git.corp/team/shop/api/-/jobs/9"),
            ("CI_COMMIT_SHA", "abc"),
        ]);
        assert_eq!(context.ci, Ci::Gitlab);
        assert_eq!(context.run_url().as_deref(), Some("https://git.corp/team/shop/api/-/jobs/9"));
        assert_eq!(context.repository.as_deref(), Some("git.corp/team/shop/api"));
        for own in ["git.corp/team/shop/api", "team/shop/api"] {
            let page = context.commit_page(own, "abc");
            assert_eq!(page.as_deref(), Some("https://git.corp/team/shop/api/-/commit/abc"));
        }
        assert_eq!(context.commit_page("other/repository", "abc"), None);
    }

    #[test]
    fn in_a_bare_shell_nothing_is_linked_that_may_not_be_there() {
        let context = context(&[]);
        assert_eq!((context.ci, context.run_url()), (Ci::Shell, None));
        assert_eq!(context.commit_page("o/r", "abc"), None);
    }
}
