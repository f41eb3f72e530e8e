//! Reads the built-in schema from its data file. The file's form is described in its own head.
//! Every name stays a slice of the data: a build that needs the schema waits for this.

use smol_str::SmolStr;

use super::{Schema, Type, TypeId};

const DATA: &str = include_str!("../tables/schema.txt");

pub(super) fn read() -> Schema {
    let mut schema = Schema { types: Vec::with_capacity(2048), ..Schema::default() };
    let mut current = None;
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix(' ') {
            None => current = Some(definition(&mut schema, line)),
            Some(field) => add_field(&mut schema, current.expect("a definition precedes its fields"), field),
        }
    }
    schema.definitions.sort();
    schema.kinds.sort();
    schema
}

fn definition(schema: &mut Schema, line: &'static str) -> TypeId {
    let mut parts = line.split('\t').map(SmolStr::new_static);
    let id = schema.add(Type::default());
    schema.definitions.0.push((parts.next().unwrap_or_default(), id));
    schema.kinds.0.extend(parts.map(|kind| (kind, id)));
    id
}

/// The data has a definition's fields sorted by name.
fn add_field(schema: &mut Schema, parent: TypeId, line: &'static str) {
    let (name, text) = line.split_once(' ').unwrap_or((line, ""));
    let id = read_type(schema, text);
    let parent = &mut schema.types[parent.0 as usize];
    if name == "{}" {
        parent.additional = Some(id);
    } else {
        parent.fields.0.push((SmolStr::new_static(name), id));
    }
}

fn read_type(schema: &mut Schema, text: &'static str) -> TypeId {
    let mut new = Type::default();
    if let Some(name) = text.strip_prefix('@') {
        new.reference = Some(SmolStr::new_static(name));
    } else if let Some(inner) = text.strip_prefix('{') {
        new.additional = Some(read_type(schema, inner.trim_end_matches('}')));
    } else if let Some(inner) = text.strip_prefix('[') {
        let (element, strategy) = inner.rsplit_once(']').unwrap_or((inner, ""));
        new.elements = Some(read_type(schema, element));
        new.merge_keys = read_strategy(strategy);
    }
    schema.add(new)
}

/// `!merge,retainKeys=name` and the like.
fn read_strategy(text: &'static str) -> Option<Vec<SmolStr>> {
    let (strategies, keys) = text.strip_prefix('!')?.split_once('=').unwrap_or((text.strip_prefix('!')?, ""));
    let merges = strategies.split(',').any(|strategy| strategy == "merge");
    merges.then(|| keys.split(',').filter(|key| !key.is_empty()).map(SmolStr::new_static).collect())
}
