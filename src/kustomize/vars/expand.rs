//! `$(NAME)` in texts: finds the references and puts values in their place. A text that is nothing but one reference
//! takes the value's type.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::go_number;
use crate::kustomize::scalar_text::{is_text, is_untagged};
use crate::yaml::{Node, Scalar, Tag};

/// The value of a var.
#[derive(Clone, Debug)]
pub(super) struct VarValue {
    /// In the middle of a text.
    inside: SmolStr,
    /// Alone.
    alone: SmolStr,
    tag: Tag,
    /// A map or a list: kustomize leaves references to it as they are.
    is_container: bool,
    used: bool,
}

impl VarValue {
    /// Reads the value of a field; none for a number that Go does not read in decimal.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let plain =
            |text: SmolStr, tag| Self { inside: text.clone(), alone: text, tag, is_container: false, used: false };
        let Node::Scalar(scalar) = node else {
            return Some(Self { is_container: true, ..plain(SmolStr::default(), Tag::Str) });
        };
        match scalar.tag {
            _ if is_untagged(scalar) => Some(plain(scalar.text.clone(), Tag::Str)),
            Tag::Int => Some(plain(scalar.text.parse::<i64>().ok()?.to_string().into(), Tag::Int)),
            Tag::Bool => Some(plain(scalar.text.to_ascii_lowercase().into(), Tag::Bool)),
            Tag::Float => {
                let number: f64 = scalar.text.parse().ok()?;
                Some(Self {
                    inside: go_number::shortest(number).into(),
                    ..plain(number.to_string().into(), Tag::Float)
                })
            }
            _ => Some(plain(scalar.text.clone(), Tag::Str)),
        }
    }

    pub(super) fn is_used(&self) -> bool {
        self.used
    }
}

/// The values by name.
pub(super) type Values = BTreeMap<SmolStr, VarValue>;

/// Expands the references in a field: a text, the texts of a map, or a list of texts.
///
/// # Errors
/// A list with anything but texts, and a map with a key that is no text.
pub(super) fn expand_field(node: &mut Node, values: &mut Values) -> Result<()> {
    match node {
        Node::Scalar(scalar) => expand_scalar(scalar, values),
        Node::Mapping(map) => {
            for entry in &mut map.entries {
                if entry.key.tag != Tag::Str {
                    return Err(Failure::input(format!("the key '{}' is no text: put it in quotes", entry.key.text)));
                }
                if let Node::Scalar(scalar) = &mut entry.value {
                    expand_scalar(scalar, values);
                }
            }
        }
        Node::Sequence(list) => {
            for item in &mut list.items {
                match item {
                    Node::Scalar(scalar) if is_text(scalar) => expand_scalar(scalar, values),
                    _ => {
                        return Err(Failure::input("a list in which vars are expanded has an element that is no text")
                            .hinted("Put numbers and booleans in quotes."));
                    }
                }
            }
        }
    }
    Ok(())
}

fn expand_scalar(scalar: &mut Scalar, values: &mut Values) {
    if !is_text(scalar) {
        return;
    }
    // Whatever was looked at loses its quotes, references in it or not.
    let (text, tag) =
        if scalar.text.contains('$') { expanded(&scalar.text, values) } else { (scalar.text.clone(), Tag::Str) };
    *scalar = Scalar { text, tag, span: scalar.span, ..Scalar::default() };
}

/// `$$` is a dollar sign, unknown names stay.
fn expanded(text: &str, values: &mut Values) -> (SmolStr, Tag) {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(next) = rest[1..].chars().next() else { break };
        if next == '$' {
            out.push('$');
            rest = &rest[2..];
        } else if let Some(end) = rest.find(')').filter(|_| next == '(') {
            let (reference, name) = (&rest[..=end], &rest[2..end]);
            match values.get_mut(name).filter(|value| !value.is_container) {
                Some(value) => {
                    value.used = true;
                    if reference == text {
                        return (value.alone.clone(), value.tag);
                    }
                    out.push_str(&value.inside);
                }
                None => out.push_str(reference),
            }
            rest = &rest[end + 1..];
        } else {
            let taken = 1 + next.len_utf8();
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
    }
    out.push_str(rest);
    (out.into(), Tag::Str)
}

#[cfg(test)]
mod tests {
    use super::{Values, VarValue, expanded};
    use crate::kustomize::testing::node;
    use crate::yaml::Tag;

    fn expand(text: &str) -> (String, Tag) {
        let values = [("A", "a"), ("N", "80"), ("F", "1000000.5"), ("REF", "$(A)"), ("EMPTY", "''"), ("MAP", "{x: y}")];
        let value = |(name, text): (&str, &str)| (name.into(), VarValue::of(&node(text)).expect("a value"));
        let mut values: Values = values.into_iter().map(value).collect();
        let (text, tag) = expanded(text, &mut values);
        (text.to_string(), tag)
    }

    #[test]
    fn references_are_replaced_and_unknown_ones_stay() {
        let cases = [
            ("x-$(A)-$(A)", "x-a-a"),
            ("$(B)$(A)", "$(B)a"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$a"),
            ("$(REF)!", "$(A)!"),
            ("a$(EMPTY)b", "ab"),
            ("$(A", "$(A"),
            ("$A $ ${A} $", "$A $ ${A} $"),
            ("$(A$(A))", "$(A$(A))"),
            ("$(MAP)", "$(MAP)"),
            ("$(F)s", "1.0000005e+06s"),
        ];
        for (text, expected) in cases {
            assert_eq!(expand(text), (expected.into(), Tag::Str), "{text}");
        }
    }

    #[test]
    fn a_lone_reference_takes_the_type_of_the_value() {
        assert_eq!(expand("$(N)"), ("80".into(), Tag::Int));
        assert_eq!(expand("$(F)"), ("1000000.5".into(), Tag::Float));
        assert_eq!(expand("$(N)0"), ("800".into(), Tag::Str));
    }
}
