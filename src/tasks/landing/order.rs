//! The order guard: a run for an older source commit must not put its image over that of a newer one.
//! Compares source commits; when their order is not known it says so and lets the bump go on.

use std::collections::BTreeSet;

use super::Job;
use super::plan::Plan;
use crate::config::trailers::Trailers;
use crate::failure::Result;
use crate::github::{Github, Logged, Opened, Relation, Repository};
use crate::images::Entry;
use crate::outcome::{Conclusion, Notice, Outcome};

/// Images named in a line of the log.
const NAMED: usize = 3;

/// Tells whether the run knows the source commit that it stands for.
pub(super) fn is_known(job: &Job<'_>) -> bool {
    !job.allow_older && job.source.repository.is_some() && job.source.commit.is_some()
}

/// Ends the job when what stands in the config was built from a descendant of our source commit.
pub(super) async fn guard(
    job: &Job<'_>,
    github: &Github<'_>,
    opened: &Opened,
    plan: &mut Plan,
) -> Result<Option<Outcome>> {
    let (Some(repository), Some(commit)) = (&job.source.repository, &job.source.commit) else { return Ok(None) };
    if job.allow_older {
        return Ok(None);
    }
    let log: Vec<&Logged> = opened.logs.values().flatten().collect();
    let mut theirs: Vec<(String, String)> = Vec::new();
    let mut unsaid: BTreeSet<String> = BTreeSet::new();
    for (_, change) in &plan.changes {
        let Entry::Image { before: Some(before), .. } = &change.entry else { continue };
        let image = format!("{}={}", change.name, before.reference(&change.name));
        let Some(source) = source_of(&log, &image, repository) else {
            unsaid.insert(image);
            continue;
        };
        if source != *commit && !theirs.iter().any(|(known, _)| *known == source) {
            theirs.push((source, image));
        }
    }
    if !unsaid.is_empty() {
        let images = unsaid.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        job.console.line(&format!(
            "whether this run is newer than what is there ({images}) is unknown: none of the last commits there says that it was built from {repository}"
        ));
    }
    if theirs.is_empty() {
        return Ok(None);
    }
    let Ok(source) = Repository::parse(repository, "GITHUB_REPOSITORY") else {
        let message = format!("{repository} is not on GitHub, so whether what is there is newer cannot be asked");
        plan.notices.push(Notice::new(message));
        return Ok(None);
    };
    for (their, image) in theirs {
        match github.compare(&source, &their, commit).await? {
            Relation::Ahead | Relation::Identical => {}
            Relation::Behind => {
                let message = format!("{image} is there, built from {their}, which descends from this run's {commit}: nothing is done");
                job.console.line(&message);
                let mut outcome = Outcome::new(Conclusion::Superseded);
                outcome.notices.push(Notice::new(format!("{message} (`allow-older` permits)")));
                return Ok(Some(outcome));
            }
            Relation::Diverged => plan.notices.push(Notice::new(format!(
                "{image} was built from {their}, and this run's {commit} neither precedes nor follows it: which is newer is unknown"
            ))),
            Relation::Unknown(said) => plan.notices.push(Notice::new(format!(
                "whether {image} is newer than this run's commit is unknown: {source} does not tell ({said})"
            ))),
        }
    }
    Ok(None)
}

/// Finds the source commit of an image in the newest commit of the log that set it.
fn source_of(log: &[&Logged], image: &str, repository: &str) -> Option<String> {
    let trailers = log.iter().map(|commit| Trailers::read(&commit.message));
    let setting = trailers.into_iter().find(|trailers| trailers.images.iter().any(|set| set == image))?;
    let same = setting.source.repository.as_deref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(repository));
    setting.source.commit.filter(|_| same)
}

#[cfg(test)]
mod tests {
    use super::{Logged, source_of};

    fn commit(message: &str) -> Logged {
        Logged { message: message.into(), ..Logged::default() }
    }

    #[test]
    fn the_newest_commit_that_set_the_image_says_its_source() {
        let newer = commit("Bump\n\nSource-Repository: o/app\nSource-Commit: c2\nImage: app=app:2");
        let older = commit("Bump\n\nSource-Repository: o/app\nSource-Commit: c1\nImage: app=app:2\nImage: b=b:1");
        let log = [&commit("Something else"), &newer, &older];
        assert_eq!(source_of(&log, "app=app:2", "O/App"), Some("c2".into()));
        assert_eq!(source_of(&log, "b=b:1", "o/app"), Some("c1".into()));
        assert_eq!(source_of(&log, "app=app:3", "o/app"), None);
        assert_eq!(source_of(&log, "app=app:2", "o/other"), None);
    }
}
