//! What a text means when a setter writes it: the bridge between kustomize's untagged scalars and our tags.
//! Pure functions of texts and scalars.

use smol_str::SmolStr;

use crate::yaml::{self, Node, Scalar, Span, Style, Tag};

/// Whether YAML 1.1 reads the text as something else than a string (kyaml `IsValueNonString`).
pub(crate) fn is_yaml11_value(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    match yaml::resolve_tag_yaml11(text) {
        Tag::Null | Tag::Bool | Tag::Int | Tag::Float => true,
        // Dates are read as text where no type asks for them.
        Tag::Timestamp | Tag::Merge | Tag::Binary => false,
        Tag::Str => has_structure(text),
    }
}

/// Whether a text that was never read as one value is a map, a list, or a value with a comment behind it.
fn has_structure(text: &str) -> bool {
    let may =
        text.starts_with(['{', '[', '#', '&', '!', '-', '?', '|', '>']) || text.contains(':') || text.contains(" #");
    if !may {
        return false;
    }
    match yaml::parse_first(text.as_bytes()) {
        Err(_) => false,
        Ok(None) => true,
        Ok(Some(document)) => match document.root {
            Node::Scalar(scalar) if scalar.tag == Tag::Null => true,
            Node::Scalar(scalar) => {
                scalar.style == Style::Plain && scalar.text != text && is_yaml11_value(&scalar.text)
            }
            _ => true,
        },
    }
}

/// What an unquoted text reads as.
pub(crate) fn resolve(text: &str) -> Tag {
    yaml::resolve_tag(text)
}

/// Marks scalars that a setter made without a type, in place of a span.
const UNTAGGED: Span = Span { start: u32::MAX, end: u32::MAX };

/// A scalar without a type of its own: printed as what its text reads as, but taken for a text by later steps.
pub(crate) fn untagged(text: &str) -> Scalar {
    Scalar { text: text.into(), tag: resolve(text), span: UNTAGGED, ..Scalar::default() }
}

/// Whether a setter made the scalar without a type.
pub(crate) fn is_untagged(scalar: &Scalar) -> bool {
    scalar.span == UNTAGGED && scalar.style == Style::Plain
}

/// Whether kustomize takes the scalar for a text.
pub(crate) fn is_text(scalar: &Scalar) -> bool {
    scalar.tag == Tag::Str || is_untagged(scalar)
}

/// A scalar as kustomize's field setter makes it of a bare text: quoted when older readers would not take it for text.
pub(crate) fn string_for_setter(text: &SmolStr) -> Node {
    if is_yaml11_value(text) {
        return Node::Scalar(Scalar { text: text.clone(), style: Style::DoubleQuoted, ..Scalar::default() });
    }
    Node::Scalar(untagged(text))
}

/// A value as go-yaml prints it, which is what patterns in paths are matched with: quotes included.
pub(crate) fn as_go_prints(node: &Node) -> SmolStr {
    let Node::Scalar(scalar) = node else { return crate::kustomize::embedded_yaml::print(node, "").trim().into() };
    match scalar.style {
        Style::SingleQuoted => format!("'{}'", scalar.text.replace('\'', "''")).into(),
        Style::DoubleQuoted => format!("{:?}", scalar.text.as_str()).into(),
        Style::Plain if scalar.tag == Tag::Str && resolve(&scalar.text) != Tag::Str => {
            format!("\"{}\"", scalar.text).into()
        }
        Style::Plain => scalar.text.clone(),
        Style::Literal | Style::Folded => crate::kustomize::embedded_yaml::print(node, "").trim().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_yaml11_value;

    #[test]
    fn older_readers_take_words_and_numbers_for_values() {
        for text in ["yes", "on", "~", "1", "0x1F", "1_000", "1e3", ".5", "a: b", "[x]", "# c", "5 # c", "- a"] {
            assert!(is_yaml11_value(text), "{text}");
        }
        for text in ["", "a", "a:b", "2020-01-01", "a\n1", "'5'", "-a", "x#y", "a b"] {
            assert!(!is_yaml11_value(text), "{text}");
        }
    }
}
