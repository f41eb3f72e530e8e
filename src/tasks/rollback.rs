//! `rollback`: finds earlier images in the config repo's history and commits them again, forward. Images only: what else
//! changed since is listed as not undone.

mod cluster;
mod goal;
mod undone;

use std::collections::BTreeMap;

use super::landing::targets::{self, Targets};
use super::landing::{self, Job, Wanted};
use crate::config::trailers::{Source, Trailers};
use crate::failure::{Failure, FailureKind, Result};
use crate::github::{Github, Logged, Place, Repository, Tree};
use crate::images::{Field, ImageEdit, ImageValues, Request};
use crate::inputs::{Context, Rollback};
use crate::outcome::{Conclusion, Notice, Outcome};
use crate::runner::Console;
use crate::runner::stop::Stop;
use goal::Goal;

/// How many commits back the history is searched.
const DEPTH: usize = 300;

/// Runs the mode: the commit, and with cluster access the deploy of that very commit.
///
/// # Errors
/// Whatever ended the run before anything was written; nothing is half-written.
pub(super) async fn run(task: &Rollback, context: &Context, console: &Console) -> Result<Outcome> {
    if task.commit.config_dir.is_some() {
        return local(task, context, console).await;
    }
    let mut outcome = match remote(task, context, console).await {
        Err(failure) if failure.kind == FailureKind::Cancelled => return Ok(landing::cancelled(failure)),
        outcome => outcome?,
    };
    match outcome.conclusion {
        Conclusion::Committed | Conclusion::Unchanged if task.access.is_given() => {
            return cluster::deploy(task, context, console, outcome).await;
        }
        Conclusion::Committed | Conclusion::PullRequest => {}
        _ => return Ok(outcome),
    }
    outcome.notices.push(Notice::new(
        "nothing was deployed: the images went back in the config repo only; `deploy` (or your GitOps tool) brings them \
         to the cluster",
    ));
    Ok(outcome)
}

async fn remote(task: &Rollback, context: &Context, console: &Console) -> Result<Outcome> {
    let commit = &task.commit;
    let repository = Repository::parse(commit.config_repo.as_deref().unwrap_or_default(), "config-repo")?;
    let github = Github::connect(context, &commit.forge, commit.timeout, console)?.stopping(Stop::listen());
    let lines = targets::read_lines(&commit.paths)?;
    let everywhere = Wanted::Same(Request::default());
    let guesses = targets::guesses(&lines, &everywhere);
    let mut opened = github.open(&repository, commit.branch.as_deref(), &guesses, &[]).await?;
    let targets = targets::find(&github, &mut opened.tree, &lines, &everywhere).await?;
    let history = History::read(&github, opened.tree, targets).await?;
    let goal = if task.to == "last-successful" {
        let good = cluster::last_good(task, context, console).await?;
        goal::at_commit(&github, &history, &good, task.image.as_deref()).await?
    } else {
        goal::find(&github, &history, task).await?
    };
    console.line(&format!("going back to {} ({})", goal.shown(), first_line(&goal.commit.message)));
    let since = undone::since(&github, &history, &goal).await?;
    for line in since.undone.iter().chain(&since.kept) {
        console.line(line);
    }
    let job = Job {
        commit,
        context,
        console,
        verb: "Roll back",
        wanted: Wanted::Each(requests(&history, &goal)),
        create_missing: true,
        allow_no_effect: true,
        // Going back is what is asked for.
        allow_older: true,
        source: source(&history, &goal, context),
        remarks: since.undone.iter().chain(&since.kept).cloned().collect(),
    };
    let mut outcome = landing::run(&job).await?;
    outcome.notices.extend(since.kept.into_iter().map(Notice::new));
    Ok(outcome)
}

/// The past of the files, as far as it was read.
struct History {
    /// The head of the branch.
    head: Tree,
    targets: Targets,
    /// Commits that changed something where the files are, newest first.
    log: Vec<Logged>,
}

/// The images of each file, by its path.
type State = BTreeMap<String, Vec<(String, ImageValues)>>;

