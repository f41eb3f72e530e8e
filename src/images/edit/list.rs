//! The lists of a kustomization file, `images` and `replicas`, and where they stand in it.

use crate::yaml::meaning::is_null;
use crate::yaml::syntax::{Document, Kind, Syntax};

use super::{EditError, at, is_key};

/// One of the two lists that a bump edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Images,
    Replicas,
}

impl List {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Replicas => "replicas",
        }
    }
}

/// Where a list stands in the document.
pub(super) struct Found<'doc> {
    pub(super) pair: Option<(&'doc Syntax, &'doc Syntax)>,
    pub(super) repeated: bool,
}

/// Finds the list's key, which kustomize accepts in any case.
pub(super) fn list_value<'doc>(text: &str, document: &'doc Document, list: List) -> Result<Found<'doc>, EditError> {
    let none = Found { pair: None, repeated: false };
    let Some(root) = &document.root else { return Ok(none) };
    let pairs = match &root.kind {
        Kind::Mapping(pairs, _) => pairs,
        _ if is_null(root) => return Ok(none),
        _ => return Err(at(text, root.start(), "a kustomization file holds a mapping".into())),
    };
    let named: Vec<_> = pairs.iter().filter(|(key, _)| is_key(key, list.key())).collect();
    if let [first, .., last] = &named[..]
        && named.iter().any(|(key, _)| key.text() != first.0.text())
    {
        let message = format!("{} is written in two spellings; which one counts is not certain", list.key());
        return Err(at(text, last.0.start(), message));
    }
    Ok(Found { pair: named.last().map(|(key, value)| (key, value)), repeated: named.len() > 1 })
}
