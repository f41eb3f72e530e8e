//! What a branch's rules forbid: rulesets and classic protection, with GitHub's words for each violation.

use crate::git::{ObjectStore, Oid, graph};

/// One rule of a ruleset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Changes only through pull requests.
    PullRequest,
    /// Commits must have verified signatures.
    RequiredSignatures,
    /// The named checks must have passed.
    RequiredStatusChecks(Vec<String>),
    /// No force-push.
    NonFastForward,
    /// Branches that match may not be deleted.
    Deletion,
    /// Branches that match may not be created.
    Creation,
    /// Branches that match may not be updated.
    Update,
    /// No merge commits.
    LinearHistory,
    /// Every commit message must contain this text.
    CommitMessageContains(String),
}

impl Rule {
    /// The rule's `type` in the REST API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PullRequest => "pull_request",
            Self::RequiredSignatures => "required_signatures",
            Self::RequiredStatusChecks(_) => "required_status_checks",
            Self::NonFastForward => "non_fast_forward",
            Self::Deletion => "deletion",
            Self::Creation => "creation",
            Self::Update => "update",
            Self::LinearHistory => "required_linear_history",
            Self::CommitMessageContains(_) => "commit_message_pattern",
        }
    }
}

/// A ruleset that is active on some branches.
#[derive(Clone, Debug)]
pub struct Ruleset {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Branch patterns: `~ALL`, `~DEFAULT_BRANCH`, or a name with `*`.
    pub branches: Vec<String>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Logins that may bypass it.
    pub bypass: Vec<String>,
}

/// Classic branch protection of one branch.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// Pull requests are required.
    pub pull_request: bool,
    /// Approving reviews that a pull request needs.
    pub approvals: usize,
    /// Signed commits are required.
    pub signatures: bool,
    /// Status checks that must have passed.
    pub checks: Vec<String>,
    /// When given, only these logins may push.
    pub pushers: Option<Vec<String>>,
}

/// An intended move of a branch.
pub struct Move<'a> {
    /// Objects of the repository, the new commits among them.
    pub store: &'a ObjectStore,
    /// The branch.
    pub branch: &'a str,
    /// Whether it is the repository's default branch.
    pub is_default: bool,
    /// Its head before; `None` when it is created.
    pub old: Option<Oid>,
    /// Its head after; `None` when it is deleted.
    pub new: Option<Oid>,
    /// Who moves it.
    pub login: &'a str,
}

impl Move<'_> {
    fn new_commits(&self) -> Vec<Oid> {
        match (self.old, self.new) {
            (Some(old), Some(new)) => graph::between(self.store, old, new),
            _ => Vec::new(),
        }
    }

    fn is_forced(&self) -> bool {
        matches!((self.old, self.new), (Some(old), Some(new)) if !graph::is_ancestor(self.store, old, new))
    }

    fn has_unsigned(&self) -> bool {
        self.new_commits().iter().any(|oid| self.store.commit(*oid).is_some_and(|commit| commit.signature.is_none()))
    }
}

impl Ruleset {
    /// Whether the ruleset is about this branch.
    pub fn covers(&self, branch: &str, is_default: bool) -> bool {
        self.branches.iter().any(|pattern| match pattern.as_str() {
            "~ALL" => true,
            "~DEFAULT_BRANCH" => is_default,
            other => matches(other.strip_prefix("refs/heads/").unwrap_or(other), branch),
        })
    }

    /// What the move violates, in GitHub's words.
    pub fn violations(&self, change: &Move<'_>) -> Vec<String> {
        if !self.covers(change.branch, change.is_default) || self.bypass.iter().any(|login| login == change.login) {
            return Vec::new();
        }
        self.rules.iter().filter_map(|rule| violation(rule, change)).collect()
    }
}

fn violation(rule: &Rule, change: &Move<'_>) -> Option<String> {
    let updates = change.old.is_some() && change.new.is_some();
    let text = match rule {
        Rule::PullRequest if updates => "Changes must be made through a pull request.".into(),
        Rule::RequiredSignatures if change.has_unsigned() => "Commits must have verified signatures.".into(),
        Rule::RequiredStatusChecks(checks) if updates => missing_checks(checks)?,
        Rule::NonFastForward if change.is_forced() => "Cannot force-push to this branch".into(),
        Rule::Deletion if change.new.is_none() => "Cannot delete this branch".into(),
        Rule::Creation if change.old.is_none() => "Cannot create ref due to creations being restricted.".into(),
        Rule::Update if updates => "Cannot update this protected ref.".into(),
        Rule::LinearHistory if has_merge(change) => "This branch must not contain merge commits.".into(),
        Rule::CommitMessageContains(text) if lacks(change, text) => {
            format!("Commit message must contain a matching pattern: {text}")
        }
        _ => return None,
    };
    Some(text)
}

fn missing_checks(checks: &[String]) -> Option<String> {
    match checks {
        [] => None,
        [one] => Some(format!("Required status check \"{one}\" is expected.")),
        many => Some(format!("{} of {} required status checks are expected.", many.len(), many.len())),
    }
}

fn has_merge(change: &Move<'_>) -> bool {
    change.new_commits().iter().any(|oid| change.store.commit(*oid).is_some_and(|commit| commit.parents.len() > 1))
}

fn lacks(change: &Move<'_>, text: &str) -> bool {
    change.new_commits().iter().any(|oid| change.store.commit(*oid).is_some_and(|c| !c.message.contains(text)))
}

/// What classic protection forbids, in GitHub's words.
pub fn protection_violations(protection: &Protection, change: &Move<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if change.new.is_none() {
        found.push("Cannot delete a protected branch".to_owned());
    } else if change.is_forced() {
        found.push("Cannot force-push to a protected branch".to_owned());
    }
    if protection.pull_request && protection.approvals == 0 {
        found.push("Changes must be made through a pull request.".to_owned());
    } else if protection.pull_request {
        let count = protection.approvals;
        let reviews = if count == 1 { "review is" } else { "reviews are" };
        found.push(format!("At least {count} approving {reviews} required by reviewers with write access."));
    }
    if protection.signatures && change.has_unsigned() {
        found.push("Commits must have verified signatures.".to_owned());
    }
    found.extend(missing_checks(&protection.checks));
    if protection.pushers.as_ref().is_some_and(|pushers| !pushers.iter().any(|login| login == change.login)) {
        found.push("You're not authorized to push to this branch. Visit https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches for more information.".to_owned());
    }
    found
}

/// A violation of a branch's rules; the endpoints word it each in their own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// By rulesets, with every text.
    Ruleset(Vec<String>),
    /// By classic protection, with every text.
    Protection(Vec<String>),
}

impl Violation {
    /// The message of REST answers and GraphQL errors.
    pub fn message(&self) -> String {
        match self {
            Self::Ruleset(texts) => format!("Repository rule violations found\n\n{}\n\n", texts.join("\n\n")),
            Self::Protection(texts) => texts.join(" "),
        }
    }
}

/// Git-style `*` matching without crossing slashes; `**` crosses them.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            let Some(rest) = name.strip_prefix(before) else { return false };
            let (deep, after) = after.strip_prefix('*').map_or((false, after), |after| (true, after));
            (0..=rest.len())
                .filter(|end| rest.is_char_boundary(*end))
                .take_while(|end| deep || !rest[..*end].contains('/'))
                .any(|end| matches(after, &rest[end..]))
        }
    }
}
