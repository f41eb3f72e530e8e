//! The timeline of a run as a Mermaid gantt chart, which GitHub draws. Pure.

use std::fmt::Write as _;

use super::order::by_key;
use crate::outcome::{Span, SpanEnd};

/// Objects drawn; the others are counted.
const MOST: usize = 24;
/// The narrowest bar, in parts of the whole: shorter ones could not be seen.
const NARROWEST: i64 = 120;

/// Returns the chart; empty when there is nothing to draw.
pub(super) fn chart(timeline: &[Span]) -> String {
    let (Some(from), Some(until)) =
        (timeline.iter().map(|span| span.from).min(), timeline.iter().map(|span| span.until).max())
    else {
        return String::new();
    };
    let whole = (until - from).max(1);
    let axis = if whole < 10_000 { "%S.%L s" } else { "%H:%M:%S" };
    let mut text = format!("```mermaid\ngantt\n    dateFormat x\n    axisFormat {axis}\n    todayMarker off\n");
    let phases: Vec<&Span> = timeline.iter().filter(|span| !span.is_object).collect();
    draw(&mut text, "run", &phases, whole);
    let objects = chosen(timeline);
    draw(&mut text, "objects", &objects, whole);
    text.push_str("```\n");
    let missing = timeline.iter().filter(|span| span.is_object).count() - objects.len();
    if missing > 0 {
        let _ = write!(text, "\n{missing} more objects were quicker and are not drawn.\n");
    }
    text
}

/// The bad ones, the open ones, then the slowest, in the order of their beginning.
fn chosen(timeline: &[Span]) -> Vec<&Span> {
    let objects: Vec<&Span> = timeline.iter().filter(|span| span.is_object).collect();
    // A run takes less than a year, so that its length never outweighs how it ended.
    const YEAR: i64 = 31_536_000_000;
    let rank = |span: &Span| match span.end {
        SpanEnd::Bad => 0,
        SpanEnd::Open => YEAR,
        SpanEnd::Good => 2 * YEAR,
    };
    let mut chosen = by_key(objects.iter().map(|span| rank(span) + span.from - span.until));
    chosen.truncate(MOST);
    let begun = by_key(chosen.iter().map(|index| objects[*index].from));
    begun.into_iter().map(|at| objects[chosen[at]]).collect()
}

fn draw(text: &mut String, section: &str, spans: &[&Span], whole: i64) {
    if spans.is_empty() {
        return;
    }
    let _ = writeln!(text, "    section {section}");
    for span in spans {
        let (tag, word) = match span.end {
            SpanEnd::Good => ("", ""),
            SpanEnd::Bad => ("crit, ", " failed"),
            SpanEnd::Open => ("active, ", " not done"),
        };
        let took = span.until - span.from;
        let until = span.from + took.max(whole / NARROWEST).max(1);
        let name = name(&span.name);
        let _ = writeln!(text, "    {name}{word} ({}) :{tag}{}, {until}", seconds(took), span.from);
    }
}

/// A duration for people.
pub(super) fn seconds(milliseconds: i64) -> String {
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..10_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        10_000..120_000 => format!("{} s", milliseconds / 1_000),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

/// What Mermaid cannot take for its own syntax.
fn name(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '/' | '-' | '.' | '_' | ' ') { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST, chart, seconds};
    use crate::outcome::{Span, SpanEnd};

    fn span(name: &str, from: i64, until: i64, end: SpanEnd) -> Span {
        Span { name: name.to_owned(), is_object: true, from, until, end }
    }

    #[test]
    fn names_cannot_leave_their_task() {
        let text = chart(&[span("ClusterRole/a:b;c\n    section forged", 0, 1_000, SpanEnd::Bad)]);
        assert!(text.contains("    ClusterRole/a-b-c-    section forged failed (1.0 s) :crit, 0, 1000\n"), "{text}");
    }

    #[test]
    fn of_many_objects_the_failed_and_the_slow_are_drawn() {
        let mut spans: Vec<Span> =
            (0..100).map(|at| span(&format!("Deployment/n/d{at}"), 0, 1_000 * at, SpanEnd::Good)).collect();
        spans.push(span("Deployment/n/bad", 0, 1, SpanEnd::Bad));
        let text = chart(&spans);
        assert!(text.contains("bad failed") && text.contains("/d99 ") && !text.contains("/d50 "), "{text}");
        assert!(text.contains(&format!("{} more objects", 101 - MOST)));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(chart(&[]), "");
    }

    #[test]
    fn durations_have_the_unit_that_people_say() {
        assert_eq!(
            [seconds(12), seconds(1_234), seconds(61_999), seconds(601_000)],
            ["12 ms", "1.2 s", "61 s", "10 min 1 s"]
        );
    }
}
