//! Tokens: what kind each is, what it may do where, and how GitHub refuses it.

use std::collections::BTreeMap;

/// What a permission is about, by GitHub's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Repository metadata; every grant includes it.
    Metadata,
    /// Files, commits, branches.
    Contents,
    /// Pull requests.
    PullRequests,
    /// Issues, and the labels of pull requests.
    Issues,
    /// Files under `.github/workflows`.
    Workflows,
    /// Repository secrets.
    Secrets,
    /// Environment secrets.
    Environments,
    /// Branch protection and settings.
    Administration,
}

impl Permission {
    /// The name in `X-Accepted-GitHub-Permissions`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Contents => "contents",
            Self::PullRequests => "pull_requests",
            Self::Issues => "issues",
            Self::Workflows => "workflows",
            Self::Secrets => "secrets",
            Self::Environments => "environments",
            Self::Administration => "administration",
        }
    }
}

/// How far a permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Reading.
    Read,
    /// Reading and writing.
    Write,
}

/// The permissions of a token in one repository.
pub type Grant = BTreeMap<Permission, Level>;

/// A kind of token; GitHub answers each a little differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The `GITHUB_TOKEN` of a job (`ghs_`): an installation token of the app `github-actions`.
    ActionsJob,
    /// An installation token of an app (`ghs_`).
    AppInstallation,
    /// A fine-grained personal access token (`github_pat_`).
    FineGrained,
    /// A classic personal access token (`ghp_`), with scopes.
    Classic,
}

/// A token that the double knows.
#[derive(Clone, Debug)]
pub struct Token {
    /// The secret itself.
    pub value: String,
    /// Its kind.
    pub kind: TokenKind,
    /// Login of the user, or of the app's bot (`github-actions[bot]`).
    pub login: String,
    /// Grants by `owner/name` in lower case; `*` stands for every repository.
    pub grants: BTreeMap<String, Grant>,
    /// Scopes of a classic token.
    pub scopes: Vec<String>,
}

impl Token {
    /// A token of some kind that may do nothing yet.
    pub fn new(value: &str, kind: TokenKind) -> Self {
        let login = match kind {
            TokenKind::ActionsJob => "github-actions[bot]",
            TokenKind::AppInstallation => "deploy-app[bot]",
            TokenKind::FineGrained | TokenKind::Classic => "octocat",
        };
        let scopes = if kind == TokenKind::Classic { vec!["repo".to_owned(), "workflow".to_owned()] } else { vec![] };
        Self { value: value.into(), kind, login: login.into(), grants: BTreeMap::new(), scopes }
    }

    /// A job's `GITHUB_TOKEN`.
    pub fn actions_job(value: &str) -> Self {
        Self::new(value, TokenKind::ActionsJob)
    }

    /// An app's installation token.
    pub fn app(value: &str) -> Self {
        Self::new(value, TokenKind::AppInstallation)
    }

    /// A fine-grained personal access token.
    pub fn fine_grained(value: &str) -> Self {
        Self::new(value, TokenKind::FineGrained)
    }

    /// A classic personal access token with the scopes `repo` and `workflow`.
    pub fn classic(value: &str) -> Self {
        Self::new(value, TokenKind::Classic)
    }

    /// Grants one permission in a repository (`owner/name`, or `*`).
    #[must_use]
    pub fn allow(mut self, repository: &str, permission: Permission, level: Level) -> Self {
        self.grants.entry(repository.to_ascii_lowercase()).or_default().insert(permission, level);
        self
    }

    /// Grants what a bump needs: contents and pull requests, both writable.
    #[must_use]
    pub fn can_write(self, repository: &str) -> Self {
        self.allow(repository, Permission::Contents, Level::Write)
            .allow(repository, Permission::PullRequests, Level::Write)
            .allow(repository, Permission::Issues, Level::Write)
    }

    /// Grants reading of contents only.
    #[must_use]
    pub fn can_read(self, repository: &str) -> Self {
        self.allow(repository, Permission::Contents, Level::Read)
    }

    /// The user or bot that the token acts as.
    #[must_use]
    pub fn acting_as(mut self, login: &str) -> Self {
        self.login = login.into();
        self
    }

    /// The scopes of a classic token.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    /// Whether an app, not a person, stands behind it.
    pub fn is_app(&self) -> bool {
        matches!(self.kind, TokenKind::ActionsJob | TokenKind::AppInstallation)
    }

    /// Whether the token was given anything in this repository.
    pub fn knows(&self, repository: &str) -> bool {
        self.grant(repository).is_some()
    }

    /// Whether the token has the permission in this repository, at least at this level.
    pub fn may(&self, repository: &str, permission: Permission, level: Level) -> bool {
        let Some(grant) = self.grant(repository) else { return false };
        (permission == Permission::Metadata && level == Level::Read)
            || grant.get(&permission).is_some_and(|have| *have >= level)
    }

    /// Whether GitHub *shows* that the token may push: `permissions` and `viewerPermission` tell the role of the user
    /// behind the token. An app has no user, so it never shows; a fine-grained token shows its user's role even where
    /// its own grant is smaller.
    pub fn shows_push(&self, repository: &str) -> bool {
        match self.kind {
            TokenKind::ActionsJob | TokenKind::AppInstallation => false,
            TokenKind::FineGrained => self.knows(repository),
            TokenKind::Classic => self.may(repository, Permission::Contents, Level::Write),
        }
    }

    fn grant(&self, repository: &str) -> Option<&Grant> {
        self.grants.get(&repository.to_ascii_lowercase()).or_else(|| self.grants.get("*"))
    }

    /// GitHub's words when the token is known but not allowed; classic tokens get 404 instead.
    pub fn refusal(&self) -> Option<&'static str> {
        match self.kind {
            TokenKind::ActionsJob | TokenKind::AppInstallation => Some("Resource not accessible by integration"),
            TokenKind::FineGrained => Some("Resource not accessible by personal access token"),
            TokenKind::Classic => None,
        }
    }
}
