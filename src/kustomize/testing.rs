//! Literal YAML for the tests of the engine. Reads and prints with another implementation than ours,
//! so that these tests never lean on our own parser or emitter.

use serde_yaml::Value;

use crate::yaml::{Entry, Mapping, Node, Scalar, Sequence, Style, Tag};

/// Reads one YAML document.
pub(crate) fn node(text: &str) -> Node {
    from_value(serde_yaml::from_str(text).expect("the test's YAML is valid"))
}

fn from_value(value: Value) -> Node {
    let scalar = |text: String, tag| Node::Scalar(Scalar { text: text.into(), tag, ..Scalar::default() });
    match value {
        Value::Null => scalar("null".into(), Tag::Null),
        Value::Bool(flag) => scalar(flag.to_string(), Tag::Bool),
        Value::Number(number) if number.is_f64() => scalar(number.to_string(), Tag::Float),
        Value::Number(number) => scalar(number.to_string(), Tag::Int),
        Value::String(text) => quoted_when_ambiguous(text),
        Value::Sequence(items) => {
            Node::Sequence(Sequence { items: items.into_iter().map(from_value).collect(), ..Sequence::default() })
        }
        Value::Mapping(map) => {
            Node::Mapping(Mapping { entries: map.into_iter().map(entry).collect(), ..Mapping::default() })
        }
        Value::Tagged(tagged) => from_value(tagged.value),
    }
}

/// A string that would not be one without quotes must have had some.
fn quoted_when_ambiguous(text: String) -> Node {
    let plain = matches!(serde_yaml::from_str(&text), Ok(Value::String(_)));
    let style = if plain { Style::Plain } else { Style::DoubleQuoted };
    Node::Scalar(Scalar { text: text.into(), style, ..Scalar::default() })
}

fn entry((key, value): (Value, Value)) -> Entry {
    let key = match from_value(key) {
        Node::Scalar(scalar) => scalar,
        other => panic!("a key that is no scalar: {other:?}"),
    };
    Entry { key, value: from_value(value) }
}

/// Prints a node as compact JSON in its own order; what is no string prints bare.
pub(crate) fn text(node: &Node) -> String {
    match node {
        Node::Scalar(scalar) if scalar.tag == Tag::Str || scalar.style != Style::Plain => {
            serde_json::to_string(scalar.text.as_str()).expect("text is JSON")
        }
        Node::Scalar(scalar) if scalar.tag == Tag::Null => "null".into(),
        Node::Scalar(scalar) => scalar.text.to_string(),
        Node::Sequence(list) => format!("[{}]", list.items.iter().map(text).collect::<Vec<_>>().join(",")),
        Node::Mapping(map) => {
            let pair = |entry: &Entry| format!("{:?}:{}", entry.key.text.as_str(), text(&entry.value));
            format!("{{{}}}", map.entries.iter().map(pair).collect::<Vec<_>>().join(","))
        }
    }
}