impl History {
    async fn read(github: &Github<'_>, head: Tree, targets: Targets) -> Result<Self> {
        let folder = match &targets.files[..] {
            [one] => one.path.clone(),
            several => crate::config::paths::common(several.iter().map(|file| file.path.as_str())),
        };
        let log = github.log(&head.place, Some(&folder), DEPTH).await?;
        Ok(Self { head, targets, log })
    }

    fn paths(&self) -> Vec<String> {
        self.targets.files.iter().map(|file| file.path.clone()).collect()
    }

    /// Returns the images that the files say at the head.
    fn current(&self) -> Result<State> {
        self.state(&self.head)
    }

    /// Reads the files at another commit.
    async fn tree_at(&self, github: &Github<'_>, commit: &str) -> Result<Tree> {
        let mut tree = Tree::new(Place { commit: commit.to_owned(), ..self.head.place.clone() });
        github.read(&mut tree, &self.paths()).await?;
        Ok(tree)
    }

    fn state(&self, tree: &Tree) -> Result<State> {
        let mut state = State::new();
        for path in self.paths() {
            let Some(text) = text_at(tree, &path) else { continue };
            let entries = crate::images::entries(&text).map_err(|error| {
                Failure::input(format!("{path} at {}: {error}", tree.place.commit.get(..7).unwrap_or_default()))
            })?;
            state.insert(path, entries);
        }
        Ok(state)
    }
}

fn text_at(tree: &Tree, path: &str) -> Option<String> {
    tree.bytes(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Returns what each folder's file shall say: the entries that the goal names, with every value they had.
fn requests(history: &History, goal: &Goal) -> BTreeMap<String, Request> {
    let mut requests = BTreeMap::new();
    for target in &history.targets.files {
        let entries = goal.state.get(&target.path).map_or(&[][..], Vec::as_slice);
        let images = entries
            .iter()
            .filter(|(name, values)| goal.names(name, values))
            .map(|(name, values)| image_edit(name, values));
        requests.insert(target.folder.clone(), Request { images: images.collect(), ..Request::default() });
    }
    requests
}

fn image_edit(name: &str, values: &ImageValues) -> ImageEdit {
    let field = |value: &Option<String>| value.clone().map_or(Field::Remove, Field::Set);
    ImageEdit {
        name: name.to_owned(),
        new_name: field(&values.new_name),
        tag: field(&values.new_tag),
        digest: field(&values.digest),
    }
}

/// Returns where the images come from: the source commit of the bump that first brought them, and this run.
fn source(history: &History, goal: &Goal, context: &Context) -> Source {
    let from = history.log.iter().position(|commit| commit.sha == goal.commit.sha).unwrap_or(0);
    let images: Vec<String> = goal
        .state
        .values()
        .flatten()
        .filter(|(name, values)| goal.names(name, values))
        .map(|(name, values)| format!("{name}={}", values.reference(name)))
        .collect();
    let first = history.log[from.min(history.log.len())..]
        .iter()
        .map(|commit| Trailers::read(&commit.message))
        .find(|trailers| trailers.images.iter().any(|image| images.contains(image)));
    let source = first.map(|trailers| trailers.source).unwrap_or_default();
    Source { repository: source.repository, commit: source.commit, run: context.run_url() }
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// Sets a tag in a local folder, which has no history.
async fn local(task: &Rollback, context: &Context, console: &Console) -> Result<Outcome> {
    let image = task.image.clone().ok_or_else(|| {
        Failure::input(
            "image: it is missing: a folder has no history, so with `config-dir` name the image to take back",
        )
    })?;
    let images = [];
    let inputs = crate::images::RequestInputs { images: &images, image: &image, tag: &task.to, ..Default::default() };
    let request =
        Request::read(&inputs).map_err(|errors| Failure::input(errors.join("\n").replace("tag: ", "rollback-to: ")))?;
    let job = Job {
        commit: &task.commit,
        context,
        console,
        verb: "Roll back",
        wanted: Wanted::Same(request),
        create_missing: false,
        allow_no_effect: true,
        allow_older: true,
        source: Source::default(),
        remarks: Vec::new(),
    };
    landing::run(&job).await
}
