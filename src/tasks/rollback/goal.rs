//! Which commit a rollback goes back to: the last one with other images, one with a tag, or one that is named.

use super::{History, State};
use crate::failure::{Failure, Result};
use crate::github::{Github, Logged};
use crate::images::ImageValues;
use crate::inputs::Rollback;

/// Where a rollback goes back to.
#[derive(Debug)]
pub(super) struct Goal {
    /// The commit whose images come back.
    pub(super) commit: Logged,
    /// Its images.
    pub(super) state: State,
    image: Option<String>,
    tag: Option<String>,
}

impl Goal {
    /// Tells whether an entry goes back: with `image` only that one, for a tag only those that had it.
    pub(super) fn names(&self, name: &str, values: &ImageValues) -> bool {
        self.image.as_deref().is_none_or(|image| image == name)
            && self.tag.as_deref().is_none_or(|tag| values.new_tag.as_deref() == Some(tag))
    }

    /// Tells whether `image` and the goal leave room for an entry of this name.
    pub(super) fn narrows_to(&self, name: &str) -> bool {
        self.tag.is_none() && self.image.as_deref().is_none_or(|image| image == name)
    }

    /// Returns the goal as people name it.
    pub(super) fn shown(&self) -> String {
        let commit = self.commit.sha.get(..7).unwrap_or(&self.commit.sha);
        match &self.tag {
            Some(tag) => format!("tag {tag} of commit {commit}"),
            None => format!("commit {commit}"),
        }
    }
}

/// Finds the goal.
///
/// # Errors
/// When there is none.
pub(super) async fn find(github: &Github<'_>, history: &History, task: &Rollback) -> Result<Goal> {
    let current = history.current()?;
    check_image(&current, task)?;
    if task.to == "previous" {
        return search(github, history, task, None, |state| !same(state, &current, task.image.as_deref()))
            .await?
            .ok_or_else(|| {
                Failure::input(format!(
                    "rollback-to: none of the last {} commits there has other images",
                    history.log.len()
                ))
                .hinted("name a commit or an image tag")
            });
    }
    // A tag may look like a commit: what images carried comes first.
    let carries = |state: &State| {
        entries(state, task.image.as_deref()).any(|(_, values)| values.new_tag.as_deref() == Some(task.to.as_str()))
    };
    if let Some(goal) = search(github, history, task, Some(&task.to), carries).await? {
        return Ok(goal);
    }
    let looks_like_commit = task.to.len() >= 7 && task.to.bytes().all(|byte| byte.is_ascii_hexdigit());
    if looks_like_commit && github.resolve(&history.head.place.repository, &task.to).await?.is_some() {
        return at_commit(github, history, &task.to, task.image.as_deref()).await;
    }
    Err(Failure::input(format!(
        "rollback-to: {:?} is neither the tag of an image in the last {} commits there nor a commit of {}",
        task.to,
        history.log.len(),
        history.head.place.repository
    )))
}

/// Returns a commit that is named as the goal.
///
/// # Errors
/// When there is no such commit, or the files are not in it.
pub(super) async fn at_commit(github: &Github<'_>, history: &History, name: &str, image: Option<&str>) -> Result<Goal> {
    let repository = &history.head.place.repository;
    let commit = github.resolve(repository, name).await?;
    let commit = commit.ok_or_else(|| Failure::input(format!("rollback-to: {repository} has no commit {name}")))?;
    let tree = history.tree_at(github, &commit.sha).await?;
    let state = history.state(&tree)?;
    if state.is_empty() {
        return Err(Failure::input(format!("rollback-to: commit {} has no kustomization file at `path`", commit.sha)));
    }
    Ok(Goal { commit, state, image: image.map(str::to_owned), tag: None })
}

fn check_image(current: &State, task: &Rollback) -> Result<()> {
    let Some(image) = &task.image else { return Ok(()) };
    if entries(current, Some(image)).next().is_some() {
        return Ok(());
    }
    let known: Vec<&str> = entries(current, None).map(|(name, _)| name.as_str()).collect();
    Err(Failure::input(format!("image: no entry {image:?} is there; there are: {}", known.join(", "))))
}

fn entries<'state>(
    state: &'state State,
    image: Option<&'state str>,
) -> impl Iterator<Item = &'state (String, ImageValues)> {
    state.values().flatten().filter(move |(name, _)| image.is_none_or(|image| image == name))
}

/// Tells whether two states agree in every entry that both have; an entry that is in one only is no image to go back to.
fn same(state: &State, current: &State, image: Option<&str>) -> bool {
    current.iter().all(|(path, entries)| {
        let Some(earlier) = state.get(path) else { return true };
        entries.iter().filter(|(name, _)| image.is_none_or(|image| image == name)).all(|(name, values)| {
            earlier.iter().find(|(other, _)| other == name).is_none_or(|(_, other)| other == values)
        })
    })
}

/// Walks back through the history to the first state that fits.
async fn search(
    github: &Github<'_>,
    history: &History,
    task: &Rollback,
    tag: Option<&str>,
    fits: impl Fn(&State) -> bool,
) -> Result<Option<Goal>> {
    for commit in &history.log {
        let tree = history.tree_at(github, &commit.sha).await?;
        // An older version of the file that nobody can read is no place to go back to.
        let Ok(state) = history.state(&tree) else { continue };
        if fits(&state) {
            let goal = Goal { commit: commit.clone(), state, image: task.image.clone(), tag: tag.map(str::to_owned) };
            return Ok(Some(goal));
        }
    }
    Ok(None)
}
