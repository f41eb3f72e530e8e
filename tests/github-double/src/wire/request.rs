//! A request taken apart: method, path segments, query, headers, body.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Map, Value};

use super::answer::Answer;

/// Which of the double's faces was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// `api.github.com`, or `/api/v3` and `/api/graphql` of an Enterprise Server.
    Api,
    /// `codeload.github.com`: archives only, on another host.
    Codeload,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which face was asked.
    pub face: Face,
    /// Whether it came by an Enterprise Server's paths.
    pub enterprise: bool,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// Its segments, decoded.
    pub segments: Vec<String>,
    /// Query parameters in order, decoded.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Request {
    /// Takes a request apart.
    pub fn new(face: Face, parts: &Parts, body: Bytes) -> Self {
        let path = parts.uri.path().to_owned();
        let mut segments: Vec<String> = path.trim_start_matches('/').split('/').map(decode).collect();
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        let enterprise = segments.first().is_some_and(|first| first == "api");
        if enterprise {
            let skip = if segments.get(1).is_some_and(|second| second == "v3") { 2 } else { 1 };
            let bare = skip == 1;
            segments.drain(..skip.min(segments.len()));
            // An Enterprise Server has REST below /api/v3 and GraphQL at /api/graphql, and nothing else.
            if bare != (segments.first().is_some_and(|first| first == "graphql")) {
                segments = vec!["no such path".into()];
            }
        }
        let query = parts.uri.query().unwrap_or_default();
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        });
        let query = query.collect();
        Self {
            face,
            enterprise,
            method: parts.method.to_string(),
            path,
            segments,
            query,
            headers: parts.headers.clone(),
            body,
        }
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A query parameter's text, when it is there and not empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A numeric query parameter.
    pub fn number(&self, name: &str, default: usize) -> usize {
        self.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// The token in `Authorization: Bearer …` or `token …` (or a basic password).
    pub fn token(&self) -> Option<String> {
        let (scheme, value) = self.header("authorization")?.split_once(' ')?;
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" | "token" => Some(value.trim().to_owned()),
            "basic" => {
                let text = String::from_utf8(crate::base64::decode(value)?).ok()?;
                text.split_once(':').map(|(_, password)| password.to_owned())
            }
            _ => Some(String::new()),
        }
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub fn json(&self) -> Result<Map<String, Value>, Answer> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Answer::error(400, "Body should be a JSON object")),
            Err(_) => Err(Answer::error(400, "Problems parsing JSON")),
        }
    }

    /// Whether this is the double's own control path, which GitHub does not have.
    pub fn is_control(&self) -> bool {
        self.face == Face::Api && self.segments.first().is_some_and(|first| first == "_double")
    }

    /// Whether this is the GraphQL endpoint.
    pub fn is_graphql(&self) -> bool {
        self.segments == ["graphql"]
    }
}

/// Percent-decoding; a malformed escape stays as it is.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Percent-encodes a path, leaving its slashes.
pub fn encode_path(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}
