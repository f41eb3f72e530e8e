//! A terminal, or a CI that only keeps the log: plain text, with colour where the log takes it. Pure.

/// Tells whether a log takes colour: `NO_COLOR` and `CLICOLOR_FORCE` as their authors define them, else what `by_itself` says
/// (a terminal does, and so do the logs of GitHub and GitLab).
pub(crate) fn colours<'a>(variable: impl Fn(&str) -> Option<&'a str>, by_itself: bool) -> bool {
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    by_itself && variable("TERM") != Some("dumb")
}

/// Text without what moves a terminal's cursor, folds GitLab's log or ends a line early; tabs and line ends stay.
pub(crate) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

/// Colours lines by what they say: red what failed, yellow what deserves a look, green what is done, dim what only informs.
pub(crate) fn paint(text: &str) -> String {
    let painted = |line: &str| match colour(line) {
        Some(code) => format!("\x1b[{code}m{line}\x1b[0m"),
        None => line.to_owned(),
    };
    text.split('\n').map(painted).collect::<Vec<_>>().join("\n")
}

fn colour(line: &str) -> Option<&'static str> {
    const RED: &str = "31";
    const GREEN: &str = "32";
    const YELLOW: &str = "33";
    const DIM: &str = "2";
    let (head, rest) = line.split_once(": ")?;
    let word = rest.split_once(": ").map_or(rest, |(word, _)| word);
    match (head, word) {
        ("error", _) => Some("1;31"),
        ("warning", _) => Some(YELLOW),
        ("note" | "debug", _) => Some(DIM),
        ("result", "failed" | "timed-out" | "rollback-failed") => Some("1;31"),
        ("result", "superseded" | "cancelled" | "rolled-back") => Some("1;33"),
        ("result", _) => Some("1;32"),
        (_, "ready") => Some(GREEN),
        (_, "failed") => Some(RED),
        (_, "suspended" | "terminating" | "unknown") => Some(YELLOW),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, colours, paint};

    fn asked(set: &[(&str, &'static str)], terminal: bool) -> bool {
        colours(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| *value), terminal)
    }

    #[test]
    fn colour_is_asked_of_the_environment_first_and_of_the_terminal_then() {
        assert!(asked(&[], true) && !asked(&[], false));
        assert!(!asked(&[("NO_COLOR", "1")], true));
        assert!(!asked(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(asked(&[("CLICOLOR_FORCE", "1")], false));
        assert!(!asked(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!asked(&[("TERM", "dumb")], true));
    }

    #[test]
    fn control_characters_of_others_do_not_reach_a_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\rc\r\nd\te\u{9b}f"), "a[31mbc\nd\tef");
        assert_eq!(clean("\u{1b}[0Ksection_end:1:x\r\u{1b}[0K"), "[0Ksection_end:1:x[0K");
    }

    #[test]
    fn a_line_is_coloured_whole_so_that_its_text_stays_one_piece() {
        assert_eq!(
            paint("Deployment/ns/web: ready: Available: 2/2"),
            "\u{1b}[32mDeployment/ns/web: ready: Available: 2/2\u{1b}[0m"
        );
        assert_eq!(paint("plain\nerror: x"), "plain\n\u{1b}[1;31merror: x\u{1b}[0m");
        assert_eq!(
            paint("cluster https://a (context `b`), namespace c"),
            "cluster https://a (context `b`), namespace c"
        );
    }
}
