//! The user's own readiness rule, annotation `k8s-deploy-action/ready-when`, in the forms that `kubectl wait` knows:
//! `condition=Ready`, `condition=Synced=False`, `{.status.phase}=Running`, `{.status.address}` (there and not empty).
//! Terms are joined by `&&`; a line that begins with `failed:` says when the object has failed.

mod path;

use serde_json::Value;

use super::answer::Answer;
use super::fields::condition;
use super::hints;
use path::Path;

/// One term of a rule.
#[derive(Debug, PartialEq)]
enum Term {
    /// `condition=TYPE[=STATUS]`
    Condition(String, String),
    /// `{.path}` alone, or compared with a text.
    Field(Path, Option<(Comparison, String)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Is,
    IsNot,
    AtLeast,
    AtMost,
}

/// Judges an object by the rule as written.
pub(crate) fn answer(written: &str, object: &Value) -> Answer {
    match judge(written, object) {
        Ok(answer) => answer,
        Err(wrong) => Answer::failed("RuleInvalid", format!("annotation k8s-deploy-action/ready-when: {wrong}"))
            .hinted(hints::next_step("RuleInvalid", "")),
    }
}

fn judge(written: &str, object: &Value) -> Result<Answer, String> {
    let lines = written.lines().map(str::trim).filter(|line| !line.is_empty());
    let (failed, ready): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("failed:"));
    if ready.is_empty() {
        return Err("no line says when the object is ready".to_owned());
    }
    for line in failed {
        let line = line.trim_start_matches("failed:").trim();
        if unmet(line, object)?.is_none() {
            return Ok(Answer::failed("RuleFailed", format!("its rule says failed: {line}")));
        }
    }
    for line in ready {
        let line = line.trim_start_matches("ready:").trim();
        if let Some((term, found)) = unmet(line, object)? {
            return Ok(Answer::in_progress("RuleNotMet", format!("waits for {term}; now: {found}")));
        }
    }
    Ok(Answer::ready("RuleMet", "its own rule is met"))
}

/// Returns the first term that does not hold, and what is there instead.
fn unmet(line: &str, object: &Value) -> Result<Option<(String, String)>, String> {
    for written in split_terms(line) {
        let (met, found) = evaluate(&parse(&written)?, object);
        if !met {
            return Ok(Some((written, found)));
        }
    }
    Ok(None)
}

/// Splits at `&&`, but not inside braces: filters may hold it.
fn split_terms(line: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut depth = 0_i32;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            '&' if depth == 0 && letters.peek() == Some(&'&') => {
                letters.next();
                terms.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(term) = terms.last_mut() {
            term.push(letter);
        }
    }
    terms.iter().map(|term| term.trim().to_owned()).collect()
}

fn parse(written: &str) -> Result<Term, String> {
    let written = written.strip_prefix("jsonpath=").unwrap_or(written).trim_matches('\'');
    if let Some(rest) = written.strip_prefix("condition=") {
        let (kind, status) = rest.split_once('=').unwrap_or((rest, "True"));
        return match kind.trim() {
            "" => Err(format!("`{written}` names no condition")),
            kind => Ok(Term::Condition(kind.to_owned(), unquoted(status).to_owned())),
        };
    }
    let (path, rest) = match written.strip_prefix('{') {
        Some(inner) => {
            let end = inner.find('}').ok_or_else(|| format!("`{written}` has no closing brace"))?;
            (&inner[..end], &inner[end + 1..])
        }
        None if written.starts_with('.') => {
            written.split_at(written.find(['=', '!', '<', '>', ' ']).unwrap_or(written.len()))
        }
        None => {
            return Err(format!(
                "`{written}` is neither `condition=TYPE` nor a JSONPath such as `{{.status.phase}}=Running`"
            ));
        }
    };
    Ok(Term::Field(Path::parse(path)?, comparison(rest.trim().trim_start_matches('\''), written)?))
}

fn comparison(rest: &str, written: &str) -> Result<Option<(Comparison, String)>, String> {
    const SIGNS: &[(&str, Comparison)] = &[
        ("==", Comparison::Is),
        ("!=", Comparison::IsNot),
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("=", Comparison::Is),
    ];
    if rest.is_empty() {
        return Ok(None);
    }
    let found = SIGNS.iter().find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)));
    let (comparison, wanted) =
        found.ok_or_else(|| format!("`{written}`: one of =, ==, !=, >=, <= wanted after the path"))?;
    Ok(Some((comparison, unquoted(wanted).to_owned())))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// Returns whether a term holds, and what was found.
fn evaluate(term: &Term, object: &Value) -> (bool, String) {
    match term {
        Term::Condition(kind, wanted) => match condition(object, kind) {
            Some(found) => {
                (found.word.eq_ignore_ascii_case(wanted), format!("{kind}={} {}", found.word, found.phrase()))
            }
            None => (false, format!("no condition {kind}")),
        },
        Term::Field(path, comparison) => {
            let found: Vec<String> = path.select(object).into_iter().map(told).collect();
            let shown = if found.is_empty() { "nothing there".to_owned() } else { found.join(", ") };
            (holds(&found, comparison.as_ref()), shown)
        }
    }
}

/// A path that selects nothing holds for nothing; of several values, all must hold.
fn holds(found: &[String], comparison: Option<&(Comparison, String)>) -> bool {
    let Some((comparison, wanted)) = comparison else {
        return found.iter().any(|value| !value.is_empty() && value != "false");
    };
    let number = |text: &str| text.parse::<f64>().ok();
    !found.is_empty()
        && found.iter().all(|value| match (comparison, number(value), number(wanted)) {
            (Comparison::Is, ..) => value == wanted,
            (Comparison::IsNot, ..) => value != wanted,
            (Comparison::AtLeast, Some(value), Some(wanted)) => value >= wanted,
            (Comparison::AtMost, Some(value), Some(wanted)) => value <= wanted,
            _ => false,
        })
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "rule/tests.rs"]
mod tests;
