//! Line numbers of many places in few texts: each text is searched for line breaks once.
//! Knows nothing of what stands at the places.

use std::collections::HashMap;
use std::sync::Arc;

use crate::kustomize::source::Source;

/// The offsets of the line breaks, by text.
#[derive(Default)]
pub(crate) struct Lines {
    breaks: HashMap<*const u8, (Arc<str>, Vec<u32>)>,
}

impl Lines {
    /// Returns the line, from 1, of a byte of a source; for an inline text the line at which that starts.
    pub(crate) fn of(&mut self, source: &Source, start: u32) -> u32 {
        let (source, start) = source.outermost(start);
        let breaks_of = || {
            let breaks = source.text.match_indices('\n').map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX));
            (Arc::clone(&source.text), breaks.collect())
        };
        let (_, breaks) = self.breaks.entry(source.text.as_ptr()).or_insert_with(breaks_of);
        u32::try_from(breaks.partition_point(|at| *at < start) + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::kustomize::source::Source;
    use crate::yaml::Span;

    #[test]
    fn lines_count_from_one_and_inline_texts_are_where_they_start() {
        let source = Source::file("a.yaml", "one\ntwo\n\nfour\n");
        let mut lines = Lines::default();
        let found: Vec<u32> = [0, 3, 4, 8, 9, 99].into_iter().map(|at| lines.of(&source, at)).collect();
        assert_eq!(found, [1, 1, 2, 3, 4, 5]);
        let inline = Source::inside(&source, Span { start: 4, end: 7 }, "x\ny\n");
        assert_eq!(lines.of(&inline, 2), 2);
    }
}
