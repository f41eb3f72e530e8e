//! One file's text and the name the user knows it by, to say where in it something stands.
//! Does not read files; that is `layer`'s work.

use std::sync::Arc;

use crate::failure::{Failure, Place, Result};
use crate::kustomize::kustomization::shown;
use crate::yaml::{self, Node, Span};

/// A text that was read, or that stands inline in another file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Path as the user knows it.
    pub(crate) path: Arc<str>,
    /// The whole text.
    pub(crate) text: Arc<str>,
    /// The file and the scalar that holds the text, when it stands inside another one (an inline patch): its lines have
    /// no place of their own.
    inside: Option<Arc<(Source, Span)>>,
}

/// A place that is worked out only when something fails there.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// The text.
    pub(crate) source: Source,
    /// Where in it.
    pub(crate) span: Span,
}

impl Spot {
    /// Puts this place in front of a failure that has none.
    pub(crate) fn failed(&self, failure: Failure) -> Failure {
        if failure.place.is_some() {
            return failure;
        }
        let place = self.source.place(self.span);
        failure.during(shown(&place)).at(place)
    }
}

impl Source {
    /// Returns the source of a file.
    pub(crate) fn file(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), inside: None }
    }

    /// Returns the source of a text that stands as a scalar in another one.
    pub(crate) fn inside(outer: &Source, span: Span, text: impl Into<Arc<str>>) -> Self {
        Self { path: Arc::clone(&outer.path), text: text.into(), inside: Some(Arc::new((outer.clone(), span))) }
    }

    /// Reads all documents that hold something, cut as kustomize cuts them.
    pub(crate) fn documents(&self) -> Result<Vec<Node>> {
        yaml::parse(self.text.as_bytes()).map_err(|error| self.unreadable(&error))
    }

    /// Reads the first document; none when the text holds nothing.
    pub(crate) fn first_document(&self) -> Result<Option<Node>> {
        let document = yaml::parse_first(self.text.as_bytes()).map_err(|error| self.unreadable(&error))?;
        Ok(document.map(|document| document.root).filter(|root| !root.is_null()))
    }

    fn unreadable(&self, error: &yaml::Error) -> Failure {
        self.failure(error.span, format_args!("this is no YAML that can be read: {}", error.message))
    }

    /// Returns file, line and column of a span's start.
    pub(crate) fn place(&self, span: Span) -> Place {
        if let Some((outer, span)) = self.inside.as_deref() {
            return outer.place(*span);
        }
        let mut end = (span.start as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count());
        Place { file: self.path.to_string(), line: one_based(line), column: one_based(column) }
    }

    /// Returns the file around an inline text, with the byte at which the text starts; a file itself as it is.
    pub(crate) fn outermost(&self, start: u32) -> (&Source, u32) {
        match self.inside.as_deref() {
            Some((outer, span)) => outer.outermost(span.start),
            None => (self, start),
        }
    }

    /// Returns a failure that names the place of a span in front of `message`.
    pub(crate) fn failure(&self, span: Span, message: impl std::fmt::Display) -> Failure {
        let place = self.place(span);
        Failure::input(format_args!("{}:{}:{}: {message}", place.file, place.line, place.column)).at(place)
    }
}

fn one_based(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
