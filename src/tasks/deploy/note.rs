//! The record on the set's anchor: read before the writes to see who was there first, written after them and after the verdict.

use super::plan::Step;
use super::session::Session;
use super::write::Writes;
use crate::apply::ownership::MANAGER;
use crate::apply::record::{self, Origin};
use crate::runner::Console;

/// What is known of two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ancestry {
    /// The one that runs descends from ours: it is newer.
    Descends,
    /// It is the same, older, or on another line.
    Other,
    /// Cannot be known here.
    Unknown,
}

/// Asks the repository whether its first commit descends from its second.
pub(crate) type Compare<'a> = &'a dyn Fn(String, String) -> std::pin::Pin<Box<dyn Future<Output = Ancestry> + 'a>>;

/// Returns the commit that runs, when it is proven to be newer than ours.
pub(crate) async fn newer(
    steps: &[Step],
    origin: &Origin,
    compare: Option<Compare<'_>>,
    console: &Console,
) -> Option<String> {
    let anchor = record::anchor(steps.iter().map(|step| &step.target.manifest))?;
    let theirs = steps[anchor].live.as_ref().and_then(record::commit)?;
    let Some(ours) = origin.commit.as_deref() else {
        console.line(&format!("note: the commit that is deployed is not known; the cluster runs {theirs}"));
        return None;
    };
    if theirs == ours {
        return None;
    }
    let answer = match compare {
        Some(compare) => compare(theirs.to_owned(), ours.to_owned()).await,
        None => Ancestry::Unknown,
    };
    match answer {
        Ancestry::Descends => return Some(theirs.to_owned()),
        Ancestry::Other => {}
        Ancestry::Unknown => {
            console.line(&format!("note: whether {theirs}, which runs, is newer than {ours} cannot be known here"))
        }
    }
    None
}

/// Writes the record, by a patch of its own; `good` after a good verdict.
pub(crate) async fn write(
    session: &Session,
    steps: &[Step],
    writes: &Writes,
    origin: &Origin,
    good: bool,
    console: &Console,
) {
    let Some(anchor) = record::anchor(steps.iter().map(|step| &step.target.manifest)) else { return };
    let step = &steps[anchor];
    // After the first patch the live state is older than the record; a second one is written for the good commit only.
    let Some(patch) = record::patch(step.live.as_ref(), origin, good, !writes.done.is_empty()) else { return };
    if let Err(error) = session.cluster.merge_patch(&step.target.path, MANAGER, &patch).await {
        let reference = &step.target.manifest.reference;
        console.line(&format!("note: the record on {reference} was not written: {error}"));
    }
}
