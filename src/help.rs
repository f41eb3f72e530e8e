//! `--help`, from the one table. Text only.

use std::fmt::Write as _;

use crate::inputs::Mode;
use crate::inputs::table::{self, Input, Kind};

/// Returns the help of one mode, or of all.
pub fn text(mode: Option<Mode>) -> String {
    match mode {
        Some(mode) => one(mode),
        None => all(),
    }
}

fn all() -> String {
    let mut text = "k8s-deploy takes a release from the config repo to a verified rollout.\n\n\
        usage: k8s-deploy MODE [PATH…] [--INPUT VALUE…]\n\nmodes:\n"
        .to_owned();
    for (mode, description) in table::MODES {
        let _ = writeln!(text, "  {:<10}{description}", mode.name());
    }
    text.push_str(
        "\nEvery input is a flag (`--config-repo VALUE`) or a variable (`INPUT_CONFIG-REPO`, `INPUT_CONFIG_REPO`).\n\
         `k8s-deploy MODE --help` lists a mode's inputs.\n\n",
    );
    text.push_str(&exit_codes());
    text
}

fn one(mode: Mode) -> String {
    let description = table::MODES.iter().find(|(known, _)| *known == mode).map_or("", |(_, text)| text);
    let mut text = format!("usage: k8s-deploy {} [PATH…] [--INPUT VALUE…]\n\n{description}\n\ninputs:\n", mode.name());
    for input in table::INPUTS.iter().filter(|input| input.name != "mode" && input.modes.contains(&mode)) {
        text.push_str(&row(input));
    }
    text.push('\n');
    text.push_str(&exit_codes());
    text
}

fn row(input: &Input) -> String {
    let form = match input.kind {
        Kind::Text => "TEXT".to_owned(),
        Kind::Lines => "LINES".to_owned(),
        Kind::Block => "TEXT".to_owned(),
        Kind::Bool => "BOOL".to_owned(),
        Kind::Duration => "DURATION".to_owned(),
        Kind::Choice(words) => words.join("|"),
        Kind::Secret => "FILE (or -)".to_owned(),
    };
    let flag = if input.kind == Kind::Secret { format!("{}-file", input.name) } else { input.name.to_owned() };
    let default = if input.default.is_empty() { String::new() } else { format!(" [default: {}]", input.default) };
    format!("  --{flag} {form}\n        {}{default}\n", input.description)
}

fn exit_codes() -> String {
    let mut text = "exit codes:\n".to_owned();
    for code in table::EXIT_CODES {
        let _ = writeln!(text, "  {}  {}", code.code, code.when);
    }
    text
}
