//! Walks a selection over nodes. A field that fails is null and adds an error; an invalid request has no data.

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use serde_json::{Map, Value, json};

use super::input::{self, Arguments};
use super::object::{Node, Out, Problem};
use super::{commit_mutation, git_types, pull_mutation, repository_types};
use crate::rest::context::Context;

struct Run<'a, 'c, 'w> {
    context: &'c mut Context<'w>,
    document: &'a ExecutableDocument,
    variables: Map<String, Value>,
    errors: Vec<Value>,
    invalid: bool,
}

/// Executes an operation.
pub fn run(
    context: &mut Context<'_>,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    given: &Map<String, Value>,
) -> Value {
    let variables = match input::variables(operation, given) {
        Ok(variables) => variables,
        Err(problem) => return json!({"errors": [problem.json(&[], (1, 1))]}),
    };
    let root = if operation.ty == OperationType::Mutation { Node::Mutation } else { Node::Query };
    let mut run = Run { context, document, variables, errors: Vec::new(), invalid: false };
    let data = run.selection(&root, &operation.selection_set.node, &mut Vec::new());
    match (run.invalid, run.errors.is_empty()) {
        (true, _) => json!({"errors": run.errors}),
        (false, true) => json!({"data": data}),
        (false, false) => json!({"data": data, "errors": run.errors}),
    }
}

impl Run<'_, '_, '_> {
    fn selection(&mut self, node: &Node, set: &SelectionSet, path: &mut Vec<Value>) -> Value {
        let mut object = Map::new();
        self.collect(node, set, path, &mut object);
        object.into()
    }

    fn collect(&mut self, node: &Node, set: &SelectionSet, path: &mut Vec<Value>, object: &mut Map<String, Value>) {
        for item in &set.items {
            if !self.included(item.node.directives()) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str().to_owned();
                    path.push(key.clone().into());
                    let value = self.field(node, field, path);
                    path.pop();
                    merge(object, key, value);
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref();
                    if on.is_none_or(|on| node.is(on.node.on.node.as_str())) {
                        self.collect(node, &fragment.node.selection_set.node, path, object);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) else { continue };
                    if node.is(fragment.node.type_condition.node.on.node.as_str()) {
                        self.collect(node, &fragment.node.selection_set.node, path, object);
                    }
                }
            }
        }
    }

    fn included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").map(|value| value.node.clone());
            let truth = condition.and_then(|value| {
                value
                    .into_const_with(|name| {
                        let given = self.variables.get(name.as_str()) == Some(&Value::Bool(true));
                        Ok::<_, ()>(async_graphql_value::ConstValue::Boolean(given))
                    })
                    .ok()
            });
            let truth = truth == Some(async_graphql_value::ConstValue::Boolean(true));
            match directive.node.name.node.as_str() {
                "skip" => !truth,
                "include" => truth,
                _ => true,
            }
        })
    }

    fn field(&mut self, node: &Node, field: &Positioned<Field>, path: &mut Vec<Value>) -> Value {
        let name = field.node.name.node.as_str();
        if name == "__typename" {
            return node.type_name().into();
        }
        let result = Arguments::of(&field.node, &self.variables)
            .and_then(|arguments| resolve(self.context, node, name, &arguments));
        match result {
            Ok(out) => self.value(&out, &field.node.selection_set.node, path),
            Err(problem) => {
                self.invalid |= problem.invalid;
                self.errors.push(problem.json(path, (field.pos.line, field.pos.column)));
                Value::Null
            }
        }
    }

    fn value(&mut self, out: &Out, set: &SelectionSet, path: &mut Vec<Value>) -> Value {
        match out {
            Out::Leaf(value) => value.clone(),
            Out::Node(node) => self.selection(node, set, path),
            Out::List(items) => {
                let values = items.iter().enumerate().map(|(index, item)| {
                    path.push(index.into());
                    let value = self.value(item, set, path);
                    path.pop();
                    value
                });
                values.collect()
            }
        }
    }
}

/// The same key twice merges, as when a fragment and a field select the same object.
fn merge(object: &mut Map<String, Value>, key: String, value: Value) {
    match (object.get_mut(&key), value) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            for (key, value) in new {
                merge(old, key, value);
            }
        }
        (_, value) => {
            object.insert(key, value);
        }
    }
}

fn resolve(c: &mut Context<'_>, node: &Node, field: &str, arguments: &Arguments) -> Result<Out, Problem> {
    match node {
        Node::Query => repository_types::query(c, field, arguments),
        Node::Mutation => match field {
            "createCommitOnBranch" => commit_mutation::create_commit(c, arguments),
            "createRef" => commit_mutation::create_ref(c, arguments),
            "createPullRequest" => pull_mutation::create(c, arguments),
            _ => Err(Problem::no_field(node, field)),
        },
        Node::Repository(key) => repository_types::repository(c, node, key, field, arguments),
        Node::Ref(key, name, oid) => repository_types::reference(c, node, (key, name, *oid), field, arguments),
        Node::PullRequest(key, number) => repository_types::pull_request(c, node, key, *number, field),
        Node::User(login) => repository_types::user(c, node, login, field),
        Node::Comparison(key, base, head) => {
            repository_types::comparison(c, node, (key, *base, *head), field, arguments)
        }
        Node::Commit(..)
        | Node::Tree(..)
        | Node::TreeEntry(..)
        | Node::Blob(..)
        | Node::GitActor(_)
        | Node::Signature(..) => git_types::resolve(c, node, field, arguments),
        Node::Record(_, fields) => {
            let found = fields.iter().find(|(name, _)| *name == field);
            found.map(|(_, out)| out.clone()).ok_or_else(|| Problem::no_field(node, field))
        }
    }
}
