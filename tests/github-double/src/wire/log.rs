//! Every request with its answer, for tests to look at and for the schema check. Never holds a token.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::answer::{Answer, Body};
use super::request::{Face, Request};

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which face was asked.
    pub face: Face,
    /// `GET`, `POST`, …
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Request headers; `authorization` shows only the scheme and the token's prefix.
    pub headers: BTreeMap<String, String>,
    /// Request body: JSON when it is JSON, else text.
    pub body: Value,
    /// Name of the GraphQL operation, or its first field.
    pub operation: Option<String>,
    /// Status sent; `None` when the connection was cut instead.
    pub status: Option<u16>,
    /// Answer headers.
    pub answer_headers: BTreeMap<String, String>,
    /// Answer body: JSON when it is JSON, else its size.
    pub answer: Value,
    /// The fault that was played, when one was.
    pub fault: Option<String>,
    /// Bytes of the request's body and of the answer's.
    pub bytes: (usize, usize),
    /// Milliseconds since the double started.
    pub at: u128,
}

impl Entry {
    /// Notes a request.
    pub fn new(request: &Request, operation: Option<String>, at: u128) -> Self {
        let headers = request.headers.iter().map(|(name, value)| {
            let text = value.to_str().unwrap_or("(binary)");
            (name.to_string(), if name == "authorization" { masked(text) } else { text.to_owned() })
        });
        let body = serde_json::from_slice(&request.body)
            .unwrap_or_else(|_| String::from_utf8_lossy(&request.body).into_owned().into());
        Self {
            face: request.face,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: headers.collect(),
            body,
            operation,
            status: None,
            answer_headers: BTreeMap::new(),
            answer: Value::Null,
            fault: None,
            bytes: (request.body.len(), 0),
            at,
        }
    }

    /// Notes the answer that was sent.
    pub fn answered(&mut self, answer: &Answer, size: usize) {
        self.status = Some(answer.status);
        self.answer_headers = answer.headers.iter().cloned().collect();
        self.bytes.1 = size;
        self.answer = match &answer.body {
            Body::Json(value) => value.clone(),
            Body::Empty => Value::Null,
            Body::Raw(bytes, kind) => json!({"raw": bytes.len(), "content_type": kind}),
        };
    }

    /// `GET /repos/o/r/contents/x`, or `POST /graphql (operation)`.
    pub fn line(&self) -> String {
        let operation = self.operation.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("{} {}{operation}", self.method, self.path)
    }

    /// One line of JSON for the schema check.
    pub fn json(&self) -> Value {
        let query: serde_json::Map<String, Value> =
            self.query.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        json!({
            "face": if self.face == Face::Api { "api" } else { "codeload" },
            "method": self.method, "path": self.path, "query": query, "headers": self.headers, "body": self.body,
            "operation": self.operation, "status": self.status, "answer_headers": self.answer_headers,
            "answer": self.answer, "fault": self.fault, "bytes": [self.bytes.0, self.bytes.1],
            "at": u64::try_from(self.at).unwrap_or(u64::MAX),
        })
    }
}

/// `Bearer ghs_…` → `Bearer ghs_***`.
fn masked(text: &str) -> String {
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let prefix = ["github_pat_", "ghs_", "ghp_", "gho_", "ghu_"].into_iter().find(|prefix| token.starts_with(prefix));
    format!("{scheme} {}***", prefix.unwrap_or_default())
}

/// The log and what it adds up to.
#[derive(Default)]
pub struct Log {
    /// Entries in the order in which the requests came.
    pub entries: Vec<Entry>,
    forgotten: usize,
    file: Option<std::fs::File>,
}

impl Log {
    /// Appends every finished entry to a file, one JSON object a line.
    pub fn dump_to(&mut self, path: &Path) -> std::io::Result<()> {
        self.file = Some(std::fs::OpenOptions::new().create(true).append(true).open(path)?);
        Ok(())
    }

    /// Notes a request; the number is for `entry` and `finish`.
    pub fn begin(&mut self, entry: Entry) -> usize {
        self.entries.push(entry);
        self.forgotten + self.entries.len() - 1
    }

    /// The entry of that number, unless it was forgotten.
    pub fn entry(&mut self, number: usize) -> Option<&mut Entry> {
        self.entries.get_mut(number.checked_sub(self.forgotten)?)
    }

    /// Forgets all entries so far, those of running requests too.
    pub fn forget(&mut self) {
        self.forgotten += self.entries.len();
        self.entries.clear();
    }

    /// Writes a finished entry out. A full disk must not change what the client sees.
    pub fn finish(&mut self, number: usize) {
        let line = self.entry(number).map(|entry| entry.json());
        if let (Some(file), Some(line)) = (&mut self.file, line) {
            let _ = writeln!(file, "{line}");
        }
    }

    /// Requests by kind: `GET contents`, `POST graphql`, …
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(kind(entry)).or_default() += 1;
        }
        counts
    }

    /// Bytes of all request bodies and of all answer bodies.
    pub fn bytes(&self) -> (usize, usize) {
        self.entries.iter().fold((0, 0), |sum, entry| (sum.0 + entry.bytes.0, sum.1 + entry.bytes.1))
    }
}

fn kind(entry: &Entry) -> String {
    let segments: Vec<&str> = entry.path.trim_matches('/').split('/').collect();
    let segments = segments.strip_prefix(["api", "v3"].as_slice()).unwrap_or(&segments);
    let word = match segments {
        ["repos", _, _, "git", what, ..] => format!("git/{what}"),
        ["repos", _, _, what, ..] => (*what).to_owned(),
        ["repos", _, _] => "repository".into(),
        [.., last] => (*last).to_owned(),
        [] => String::new(),
    };
    format!("{} {word}", entry.method)
}
