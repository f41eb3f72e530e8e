//! Which kustomization files the `path` lines mean: wildcards, links inside the repository, and one file a folder.
//! Looks at a commit's tree; what a file says is none of its business.

use std::collections::BTreeSet;

use super::Wanted;
use crate::config::FILE_NAMES;
use crate::config::paths::{self, PathLine};
use crate::failure::{Failure, Result};
use crate::github::{Github, Mode, Tree};

/// Links in a row that are followed before they count as a circle, as in Linux.
const MOST_LINKS: usize = 40;

/// The files to edit.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// Each file once, in the order of the lines.
    pub(crate) files: Vec<Target>,
}

/// A kustomization file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The folder as the user knows it.
    pub(crate) folder: String,
    /// The file's own path, links followed.
    pub(crate) path: String,
}

/// Reads the `path` lines.
pub(crate) fn read_lines(lines: &[String]) -> Result<Vec<PathLine>> {
    let mut read = Vec::new();
    let mut errors = Vec::new();
    for line in lines {
        match PathLine::read(line) {
            Ok(line) => read.push(line),
            Err(problem) => errors.push(problem),
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Failure::input(errors.join("\n"))) }
}

/// Returns the paths at which the files most likely stand, to be read along with the first look.
pub(crate) fn guesses(lines: &[PathLine], wanted: &Wanted) -> Vec<String> {
    let folders: Vec<String> = match wanted {
        Wanted::Same(_) => lines.iter().filter(|line| !line.is_pattern()).map(folder_of).collect(),
        Wanted::Each(requests) => requests.keys().cloned().collect(),
    };
    folders.iter().flat_map(|folder| candidates(folder)).collect()
}

/// A line may name the file itself.
pub(crate) fn folder_of(line: &PathLine) -> String {
    match line.parts.split_last() {
        Some((last, folder)) if FILE_NAMES.contains(&last.as_str()) => folder.join("/"),
        _ => line.joined(),
    }
}

fn candidates(folder: &str) -> [String; 3] {
    FILE_NAMES.map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
}

/// Finds the files.
///
/// # Errors
/// When a line means none, or one that must not be written to.
pub(crate) async fn find(github: &Github<'_>, tree: &mut Tree, lines: &[PathLine], wanted: &Wanted) -> Result<Targets> {
    let mut folders: Vec<(String, Option<&PathLine>)> = Vec::new();
    match wanted {
        Wanted::Each(requests) => folders.extend(requests.keys().map(|folder| (folder.clone(), None))),
        Wanted::Same(_) => {
            for line in lines {
                if line.is_pattern() {
                    folders.extend(expand(github, tree, line).await?.into_iter().map(|folder| (folder, None)));
                } else {
                    folders.push((folder_of(line), Some(line)));
                }
            }
        }
    }
    let all: Vec<String> = folders.iter().flat_map(|(folder, _)| candidates(folder)).collect();
    github.read(tree, &all).await?;
    let mut targets = Targets::default();
    let mut seen = BTreeSet::new();
    for (folder, line) in folders {
        let path = file_in(github, tree, &folder, line).await?;
        if seen.insert(path.clone()) {
            targets.files.push(Target { folder, path });
        }
    }
    Ok(targets)
}

/// Finds the one kustomization file of a folder.
async fn file_in(github: &Github<'_>, tree: &mut Tree, folder: &str, line: Option<&PathLine>) -> Result<String> {
    if let Some(path) = one_of(tree, folder)? {
        return follow(github, tree, &path).await;
    }
    // Git does not look through links: perhaps one stands on the way.
    let real = follow(github, tree, folder).await?;
    if real != folder {
        github.read(tree, &candidates(&real)).await?;
        if let Some(path) = one_of(tree, &real)? {
            return follow(github, tree, &path).await;
        }
    }
    let given = line.map_or(folder, |line| line.given.as_str());
    let place = &tree.place;
    let message =
        format!("path: there is no kustomization file in {given:?} of {} at branch {}", place.repository, place.branch);
    Err(Failure::input(message)
        .hinted("check `path`: the folder that holds kustomization.yaml, relative to the repository's root"))
}

