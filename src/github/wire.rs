//! One request and its answer over the wire, with the retries that are safe: reads are asked again, writes never are.
//! Knows HTTP; knows nothing of repositories.
#![allow(clippy::disallowed_methods, reason = "edge: a rate limit's reset is a point in time")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, Method};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;

use super::client::Client;
use super::policy::{self, Limits, Reply};
use super::{Github, refusal};
use crate::failure::{Failure, FailureKind, Result};

/// Longest time for one request; what takes longer is not coming.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a write that was sent may still take when the run is to end; a runner kills it 10 s after the first signal.
const LAST_WORD: Duration = Duration::from_secs(3);

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The method.
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    /// The body, where there is one.
    pub(super) body: Option<Value>,
    /// What is being done, for errors and the log: `reading branch main of o/r`.
    pub(super) what: String,
    /// Asking twice does no harm.
    pub(super) repeatable: bool,
}

/// An answer that is the server's last word.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// Headers.
    pub(super) headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub(super) body: Value,
}

/// How a request ended.
#[derive(Debug)]
pub(super) enum Sent {
    /// The server answered.
    Answered(Answer),
    /// No answer, or one that leaves open whether the write took effect; with what was seen.
    Unknown(String),
}

impl Request {
    /// Returns a read.
    pub(super) fn get(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, what: what.into(), repeatable: true }
    }

    /// Returns a write.
    pub(super) fn write(method: Method, path: impl Into<String>, body: Value, what: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: Some(body), what: what.into(), repeatable: false }
    }

    /// Says that asking twice does no harm, though the method is one that writes.
    pub(super) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

impl Answer {
    /// Tells whether the server did what was asked.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the server's message.
    pub(super) fn message(&self) -> String {
        let message = self.body["message"].as_str().unwrap_or_default().to_owned();
        let details: Vec<String> = match &self.body["errors"] {
            Value::Array(errors) => errors.iter().map(detail).filter(|text| !message.contains(text)).collect(),
            Value::String(text) => vec![text.clone()],
            _ => Vec::new(),
        };
        let parts: Vec<String> = std::iter::once(message).chain(details).filter(|part| !part.is_empty()).collect();
        parts.join(": ")
    }

    /// Returns a text of the body.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer).and_then(Value::as_str)
    }

    /// Returns a header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn limits(&self) -> Limits {
        let number = |name| self.header(name).and_then(|text| text.trim().parse().ok());
        Limits {
            retry_after: number("retry-after"),
            remaining: number("x-ratelimit-remaining"),
            reset: number("x-ratelimit-reset"),
        }
    }
}

/// One of the errors beside a message: a text, an object with one, or one with a code only (`PullRequest already_exists`).
fn detail(error: &Value) -> String {
    if let Some(text) = error["message"].as_str().or(error.as_str()) {
        return text.to_owned();
    }
    let words = ["resource", "field", "code"].iter().filter_map(|name| error[name].as_str());
    words.collect::<Vec<_>>().join(" ")
}

impl Github<'_> {
    /// Sends a request to the REST API and returns the server's word. A read is asked again until the time is over; a
    /// write whose effect is unknown is an error here, and [`Github::attempt`] for whoever can find out.
    pub(super) async fn rest(&self, request: Request) -> Result<Answer> {
        match self.attempt(&self.clients.rest, &request).await? {
            Sent::Answered(answer) => Ok(answer),
            Sent::Unknown(seen) => Err(no_answer(&request.what, &seen)),
        }
    }

    /// Sends a read to the REST API and returns its body.
    pub(super) async fn fetch(&self, request: Request) -> Result<Answer> {
        let what = request.what.clone();
        let answer = self.rest(request).await?;
        if answer.is_success() { Ok(answer) } else { Err(refusal::explain(&answer, &what, self.token)) }
    }

    /// Sends a request; waits out limits, and asks again where that does no harm.
    pub(super) async fn attempt(&self, client: &Client, request: &Request) -> Result<Sent> {
        for attempt in 0.. {
            let seen = match self.exchange(client, request).await? {
                Ok(answer) => {
                    let text = answer.message();
                    match policy::classify(answer.status, &answer.limits(), &text, attempt, seconds()) {
                        Reply::Final => return Ok(Sent::Answered(answer)),
                        Reply::Limited(wait) => {
                            let why = format!("GitHub limits the rate ({}) while {}", answer.status, request.what);
                            self.pause(wait, &why).await?;
                            continue;
                        }
                        Reply::Broken => format!("status {} {text}", answer.status).trim_end().to_owned(),
                    }
                }
                Err(seen) => format!("{}: {seen}", self.clients.host),
            };
            if !request.repeatable {
                return Ok(Sent::Unknown(seen));
            }
            let why = format!("{} failed: {seen}", request.what);
            self.pause(policy::pause(attempt, chance()), &why).await?;
        }
        unreachable!("the loop ends by returning")
    }

    /// Sends once; fails when the run is to end. A write that was sent by then gets some seconds for its answer.
    async fn exchange(&self, client: &Client, request: &Request) -> Result<std::result::Result<Answer, String>> {
        let left = self.left().min(REQUEST_TIMEOUT).max(Duration::from_millis(1));
        let work = async {
            let sent = tokio::time::timeout(left, exchange(client, request)).await;
            Ok(sent.unwrap_or_else(|_| Err(format!("no answer within {:.0} s", left.as_secs_f64()))))
        };
        if request.repeatable || self.stop.came() {
            return self.stop.ended(work).await.map_err(|failure| failure.during(request.what.clone()));
        }
        let late = async {
            self.stop.wait().await;
            tokio::time::sleep(LAST_WORD).await;
        };
        tokio::select! {
            biased;
            sent = work => sent,
            () = late => Ok(Err(format!("{} came before the answer", self.stop.reason()))),
        }
    }
}

async fn exchange(client: &Client, request: &Request) -> std::result::Result<Answer, String> {
    let (parts, text) = client.send(request).await.map_err(|error| cause(&error))?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    // A good answer that is cut short is none.
    if body.is_null() && !text.is_empty() && parts.status.is_success() {
        return Err("the answer is no JSON".to_owned());
    }
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
}

/// Returns the innermost causes of an error; octocrab's own text repeats them with a backtrace.
fn cause(error: &dyn std::error::Error) -> String {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts.dedup();
    let kept = texts.len().saturating_sub(2);
    if texts.is_empty() { error.to_string() } else { texts[kept..].join(": ") }
}

/// Returns the failure of a write that nobody can say the effect of.
pub(super) fn no_answer(what: &str, seen: &str) -> Failure {
    Failure::new(FailureKind::Network, format!("{what}: no answer from GitHub: {seen}"))
        .hinted("look whether it took effect, then run again: a bump that is there already changes nothing")
}

/// Returns the seconds since 1970.
pub(super) fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Returns a random number in 0..1.
pub(super) fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
