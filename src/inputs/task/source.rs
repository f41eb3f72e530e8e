//! Where manifests are read, and how to reach GitHub for that.

use super::super::values::Values;
use crate::secret::Secret;

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

pub(super) fn forge(values: &mut Values<'_>) -> Forge {
    let api = match values.choice("github-api").as_str() {
        "graphql" => GithubApi::Graphql,
        "rest" => GithubApi::Rest,
        _ => GithubApi::Auto,
    };
    Forge { token: values.secret_text("token"), api }
}

pub(super) fn source(values: &mut Values<'_>) -> Source {
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
pub(super) fn repository(values: &mut Values<'_>) -> Option<String> {
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
