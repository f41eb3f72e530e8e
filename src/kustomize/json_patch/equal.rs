//! Equality for `test`: containers by their parts, single values by their JSON text, as json-patch compares.

use crate::yaml::{Mapping, Node, Tag, to_json};

/// Compares a value of the object with one of the patch; `is_json` says how the patch was written.
pub(super) fn equal(found: &Node, wanted: &Node, is_json: bool) -> bool {
    match (found, wanted) {
        (Node::Mapping(found), Node::Mapping(wanted)) => maps(found, wanted, is_json),
        (Node::Sequence(found), Node::Sequence(wanted)) => {
            found.items.len() == wanted.items.len()
                && found.items.iter().zip(&wanted.items).all(|(found, wanted)| equal(found, wanted, is_json))
        }
        (Node::Scalar(_), Node::Scalar(_)) => scalars(found, wanted, is_json),
        _ => false,
    }
}

fn maps(found: &Mapping, wanted: &Mapping, is_json: bool) -> bool {
    found.entries.len() == wanted.entries.len()
        && found
            .entries
            .iter()
            .all(|entry| wanted.get(&entry.key.text).is_some_and(|wanted| equal(&entry.value, wanted, is_json)))
}

/// The object's text has `<`, `>` and `&` escaped, and the patch's only when it came through YAML.
fn scalars(found: &Node, wanted: &Node, is_json: bool) -> bool {
    let escapes = |text: &str| text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
    if is_json && wanted.as_str().is_some_and(escapes) {
        return false;
    }
    let wanted_text = match wanted.as_scalar() {
        Some(scalar) if is_json && scalar.tag == Tag::Float => Some(scalar.text.to_string()),
        _ => to_json(wanted).ok(),
    };
    wanted_text.is_some() && to_json(found).ok() == wanted_text
}
