//! Raw values by input name, found by the contract's order of places, with the errors met on the way.
//! Knows forms, not meanings: what an input is for stands in `task`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::table::{self, Input, Kind};
use super::{Environment, Mode, ReadSecret, value};
use crate::secret::Secret;

/// What was given, by input name.
pub(super) struct Values<'a> {
    found: BTreeMap<&'static str, String>,
    positional: Vec<String>,
    environment: &'a Environment,
    help: bool,
    version: bool,
    errors: Vec<String>,
    remarks: Vec<String>,
}

impl<'a> Values<'a> {
    pub(super) fn collect(environment: &'a Environment, read_secret: ReadSecret<'_>) -> Self {
        let mut values = Self {
            found: BTreeMap::new(),
            positional: Vec::new(),
            environment,
            help: false,
            version: false,
            errors: Vec::new(),
            remarks: Vec::new(),
        };
        values.read_inputs();
        values.read_flags(read_secret);
        values
    }

    fn read_inputs(&mut self) {
        for input in table::INPUTS {
            let dashed = format!("INPUT_{}", input.name.to_uppercase());
            let given = self
                .environment
                .variable(&dashed)
                .or_else(|| self.environment.variable(&dashed.replace('-', "_")))
                .or_else(|| self.outside_actions(input.name));
            if let Some(text) = given {
                self.found.insert(input.name, text.to_owned());
            }
        }
    }

