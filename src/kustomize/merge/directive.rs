//! The `$patch` directives of a patch: reads one and takes it out.
//! What a directive does is decided where the map or the list is merged.

use super::{Merged, Misfit};
use crate::yaml::{Mapping, Node, Sequence};

const KEY: &str = "$patch";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Directive {
    fn from_word(word: &str) -> Merged<Self> {
        match word {
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            "delete" => Ok(Self::Delete),
            _ => Err(Misfit::new(format!("unknown directive '{KEY}: {word}'; known are merge, replace and delete"))),
        }
    }
}

/// Takes the directive out of a map; without one it merges. An unknown word stays in the map.
pub(super) fn take_of_map(map: &mut Mapping) -> Merged<Directive> {
    let Some(at) = map.entries.iter().position(|entry| entry.key.text == KEY) else { return Ok(Directive::Merge) };
    let directive = Directive::from_word(map.entries[at].value.text().unwrap_or_default())?;
    map.entries.remove(at);
    Ok(directive)
}

/// Takes out the directive of a list, which is an element with nothing else in it. Only the first element that
/// carries a directive is looked at; when it is the list's, all elements with the same word go with it.
pub(super) fn take_of_list(list: &mut Sequence) -> Merged<Directive> {
    let Some(first) = list.items.iter().filter_map(Node::as_mapping).find(|map| map.get(KEY).is_some()) else {
        return Ok(Directive::Merge);
    };
    if first.entries.len() > 1 {
        return Ok(Directive::Merge);
    }
    let word = first.entries[0].value.text().unwrap_or_default().to_owned();
    let directive = Directive::from_word(&word)?;
    list.items.retain(|item| match item {
        Node::Mapping(map) => !map.entries.is_empty() && map.get(KEY).and_then(Node::text) != Some(word.as_str()),
        other => !other.is_null(),
    });
    Ok(directive)
}
