//! What people read while a run goes on. The only place that prints: scrubs known secrets from every line, keeps untrusted
//! text from being taken for commands of the CI or of a terminal, closes groups.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "edge: the log is printed here and nowhere else")]

use std::io::Write as _;
use std::sync::Mutex;

use super::{github, gitlab, shell};
use crate::inputs::Ci;
use crate::secret::Secret;

/// Columns that every terminal is taken to have.
const PASSING_WIDTH: usize = 79;

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whose commands the log's reader understands.
    pub ci: Ci,
    /// Standard output carries data, so the log goes to standard error.
    pub to_stderr: bool,
    /// The reader takes colour.
    pub colour: bool,
    /// Somebody looks at a terminal, so that lines may pass; never in a CI's log.
    pub live: bool,
    /// Debug lines are wanted.
    pub debug: bool,
}

/// The log.
#[derive(Debug)]
pub struct Console {
    style: Style,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    secrets: Vec<String>,
    /// Number of the open group.
    group: Option<usize>,
    groups: usize,
    /// A line that the next output replaces stands on the terminal.
    passing: bool,
}

impl Console {
    /// Returns a log.
    pub fn new(style: Style) -> Self {
        Self { style, state: Mutex::default() }
    }

    /// Tells whether passing lines are shown.
    pub fn is_live(&self) -> bool {
        self.style.live
    }

    /// Shows a line that the next one takes the place of, cut to what a terminal shows at least.
    pub fn passing(&self, text: &str) {
        if !self.style.live {
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
        let _ = if self.style.to_stderr {
            write!(std::io::stderr().lock(), "{text}")
        } else {
            let mut out = std::io::stdout().lock();
            write!(out, "{text}").and_then(|()| out.flush())
        };
    }

    /// Prints lines of our own; what could be taken for a command is fenced.
    pub fn line(&self, text: &str) {
        let text = self.scrub(text);
        if self.style.ci != Ci::Github {
            return self.write(&self.painted(shell::clean(&text)));
        }
        if github::holds_command(&text) {
            return self.fenced(&text);
        }
        self.write(&self.painted(text));
    }

    /// Prints text that others wrote (pod logs, build output): fenced, so that no line of it is a command.
    pub fn untrusted(&self, text: &str) {
        let text = self.scrub(text);
        if self.style.ci == Ci::Github { self.fenced(&text) } else { self.write(&shell::clean(&text)) }
    }

    /// Prints a line that only a runner in debug mode shows.
    pub fn debug(&self, text: &str) {
        if !self.style.debug {
            return;
        }
        let text = self.scrub(text);
        match self.style.ci {
            Ci::Github => self.write(&format!("::debug::{}", github::escape_data(&text))),
            Ci::Gitlab | Ci::Shell => self.write(&self.painted(format!("debug: {}", shell::clean(&text)))),
        }
    }

    /// Starts a folded part of the log; an open one is closed first.
    pub fn group(&self, title: &str) {
        self.end_group();
        let title = shell::clean(&self.scrub(title)).replace('\n', " ");
        let number = {
            let mut state = self.lock();
            state.groups += 1;
            state.group = Some(state.groups);
            state.groups
        };
        match self.style.ci {
            Ci::Github => self.write(&format!("::group::{}", github::escape_data(&title))),
            Ci::Gitlab => self.write(&gitlab::section_start(&section(number), &title, seconds())),
            Ci::Shell => self.write(&title),
        }
    }

    /// Closes the folded part, when one is open.
    pub fn end_group(&self) {
        let Some(number) = self.lock().group.take() else { return };
        match self.style.ci {
            Ci::Github => self.write("::endgroup::"),
            Ci::Gitlab => self.write(&gitlab::section_end(&section(number), seconds())),
            Ci::Shell => {}
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
            if self.style.ci == Ci::Github {
                self.write(&format!("::add-mask::{}", github::escape_data(part)));
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
        if self.style.ci == Ci::Github {
            return self.write(&github::annotation(kind, place, title, &message));
        }
        let at = place.map(|place| format!("{}:{}:{}: ", place.file, place.line, place.column));
        let text = format!("{kind}: {}{message}", at.unwrap_or_default());
        self.write(&self.painted(shell::clean(&text)));
    }

    fn painted(&self, text: String) -> String {
        if self.style.colour { shell::paint(&text) } else { text }
    }

    fn fenced(&self, text: &str) {
        let token = super::files::random_token();
        self.write(&format!("::stop-commands::{token}\n{text}\n::{token}::"));
    }

    /// A reader that went away (`| head`) ends the run's output, not the run.
    fn write(&self, text: &str) {
        self.clear_passing();
        let text = text.strip_suffix('\n').unwrap_or(text);
        let _ = if self.style.to_stderr {
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

/// The name of a group's section, which needs to be the only one of its job.
fn section(number: usize) -> String {
    format!("k8s_deploy_{}_{number}", std::process::id())
}

fn seconds() -> i64 {
    super::now().as_second()
}
