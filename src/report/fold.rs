//! What stands behind the tables: causes shown, logs and changed fields folded, each within its share of the summary. Pure.

use std::fmt::Write as _;

use super::escape::{escape, fenced, html};
use crate::outcome::{Detail, Form};

/// Bytes of one log or one object's changes; what is left out is said.
const PIECE: usize = 32 * 1024;
/// Bytes of all changes together: the summary as a whole has 1 MiB.
const DIFFS: usize = 256 * 1024;

/// The chains of causes with their logs, in the order in which they came.
pub(super) fn causes(details: &[Detail]) -> String {
    let mut text = String::new();
    for detail in details {
        match detail.form {
            Form::Chain => {
                let _ = write!(text, "#### Why {}\n\n{}\n", escape(&detail.title), chain(&cut(&detail.text, PIECE)));
            }
            Form::Log => text.push_str(&folded(&detail.title, &fenced("text", &cut_front(&detail.text, PIECE)))),
            Form::Diff => {}
        }
    }
    text
}

/// Lines indented by their depth, as a list that wraps; the part before the first colon names the link.
fn chain(text: &str) -> String {
    let mut list = String::new();
    let mut depth = 0;
    for line in text.lines() {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        // No deeper than one step at a time: more would be a block of code.
        depth = (spaces / 2).min(depth + usize::from(!list.is_empty()));
        let line = line.trim();
        let said = match line.split_once(": ") {
            Some((what, state)) => format!("**{}**: {}", escape(what), escape(state)),
            None => escape(line),
        };
        let _ = writeln!(list, "{}- {said}", "  ".repeat(depth));
    }
    list
}

/// The changed fields of all objects under one fold; empty when there are none.
pub(super) fn changes(details: &[Detail]) -> String {
    let diffs: Vec<&Detail> = details.iter().filter(|detail| detail.form == Form::Diff).collect();
    if diffs.is_empty() {
        return String::new();
    }
    let mut body = String::new();
    let mut shown = 0;
    for detail in &diffs {
        let piece = format!("{}\n\n{}\n", escape(&detail.title), fenced("diff", &marked(&cut(&detail.text, PIECE))));
        if body.len() + piece.len() > DIFFS {
            break;
        }
        body.push_str(&piece);
        shown += 1;
    }
    if shown < diffs.len() {
        let _ = write!(body, "The changes of {} more objects are in the log.\n\n", diffs.len() - shown);
    }
    let objects = if diffs.len() == 1 { "1 object".to_owned() } else { format!("{} objects", diffs.len()) };
    folded(&format!("Changed fields of {objects}"), &body)
}

/// A part that opens when it is asked for.
pub(super) fn folded(title: &str, body: &str) -> String {
    format!("<details><summary>{}</summary>\n\n{}\n\n</details>\n\n", html(title), body.trim_end())
}

/// A part that stands open at first, or not.
pub(super) fn folded_open(title: &str, body: &str, open: bool) -> String {
    let text = folded(title, body);
    if open { text.replacen("<details>", "<details open>", 1) } else { text }
}

/// GitHub colours `!` in a diff; our own lines say `~` for a field that changes.
fn marked(text: &str) -> String {
    text.lines()
        .map(|line| line.strip_prefix('~').map_or_else(|| line.to_owned(), |rest| format!("!{rest}")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The beginning of a text, to the end of a line.
fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit);
    let end = text[..end].rfind('\n').unwrap_or(end);
    format!("{}\n… {} more bytes", &text[..end], text.len() - end)
}

/// The end of a text: a log says most there.
fn cut_front(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let start = text.ceil_char_boundary(text.len() - limit);
    let start = text[start..].find('\n').map_or(start, |at| start + at + 1);
    format!("… {start} bytes before\n{}", &text[start..])
}

#[cfg(test)]
mod tests {
    use super::{causes, chain, changes};
    use crate::outcome::{Detail, Form};

    fn detail(form: Form, text: &str) -> Detail {
        Detail { title: "Deployment/ns/web".to_owned(), text: text.to_owned(), form }
    }

    #[test]
    fn causes_are_shown_and_logs_and_changes_folded() {
        let details =
            [detail(Form::Chain, "chain"), detail(Form::Log, "last words"), detail(Form::Diff, "~ .a: 1 -> 2")];
        let causes = causes(&details);
        assert!(causes.starts_with("#### Why Deployment/ns/web\n\n- chain\n"), "{causes}");
        assert!(causes.contains("<details><summary>Deployment/ns/web</summary>\n\n~~~text\nlast words"), "{causes}");
        assert!(changes(&details).contains("~~~diff\n! .a: 1 -> 2\n~~~"), "{}", changes(&details));
    }

    #[test]
    fn a_chain_is_a_list_that_nobody_can_turn_into_something_else() {
        let text = chain("Deployment: failed\n  Pod: *x*\n            deep: <b>\n~~~\n");
        assert_eq!(text, "- **Deployment**: failed\n  - **Pod**: \\*x\\*\n    - **deep**: &lt;b&gt;\n- \\~\\~\\~\n");
    }

    #[test]
    fn a_thousand_large_changes_stay_within_their_share_and_say_so() {
        let large = "+ .data: \"ü\"\n".repeat(4_000);
        let details = vec![detail(Form::Diff, &large); 1_000];
        let text = changes(&details);
        assert!(text.len() < 300 * 1024 && text.contains("more objects are in the log"), "{}", text.len());
        assert_eq!(text.matches("~~~").count() % 2, 0);
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let log = format!("first\n{}last", "line\n".repeat(20_000));
        let text = causes(&[detail(Form::Log, &log)]);
        assert!(text.contains("last\n~~~") && !text.contains("first\n") && text.contains("bytes before"));
    }
}
