//! References to what is not on disk: a YAML file by https, or a folder of a GitHub repository. Parses them in the forms
//! that kustomize accepts (`api/internal/git/repospec.go`) and refuses the others; fetching is the edge's work.

use std::time::Duration;

use crate::failure::{Failure, Result};

/// kustomize's own patience.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(27);

/// What the engine lacks until the edge has fetched it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Remote {
    /// A file of manifests.
    File {
        /// The https address.
        url: String,
    },
    /// A folder in a repository on GitHub or a GitHub Enterprise server; the whole repository at `reference` is needed.
    Repository {
        /// `github.com`, or the server's host.
        host: String,
        /// `org`
        owner: String,
        /// `repo`, without `.git`.
        name: String,
        /// Branch, tag or commit; the default branch when absent.
        reference: Option<String>,
        /// Folder inside; empty for the root.
        path: String,
        /// How long fetching may take.
        timeout: Duration,
        /// What `git clone` would be given.
        clone_url: String,
    },
}

impl Remote {
    /// Returns the folder inside of the repository.
    pub(crate) fn path(&self) -> &str {
        if let Self::Repository { path, .. } = self { path } else { "" }
    }

    /// Returns branch, tag or commit.
    pub(crate) fn reference(&self) -> Option<&str> {
        if let Self::Repository { reference, .. } = self { reference.as_deref() } else { None }
    }

    /// Returns what git would clone.
    pub(crate) fn clone_url(&self) -> String {
        match self {
            Self::File { url } => url.clone(),
            Self::Repository { clone_url, .. } => clone_url.clone(),
        }
    }
}

/// Reads a text that names no local file; none when it can only be a local folder.
pub(crate) fn parse(text: &str, github_hosts: &[String]) -> Result<Option<Remote>> {
    let lower = text.to_ascii_lowercase();
    let repository = Address::parse(text);
    let is_http = lower.starts_with("http://") || lower.starts_with("https://");
    if is_http && (repository.is_none() || names_a_file(text)) {
        if lower.starts_with("http://") {
            return Err(Failure::input(format_args!("`{text}` is not https")).hinted("Use https."));
        }
        return Ok(Some(Remote::File { url: text.into() }));
    }
    match repository {
        None => Ok(None),
        Some(address) if is_http && !github_hosts.iter().any(|host| *host == address.host) => {
            if has_git_marker(text) {
                Err(address.refused(text))
            } else {
                Ok(Some(Remote::File { url: text.into() }))
            }
        }
        Some(address) => address.into_remote(text, github_hosts).map(Some),
    }
}

/// A path that ends in a manifest's extension is a file, unless a mark says where a repository ends.
fn names_a_file(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    [".yaml", ".yml", ".json"].iter().any(|extension| path.ends_with(extension)) && !has_git_marker(url)
}

fn has_git_marker(url: &str) -> bool {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest).split('?').next().unwrap_or_default();
    let path = address.split_once('/').map_or("", |(_, path)| path);
    path.contains("//") || path.contains("_git/") || path.contains(".git")
}

/// A git address in its parts.
struct Address {
    scheme: &'static str,
    host: String,
    repository: String,
    path: String,
    query: String,
    clone_url: String,
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let address = strip_ignoring_case(address, "git::").unwrap_or(address);
        let schemes = ["ssh://", "https://", "http://", "file://"];
        let found = schemes.into_iter().find_map(|scheme| Some((scheme, strip_ignoring_case(address, scheme)?)));
        let (scheme, rest) = found.unwrap_or(("", address));
        let (user, rest) = user(rest);
        let is_github = ["github.com/", "github.com:"].iter().any(|host| strip_ignoring_case(rest, host).is_some());
        let is_scp = scheme.is_empty() && (!user.is_empty() || is_github);
        if scheme.is_empty() && !is_scp {
            return None;
        }
        if scheme == "file://" {
            let (repository, path) = (rest.to_owned(), String::new());
            let (host, query, clone_url) = (String::new(), query.into(), address.into());
            return Some(Self { scheme, host, repository, path, query, clone_url });
        }
        let end = separator(rest, is_scp)?;
        let (host, way) = (rest[..end].to_ascii_lowercase(), &rest[end + 1..]);
        let (repository, path) = split_way(way)?;
        let prefix = match (is_github, scheme == "ssh://" || !user.is_empty()) {
            (true, true) => format!("{user}github.com:"),
            (true, false) => "https://github.com/".into(),
            (false, _) => format!("{scheme}{user}{}", &rest[..=end]),
        };
        let clone_url = format!("{prefix}{repository}");
        let host = host.split(':').next().unwrap_or_default().to_owned();
        Some(Self { scheme, host, repository, path, query: query.into(), clone_url })
    }

    fn into_remote(self, text: &str, github_hosts: &[String]) -> Result<Remote> {
        if self.scheme == "file://" || !github_hosts.contains(&self.host) {
            return Err(self.refused(text));
        }
        if self.path.split('/').next() == Some("..") {
            return Err(Failure::input(format_args!("`{text}` leads out of the repository")));
        }
        let parts: Vec<&str> = self.repository.trim_end_matches(".git").split('/').collect();
        let [owner, name] = parts[..] else { return Err(self.refused(text)) };
        let (reference, timeout) = read_query(&self.query);
        Ok(Remote::Repository {
            host: self.host.clone(),
            owner: owner.into(),
            name: name.into(),
            reference,
            path: self.path.clone(),
            timeout,
            clone_url: self.clone_url,
        })
    }

    fn refused(&self, text: &str) -> Failure {
        Failure::input(format_args!("`{text}` is in a git repository that is not on GitHub; git is never run here"))
            .hinted("Vendor the folder into this repository, or name a single file by its https address.")
    }
}

