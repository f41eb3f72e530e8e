//! JSON patches (RFC 6902) as kustomize applies them: with the leniencies of evanphx/json-patch v4, and by way of JSON,
//! which makes every number of the object a 64-bit float. Knows neither targets nor files.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::growth::Growth;
use crate::yaml::{Mapping, Node, Sequence};

mod decode;
mod equal;
mod through_json;

/// A list of operations.
#[derive(Clone, Debug)]
pub(crate) struct JsonPatch {
    operations: Vec<Operation>,
    /// Written as JSON, not YAML: then texts compare as they are written.
    is_json: bool,
}

#[derive(Clone, Debug)]
struct Operation {
    kind: SmolStr,
    path: Option<SmolStr>,
    from: Option<SmolStr>,
    value: Option<Node>,
}

impl JsonPatch {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Applies all operations, in order.
    ///
    /// # Errors
    /// An operation that does not apply, with its number and path; the object is then in between.
    pub(crate) fn apply(&self, object: &mut Node) -> Result<()> {
        through_json::check(object)?;
        let mut growth = Growth::default();
        for (index, operation) in self.operations.iter().enumerate() {
            self.run(operation, object, &mut growth).map_err(|reason| {
                let path = operation.path.as_deref().unwrap_or_default();
                Failure::input(format!(
                    "operation {} of the JSON patch ({} '{path}'): {reason}",
                    index + 1,
                    operation.kind
                ))
            })?;
        }
        if object.as_mapping().is_none() {
            return Err(Failure::input("the JSON patch replaces the object by something that is no object"));
        }
        through_json::convert(object)
    }

    fn run(&self, operation: &Operation, object: &mut Node, growth: &mut Growth) -> Result<(), String> {
        let mut bounded = |value: Node, path: &str| match growth.copy(&value, path.matches('/').count()) {
            Ok(()) => Ok(value),
            Err(failure) => Err(failure.to_string()),
        };
        match operation.kind.as_str() {
            "add" => add(object, operation.path()?, bounded(operation.value_or_null(), operation.path()?)?),
            "remove" => remove(object, operation.path()?).map(drop),
            "replace" => operation.replace(object),
            "move" => {
                let value = remove(object, operation.from()?)?;
                add(object, operation.path()?, bounded(value, operation.path()?)?)
            }
            "copy" => {
                let value = get(object, operation.from()?)?.cloned().unwrap_or_else(null);
                add(object, operation.path()?, bounded(value, operation.path()?)?)
            }
            "test" => self.test(operation, object),
            other => Err(format!("'{other}' is no operation; known are add, remove, replace, move, copy and test")),
        }
    }

    fn test(&self, operation: &Operation, object: &mut Node) -> Result<(), String> {
        let path = operation.path()?;
        let found = if path.is_empty() { Some(&*object) } else { get(object, path)? };
        let found = found.filter(|node| !node.is_null());
        let wanted = operation.value.as_ref().filter(|node| !node.is_null());
        let equal = match (found, wanted) {
            (None, None) => true,
            (Some(found), Some(wanted)) => equal::equal(found, wanted, self.is_json),
            _ => false,
        };
        if equal { Ok(()) } else { Err("the test failed: the object has another value there".into()) }
    }
}

impl Operation {
    fn path(&self) -> Result<&str, String> {
        self.path.as_deref().ok_or_else(|| "it has no 'path'".into())
    }

    fn from(&self) -> Result<&str, String> {
        self.from.as_deref().ok_or_else(|| "it has no 'from'".into())
    }

    /// A missing value is null.
    fn value_or_null(&self) -> Node {
        self.value.clone().unwrap_or_else(null)
    }

    fn replace(&self, object: &mut Node) -> Result<(), String> {
        let path = self.path()?;
        if path.is_empty() {
            return match self.value_or_null() {
                Node::Scalar(_) => Err("the whole object can only be replaced by an object".into()),
                value => {
                    *object = value;
                    Ok(())
                }
            };
        }
        let (container, key) = container(object, path)?;
        match container {
            Container::Map(map) => set(map, &key, self.value_or_null()),
            Container::List(list) => {
                let index = index_in(&key, list.items.len())?;
                list.items[index] = self.value_or_null();
            }
        }
        Ok(())
    }
}

enum Container<'n> {
    Map(&'n mut Mapping),
    List(&'n mut Sequence),
}

fn null() -> Node {
    let mut node = Node::string("null");
    if let Node::Scalar(scalar) = &mut node {
        scalar.tag = crate::yaml::Tag::Null;
    }
    node
}

/// The value that holds what a pointer names, and the last part of the pointer. What stands in front of its first
/// slash does not count.
fn container<'n>(object: &'n mut Node, pointer: &str) -> Result<(Container<'n>, String), String> {
    let missing = || "there is nothing at that path to hold it".to_owned();
    let (_, rest) = pointer.split_once('/').ok_or_else(missing)?;
    let mut parts = rest.split('/').map(unescaped).collect::<Vec<_>>();
    let key = parts.pop().unwrap_or_default();
    let mut at = object;
    for part in parts {
        at = match at {
            Node::Mapping(map) => map.get_mut(&part).ok_or_else(missing)?,
            Node::Sequence(list) => {
                let index = index_in(&part, list.items.len()).map_err(|_| missing())?;
                &mut list.items[index]
            }
            Node::Scalar(_) => return Err(missing()),
        };
    }
    match at {
        Node::Mapping(map) => Ok((Container::Map(map), key)),
        Node::Sequence(list) => Ok((Container::List(list), key)),
        Node::Scalar(_) => Err(missing()),
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn get<'n>(object: &'n mut Node, pointer: &str) -> Result<Option<&'n Node>, String> {
    match container(object, pointer)? {
        (Container::Map(map), key) => Ok(map.get(&key)),
        (Container::List(list), key) => index_in(&key, list.items.len()).map(|index| list.items.get(index)),
    }
}

fn add(object: &mut Node, pointer: &str, value: Node) -> Result<(), String> {
    match container(object, pointer)? {
        (Container::Map(map), key) => set(map, &key, value),
        (Container::List(list), key) if key == "-" => list.items.push(value),
        (Container::List(list), key) => {
            let index = index_in(&key, list.items.len() + 1)?;
            list.items.insert(index, value);
        }
    }
    Ok(())
}

fn remove(object: &mut Node, pointer: &str) -> Result<Node, String> {
    match container(object, pointer)? {
        (Container::Map(map), key) => map.remove(&key).ok_or_else(|| format!("there is no '{key}' to remove")),
        (Container::List(list), key) => index_in(&key, list.items.len()).map(|index| list.items.remove(index)),
    }
}

fn set(map: &mut Mapping, key: &str, value: Node) {
    map.set(key, value);
}

/// Negative numbers count from the end.
fn index_in(text: &str, count: usize) -> Result<usize, String> {
    let index: i64 = text.parse().map_err(|_| format!("'{text}' is no place in a list"))?;
    let count_signed = i64::try_from(count).unwrap_or(i64::MAX);
    let index = if index < 0 { index + count_signed } else { index };
    usize::try_from(index)
        .ok()
        .filter(|index| *index < count)
        .ok_or_else(|| format!("place {text} is outside of the list, which has room for {count}"))
}

#[cfg(test)]
mod tests;
