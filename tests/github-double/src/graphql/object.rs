//! What a query walks over: typed nodes, leaves, and errors with a place.

use serde_json::{Map, Value, json};

use crate::git::{Mode, Oid, Person};

/// A node of the graph. Repositories go by `owner/name` in lower case.
#[derive(Clone, Debug)]
pub enum Node {
    /// The root of queries.
    Query,
    /// The root of mutations.
    Mutation,
    /// A repository.
    Repository(String),
    /// A ref with its head.
    Ref(String, String, Oid),
    /// A commit.
    Commit(String, Oid),
    /// A tree.
    Tree(String, Oid, String),
    /// A tree's entry: directory prefix, name, mode, object.
    TreeEntry(String, String, String, Mode, Oid),
    /// A blob.
    Blob(String, Oid),
    /// An author or committer.
    GitActor(Person),
    /// A commit's signature.
    Signature(String, Oid),
    /// A user, bot or organization by login.
    User(String),
    /// A pull request.
    PullRequest(String, u64),
    /// A comparison: base and head.
    Comparison(String, Oid, Oid),
    /// Leaves and nodes by field name, of a type without behaviour of its own.
    Record(&'static str, Vec<(&'static str, Out)>),
}

/// A field's value.
#[derive(Clone, Debug)]
pub enum Out {
    /// A scalar, an enum, or null.
    Leaf(Value),
    /// A node that needs a selection.
    Node(Box<Node>),
    /// A list.
    List(Vec<Out>),
}

impl Out {
    /// A node.
    pub fn node(node: Node) -> Self {
        Self::Node(Box::new(node))
    }

    /// A node, or null.
    pub fn maybe(node: Option<Node>) -> Self {
        node.map_or(Self::Leaf(Value::Null), Self::node)
    }

    /// Anything that JSON can hold.
    pub fn leaf(value: impl Into<Value>) -> Self {
        Self::Leaf(value.into())
    }
}

impl Node {
    /// The node's type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Repository(_) => "Repository",
            Self::Ref(..) => "Ref",
            Self::Commit(..) => "Commit",
            Self::Tree(..) => "Tree",
            Self::TreeEntry(..) => "TreeEntry",
            Self::Blob(..) => "Blob",
            Self::GitActor(_) => "GitActor",
            Self::Signature(..) => "GpgSignature",
            Self::User(login) if login.ends_with("[bot]") => "Bot",
            Self::User(_) => "User",
            Self::PullRequest(..) => "PullRequest",
            Self::Comparison(..) => "Comparison",
            Self::Record(name, _) => name,
        }
    }

    /// Whether a fragment on `condition` applies: the type itself or an interface or union of it.
    pub fn is(&self, condition: &str) -> bool {
        let name = self.type_name();
        name == condition
            || match condition {
                "GitObject" => matches!(name, "Commit" | "Tree" | "Blob"),
                "Actor" => matches!(name, "User" | "Bot"),
                "RepositoryOwner" => name == "User",
                "GitSignature" => name == "GpgSignature",
                "Node" => {
                    matches!(name, "Repository" | "Ref" | "Commit" | "Tree" | "Blob" | "User" | "Bot" | "PullRequest")
                }
                _ => false,
            }
    }
}

/// Why a field has no value.
#[derive(Clone, Debug)]
pub struct Problem {
    /// `NOT_FOUND`, `FORBIDDEN`, …; validation errors have none.
    pub kind: Option<&'static str>,
    /// The message.
    pub message: String,
    /// `extensions`.
    pub extensions: Option<Value>,
    /// Whether it makes the whole request invalid (no data at all).
    pub invalid: bool,
}

impl Problem {
    /// An error of a type.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Some(kind), message: message.into(), extensions: None, invalid: false }
    }

    /// An error that makes the whole request invalid.
    pub fn invalid(message: impl Into<String>, extensions: Value) -> Self {
        Self { kind: None, message: message.into(), extensions: Some(extensions), invalid: true }
    }

    /// A field that the type does not have (here: that the double does not have).
    pub fn no_field(node: &Node, field: &str) -> Self {
        let name = node.type_name();
        Self::invalid(
            format!("Field '{field}' doesn't exist on type '{name}'"),
            json!({"code": "undefinedField", "typeName": name, "fieldName": field}),
        )
    }

    /// Access refused.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self { extensions: Some(json!({"saml_failure": false})), ..Self::new("FORBIDDEN", message) }
    }

    /// The opaque error of a query that GitHub itself stumbled over.
    pub fn stumbled() -> Self {
        let message = "Something went wrong while executing your query on 2026-11-20T12:00:00Z. Please include `0400:3C5E:1A:2B:65A1` when reporting this issue.";
        Self { kind: None, message: message.into(), extensions: None, invalid: false }
    }

    /// The error's JSON.
    pub fn json(&self, path: &[Value], location: (usize, usize)) -> Value {
        let mut error = Map::new();
        if let Some(kind) = self.kind {
            error.insert("type".into(), kind.into());
        }
        error.insert("path".into(), path.to_vec().into());
        if let Some(extensions) = &self.extensions {
            error.insert("extensions".into(), extensions.clone());
        }
        error.insert("locations".into(), json!([{"line": location.0, "column": location.1}]));
        error.insert("message".into(), self.message.clone().into());
        error.into()
    }
}
