//! Connections: `nodes`, `edges`, `pageInfo`, `totalCount` over a list, cut by `first`, `last`, `after`, `before`.

use serde_json::Value;

use super::input::Arguments;
use super::object::{Node, Out, Problem};

/// The type names of a connection and of its edges.
pub type Names = (&'static str, &'static str);

/// Cuts a page out of `all`. A cursor is the position before the next item.
pub fn connection(names: Names, field: &str, arguments: &Arguments, all: Vec<Node>) -> Result<Out, Problem> {
    let size = arguments.bound(field)?;
    let total = all.len();
    let position =
        |name: &str| arguments.text(name).and_then(|cursor| cursor.rsplit(' ').next()?.parse::<usize>().ok());
    let end = position("before").map_or(total, |before| before.saturating_sub(1)).min(total);
    let start = position("after").unwrap_or(0).min(end);
    let (start, end) = if arguments.0.get("first").is_some_and(|first| !first.is_null()) {
        (start, (start + size).min(end))
    } else {
        (end.saturating_sub(size).max(start), end)
    };
    let items: Vec<(usize, Node)> = all.into_iter().enumerate().skip(start).take(end - start).collect();
    let cursor = |index: usize| Value::from(format!("cursor {}", index + 1));
    let ends = (items.first().map(|(index, _)| cursor(*index)), items.last().map(|(index, _)| cursor(*index)));
    let page = Node::Record(
        "PageInfo",
        vec![
            ("hasNextPage", Out::leaf(end < total)),
            ("hasPreviousPage", Out::leaf(start > 0)),
            ("startCursor", Out::leaf(ends.0)),
            ("endCursor", Out::leaf(ends.1)),
        ],
    );
    let edges = items.iter().map(|(index, node)| {
        Out::node(Node::Record(names.1, vec![("cursor", Out::Leaf(cursor(*index))), ("node", Out::node(node.clone()))]))
    });
    let edges = edges.collect();
    let nodes = items.into_iter().map(|(_, node)| Out::node(node)).collect();
    Ok(Out::node(Node::Record(
        names.0,
        vec![
            ("totalCount", Out::leaf(total)),
            ("pageInfo", Out::node(page)),
            ("edges", Out::List(edges)),
            ("nodes", Out::List(nodes)),
        ],
    )))
}
