//! Names of repositories and places in them. Holds and checks texts; sends nothing.

use std::fmt;

use crate::failure::{Failure, Result};

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The account.
    pub owner: String,
    /// The name.
    pub name: String,
}

impl Repository {
    /// Reads `owner/name`.
    ///
    /// # Errors
    /// When it is something else; `input` is named.
    pub fn parse(text: &str, input: &str) -> Result<Self> {
        match text.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(Failure::input(format!("{input}: {text:?} is no repository; write it as `owner/name`"))),
        }
    }

    /// Returns the path of the repository in the REST API.
    pub(crate) fn path(&self) -> String {
        format!("/repos/{}/{}", escape(&self.owner), escape(&self.name))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

/// A commit of a repository, with the branch it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The repository.
    pub repository: Repository,
    /// The branch's name, without `refs/heads/`.
    pub branch: String,
    /// SHA of the commit.
    pub commit: String,
}

/// Escapes one part of a path of an address.
pub(crate) fn escape(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Escapes a path part by part; slashes stay.
pub(crate) fn escape_path(path: &str) -> String {
    path.split('/').map(escape).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::{Repository, escape_path};

    #[test]
    fn names_are_escaped_part_by_part() {
        assert_eq!(escape_path("feature/a b#ü"), "feature/a%20b%23%C3%BC");
    }

    #[test]
    fn a_repository_has_two_parts() {
        assert_eq!(Repository::parse("o/r", "config-repo").expect("good").to_string(), "o/r");
        for text in ["o", "o/", "/r", "a/b/c", ""] {
            assert!(Repository::parse(text, "config-repo").is_err(), "{text}");
        }
    }
}
