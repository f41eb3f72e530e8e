//! The proof of an edit: the file afterwards means what the file before meant, but for exactly the fields asked for.
//! Compares meanings; knows nothing of how the splices were made.

use crate::yaml::meaning::{Anchors, Endless, Meaning};
use crate::yaml::syntax::read;
use crate::yaml::{Node, Scalar, Tag};

use super::{EditError, List, ListChange, Want};

/// Proves that `after` is `before` with `lists` done to it and nothing else, to two readers: the one that planned the
/// edit, and the one that follows Go's rules, which the engine builds with.
pub(super) fn prove(before: &str, after: &str, lists: &[ListChange]) -> Result<(), EditError> {
    compare(meaning(before)?, meaning(after)?, lists)?;
    let Some(expected) = meaning_in_go(before) else { return Ok(()) };
    let found = meaning_in_go(after).ok_or_else(|| refusal("kustomize could not read the file afterwards"))?;
    compare(expected, found, lists)
}

fn compare(mut expected: Meaning, mut found: Meaning, lists: &[ListChange]) -> Result<(), EditError> {
    for change in lists {
        apply(&mut expected, change);
        settle(&mut expected, change.list);
        settle(&mut found, change.list);
    }
    if expected == found {
        return Ok(());
    }
    Err(refusal("no edit of this file's bytes was found that changes exactly the fields asked for"))
}

/// Returns what a file means by Go's rules; `None` when they do not accept it.
fn meaning_in_go(text: &str) -> Option<Meaning> {
    match crate::yaml::parse_first(text.as_bytes()).ok()? {
        Some(document) if !document.root.is_null() => Some(of_node(&document.root)),
        _ => Some(Meaning::Mapping(Vec::new())),
    }
}

fn of_node(node: &Node) -> Meaning {
    match node {
        Node::Scalar(scalar) => of_scalar(scalar),
        Node::Sequence(list) => Meaning::Sequence(list.items.iter().map(of_node).collect()),
        Node::Mapping(mapping) => {
            let mut pairs: Vec<(Meaning, Meaning)> = Vec::new();
            for entry in &mapping.entries {
                let key = of_scalar(&entry.key);
                pairs.retain(|(earlier, _)| *earlier != key);
                pairs.push((key, of_node(&entry.value)));
            }
            Meaning::Mapping(pairs)
        }
    }
}

fn of_scalar(scalar: &Scalar) -> Meaning {
    match scalar.tag {
        Tag::Str => Meaning::Text(scalar.text.to_string()),
        Tag::Null => Meaning::Plain(String::new()),
        Tag::Int => Meaning::Plain(scalar.text.to_string()),
        tag => Meaning::Tagged(format!("{tag:?}"), scalar.text.to_string()),
    }
}

/// Returns what a wanted field means; `None` for one that shall not be there.
pub(super) fn meaning_of(want: &Want) -> Option<Meaning> {
    match want {
        Want::Text(text) => Some(Meaning::Text(text.clone())),
        Want::Number(number) => Some(Meaning::Plain(number.to_string())),
        Want::Nothing => None,
    }
}

/// Returns what a file says beside its `images`.
pub(super) fn without_images(text: &str) -> Result<Meaning, EditError> {
    let mut meaning = meaning(text)?;
    if let Meaning::Mapping(pairs) = &mut meaning {
        pairs.retain(|(key, _)| !names(key, List::Images.key()));
    }
    Ok(meaning)
}

fn meaning(text: &str) -> Result<Meaning, EditError> {
    let document = read(text).map_err(|_| refusal("the file would not be YAML afterwards"))?;
    let Some(root) = &document.root else { return Ok(Meaning::Mapping(Vec::new())) };
    let meaning = Anchors::of(&document, text).meaning(root);
    match meaning.map_err(|Endless| refusal("an alias of the file stands within its own anchor"))? {
        Meaning::Plain(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") => {
            Ok(Meaning::Mapping(Vec::new()))
        }
        meaning => Ok(meaning),
    }
}

fn refusal(message: &str) -> EditError {
    EditError { message: format!("{message}; nothing is written"), line: 0, column: 0 }
}

/// Does to the meaning what the edit shall do to the file.
fn apply(root: &mut Meaning, change: &ListChange) {
    if change.items.is_empty() && change.new.is_empty() {
        return;
    }
    let Meaning::Mapping(pairs) = root else { return };
    let position = pairs.iter().rposition(|(key, _)| names(key, change.list.key()));
    let position = position.unwrap_or_else(|| {
        pairs.push((Meaning::Text(change.list.key().to_owned()), Meaning::Sequence(Vec::new())));
        pairs.len() - 1
    });
    let value = &mut pairs[position].1;
    if !matches!(value, Meaning::Sequence(_)) {
        *value = Meaning::Sequence(Vec::new());
    }
    let Meaning::Sequence(items) = value else { return };
    for (index, fields) in &change.items {
        if let Some(Meaning::Mapping(entry)) = items.get_mut(*index) {
            fields.iter().for_each(|(field, want)| set(entry, field, want));
        }
    }
    for (name, fields) in &change.new {
        let mut entry = vec![(Meaning::Text("name".into()), name_meaning(name))];
        fields.iter().for_each(|(field, want)| set(&mut entry, field, want));
        items.push(Meaning::Mapping(entry));
    }
}

fn name_meaning(name: &str) -> Meaning {
    Meaning::Text(name.to_owned())
}

fn set(entry: &mut Vec<(Meaning, Meaning)>, field: &str, want: &Want) {
    let position = entry.iter().rposition(|(key, _)| names(key, field));
    match (meaning_of(want), position) {
        (Some(meaning), Some(position)) => entry[position].1 = meaning,
        (Some(meaning), None) => entry.push((Meaning::Text(field.to_owned()), meaning)),
        (None, _) => entry.retain(|(key, _)| !names(key, field)),
    }
}

/// Brings the entries of a list into one form: no fields that say nothing, and fields in order, which means nothing.
fn settle(root: &mut Meaning, list: List) {
    let Meaning::Mapping(pairs) = root else { return };
    for (_, value) in pairs.iter_mut().filter(|(key, _)| names(key, list.key())) {
        let Meaning::Sequence(items) = value else { continue };
        for item in items {
            let Meaning::Mapping(entry) = item else { continue };
            entry.retain(|(key, value)| {
                let settable = ["newName", "newTag", "digest"].iter().any(|field| names(key, field));
                !(list == List::Images && settable && says_nothing(value))
            });
            entry.sort_by_key(|(key, _)| match key {
                Meaning::Text(text) | Meaning::Plain(text) => text.clone(),
                _ => String::new(),
            });
        }
    }
}

fn says_nothing(value: &Meaning) -> bool {
    match value {
        Meaning::Text(text) => text.is_empty(),
        Meaning::Plain(text) => matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"),
        _ => false,
    }
}

fn names(key: &Meaning, field: &str) -> bool {
    matches!(key, Meaning::Text(text) if text.eq_ignore_ascii_case(field))
}
