//! What a git checkout says of itself: the commit that its HEAD names, and where its `origin` is. Read from its files; git
//! is never run.
#![allow(clippy::disallowed_methods, reason = "edge: reads the files of .git")]

use std::path::{Path, PathBuf};

/// A checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    /// SHA of HEAD; none in a repository without commits.
    pub(crate) commit: Option<String>,
    /// `owner/name` of `origin`, or its address when it has another form, without user and password.
    pub(crate) remote: Option<String>,
}

/// Finds the checkout that holds a path.
pub(crate) fn checkout(path: &Path) -> Option<Checkout> {
    let git = path.ancestors().find_map(|folder| git_folder(&folder.join(".git")))?;
    // A linked work tree keeps HEAD to itself and shares the rest.
    let common = std::fs::read_to_string(git.join("commondir")).ok().map(|text| git.join(text.trim()));
    let common = common.unwrap_or_else(|| git.clone());
    let config = std::fs::read_to_string(common.join("config")).unwrap_or_default();
    Some(Checkout { commit: head(&git, &common), remote: origin(&config).map(|url| short(&url)) })
}

fn git_folder(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_path_buf());
    }
    let text = std::fs::read_to_string(path).ok()?;
    let target = text.trim().strip_prefix("gitdir:")?.trim();
    Some(path.parent()?.join(target))
}

fn head(git: &Path, common: &Path) -> Option<String> {
    let text = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(name) = text.trim().strip_prefix("ref:").map(str::trim) else { return commit(text.trim()) };
    let loose = [git, common].iter().find_map(|folder| std::fs::read_to_string(folder.join(name)).ok());
    loose.and_then(|text| commit(text.trim())).or_else(|| packed(common, name))
}

fn packed(common: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(common.join("packed-refs")).ok()?;
    text.lines().find_map(|line| {
        let (sha, found) = line.split_once(' ')?;
        if found == name { commit(sha) } else { None }
    })
}

fn commit(text: &str) -> Option<String> {
    let is_sha = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha.then(|| text.to_owned())
}

fn origin(config: &str) -> Option<String> {
    let mut inside = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[remote \"origin\"]";
        } else if inside
            && let Some(url) = line.strip_prefix("url").and_then(|rest| rest.trim_start().strip_prefix('='))
        {
            return Some(url.trim().to_owned());
        }
    }
    None
}

/// `owner/name` from the usual forms of an address; other addresses without user and password.
fn short(url: &str) -> String {
    let (rest, after_host) = url.split_once("://").map_or((url, [':', '/']), |(_, rest)| (rest, ['/', '/']));
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    // The colon of `host:8443/o/r` is a port's, that of `git@host:o/r` stands before the path.
    let path = rest.split_once(after_host).map_or(rest, |(_, path)| path);
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    if path.split('/').count() == 2 { path.to_owned() } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{checkout, short};

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn head_is_found_loose_packed_and_detached() {
        for (head, refs, packed) in [
            ("ref: refs/heads/main\n", Some(SHA), ""),
            ("ref: refs/heads/main\n", None, &*format!("# pack-refs\n{SHA} refs/heads/main\n")),
            (&*format!("{SHA}\n"), None, ""),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let git = folder.path().join(".git");
            std::fs::create_dir_all(git.join("refs/heads")).unwrap();
            std::fs::write(git.join("HEAD"), head).unwrap();
            std::fs::write(git.join("packed-refs"), packed).unwrap();
            if let Some(sha) = refs {
                std::fs::write(git.join("refs/heads/main"), sha).unwrap();
            }
            let found = checkout(&folder.path().join("overlays/prod")).unwrap();
            assert_eq!(found.commit.as_deref(), Some(SHA));
        }
    }

    #[test]
    fn remotes_are_shown_without_secrets() {
        for url in [
            "https://x:secret@github.com/o/r.git",
            "git@github.com:o/r.git",
            "ssh://git@github.com/o/r",
            "https://github.com/o/r/",
            "https://git.corp:8443/o/r",
            "ssh://git@git.corp:2222/o/r.git",
        ] {
            assert_eq!(short(url), "o/r", "{url}");
        }
        assert_eq!(short("https://user:secret@git.corp/a/b/c.git"), "git.corp/a/b/c.git");
    }
}
