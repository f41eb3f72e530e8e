//! What people read while a run goes on. The only place that prints: scrubs known secrets from every line, keeps untrusted
//! text from being taken for workflow commands, closes groups.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "edge: the log is printed here and nowhere else")]

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;

use super::command;
use crate::secret::Secret;

/// Columns that every terminal is taken to have.
const PASSING_WIDTH: usize = 79;

/// Which workflow commands the log's reader understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// GitHub Actions.
    Github,
    /// A terminal or another CI.
    Plain,
}

/// The log.
#[derive(Debug)]
pub struct Console {
    dialect: Dialect,
    to_stderr: bool,
    debug: bool,
    live: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    secrets: Vec<String>,
    group_open: bool,
    /// A line that the next output replaces stands on the terminal.
    passing: bool,
}

impl Console {
    /// Returns a log; `to_stderr` where standard output carries data.
    pub fn new(dialect: Dialect, to_stderr: bool, debug: bool) -> Self {
        Self { dialect, to_stderr, debug, live: false, state: Mutex::default() }
    }

    /// Shows passing lines where somebody looks at a terminal; never in a CI's log.
    #[must_use]
    pub fn live_on_a_terminal(mut self) -> Self {
        let terminal = if self.to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        self.live = terminal && self.dialect == Dialect::Plain;
        self
    }

    /// Tells whether passing lines are shown.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Shows a line that the next one takes the place of, cut to what a terminal shows at least.
    pub fn passing(&self, text: &str) {
        if !self.live {
            return;
        }
        let text: String = self.scrub(text).chars().filter(|letter| !letter.is_control()).take(PASSING_WIDTH).collect();
        self.put(&format!("\r\x1b[2K{text}"));
        self.lock().passing = true;
    }

    /// Takes the passing line away.
    pub fn clear_passing(&self) {
        if std::mem::take(&mut self.lock().passing) {
            self.put("\r\x1b[2K");
        }
    }

    fn put(&self, text: &str) {
        let _ = if self.to_stderr {
            write!(std::io::stderr().lock(), "{text}")
        } else {
            let mut out = std::io::stdout().lock();
            write!(out, "{text}").and_then(|()| out.flush())
        };
    }

    /// Returns the dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Prints lines of our own; what could be taken for a command is fenced.
    pub fn line(&self, text: &str) {
        let text = self.scrub(text);
        if self.dialect == Dialect::Github && text.lines().any(command::looks_like_command) {
            return self.fenced(&text);
        }
        self.write(&text);
    }

    /// Prints text that others wrote (pod logs, build output): fenced, so that no line of it is a command.
    pub fn untrusted(&self, text: &str) {
        let text = self.scrub(text);
        if self.dialect == Dialect::Github { self.fenced(&text) } else { self.write(&text) }
    }

    /// Prints a line that only `RUNNER_DEBUG` shows.
    pub fn debug(&self, text: &str) {
        if !self.debug {
            return;
        }
        let text = self.scrub(text);
        match self.dialect {
            Dialect::Github => self.write(&format!("::debug::{}", command::escape_data(&text))),
            Dialect::Plain => self.write(&format!("debug: {text}")),
        }
    }

    /// Starts a folded part of the log; an open one is closed first.
    pub fn group(&self, title: &str) {
        self.end_group();
        let title = self.scrub(title).replace('\n', " ");
        match self.dialect {
            Dialect::Github => self.write(&format!("::group::{}", command::escape_data(&title))),
            Dialect::Plain => self.write(&title),
        }
        self.lock().group_open = true;
    }

    /// Closes the folded part, when one is open.
    pub fn end_group(&self) {
        let was_open = std::mem::take(&mut self.lock().group_open);
        if was_open && self.dialect == Dialect::Github {
            self.write("::endgroup::");
        }
    }

    /// Keeps a secret, and each line of it, out of the log from now on; GitHub's runner is told as well.
    pub fn mask(&self, secret: &Secret) {
        let text = secret.expose();
        for part in std::iter::once(text).chain(text.lines()).map(str::trim).filter(|part| part.len() >= 3) {
            let known = self.lock().secrets.iter().any(|known| known == part);
            if known {
                continue;
            }
            if self.dialect == Dialect::Github {
                self.write(&format!("::add-mask::{}", command::escape_data(part)));
            }
            let mut state = self.lock();
            state.secrets.push(part.to_owned());
            state.secrets.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    /// Returns the text with every known secret replaced by `***`.
    pub fn scrub(&self, text: &str) -> String {
        let state = self.lock();
        state.secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "***") } else { text }
        })
    }

    /// Prints an annotation, or its plain form.
    pub(crate) fn annotate(
        &self,
        kind: &str,
        place: Option<&crate::failure::Place>,
        title: Option<&str>,
        message: &str,
    ) {
        let message = self.scrub(message);
        match self.dialect {
            Dialect::Github => self.write(&command::annotation(kind, place, title, &message)),
            Dialect::Plain => {
                let at = place.map(|place| format!("{}:{}:{}: ", place.file, place.line, place.column));
                self.write(&format!("{kind}: {}{message}", at.unwrap_or_default()));
            }
        }
    }

    fn fenced(&self, text: &str) {
        let token = super::files::random_token();
        self.write(&format!("::stop-commands::{token}\n{text}\n::{token}::"));
    }

    /// A reader that went away (`| head`) ends the run's output, not the run.
    fn write(&self, text: &str) {
        self.clear_passing();
        let text = text.strip_suffix('\n').unwrap_or(text);
        let _ = if self.to_stderr {
            writeln!(std::io::stderr().lock(), "{text}")
        } else {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{text}").and_then(|()| out.flush())
        };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