    /// `GITHUB_TOKEN` and `KUBECONFIG` count only where no workflow author could be surprised by them.
    fn outside_actions(&self, name: &str) -> Option<&'a str> {
        let environment: &'a Environment = self.environment;
        if environment.is_github_actions() || name != "token" {
            return None;
        }
        environment.variable("GITHUB_TOKEN")
    }

    fn read_flags(&mut self, read_secret: ReadSecret<'_>) {
        let arguments: &'a [String] = &self.environment.arguments;
        let mut rest = arguments.iter().map(String::as_str).peekable();
        let mut seen: BTreeMap<&'static str, String> = BTreeMap::new();
        while let Some(argument) = rest.next() {
            match argument {
                "--help" | "-h" | "help" if argument != "help" || self.positional.is_empty() => self.help = true,
                "--version" | "-V" => self.version = true,
                "--" => self.positional.extend(rest.by_ref().map(str::to_owned)),
                flag if flag.starts_with("--") => {
                    let (name, attached) = flag[2..].split_once('=').map_or((&flag[2..], None), |(n, v)| (n, Some(v)));
                    let Some((input, text)) = self.flag(name, attached, &mut rest, read_secret) else { continue };
                    add(&mut seen, input, text);
                }
                short if short.len() > 1 && short.starts_with('-') => {
                    self.errors.push(format!("unknown option `{short}`: options are written `--name VALUE`"));
                }
                word => self.positional.push(word.to_owned()),
            }
        }
        self.found.extend(seen);
    }

    fn flag(
        &mut self,
        name: &str,
        attached: Option<&str>,
        rest: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
        read_secret: ReadSecret<'_>,
    ) -> Option<(&'static Input, String)> {
        let secret_file = name.strip_suffix("-file").and_then(table::input).filter(|input| input.kind == Kind::Secret);
        let Some(input) = secret_file.or_else(|| table::input(name)) else {
            self.unknown_flag(name);
            return None;
        };
        let text = match (attached, input.kind) {
            (Some(text), _) => text.to_owned(),
            (None, Kind::Bool) => match rest.next_if(|next| value::boolean(next).is_ok()) {
                Some(word) => word.to_owned(),
                None => "true".to_owned(),
            },
            (None, _) => match rest.next() {
                Some(text) => text.to_owned(),
                None => {
                    self.errors.push(format!("--{name} needs a value"));
                    return None;
                }
            },
        };
        if input.kind != Kind::Secret {
            return Some((input, text));
        }
        self.secret(input, secret_file.is_some(), &text, read_secret).map(|secret| (input, secret))
    }

    fn secret(&mut self, input: &Input, is_file: bool, text: &str, read_secret: ReadSecret<'_>) -> Option<String> {
        if !is_file && text != "-" {
            let name = input.name;
            self.errors.push(format!(
                "{name}: a secret is never a flag's value, since others can read the command line; use `--{name}-file FILE`, \
                 `--{name} -` (standard input) or the variable INPUT_{}",
                name.to_uppercase().replace('-', "_")
            ));
            return None;
        }
        match read_secret(text) {
            Ok(secret) => Some(secret),
            Err(error) => {
                self.errors.push(format!("{}: cannot read `{text}`: {error}", input.name));
                None
            }
        }
    }

    fn unknown_flag(&mut self, name: &str) {
        let hint = value::nearest(name, table::INPUTS.iter().map(|input| input.name))
            .map(|near| format!("; did you mean `--{near}`?"))
            .unwrap_or_default();
        self.errors.push(format!("unknown option `--{name}`{hint}"));
    }

    pub(super) fn asks_for_help(&self) -> bool {
        self.help
    }

    pub(super) fn asks_for_version(&self) -> bool {
        self.version
    }

    /// The mode, if one is named rightly; errors stay unsaid.
    pub(super) fn mode_named(&self) -> Option<Mode> {
        self.found.get("mode").or_else(|| self.positional.first()).and_then(|name| Mode::parse(name))
    }

    /// The mode from the first argument, else from `mode`; what remains of the arguments are paths.
    pub(super) fn mode(&mut self) -> Option<Mode> {
        let given = self.found.get("mode").cloned();
        let first = self.positional.first().and_then(|name| Mode::parse(name));
        let name = match (first, given) {
            (Some(mode), given) => {
                self.positional.remove(0);
                if let Some(other) = given.filter(|other| other != mode.name()) {
                    self.remarks.push(format!("`mode: {other}` gives way to the argument `{}`", mode.name()));
                }
                return Some(mode);
            }
            (None, Some(given)) => given,
            (None, None) if self.positional.is_empty() => {
                self.errors.push(format!("mode: is required: one of {}", mode_names()));
                return None;
            }
            (None, None) => self.positional[0].clone(),
        };
        let mode = Mode::parse(&name);
        if mode.is_none() {
            let near = value::nearest(&name, table::MODES.iter().map(|(mode, _)| mode.name()))
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            self.errors.push(format!("mode: `{name}` is none of {}{near}", mode_names()));
        }
        mode
    }

    /// The paths: arguments win over the input, the input over the default.
    pub(super) fn paths(&mut self) -> Vec<String> {
        if !self.positional.is_empty() {
            return std::mem::take(&mut self.positional);
        }
        self.lines("path")
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let default = table::input(name).map(|input| input.default).filter(|default| !default.is_empty());
        self.given(name).map(str::trim).or(default).map(str::to_owned)
    }

    pub(super) fn block(&self, name: &str) -> Option<String> {
        self.given(name).map(str::to_owned)
    }

    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        value::lines(&self.text(name).unwrap_or_default())
    }

    pub(super) fn secret_text(&self, name: &str) -> Option<Secret> {
        self.given(name).map(|text| Secret::new(text.trim()))
    }

    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.found.get(name).map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn boolean(&mut self, name: &str) -> bool {
        let text = self.text(name).unwrap_or_default();
        value::boolean(&text).unwrap_or_else(|reason| {
            self.refuse(name, &reason);
            false
        })
    }

    pub(super) fn duration(&mut self, name: &str, default: Duration) -> Duration {
        let Some(text) = self.given(name) else { return default };
        value::duration(text.trim()).unwrap_or_else(|reason| {
            self.refuse(name, &reason);
            default
        })
    }

    /// The word given, checked against the input's choices.
    pub(super) fn choice(&mut self, name: &str) -> String {
        let word = self.text(name).unwrap_or_default();
        if let Some(Kind::Choice(words)) = table::input(name).map(|input| input.kind)
            && !word.is_empty()
            && !words.contains(&word.as_str())
        {
            self.refuse(name, &format!("`{word}` is none of {}", ticked(words)));
        }
        word
    }

    pub(super) fn refuse(&mut self, name: &str, reason: &str) {
        self.errors.push(format!("{name}: {reason}"));
    }

    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    pub(super) fn into_errors(self) -> Vec<String> {
        self.errors
    }

    /// Remarks on what was given and has no use in `mode`; `action.yml` passes every default to every mode.
    pub(super) fn unused(&mut self, mode: Mode) -> Vec<String> {
        let mut remarks = std::mem::take(&mut self.remarks);
        for (name, text) in self.found.iter().filter(|(name, _)| **name != "token") {
            let useless = |input: &&Input| !input.modes.contains(&mode) && text.trim() != input.default;
            if table::input(name).filter(useless).is_some() {
                remarks.push(format!("`{name}` has no use in mode `{}`", mode.name()));
            }
        }
        if !self.positional.is_empty() {
            self.errors.push(format!("`{}` is one argument too many", self.positional[0]));
        }
        remarks
    }
}

/// A flag may stand several times for inputs of several lines; elsewhere the last one wins.
fn add(seen: &mut BTreeMap<&'static str, String>, input: &'static Input, text: String) {
    match seen.get_mut(input.name) {
        Some(before) if input.kind == Kind::Lines => {
            before.push('\n');
            before.push_str(&text);
        }
        _ => {
            seen.insert(input.name, text);
        }
    }
}

fn mode_names() -> String {
    let names: Vec<&str> = table::MODES.iter().map(|(mode, _)| mode.name()).collect();
    ticked(&names)
}

fn ticked(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
