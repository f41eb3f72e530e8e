//! Granting objects → YAML for people, each rule under the reasons for it. Pure.

use std::fmt::Write as _;

use serde_json::Value;

use super::objects::{self, Granting};

/// Prints all objects as documents of one text.
pub(crate) fn yaml(grants: &[Granting], remarks: &[String]) -> String {
    let mut text = String::new();
    for remark in remarks {
        let _ = writeln!(text, "# {}", remark.replace('\n', " "));
    }
    for (index, granting) in grants.iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        document(&mut text, granting);
    }
    text
}

fn document(text: &mut String, granting: &Granting) {
    for (key, value) in granting.value.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("rules", Value::Array(_)) => {
                text.push_str("rules:\n");
                for rule in &granting.rules {
                    for line in &rule.because {
                        let _ = writeln!(text, "# {line}");
                    }
                    item(text, &objects::rule(rule), "");
                }
            }
            (_, Value::Array(items)) => {
                let _ = writeln!(text, "{key}:");
                items.iter().for_each(|value| item(text, value, ""));
            }
            (_, Value::Object(_)) => {
                let _ = writeln!(text, "{key}:");
                mapping(text, value, "  ");
            }
            _ => {
                let _ = writeln!(text, "{key}: {}", plain(value));
            }
        }
    }
}

fn mapping(text: &mut String, value: &Value, indent: &str) {
    for (key, value) in value.as_object().into_iter().flatten() {
        if value.is_object() {
            let _ = writeln!(text, "{indent}{key}:");
            mapping(text, value, &format!("{indent}  "));
        } else {
            let _ = writeln!(text, "{indent}{key}: {}", plain(value));
        }
    }
}

fn item(text: &mut String, value: &Value, indent: &str) {
    for (index, (key, value)) in value.as_object().into_iter().flatten().enumerate() {
        let dash = if index == 0 { "- " } else { "  " };
        let _ = writeln!(text, "{indent}{dash}{key}: {}", plain(value));
    }
}

/// JSON is YAML; plain words go without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(word) if is_plain(word) => word.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain_item).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn plain_item(value: &Value) -> String {
    if value.as_str().is_some_and(is_plain) { plain(value) } else { value.to_string() }
}

/// A word that YAML reads as text and as nothing else.
fn is_plain(word: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.chars().all(|character| character.is_ascii_alphanumeric() || "-./".contains(character))
        && !reserved.contains(&word.to_ascii_lowercase().as_str())
}
