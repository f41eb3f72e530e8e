//! Faults on demand: which request is hit, when, and what GitHub (or the network) does to it.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Body};
use super::request::{Face, Request};
use crate::clock;

/// How a request fails.
#[derive(Clone, Debug)]
pub enum Failure {
    /// A server error: 500, 502, 503, 504.
    Status(u16),
    /// The connection is reset (RST) without an answer.
    Reset,
    /// Nothing is answered for so long; then the connection is closed.
    Hang(Duration),
    /// The head and half of the body arrive, then the connection breaks; the request took effect.
    Truncated,
    /// The primary rate limit. REST: this status (403 or 429); GraphQL: 200 with `RATE_LIMITED`.
    PrimaryLimit {
        /// 403 or 429.
        status: u16,
        /// Seconds until `x-ratelimit-reset`.
        reset_in: u64,
    },
    /// A secondary rate limit.
    SecondaryLimit {
        /// 403 or 429.
        status: u16,
        /// `retry-after` in seconds, when it is sent.
        retry_after: Option<u64>,
    },
    /// GraphQL: `RESOURCE_LIMITS_EXCEEDED` with HTTP 200 (REST: 502).
    ResourceLimits,
    /// GraphQL: the 502 of a query that took too long (REST: 502).
    QueryTimeout,
    /// Any answer.
    Answer(u16, Value),
}

/// When a request fails.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Before anything happened.
    Before(Failure),
    /// After the request took effect: the answer alone is lost.
    After(Failure),
    /// Not at all, only late.
    Slow(Duration),
}

/// A fault: a matcher, which of the matching requests are hit, and what happens to them.
#[derive(Clone, Debug)]
pub struct Fault {
    method: Option<String>,
    path: Option<String>,
    operation: Option<String>,
    skip: u32,
    times: u32,
    effect: Effect,
}

impl Fault {
    /// Fails before the request takes effect.
    pub fn before(failure: Failure) -> Self {
        Self::new(Effect::Before(failure))
    }

    /// Fails after the request took effect.
    pub fn after(failure: Failure) -> Self {
        Self::new(Effect::After(failure))
    }

    /// Answers late.
    pub fn slow(by: Duration) -> Self {
        Self::new(Effect::Slow(by))
    }

    fn new(effect: Effect) -> Self {
        Self { method: None, path: None, operation: None, skip: 0, times: 1, effect }
    }

    /// Hits only this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Hits only paths that contain this text.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// Hits only GraphQL requests of this operation name or with this top-level field.
    #[must_use]
    pub fn operation(mut self, name: &str) -> Self {
        self.operation = Some(name.to_owned());
        self
    }

    /// Hits the `n`th matching request (from 1) and not those before it.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// Hits this many matching requests in a row (`u32::MAX`: all).
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, request: &Request, operations: &[String]) -> bool {
        request.face == Face::Api
            && self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|part| request.path.contains(part.as_str()))
            && self.operation.as_ref().is_none_or(|name| operations.contains(name))
    }
}

/// Takes the first fault that hits this request; spent ones are dropped.
pub fn take(faults: &mut Vec<Fault>, request: &Request, operations: &[String]) -> Option<Effect> {
    let mut hit = None;
    for fault in faults.iter_mut().filter(|fault| fault.matches(request, operations)) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.times > 0 && hit.is_none() {
            fault.times = fault.times.saturating_sub(u32::from(fault.times != u32::MAX));
            hit = Some(fault.effect.clone());
        }
    }
    faults.retain(|fault| fault.times > 0);
    hit
}

impl Failure {
    /// The answer of a failure that has one; resets and hangs have none.
    pub fn answer(&self, graphql: bool) -> Option<Answer> {
        let answer = match self {
            Self::Reset | Self::Hang(_) | Self::Truncated => return None,
            Self::Status(status) => server_error(*status),
            Self::PrimaryLimit { status, reset_in } => primary_limit(*status, *reset_in, graphql),
            Self::SecondaryLimit { status, retry_after } => secondary_limit(*status, *retry_after),
            Self::ResourceLimits if graphql => {
                graphql_error("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.")
            }
            Self::QueryTimeout if graphql => query_timeout(),
            Self::ResourceLimits | Self::QueryTimeout => server_error(502),
            Self::Answer(status, body) => Answer::json(*status, body.clone()),
        };
        Some(answer)
    }
}

fn server_error(status: u16) -> Answer {
    match status {
        // The load balancer's own page: not JSON.
        502 | 504 => Answer {
            status,
            headers: Vec::new(),
            body: Body::Raw(
                "<html><head><title>Unicorn! &middot; GitHub</title></head></html>".into(),
                "text/html".into(),
            ),
        },
        503 => Answer::error(
            503,
            "No server is currently available to service your request. Sorry about that. Please try resubmitting your request and contact us if the problem persists.",
        ),
        _ => Answer::error(status, "Server Error"),
    }
}

fn primary_limit(status: u16, reset_in: u64, graphql: bool) -> Answer {
    let reset = clock::now() + i64::try_from(reset_in).unwrap_or(0);
    let answer = if graphql {
        graphql_error("RATE_LIMITED", "API rate limit exceeded for user ID 583231.")
    } else {
        Answer::error(
            status,
            "API rate limit exceeded for user ID 583231. If you reach out to GitHub Support for help, please include the request ID.",
        )
    };
    answer
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-used", "5000")
        .with("x-ratelimit-reset", reset.to_string())
}

fn secondary_limit(status: u16, retry_after: Option<u64>) -> Answer {
    let body = json!({
        "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to GitHub Support for help, please include the request ID.",
    });
    let answer = Answer::json(status, body);
    match retry_after {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

fn graphql_error(kind: &str, message: &str) -> Answer {
    Answer::ok(json!({"errors": [{"type": kind, "message": message}]}))
}

fn query_timeout() -> Answer {
    let message = "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. Please include `0400:3C5E:1A:2B:65A1` when reporting this issue.";
    Answer::json(502, json!({"data": null, "errors": [{"message": message}]}))
}
