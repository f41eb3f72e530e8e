//! The job summary: verdict first, then tables, then details. Values are escaped so that none of them forges Markdown.

use std::fmt::Write as _;

use crate::failure::Failure;
use crate::inputs::Mode;
use crate::outcome::{Conclusion, Outcome};

/// Returns the summary of an outcome; empty for modes that only print.
pub(super) fn summary(mode: Mode, outcome: &Outcome) -> String {
    if outcome.conclusion == Conclusion::Printed {
        return String::new();
    }
    let mut text = headline(mode, outcome.conclusion, outcome.failure.is_some());
    if let Some(failure) = &outcome.failure {
        text.push_str(&why(failure));
    }
    text.push_str(&commit(outcome));
    text.push_str(&images(outcome));
    text.push_str(&objects(outcome));
    for detail in &outcome.details {
        let _ = write!(text, "{detail}\n\n");
    }
    text
}

/// Returns the summary of a run that failed before it did anything.
pub(super) fn failure(mode: Option<Mode>, failure: &Failure) -> String {
    let name = mode.map_or("k8s-deploy", Mode::name);
    format!("### ❌ {name}: failed\n\n{}", why(failure))
}

fn headline(mode: Mode, conclusion: Conclusion, failed: bool) -> String {
    let mark = if failed {
        "❌"
    } else if matches!(conclusion, Conclusion::Superseded | Conclusion::Cancelled) {
        "⚠️"
    } else {
        "✅"
    };
    format!("### {mark} {}: {}\n\n", mode.name(), conclusion.word())
}

fn why(failure: &Failure) -> String {
    let mut text = format!("{}\n\n", quote(&failure.to_string()));
    for hint in &failure.hints {
        let _ = writeln!(text, "- {}", escape(hint));
    }
    text.push('\n');
    text
}

/// A block quote with every line inside it.
fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {}", escape(line))).collect::<Vec<_>>().join("\n")
}

fn commit(outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(commit) = &outcome.commit {
        let short: String = commit.sha.chars().take(10).collect();
        let link = commit.url.as_ref().map_or_else(|| format!("`{short}`"), |url| format!("[`{short}`]({url})"));
        let _ = writeln!(text, "Commit {link} on {}\n", code(&commit.branch));
    }
    if let Some(request) = &outcome.pull_request {
        let _ = writeln!(text, "Pull request [#{}]({})\n", request.number, request.url);
    }
    text
}

fn images(outcome: &Outcome) -> String {
    if outcome.images.is_empty() {
        return String::new();
    }
    let mut text = "| image | old | new | workloads |\n|---|---|---|---|\n".to_owned();
    for image in &outcome.images {
        let workloads: Vec<String> = image.workloads.iter().map(|workload| code(workload)).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            code(&image.name),
            image.old.as_deref().map(code).unwrap_or_default(),
            code(&image.new),
            workloads.join("<br>")
        );
    }
    text.push('\n');
    text
}

fn objects(outcome: &Outcome) -> String {
    if outcome.objects.is_empty() {
        return String::new();
    }
    let mut text = "| object | change | verdict | reason |\n|---|---|---|---|\n".to_owned();
    for row in &outcome.objects {
        let reason =
            [row.reason.as_str(), row.message.as_str()].iter().filter(|t| !t.is_empty()).copied().collect::<Vec<_>>();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            code(&row.object),
            escape(&row.change),
            escape(&row.verdict),
            escape(&reason.join(": "))
        );
    }
    text.push('\n');
    text
}

/// Inline code that its text cannot leave.
pub(crate) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('`', "ˋ").replace('|', "\\|");
    format!("`{text}`")
}

/// Text that is neither markup nor HTML nor a new table cell.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{code, escape};

    #[test]
    fn values_cannot_forge_cells_links_or_html() {
        assert_eq!(escape("a|b [x](y) <img>"), "a\\|b \\[x\\](y) &lt;img&gt;");
        assert_eq!(code("a`b|c\nd"), "`aˋb\\|c d`");
    }
}
