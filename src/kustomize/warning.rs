//! What a build has to say without failing. Printing it is the edge's work.

use crate::failure::Place;

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is the matter, and what to do instead.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
}

impl Warning {
    /// Returns a warning about a place in a file.
    pub(crate) fn at(place: Place, message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Some(place) }
    }

    /// Returns a warning about no place.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None }
    }
}
