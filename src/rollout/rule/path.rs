//! The part of JSONPath that `kubectl wait` rules use: names, indexes, `*`, and filters by equality.

use serde_json::Value;

/// A parsed path.
#[derive(Debug, PartialEq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Name(String),
    Index(i64),
    All,
    /// `[?(@.name=="value")]`
    Where(Vec<String>, String),
}

impl Path {
    /// Reads `.status.conditions[?(@.type=="Ready")].status`, with or without the leading dot or `$`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text.trim().trim_start_matches('$');
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('[') {
                Some(inner) => bracket(inner, text)?,
                None => name(rest.strip_prefix('.').unwrap_or(rest), text)?,
            };
            steps.push(step);
            rest = after;
        }
        if steps.is_empty() { Err(format!("`{text}` names no field")) } else { Ok(Self(steps)) }
    }

    /// Returns the values that the path selects.
    pub(super) fn select<'a>(&self, object: &'a Value) -> Vec<&'a Value> {
        self.0.iter().fold(vec![object], |found, step| found.into_iter().flat_map(|value| step.of(value)).collect())
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Name(name) => value.get(name).into_iter().collect(),
            Self::Index(index) => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                let index = if *index < 0 { items.len() as i64 + index } else { *index };
                usize::try_from(index).ok().and_then(|index| items.get(index)).into_iter().collect()
            }
            Self::All => match value {
                Value::Array(items) => items.iter().collect(),
                Value::Object(fields) => fields.values().collect(),
                _ => Vec::new(),
            },
            Self::Where(names, wanted) => {
                let items = value.as_array().into_iter().flatten();
                items.filter(|item| reaches(item, names, wanted)).collect()
            }
        }
    }
}

fn reaches(item: &Value, names: &[String], wanted: &str) -> bool {
    let found = names.iter().try_fold(item, |inner, name| inner.get(name));
    found.is_some_and(|found| match found {
        Value::String(text) => text == wanted,
        other => format!("{other}") == wanted,
    })
}

fn name<'t>(rest: &'t str, whole: &str) -> Result<(Step, &'t str), String> {
    let mut name = String::new();
    let mut letters = rest.char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '.' | '[' => return finished(name, &rest[index..], whole),
            // A dot of the name itself, as in `metadata.annotations.example\.com/x`.
            '\\' => name.extend(letters.next().map(|(_, escaped)| escaped)),
            letter => name.push(letter),
        }
    }
    finished(name, "", whole)
}

fn finished<'t>(name: String, rest: &'t str, whole: &str) -> Result<(Step, &'t str), String> {
    match name.as_str() {
        "" => Err(format!("`{whole}` has an empty name")),
        "*" => Ok((Step::All, rest)),
        _ => Ok((Step::Name(name), rest)),
    }
}

fn bracket<'t>(inner: &'t str, whole: &str) -> Result<(Step, &'t str), String> {
    let end = inner.find(']').ok_or_else(|| format!("`{whole}` has no closing bracket"))?;
    let (content, rest) = (inner[..end].trim(), &inner[end + 1..]);
    if content == "*" {
        return Ok((Step::All, rest));
    }
    if let Some(filter) = content.strip_prefix("?(").and_then(|filter| filter.strip_suffix(')')) {
        return Ok((filter_step(filter, whole)?, rest));
    }
    let quoted = content.trim_matches(['\'', '"']);
    if quoted.len() + 2 == content.len() {
        return Ok((Step::Name(quoted.to_owned()), rest));
    }
    let index = content.parse().map_err(|_| format!("`{whole}`: `[{content}]` is no index, name or filter"))?;
    Ok((Step::Index(index), rest))
}

fn filter_step(filter: &str, whole: &str) -> Result<Step, String> {
    let wrong = || format!("`{whole}`: filters have the form ?(@.name==\"value\")");
    let (path, wanted) = filter.split_once("==").ok_or_else(wrong)?;
    let names = path.trim().strip_prefix("@.").ok_or_else(wrong)?;
    let names = names.split('.').map(str::to_owned).collect();
    Ok(Step::Where(names, wanted.trim().trim_matches(['\'', '"']).to_owned()))
}
