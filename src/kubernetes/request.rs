//! One call to the API server: sent, tried again while that can help, its answer or refusal read. Knows no kinds.
#![allow(clippy::disallowed_methods, reason = "edge: the clock's digits spread retries")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, WARNING};
use http::{HeaderMap, Method, Request, Response};
use kube::client::Body;
use serde::de::DeserializeOwned;

use super::failure::{ApiError, Status};
use tokio::time::Instant;

/// How long a call may take before it counts as lost.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to try before the server answered once: a wrong address should not cost a minute.
const FIRST_PATIENCE: Duration = Duration::from_secs(8);
/// How long to try once it is known to be there: an API server's restart or an overload passes.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A connection to one API server.
pub(crate) struct Cluster {
    client: kube::Client,
    /// The server's address.
    pub(crate) server: String,
    answered: Cell<bool>,
    requests: Cell<u32>,
    warnings: RefCell<BTreeSet<String>>,
}

/// What to send.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub body: Vec<u8>,
    pub content_type: &'static str,
    pub accept: &'static str,
    /// Longest wait for the answer.
    pub timeout: Duration,
}

impl Call {
    /// A GET of JSON.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: Vec::new(),
            content_type: "",
            accept: "application/json",
            timeout: CALL_TIMEOUT,
        }
    }

    /// A call with a JSON body.
    pub(crate) fn with_body(
        method: Method,
        path: impl Into<String>,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Self {
        Self { method, content_type, body, ..Self::get(path) }
    }

    /// Waits no longer than this for the answer.
    pub(crate) fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks for another form of the answer.
    pub(crate) fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }
}

impl Cluster {
    /// Wraps a client.
    pub(super) fn new(client: kube::Client, server: String) -> Self {
        Self {
            client,
            server,
            answered: Cell::new(false),
            requests: Cell::new(0),
            warnings: RefCell::new(BTreeSet::new()),
        }
    }

    /// Number of requests sent, retries among them.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Takes the warnings that the API server gave since the last time, each once.
    pub(crate) fn take_warnings(&self) -> BTreeSet<String> {
        self.warnings.take()
    }

    /// Sends a call until it is answered for good, and reads the answer as JSON.
    ///
    /// # Errors
    /// A refusal, or no answer until patience ended.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ApiError> {
        let body = self.bytes(call).await?;
        serde_json::from_slice(&body).map_err(|error| {
            ApiError::Unreachable(format!("the answer to {} is no JSON of the expected form: {error}", call.path))
        })
    }

    /// Sends a call until it is answered for good.
    ///
    /// # Errors
    /// A refusal, or no answer until patience ended.
    pub(crate) async fn bytes(&self, call: &Call) -> Result<Vec<u8>, ApiError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.try_once(call).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let patience = if self.answered.get() { PATIENCE } else { FIRST_PATIENCE };
            let wait = wait_before_retry(&error, pause);
            if !error.is_transient() || started.elapsed() + wait > patience {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Sends a call once and reads the whole answer: for what is nice to have and not worth a second try.
    ///
    /// # Errors
    /// A refusal, or no answer.
    pub(crate) async fn try_once(&self, call: &Call) -> Result<Vec<u8>, ApiError> {
        let (head, body) = self.whole(call).await?;
        self.note_warnings(&head.headers);
        if head.status.is_success() {
            return Ok(body);
        }
        Err(refusal(head.status.as_u16(), &head.headers, &body))
    }

    /// Sends a call once and returns whatever was answered: for those who answer through the API server's proxy.
    ///
    /// # Errors
    /// No answer.
    pub(crate) async fn exchange(&self, call: &Call) -> Result<(u16, Vec<u8>), ApiError> {
        self.whole(call).await.map(|(head, body)| (head.status.as_u16(), body))
    }

    async fn whole(&self, call: &Call) -> Result<(http::response::Parts, Vec<u8>), ApiError> {
        let exchange = async {
            let (head, body) = self.send(call).await?.into_parts();
            let body = body.collect_bytes().await.map_err(|error| ApiError::Unreachable(reason(&error)))?;
            Ok((head, Vec::from(body)))
        };
        match tokio::time::timeout(call.timeout, exchange).await {
            Ok(result) => result,
            Err(_) => Err(ApiError::Unreachable(format!("no answer within {} s", call.timeout.as_secs()))),
        }
    }

    /// Sends a call once and returns the answer with its body unread.
    pub(super) async fn send(&self, call: &Call) -> Result<Response<Body>, ApiError> {
        let mut request = Request::builder().method(call.method.clone()).uri(&call.path).header(ACCEPT, call.accept);
        if !call.content_type.is_empty() {
            request = request.header(CONTENT_TYPE, call.content_type);
        }
        let request = request
            .body(Body::from(call.body.clone()))
            .map_err(|error| ApiError::Unreachable(format!("{}: {error}", call.path)))?;
        self.requests.set(self.requests.get() + 1);
        let response = self.client.send(request).await.map_err(|error| sending_failed(&error))?;
        self.answered.set(true);
        Ok(response)
    }

    /// Keeps the texts of `Warning: 299 - "text"` headers (RFC 7234 §5.5, as the API server writes them).
    fn note_warnings(&self, headers: &HeaderMap) {
        for value in headers.get_all(WARNING) {
            let text = value.to_str().unwrap_or_default();
            if let Some((_, quoted)) = text.split_once('"') {
                let text = quoted.trim_end().trim_end_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
                self.warnings.borrow_mut().insert(text);
            }
        }
    }
}

/// Reads a refusal with the pause that the server asks for.
pub(super) fn refusal(code: u16, headers: &HeaderMap, body: &[u8]) -> ApiError {
    let mut status = Status::from_body(code, body);
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if let Some(seconds) = seconds {
        status.details.get_or_insert_default().retry_after = Some(seconds);
    }
    ApiError::Refused(Box::new(status))
}

/// The server's own pause, else ours with a jitter of up to a half, so that parallel calls do not come back together.
fn wait_before_retry(error: &ApiError, pause: Duration) -> Duration {
    let asked = error.status().and_then(|status| status.details.as_ref()).and_then(|details| details.retry_after);
    if let Some(seconds) = asked {
        return Duration::from_secs(seconds.min(30)) + jitter(FIRST_PAUSE);
    }
    pause + jitter(pause)
}

/// A part of up to a half of `most`, from the clock's fast digits: enough to spread, not for secrets.
fn jitter(most: Duration) -> Duration {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    most.mul_f64(f64::from(nanos % 1_000) / 2_000.0)
}

/// Says why a request got no answer.
fn sending_failed(error: &kube::Error) -> ApiError {
    match error {
        // Its text can hold the output of a plugin.
        kube::Error::Auth(_) => ApiError::Credential("the kubeconfig's credential could not be renewed".to_owned()),
        other => ApiError::Unreachable(reason(other)),
    }
}

/// Joins an error with its sources, leaving out what repeats.
pub(super) fn reason(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let part = error.to_string();
        if !text.contains(&part) {
            let shorter = part.strip_prefix("ServiceError: ").or(part.strip_prefix("HyperError: ")).unwrap_or(&part);
            if !text.is_empty() && !text.contains(shorter) {
                text.push_str(": ");
            }
            if !text.contains(shorter) {
                text.push_str(shorter);
            }
        }
        next = error.source();
    }
    text
}
