//! What a rollback undoes, and what else changed since that it leaves alone.

use super::{Goal, History, first_line, text_at};
use crate::config::trailers::Trailers;
use crate::failure::Result;
use crate::github::Github;

/// What lies between the goal and the head.
pub(super) struct Since {
    /// Commits whose images are undone, a line each.
    pub(super) undone: Vec<String>,
    /// What stays, a line each.
    pub(super) kept: Vec<String>,
}

/// Looks at what lies between.
pub(super) async fn since(github: &Github<'_>, history: &History, goal: &Goal) -> Result<Since> {
    let newer = history.log.iter().take_while(|commit| commit.sha != goal.commit.sha);
    let mut undone = Vec::new();
    for commit in newer {
        let trailers = Trailers::read(&commit.message);
        let ours = trailers.images.iter().filter_map(|image| image.split_once('=')).any(|(name, _)| goal.touches(name));
        if ours {
            let source = match (&trailers.source.repository, &trailers.source.commit) {
                (Some(repository), Some(commit)) => format!(", built from {repository}@{}", short(commit)),
                _ => String::new(),
            };
            undone.push(format!("undoes {} {}{source}", short(&commit.sha), first_line(&commit.message)));
        }
    }
    Ok(Since { undone, kept: kept(github, history, goal).await? })
}

async fn kept(github: &Github<'_>, history: &History, goal: &Goal) -> Result<Vec<String>> {
    let place = &history.head.place;
    let folders: Vec<&str> =
        history.targets.files.iter().map(|file| file.path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    let paths = history.paths();
    let changed = github.changed_files(&place.repository, &goal.commit.sha, &place.commit).await?;
    let inside =
        |file: &String| folders.iter().any(|folder| folder.is_empty() || file.starts_with(&format!("{folder}/")));
    let mut kept: Vec<String> = changed
        .iter()
        .filter(|file| inside(file) && !paths.contains(file))
        .map(|file| format!("not undone: {file} changed since"))
        .collect();
    let earlier = history.tree_at(github, &goal.commit.sha).await?;
    for path in &paths {
        let (Some(before), Some(now)) = (text_at(&earlier, path), text_at(&history.head, path)) else { continue };
        if crate::images::differ_beside_images(&before, &now).unwrap_or(true) {
            kept.push(format!("not undone: {path} changed in more than its images since"));
        }
        let old = goal.state.get(path).map_or(&[][..], Vec::as_slice);
        let entries = crate::images::entries(&now).unwrap_or_default();
        for (name, _) in
            entries.iter().filter(|(name, _)| goal.touches(name) && !old.iter().any(|(known, _)| known == name))
        {
            kept.push(format!("not undone: {path}: the entry {name} was added since"));
        }
    }
    Ok(kept)
}

impl Goal {
    /// Tells whether an entry of this name may go back.
    fn touches(&self, name: &str) -> bool {
        let mut entries = self.state.values().flatten().filter(|(known, _)| known == name).peekable();
        if entries.peek().is_none() {
            self.narrows_to(name)
        } else {
            entries.any(|(name, values)| self.names(name, values))
        }
    }
}

fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
