//! The runner's files: outputs, summary, state, in the forms that actions/runner parses.
#![allow(clippy::disallowed_methods, reason = "edge: these files are the runner's, named by its variables")]

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use ring::rand::{SecureRandom as _, SystemRandom};

/// The runner uploads no larger summary at all.
pub(crate) const SUMMARY_LIMIT: usize = 1_024 * 1_024;

/// Returns 32 hexadecimal digits that nobody can foresee.
pub(crate) fn random_token() -> String {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Appends `name<<delimiter … delimiter` with a delimiter that the value does not hold.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn append_value(file: &str, name: &str, value: &str) -> io::Result<()> {
    append(file, &heredoc(name, value, &format!("ghadelimiter_{}", random_token())))
}

/// Appends Markdown to the job summary, shortened to what is left of its limit.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn append_summary(file: &str, markdown: &str) -> io::Result<()> {
    let used = std::fs::metadata(file).map_or(0, |meta| usize::try_from(meta.len()).unwrap_or(usize::MAX));
    append(file, &fit(markdown, SUMMARY_LIMIT.saturating_sub(used)))
}

fn append(file: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(file)?.write_all(text.as_bytes())
}

fn heredoc(name: &str, value: &str, delimiter: &str) -> String {
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

const NOTE: &str = "\n\n*Shortened: the job summary has a limit of 1 MiB. The log has it all.*\n";

/// Shortens to `limit` bytes at a line's end, closing the blocks that are open there, with a note.
fn fit(markdown: &str, limit: usize) -> String {
    /// Room for what closes the blocks: a fence is as long as its text makes it, folds are not nested.
    const CLOSING: usize = 256;
    if markdown.len() <= limit {
        return markdown.to_owned();
    }
    let Some(room) = limit.checked_sub(NOTE.len() + CLOSING) else { return String::new() };
    let end = markdown.floor_char_boundary(room);
    let end = markdown[..end].rfind('\n').unwrap_or(0);
    let kept = &markdown[..end];
    let closing = closing(kept);
    if closing.len() > CLOSING {
        return NOTE.trim_start().to_owned();
    }
    format!("{kept}{closing}{NOTE}")
}

/// Returns the lines that end an open fence and open folds.
fn closing(markdown: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut folds = 0_usize;
    for line in markdown.lines() {
        let run = line
            .chars()
            .next()
            .filter(|c| matches!(c, '~' | '`'))
            .map_or(0, |mark| line.chars().take_while(|c| *c == mark).count());
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if run >= 3 => fence = Some(&line[..run]),
            None => {
                folds = (folds + usize::from(line.starts_with("<details")))
                    .saturating_sub(usize::from(line == "</details>"))
            }
        }
    }
    let fence = fence.map(|fence| format!("\n{fence}")).unwrap_or_default();
    format!("{fence}{}", "\n\n</details>".repeat(folds))
}

#[cfg(test)]
mod tests {
    use super::{fit, heredoc, random_token};

    #[test]
    fn values_stand_between_delimiters() {
        assert_eq!(heredoc("images", "a\nb", "D"), "images<<D\na\nb\nD\n");
    }

    #[test]
    fn delimiters_differ_each_time() {
        assert_ne!(random_token(), random_token());
    }

    #[test]
    fn a_summary_too_long_is_cut_at_a_line_with_a_note() {
        let text = "line\n".repeat(1_000);
        let cut = fit(&text, 800);
        assert!(cut.len() <= 800 && cut.contains("Shortened") && cut.starts_with("line\nline"));
        assert_eq!(fit(&text, 10), "");
    }

    #[test]
    fn what_is_cut_ends_its_blocks_so_that_the_note_is_seen() {
        let text =
            format!("# x\n<details><summary>a</summary>\n\n~~~~diff\n{}~~~~\n\n</details>\n", "+ line\n".repeat(1_000));
        let cut = fit(&text, 1_000);
        assert!(cut.len() <= 1_000 && cut.contains("+ line\n~~~~\n\n</details>\n\n*Shortened"), "{cut}");
    }
}
