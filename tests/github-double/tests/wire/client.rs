//! A plain HTTP client for the tests: one request, one answer, nothing retried.

use bytes::Bytes;
use github_double::{Double, Token};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// An answer as it came.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }
}

/// Sends one request; `Err` when the connection breaks.
pub(crate) async fn send(
    url: &str,
    method: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Reply, String> {
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let mut request = Request::builder().method(method).uri(url).header("user-agent", "github-double-test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Full::<Bytes>::from(body)).expect("a well-formed request");
    let answer = client.request(request).await.map_err(|error| format!("{error:?}"))?;
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
    Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, bytes })
}

/// A double with a repository and a token, and short ways to ask it.
pub(crate) struct Bench {
    pub(crate) double: Double,
    pub(crate) token: String,
}

pub(crate) const REPO: &str = "acme/config";

impl Bench {
    /// `acme/config` with a few files; the token is an app's that may write.
    pub(crate) async fn start() -> Self {
        let double = Double::start().await;
        let _ = double
            .repository(REPO)
            .file("app/kustomization.yaml", "images:\n- name: app\n  newTag: \"1\"\n")
            .file("app/deployment.yaml", "kind: Deployment\n")
            .executable("run.sh", "#!/bin/sh\n")
            .link("latest", "app/kustomization.yaml")
            .link("folder", "app")
            .submodule("vendor", "1111111111111111111111111111111111111111")
            .environment("production")
            .seed();
        double.token(Token::app("ghs_app").can_write(REPO));
        Self { double, token: "ghs_app".into() }
    }

    pub(crate) fn head(&self) -> String {
        self.double.head(REPO, "main").expect("main is there")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &Value::Null).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.try_ask(method, path, body).await.expect("an answer")
    }

    pub(crate) async fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Reply, String> {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let url = format!("{}{path}", self.double.api_url());
        send(&url, method, Some(&self.token), &[], bytes).await
    }

    /// The same as another token.
    pub(crate) fn with_token(&self, token: Token) -> Self {
        let value = token.value.clone();
        self.double.token(token);
        Self { double: self.double.clone(), token: value }
    }

    pub(crate) async fn query(&self, query: &str, variables: Value) -> Value {
        self.ask("POST", "/graphql", &json!({"query": query, "variables": variables})).await.json()
    }
}

pub(crate) const CREATE_COMMIT: &str = "mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url signature { isValid state wasSignedByGitHub } } ref { name target { oid } } }
}";

/// The input of a commit of one file.
pub(crate) fn commit_input(expected: &str, path: &str, text: &str) -> Value {
    json!({"input": {
        "branch": {"repositoryNameWithOwner": REPO, "branchName": "main"},
        "message": {"headline": "bump", "body": "why"},
        "expectedHeadOid": expected,
        "fileChanges": {"additions": [{"path": path, "contents": github_double::base64::encode(text.as_bytes())}]},
    }})
}