/// Returns the path of the kustomization file in a folder, when there is one.
fn one_of(tree: &Tree, folder: &str) -> Result<Option<String>> {
    let found: Vec<String> = candidates(folder)
        .into_iter()
        .filter(|path| tree.entry(path).is_some_and(|entry| !matches!(entry.mode, Mode::Folder | Mode::Submodule)))
        .collect();
    match &found[..] {
        [] => Ok(None),
        [path] => Ok(Some(path.clone())),
        [first, second, ..] => {
            Err(Failure::input(format!("path: {first} and {second} stand side by side; kustomize takes one")))
        }
    }
}

/// Follows the links on the way to a path and at its end; the result is a path without links.
///
/// # Errors
/// When one leads out of the repository, in a circle, into a submodule or to where nothing is written.
async fn follow(github: &Github<'_>, tree: &mut Tree, path: &str) -> Result<String> {
    let mut done: Vec<String> = Vec::new();
    let mut ahead: Vec<String> = path.split('/').filter(|part| !part.is_empty()).rev().map(str::to_owned).collect();
    let mut links = 0;
    let prefixes = prefixes(path);
    if tree.entry(path).is_none_or(|entry| entry.mode == Mode::Link) {
        github.read(tree, &prefixes).await?;
    }
    while let Some(part) = ahead.pop() {
        done.push(part);
        let here = done.join("/");
        if tree.known(&here).is_none() && tree.entry(path).is_none() {
            github.read(tree, std::slice::from_ref(&here)).await?;
        }
        let mode = tree.entry(&here).map(|entry| entry.mode);
        if mode == Some(Mode::Submodule) {
            return Err(Failure::input(format!("path: {here} is a submodule; its files are another repository's")));
        }
        if mode != Some(Mode::Link) {
            continue;
        }
        links += 1;
        let target = String::from_utf8_lossy(tree.bytes(&here).unwrap_or_default()).trim().to_owned();
        done.pop();
        let resolved =
            if target.starts_with('/') || links > MOST_LINKS { None } else { paths::resolve(&done, &target) };
        let Some(resolved) = resolved else {
            return Err(Failure::input(format!(
                "path: {here} is a link to {target:?}, which is not inside the repository"
            )));
        };
        done.clear();
        ahead.extend(resolved.into_iter().rev());
        let next: Vec<String> = ahead.iter().rev().cloned().collect();
        github.read(tree, &self::prefixes(&next.join("/"))).await?;
    }
    paths::check(&done).map_err(|problem| Failure::input(format!("path: {path:?} {problem}")))?;
    Ok(done.join("/"))
}

/// Returns a path and the folders above it, from the top.
fn prefixes(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    (1..=parts.len()).map(|length| parts[..length].join("/")).collect()
}

/// Returns the folders that a line with wildcards means and that hold a kustomization file.
async fn expand(github: &Github<'_>, tree: &mut Tree, line: &PathLine) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    // Where a walk stands, and how many of the line's parts it has used.
    let mut open: Vec<(String, usize)> = vec![(String::new(), 0)];
    while let Some((folder, used)) = open.pop() {
        let real = real(github, tree, &folder).await?;
        let Some(names) = github.children(tree, &real).await? else { continue };
        let Some(part) = line.parts.get(used) else {
            if FILE_NAMES.iter().any(|name| names.contains_key(*name)) {
                found.insert(folder);
            }
            continue;
        };
        if part == "**" {
            open.push((folder.clone(), used + 1));
        }
        for (name, mode) in &names {
            let fits = if part == "**" { !name.starts_with('.') && *mode == Mode::Folder } else { matches(part, name) };
            if fits && matches!(mode, Mode::Folder | Mode::Link) {
                let below = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                open.push((below, if part == "**" { used } else { used + 1 }));
            }
        }
    }
    if found.is_empty() {
        let place = &tree.place;
        return Err(Failure::input(format!(
            "path: no folder of {} at branch {} fits {:?} and holds a kustomization file",
            place.repository, place.branch, line.given
        )));
    }
    Ok(found.into_iter().filter(|folder| paths::check(&folder.split('/').collect::<Vec<_>>()).is_ok()).collect())
}

pub(super) fn matches(part: &str, name: &str) -> bool {
    if paths::is_pattern(part) { paths::fits(part, name) } else { part == name }
}

/// Follows a link at the end of a folder's path.
async fn real(github: &Github<'_>, tree: &mut Tree, folder: &str) -> Result<String> {
    if tree.entry(folder).is_some_and(|entry| entry.mode == Mode::Link) {
        follow(github, tree, folder).await
    } else {
        Ok(folder.to_owned())
    }
}
