//! `config-dir`: the same edit in a local folder. Nothing is committed; all files are written, or none.
#![allow(clippy::disallowed_methods, reason = "edge: `config-dir` is edited here, file by file")]

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::{Job, Wanted, effect, report, targets};
use crate::config::FILE_NAMES;
use crate::config::paths::{self, PathLine};
use crate::disk::Disk;
use crate::failure::{Failure, FailureKind, Result};
use crate::github::Mode;
use crate::outcome::{Conclusion, Outcome};

/// Edits the files in `folder`.
///
/// # Errors
/// When a line means no file, an edit is refused, or the disk refuses; then no file was changed.
pub(super) async fn run(job: &Job<'_>, folder: &str) -> Result<Outcome> {
    let root = std::fs::canonicalize(folder)
        .map_err(|error| Failure::input(format!("config-dir: {folder:?} cannot be opened: {error}")))?;
    let mut plan = Plan::default();
    for (folder, file) in find(job, &root)? {
        let bytes = std::fs::read(root.join(&file)).map_err(|error| failed("reading", &file, &error))?;
        plan.add(job, &folder, &file, Mode::File, &bytes)?;
    }
    if plan.files.is_empty() {
        job.console.line(&format!("{folder} already says so: nothing is written"));
        return Ok(report::outcome(job, plan, Conclusion::Unchanged));
    }
    effect::prove_local(job, &Disk, &root, &mut plan).await?;
    if job.commit.dry_run {
        return Ok(report::outcome(job, plan, Conclusion::Planned));
    }
    write(&root, &plan)?;
    let mut outcome = report::outcome(job, plan, Conclusion::Edited);
    outcome.changed = true;
    Ok(outcome)
}

/// Returns the folders and files that the lines mean, relative to the root, links followed.
fn find(job: &Job<'_>, root: &Path) -> Result<Vec<(String, String)>> {
    let lines = targets::read_lines(&job.commit.paths)?;
    let mut folders: Vec<String> = Vec::new();
    match &job.wanted {
        Wanted::Each(requests) => folders.extend(requests.keys().cloned()),
        Wanted::Same(_) => {
            for line in &lines {
                if line.is_pattern() {
                    folders.extend(expand(root, line)?);
                } else {
                    folders.push(targets::folder_of(line));
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for folder in folders {
        let file = file_in(root, &folder)?;
        if seen.insert(file.clone()) {
            found.push((folder, file));
        }
    }
    Ok(found)
}

fn file_in(root: &Path, folder: &str) -> Result<String> {
    let there: Vec<PathBuf> =
        FILE_NAMES.iter().map(|name| root.join(folder).join(name)).filter(|path| path.is_file()).collect();
    let path = match &there[..] {
        [path] => path,
        [] => {
            let message = format!("path: there is no kustomization file in {folder:?} of {}", root.display());
            return Err(Failure::input(message).hinted("check `path`: the folder that holds kustomization.yaml"));
        }
        _ => {
            return Err(Failure::input(format!("path: {folder:?} holds two kustomization files; kustomize takes one")));
        }
    };
    let real = std::fs::canonicalize(path).map_err(|error| failed("reading", folder, &error))?;
    let Some(inside) = real.strip_prefix(root).ok().and_then(Path::to_str) else {
        return Err(Failure::input(format!("path: {} is a link out of {}", path.display(), root.display())));
    };
    let parts: Vec<&str> = inside.split('/').collect();
    paths::check(&parts).map_err(|problem| Failure::input(format!("path: {inside:?} {problem}")))?;
    Ok(inside.to_owned())
}

/// Returns the folders that a line with wildcards means and that hold a kustomization file.
fn expand(root: &Path, line: &PathLine) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<(String, usize)> = vec![(String::new(), 0)];
    while let Some((folder, used)) = open.pop() {
        let here = root.join(&folder);
        let Some(part) = line.parts.get(used) else {
            if FILE_NAMES.iter().any(|name| here.join(name).is_file()) {
                found.insert(folder);
            }
            continue;
        };
        if part == "**" {
            open.push((folder.clone(), used + 1));
        }
        for entry in std::fs::read_dir(&here).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let fits = if part == "**" { !name.starts_with('.') && !is_link } else { targets::matches(part, &name) };
            if fits && entry.path().is_dir() {
                let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                open.push((below, if part == "**" { used } else { used + 1 }));
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::input(format!(
            "path: no folder in {} fits {:?} and holds a kustomization file",
            root.display(),
            line.given
        )));
    }
    Ok(found.into_iter().collect())
}

/// Writes every file beside its place first, and then puts them there.
fn write(root: &Path, plan: &Plan) -> Result<()> {
    let mut ready: Vec<(PathBuf, PathBuf)> = Vec::new();
    let prepared = plan.files.iter().try_for_each(|file| {
        let path = root.join(&file.path);
        let beside = beside(&path);
        ready.push((beside.clone(), path.clone()));
        write_beside(&path, &beside, &file.bytes).map_err(|error| failed("writing", &file.path, &error))
    });
    let moved = prepared.and_then(|()| {
        ready.iter().try_for_each(|(beside, path)| {
            std::fs::rename(beside, path).map_err(|error| failed("writing", &path.to_string_lossy(), &error))
        })
    });
    if moved.is_err() {
        for (beside, _) in &ready {
            // Those that were moved are no longer there.
            let _ = std::fs::remove_file(beside);
        }
    }
    moved
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    path.with_file_name(format!(".{name}.k8s-deploy-{}", std::process::id()))
}

fn write_beside(path: &Path, beside: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = std::fs::metadata(path)?.permissions();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(beside)?;
    file.write_all(bytes)?;
    file.set_permissions(permissions)?;
    file.sync_all()
}

fn failed(what: &str, path: &str, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Other, format!("config-dir: {what} {path}: {error}"))
}
