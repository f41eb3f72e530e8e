//! Writes texts in their styles, folded at 80 columns where go-yaml v2 folds, straight into one string.
//! Keeps the current line's start; decides nothing about style.

use super::style::{Form, Style};
use crate::yaml::folded::{hints, is_break};
use crate::yaml::quote::{escape, needs_escape};

/// Column behind which a line is folded at the next single space.
const WIDTH: usize = 80;

/// The output and where its last line starts.
pub(super) struct Writer<'o> {
    out: &'o mut String,
    /// Behind the last line break of any kind.
    line_start: usize,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut String) -> Self {
        let line_start = out.len();
        Self { out, line_start }
    }

    /// Ends the line unless nothing stands on it.
    pub(super) fn end_line(&mut self) {
        if self.out.len() > self.line_start {
            self.break_line();
        }
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.line_start = self.out.len();
    }

    /// Fills up with spaces to a column; only ASCII indicators stand before it.
    pub(super) fn pad(&mut self, column: usize) {
        const SPACES: &str = "                                                                ";
        let mut missing = (self.line_start + column).saturating_sub(self.out.len());
        while missing > 0 {
            let some = missing.min(SPACES.len());
            self.out.push_str(&SPACES[..some]);
            missing -= some;
        }
    }

    /// Writes `-`, `?` or `:`; the last two follow padding or a key.
    pub(super) fn indicator(&mut self, indicator: char) {
        self.out.push(indicator);
    }

    /// Writes a word behind a space, or without one at a line's start.
    pub(super) fn word(&mut self, word: &str) {
        self.space();
        self.out.push_str(word);
    }

    fn space(&mut self) {
        if self.out.len() > self.line_start {
            self.out.push(' ');
        }
    }

    /// Writes a key on one line.
    pub(super) fn key(&mut self, form: &Form<'_>) {
        match form.style {
            Style::Plain => self.out.push_str(&form.text),
            Style::Single => self.single(&form.text, None),
            Style::Double | Style::Literal => self.double(&form.text, None),
        }
    }

    /// Writes a value; lines after the first are indented by `indent`.
    pub(super) fn scalar(&mut self, form: &Form<'_>, indent: usize) {
        self.space();
        match form.style {
            Style::Plain if self.out.len() - self.line_start + form.text.len() <= WIDTH => {
                self.out.push_str(&form.text);
            }
            Style::Plain => self.folded(&form.text, indent),
            Style::Single => self.single(&form.text, Some(indent)),
            Style::Double => self.double(&form.text, Some(indent)),
            Style::Literal => self.literal(&form.text, indent),
        }
    }

    /// Returns the current column in characters.
    fn column(&self) -> usize {
        self.out[self.line_start..].chars().count()
    }

    fn folded(&mut self, text: &str, indent: usize) {
        let mut column = self.column();
        let mut previous_space = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let space = character == ' ';
            if space && !previous_space && column > WIDTH && characters.peek() != Some(&' ') {
                column = self.continue_at(indent);
            } else {
                self.out.push(character);
                column += 1;
            }
            previous_space = space;
        }
    }

    fn continue_at(&mut self, indent: usize) -> usize {
        self.break_line();
        self.pad(indent);
        indent
    }

    /// Writes in single quotes; without an indentation it is a key and not folded.
    fn single(&mut self, text: &str, indent: Option<usize>) {
        self.out.push('\'');
        let mut column = self.column();
        let (mut previous_space, mut previous_break) = (false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            if character == ' ' {
                let folds = !previous_space && column > WIDTH && at > 0 && next.is_some_and(|next| next != ' ');
                match indent {
                    Some(indent) if folds => column = self.continue_at(indent),
                    _ => {
                        self.out.push(' ');
                        column += 1;
                    }
                }
                previous_space = true;
            } else if is_break(character) {
                self.out.push(character);
                self.line_start = self.out.len();
                column = 0;
                previous_break = true;
            } else {
                if previous_break {
                    self.pad(indent.unwrap_or(0));
                    column = indent.unwrap_or(0);
                }
                if character == '\'' {
                    self.out.push('\'');
                    column += 1;
                }
                self.out.push(character);
                column += 1;
                (previous_space, previous_break) = (false, false);
            }
        }
        self.out.push('\'');
    }

    /// Writes in double quotes; without an indentation it is a key and not folded.
    fn double(&mut self, text: &str, indent: Option<usize>) {
        self.out.push('"');
        let mut column = self.column();
        let mut previous_space = false;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let start = self.out.len();
            if needs_escape(text, character) {
                escape(self.out, character);
                previous_space = false;
                column += self.out.len() - start;
                continue;
            }
            let folds = character == ' ' && !previous_space && column > WIDTH && at > 0 && next.is_some();
            previous_space = character == ' ';
            match indent {
                Some(indent) if folds => {
                    column = self.continue_at(indent);
                    if next == Some(' ') {
                        self.out.push('\\');
                        column += 1;
                    }
                }
                _ => {
                    self.out.push(character);
                    column += 1;
                }
            }
        }
        self.out.push('"');
    }

    /// Writes a literal block.
    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        self.out.push_str(hints(text));
        self.break_line();
        if text.is_ascii() {
            for line in text.split_inclusive('\n') {
                if line != "\n" {
                    self.pad(indent);
                }
                self.out.push_str(line);
                if line.ends_with('\n') {
                    self.line_start = self.out.len();
                }
            }
            return;
        }
        for line in text.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                self.pad(indent);
            }
            self.out.push_str(line);
            if line.ends_with(is_break) {
                self.line_start = self.out.len();
            }
        }
    }
}
