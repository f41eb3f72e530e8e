//! Arguments of a field, with variables put in.

use async_graphql_parser::types::{Field, OperationDefinition};
use serde_json::{Map, Value, json};

use super::object::Problem;

/// The arguments of one field.
#[derive(Clone, Debug, Default)]
pub struct Arguments(pub Map<String, Value>);

impl Arguments {
    /// Reads a field's arguments.
    pub fn of(field: &Field, variables: &Map<String, Value>) -> Result<Self, Problem> {
        let mut arguments = Map::new();
        for (name, value) in &field.arguments {
            let given = value.node.clone().into_const_with(|variable| {
                let value = variables.get(variable.as_str()).cloned().unwrap_or(Value::Null);
                async_graphql_parser_value(value)
            })?;
            let json = given.into_json().map_err(|error| Problem::invalid(error.to_string(), Value::Null))?;
            // A variable that was not given leaves its argument out.
            let absent = matches!(&value.node, async_graphql_value::Value::Variable(name) if !variables.contains_key(name.as_str()));
            if !absent {
                arguments.insert(name.node.as_str().to_owned(), json);
            }
        }
        Ok(Self(arguments))
    }

    /// A text argument.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A text argument that must be there.
    pub fn required(&self, field: &str, name: &str) -> Result<String, Problem> {
        self.text(name).map(str::to_owned).ok_or_else(|| {
            Problem::invalid(
                format!("Field '{field}' is missing required arguments: {name}"),
                json!({"code": "missingRequiredArguments", "className": "Field", "name": field, "arguments": name}),
            )
        })
    }

    /// `first` or `last` of a connection, which GitHub insists on.
    pub fn bound(&self, connection: &str) -> Result<usize, Problem> {
        let number = self.0.get("first").or_else(|| self.0.get("last")).and_then(Value::as_u64);
        match number {
            Some(number @ 0..=100) => Ok(usize::try_from(number).unwrap_or(100)),
            Some(number) => Err(Problem::new(
                "EXCESSIVE_PAGINATION",
                format!(
                    "Requesting {number} records on the `{connection}` connection exceeds the `first` limit of 100 records."
                ),
            )),
            None => Err(Problem::new(
                "MISSING_PAGINATION_BOUNDARIES",
                format!(
                    "You must provide a `first` or `last` value to properly paginate the `{connection}` connection."
                ),
            )),
        }
    }
}

fn async_graphql_parser_value(value: Value) -> Result<async_graphql_value::ConstValue, Problem> {
    async_graphql_value::ConstValue::from_json(value).map_err(|error| Problem::invalid(error.to_string(), Value::Null))
}

/// The operation's variables with defaults put in; a missing one that must not be null is an error.
pub fn variables(operation: &OperationDefinition, given: &Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let mut all = Map::new();
    for definition in &operation.variable_definitions {
        let name = definition.node.name.node.as_str();
        let default = definition.node.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok());
        let nullable = definition.node.var_type.node.nullable;
        match given.get(name).cloned().or(default) {
            Some(value) if nullable || !value.is_null() => {
                all.insert(name.to_owned(), value);
            }
            _ if nullable => {}
            _ => {
                let kind = &definition.node.var_type.node;
                return Err(Problem::invalid(
                    format!("Variable ${name} of type {kind} was provided invalid value"),
                    json!({"value": null, "problems": [{"path": [], "explanation": "Expected value to not be null"}]}),
                ));
            }
        }
    }
    Ok(all)
}
