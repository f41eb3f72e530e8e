//! The proof of effect: the kustomization is built before and after, and some workload must differ.
//! What cannot be built here is unproven, which is a warning; what the edit itself breaks is refused.

mod files;
mod workloads;

use std::path::{Path, PathBuf};

use super::Job;
use super::plan::Plan;
use crate::failure::{Failure, Result};
use crate::fetch::{Fetcher, WithFetched};
use crate::github::{Github, Tree};
use crate::images::Entry;
use crate::kustomize::file_system::FileSystem;
use crate::kustomize::{self, Built, Options};
use crate::outcome::Notice;
use files::{Edited, InTree};
use workloads::Workloads;

/// Rounds of reading what a build asks for; a layer of bases needs one.
const MOST_ROUNDS: usize = 40;

/// Proves that each changed file changes a workload, from the files of the commit.
///
/// # Errors
/// When a file changes none, or no longer builds.
pub(super) async fn prove(job: &Job<'_>, github: &Github<'_>, tree: &mut Tree, plan: &mut Plan) -> Result<()> {
    let folders: Vec<String> = plan.files.iter().map(|file| folder_of(&file.path).to_owned()).collect();
    files::read_ahead(github, tree, &folders).await?;
    for folder in folders {
        let mut rounds = 0;
        let comparison = loop {
            let source = InTree::new(tree);
            let comparison = compare(job, &source, Path::new("/"), &folder, plan).await;
            let lacking = source.lacking();
            rounds += 1;
            if lacking.is_empty() || rounds > MOST_ROUNDS {
                break comparison;
            }
            github.read(tree, &lacking).await?;
        };
        judge(job, plan, &folder, comparison)?;
    }
    Ok(())
}

/// Proves the same from the files of a local folder.
///
/// # Errors
/// As [`prove`].
pub(super) async fn prove_local(job: &Job<'_>, disk: &dyn FileSystem, root: &Path, plan: &mut Plan) -> Result<()> {
    let folders: Vec<String> = plan.files.iter().map(|file| folder_of(&file.path).to_owned()).collect();
    for folder in folders {
        let comparison = compare(job, disk, root, &folder, plan).await;
        judge(job, plan, &folder, comparison)?;
    }
    Ok(())
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What two builds show.
enum Comparison {
    /// Both were built.
    Built { before: Workloads, after: Workloads },
    /// The one before could not be built; with the reason.
    Unproven(String),
    /// The one before could be built, the one after could not.
    Broken(Failure),
}

async fn compare(job: &Job<'_>, source: &dyn FileSystem, root: &Path, folder: &str, plan: &Plan) -> Comparison {
    let edits: Vec<(PathBuf, Vec<u8>)> =
        plan.files.iter().map(|file| (root.join(&file.path), file.bytes.clone())).collect();
    let folder = root.join(folder);
    let mut before = WithFetched::new(source);
    let built = match build(job, &mut before, &folder).await {
        Ok(built) => built,
        Err(reason) => return Comparison::Unproven(reason.to_string()),
    };
    let after = Edited::new(&before, edits);
    match kustomize::build(&after, &folder, &options(job)) {
        Err(failure) => Comparison::Broken(failure),
        Ok(after) if !after.lacking.is_empty() => Comparison::Unproven("it refers to something remote".into()),
        Ok(after) => Comparison::Built { before: Workloads::of(&built), after: Workloads::of(&after) },
    }
}

fn options(job: &Job<'_>) -> Options {
    let mut options = Options::default();
    let server = job.context.server_url.split("://").nth(1).unwrap_or_default().to_owned();
    if !server.is_empty() && !options.github_hosts.contains(&server) {
        options.github_hosts.push(server);
    }
    options
}

/// Builds, and fetches what is remote as far as that is possible.
async fn build(job: &Job<'_>, files: &mut WithFetched<'_>, folder: &Path) -> Result<Built> {
    let options = options(job);
    let mut fetcher = None;
    for _ in 0..MOST_ROUNDS {
        let built = kustomize::build(files, folder, &options)?;
        if built.lacking.is_empty() {
            return Ok(built);
        }
        if fetcher.is_none() {
            fetcher = Some(Fetcher::new(job.context, job.commit.forge.token.as_ref(), &job.commit.allow_hosts));
        }
        for remote in built.lacking {
            if let Some(fetcher) = &fetcher {
                let (fetched, _) = fetcher.fetch(&remote).await?;
                files.add(remote, fetched);
            }
        }
    }
    Err(Failure::input("it refers to ever more remote resources"))
}

/// Takes what the builds show into the plan, or refuses.
fn judge(job: &Job<'_>, plan: &mut Plan, folder: &str, comparison: Comparison) -> Result<()> {
    let shown = if folder.is_empty() { "." } else { folder };
    let (before, after) = match comparison {
        Comparison::Built { before, after } => (before, after),
        Comparison::Unproven(reason) => {
            let message = format!("{shown}: whether a workload changes is unproven, it cannot be built here: {reason}");
            plan.notices.push(Notice::new(message));
            return Ok(());
        }
        Comparison::Broken(failure) => {
            return Err(failure.during(format!("{shown} would no longer build with this change; nothing is written")));
        }
    };
    let changes = before.changes_to(&after);
    let names: Vec<(String, Option<String>)> = plan
        .changes
        .iter()
        .filter(|(path, _)| folder_of(path) == folder)
        .map(|(_, change)| match &change.entry {
            Entry::Image { after, .. } => (change.name.clone(), Some(after.reference(&change.name))),
            Entry::Replicas { .. } => (change.name.clone(), None),
        })
        .collect();
    for change in &changes {
        let by_name = names.iter().find(|(_, reference)| reference.as_deref() == Some(change.new.as_str()));
        let only = if names.len() == 1 { names.first() } else { None };
        if let Some((name, _)) = by_name.or(only) {
            plan.workloads.entry(name.clone()).or_default().push(change.shown.clone());
        }
    }
    if changes.is_empty() {
        let listed: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("{shown}: setting {} changes no workload's image or replicas", listed.join(", "));
        if !job.allow_no_effect {
            return Err(Failure::input(format!("{message}; nothing is written"))
                .hinted(after.hint())
                .hinted("`allow-no-effect` permits it; `create-missing: false` refuses a name that is not there yet"));
        }
        plan.notices.push(Notice::new(message));
    }
    let unseen = names.iter().filter_map(|(name, reference)| Some((name, reference.as_ref()?)));
    for (name, reference) in unseen.filter(|(_, reference)| !changes.is_empty() && !after.runs(reference)) {
        plan.notices.push(Notice::new(format!("{shown}: no container runs {reference}, which the entry {name} sets")));
    }
    Ok(())
}
