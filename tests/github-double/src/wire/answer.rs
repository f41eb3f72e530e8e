//! An answer before it goes on the wire, and GitHub's forms of refusal.

use bytes::Bytes;
use serde_json::{Value, json};

/// What an answer carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing (204, 304).
    Empty,
    /// JSON.
    Json(Value),
    /// Other bytes with their content type.
    Raw(Bytes, String),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beyond those that every answer has.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Body,
}

impl Answer {
    /// JSON with a status.
    pub fn json(status: u16, value: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(value) }
    }

    /// 200 with JSON.
    pub fn ok(value: Value) -> Self {
        Self::json(200, value)
    }

    /// 201 with JSON.
    pub fn created(value: Value) -> Self {
        Self::json(201, value)
    }

    /// A status alone.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// 200 with bytes.
    pub fn raw(bytes: impl Into<Bytes>, content_type: &str) -> Self {
        Self { status: 200, headers: Vec::new(), body: Body::Raw(bytes.into(), content_type.into()) }
    }

    /// A refusal: `message`; the router adds `documentation_url` and `status`.
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, json!({"message": message}))
    }

    /// 404, GitHub's word for both missing and hidden.
    pub fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    /// 422 that names a field.
    pub fn invalid(resource: &str, field: &str, code: &str, message: Option<&str>) -> Self {
        let mut error = json!({"resource": resource, "field": field, "code": code});
        if let Some(message) = message {
            error["message"] = message.into();
        }
        Self::json(422, json!({"message": "Validation Failed", "errors": [error]}))
    }

    /// 422 in the form of the newer request validation.
    pub fn malformed(text: &str) -> Self {
        Self::error(422, &format!("Invalid request.\n\n{text}"))
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Completes a refusal as GitHub does.
    #[must_use]
    pub fn documented(mut self, docs: &str) -> Self {
        if self.status >= 400
            && let Body::Json(Value::Object(object)) = &mut self.body
            && object.contains_key("message")
        {
            let url = format!("https://docs.github.com/rest/{docs}");
            object.entry("documentation_url").or_insert_with(|| url.trim_end_matches('/').into());
            object.entry("status").or_insert_with(|| self.status.to_string().into());
        }
        self
    }

    /// The bytes and their content type.
    pub fn encode(&self) -> (Bytes, Option<String>) {
        match &self.body {
            Body::Empty => (Bytes::new(), None),
            Body::Json(value) => (value.to_string().into(), Some("application/json; charset=utf-8".into())),
            Body::Raw(bytes, content_type) => (bytes.clone(), Some(content_type.clone())),
        }
    }
}
