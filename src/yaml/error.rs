//! What can be wrong with a YAML text or a node tree, and where.
//! Holds the error only; it never knows a file's name, which the caller adds.

use std::fmt;

use crate::yaml::Span;

/// A place in a source text as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1; a byte order mark does not count.
    pub column: u32,
}

/// A text that cannot be read, or a tree that cannot be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong and, where it helps, what to do.
    pub message: String,
    /// The value at fault inside the document (`spec.ports[0].port`); empty when reading fails.
    pub path: String,
    /// Bytes of the source at fault; empty at 0 when no source holds them.
    pub span: Span,
    /// Where that is; known when reading fails, else after [`Error::locate`].
    pub position: Option<Position>,
}

impl Error {
    /// Returns an error at `span`, whose position is not computed yet.
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), path: String::new(), span, position: None }
    }

    /// Fills in the position from the source that `span` refers to.
    #[must_use]
    pub fn locate(mut self, source: &[u8]) -> Self {
        if self.position.is_none() && self.span != Span::default() {
            self.position = Some(Position::of(source, self.span.start as usize));
        }
        self
    }

    /// Puts one step (`name` or `[0]`) before the path, while unwinding from a nested value.
    pub(crate) fn inside(mut self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(formatter, "line {}, column {}: ", position.line, position.column)?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Position {
    /// Returns the position of a byte offset. Lines end at LF, so CRLF counts once.
    pub fn of(source: &[u8], offset: usize) -> Self {
        let before = &source[..offset.min(source.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let in_line = before[line_start..].strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&before[line_start..]);
        let column = in_line.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Self { line: count(line), column: count(column) }
    }
}

/// Turns a zero-based count into a one-based number.
fn count(zero_based: usize) -> u32 {
    u32::try_from(zero_based).unwrap_or(u32::MAX - 1) + 1
}
