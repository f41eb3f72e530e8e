//! Splices: replacements of byte ranges of one text, applied all at once. Every other byte stays what it is.

use super::syntax::Bytes;

/// Replacements collected against one text.
#[derive(Debug, Default)]
pub(crate) struct Splices {
    parts: Vec<(Bytes, String)>,
}

impl Splices {
    /// Replaces a range.
    pub(crate) fn replace(&mut self, range: Bytes, text: impl Into<String>) {
        self.parts.push((range, text.into()));
    }

    /// Inserts at a position; several at one position come out in the order in which they were asked for.
    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes a range away.
    pub(crate) fn remove(&mut self, range: Bytes) {
        self.replace(range, "");
    }

    /// Adds the replacements of another collection behind these.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.parts.append(&mut other.parts);
    }

    /// Returns the text after all replacements, or `None` when two of them overlap.
    pub(crate) fn apply(mut self, text: &str) -> Option<String> {
        self.parts.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (range, new) in &self.parts {
            out.push_str(text.get(at..range.start)?);
            out.push_str(new);
            at = range.end.max(at);
            text.get(range.clone())?;
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Splices;

    #[test]
    fn replacements_are_applied_by_position_and_insertions_in_their_order() {
        let mut splices = Splices::default();
        splices.replace(4..5, "E");
        splices.insert(1, "x");
        splices.remove(2..3);
        splices.insert(1, "y");
        assert_eq!(splices.apply("abcde").as_deref(), Some("axybdE"));
    }

    #[test]
    fn overlapping_replacements_are_refused() {
        let mut splices = Splices::default();
        splices.replace(0..3, "x");
        splices.replace(2..4, "y");
        assert_eq!(splices.apply("abcde"), None);
    }
}