/// The user before the host, with its `@`.
fn user(rest: &str) -> (&str, &str) {
    let Some((user, _)) = rest.split_once('@') else { return ("", rest) };
    let is_user = user.starts_with(|first: char| first.is_ascii_alphabetic())
        && user.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if is_user { rest.split_at(user.len() + 1) } else { ("", rest) }
}

/// Where the host ends: at the first slash, or at a colon before it in the short ssh form.
fn separator(rest: &str, is_scp: bool) -> Option<usize> {
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|_| is_scp);
    match (slash, colon) {
        (None, colon) => colon,
        (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
        (slash, _) => slash,
    }
}

/// Splits into the repository and the folder inside: at a mark, else behind two segments.
fn split_way(way: &str) -> Option<(String, String)> {
    let (repository, path) = if let Some(index) = way.find("_git/") {
        let end = way[index + 5..].find('/').map_or(way.len(), |length| index + 5 + length);
        (&way[..end], way[end..].trim_start_matches('/'))
    } else if let Some(index) = way.find("//") {
        (&way[..index], &way[index + 2..])
    } else if let Some(index) = way.find(".git") {
        way.split_at(index + 4)
    } else {
        let first = way.find('/')?;
        let end = way[first + 1..].find('/').map_or(way.len(), |length| first + 1 + length);
        (&way[..end], way[end..].trim_start_matches('/'))
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    (!repository.is_empty()).then(|| (repository.to_owned(), path.to_owned()))
}

/// Reads `ref` (or `version`) and `timeout` (seconds, or a duration such as `1m30s`).
fn read_query(query: &str) -> (Option<String>, Duration) {
    let value = |name: &str| {
        let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
        Some(percent_decoded(pair.1)).filter(|value| !value.is_empty())
    };
    let timeout = value("timeout").and_then(|text| duration(&text)).unwrap_or(DEFAULT_TIMEOUT);
    (value("ref").or_else(|| value("version")), timeout)
}

fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return (seconds > 0).then(|| Duration::from_secs(seconds));
    }
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, behind) = rest.split_at(digits);
        let units = [("ms", 0.001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, seconds) = units.into_iter().find(|(unit, _)| behind.starts_with(unit))?;
        total += number.parse::<f64>().ok()? * seconds;
        rest = &behind[unit.len()..];
    }
    (total > 0.0 && total < 86_400.0).then(|| Duration::from_secs_f64(total))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn strip_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::{Remote, parse};

    fn parsed(text: &str) -> Option<(String, String, String)> {
        match parse(text, &["github.com".into(), "ghe.example.com".into()]).expect("it is not refused")? {
            Remote::File { url } => Some((url, String::new(), String::new())),
            Remote::Repository { host, owner, name, reference, path, .. } => {
                Some((format!("{host}/{owner}/{name}"), path, reference.unwrap_or_default()))
            }
        }
    }

    #[test]
    fn the_forms_that_kustomize_accepts_name_one_repository() {
        for text in [
            "https://github.com/org/repo//some/path?ref=v1",
            "https://github.com/org/repo/some/path?version=v1",
            "github.com/org/repo/some/path?ref=v1",
            "github.com:org/repo.git/some/path?ref=v1",
            "git@github.com:org/repo.git//some/path?ref=v1",
            "ssh://git@github.com/org/repo//some/path?ref=v1",
            "git::https://github.com/org/repo.git//some/path?timeout=1m&ref=v1",
        ] {
            let found = parsed(text).expect(text);
            assert_eq!(found, ("github.com/org/repo".into(), "some/path".into(), "v1".into()), "{text}");
        }
        let enterprise = parsed("https://ghe.example.com/org/repo//p").expect("a known host");
        assert_eq!(enterprise.0, "ghe.example.com/org/repo");
    }

    #[test]
    fn a_manifest_by_https_is_a_file() {
        let url = "https://raw.githubusercontent.com/org/repo/main/a.yaml";
        assert_eq!(parsed(url).map(|found| found.0).as_deref(), Some(url));
    }

    #[test]
    fn local_paths_are_not_remote() {
        for text in ["../base", "base", "./x.yaml", "/abs", "a.b/c"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn other_hosts_and_http_are_refused() {
        for text in ["git@gitlab.com:org/repo.git", "https://gitlab.com/org/repo.git//p", "http://x.org/a.yaml"] {
            assert!(parse(text, &["github.com".into()]).is_err(), "{text}");
        }
    }
}
