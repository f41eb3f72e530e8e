//! Edits of a source text by byte range: everything outside the replaced ranges stays as it is, byte for byte.
//! Knows nothing of YAML; whoever makes the edits takes the ranges from spans and reads the result again.

use std::ops::Range;

use crate::yaml::Span;

/// One replacement. An empty range inserts, an empty text deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// Bytes of the source to replace.
    pub range: Range<usize>,
    /// What to put there.
    pub text: String,
}

impl Splice {
    /// Returns a replacement of the bytes of `span`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { range: span.range(), text: text.into() }
    }

    /// Returns an insertion before the byte at `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, text: text.into() }
    }
}

/// Why a list of splices cannot be applied: a mistake of the code that made them, never of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpliceError {
    /// A range ends behind the source or before its own start.
    OutOfBounds(Range<usize>),
    /// Two ranges share bytes, or two insertions have the same place, so that their order is unknown.
    Overlap(Range<usize>, Range<usize>),
    /// A range starts or ends inside a character.
    InsideCharacter(Range<usize>),
}

impl std::fmt::Display for SpliceError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfBounds(range) => write!(formatter, "the edit of bytes {range:?} lies outside the file"),
            Self::Overlap(one, other) => write!(formatter, "the edits of bytes {one:?} and {other:?} overlap"),
            Self::InsideCharacter(range) => write!(formatter, "the edit of bytes {range:?} cuts a character"),
        }
    }
}

impl std::error::Error for SpliceError {}

/// Applies all splices to the source at once. Their order does not matter; ranges refer to the source as it is.
///
/// # Errors
/// When ranges overlap, lie outside the source or cut a character; then nothing is applied.
pub fn splice(source: &str, splices: &[Splice]) -> Result<String, SpliceError> {
    let mut ordered: Vec<&Splice> = splices.iter().collect();
    ordered.sort_by_key(|splice| (splice.range.start, splice.range.end));
    check(source, &ordered)?;
    let added: usize = ordered.iter().map(|splice| splice.text.len()).sum();
    let mut edited = String::with_capacity(source.len() + added);
    let mut copied = 0;
    for splice in ordered {
        edited.push_str(&source[copied..splice.range.start]);
        edited.push_str(&splice.text);
        copied = splice.range.end;
    }
    edited.push_str(&source[copied..]);
    Ok(edited)
}

fn check(source: &str, ordered: &[&Splice]) -> Result<(), SpliceError> {
    for splice in ordered {
        let range = splice.range.clone();
        if range.start > range.end || range.end > source.len() {
            return Err(SpliceError::OutOfBounds(range));
        }
        if !source.is_char_boundary(range.start) || !source.is_char_boundary(range.end) {
            return Err(SpliceError::InsideCharacter(range));
        }
    }
    for pair in ordered.windows(2) {
        let (one, other) = (&pair[0].range, &pair[1].range);
        if other.start < one.end || one == other {
            return Err(SpliceError::Overlap(one.clone(), other.clone()));
        }
    }
    Ok(())
}

/// Returns the range of the line that holds byte `at`, its line break included.
pub fn line_around(source: &str, at: usize) -> Range<usize> {
    let at = at.min(source.len());
    let start = source.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
    let end =
        source.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map_or(source.len(), |found| at + found + 1);
    start..end
}

/// Returns the line break that a file uses: CRLF when its first line ends so, else LF.
pub fn line_break_of(source: &str) -> &'static str {
    match source.find('\n') {
        Some(at) if source[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_outside_the_ranges_stay() {
        let source = "a: 1\r\nb: 'é'\r\n# c\r\n";
        let splices = [Splice { range: 9..13, text: "\"x\"".into() }, Splice::insert(0, "# top\r\n")];
        assert_eq!(splice(source, &splices).unwrap(), "# top\r\na: 1\r\nb: \"x\"\r\n# c\r\n");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let splices = [Splice { range: 0..3, text: String::new() }, Splice { range: 2..4, text: String::new() }];
        assert_eq!(splice("abcdef", &splices), Err(SpliceError::Overlap(0..3, 2..4)));
        let twice = [Splice::insert(1, "x"), Splice::insert(1, "y")];
        assert_eq!(splice("ab", &twice), Err(SpliceError::Overlap(1..1, 1..1)));
    }

    #[test]
    fn edits_outside_the_text_or_inside_a_character_are_refused() {
        assert_eq!(splice("ab", &[Splice::insert(3, "x")]), Err(SpliceError::OutOfBounds(3..3)));
        assert_eq!(splice("é", &[Splice::insert(1, "x")]), Err(SpliceError::InsideCharacter(1..1)));
    }

    #[test]
    fn an_insertion_may_touch_a_replacement() {
        let splices = [Splice { range: 0..1, text: "x".into() }, Splice::insert(1, "y")];
        assert_eq!(splice("ab", &splices).unwrap(), "xyb");
    }

    #[test]
    fn the_line_break_is_that_of_the_first_line() {
        assert_eq!(line_break_of("a\r\nb\n"), "\r\n");
        assert_eq!(line_break_of("a\nb\r\n"), "\n");
        assert_eq!(line_around("a\r\nbc\r\nd", 4), 3..7);
    }
}
