//! What an answer means for the next step: take it, wait and ask again, or look first whether a write took effect.
//! Pure: status, headers, text and the clock in, a decision out.

use std::time::Duration;

/// GitHub asks for at least a minute when it names no time (REST best practices, secondary rate limits).
const UNNAMED_LIMIT: Duration = Duration::from_secs(60);

/// Longest pause between two attempts that nobody asked for.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The server's word, good or bad.
    Final,
    /// Refused for now; nothing was done. Ask again after this time.
    Limited(Duration),
    /// The server failed; whether it did what was asked is not known.
    Broken,
}

/// The headers that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// `retry-after`, in seconds.
    pub(super) retry_after: Option<u64>,
    /// `x-ratelimit-remaining`
    pub(super) remaining: Option<u64>,
    /// `x-ratelimit-reset`, in seconds since 1970.
    pub(super) reset: Option<u64>,
}

/// Classifies an answer. `attempt` counts from 0, `now` is in seconds since 1970.
pub(super) fn classify(status: u16, limits: &Limits, text: &str, attempt: u32, now: u64) -> Reply {
    match status {
        429 => Reply::Limited(limit(limits, attempt, now)),
        403 if is_limit(limits, text) => Reply::Limited(limit(limits, attempt, now)),
        503 if limits.retry_after.is_some() => Reply::Limited(limit(limits, attempt, now)),
        500..=599 | 408 => Reply::Broken,
        _ => Reply::Final,
    }
}

/// Tells whether a text says that a limit was reached; GraphQL says so with status 200.
pub(super) fn says_limited(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["rate limit exceeded", "secondary rate limit", "abuse detection", "submitted too quickly", "rate_limit"]
        .iter()
        .any(|words| text.contains(words))
}

fn is_limit(limits: &Limits, text: &str) -> bool {
    limits.retry_after.is_some() || limits.remaining == Some(0) || says_limited(text)
}

/// Returns how long to wait: `retry-after`, else until the reset, else a minute and growing.
pub(super) fn limit(limits: &Limits, attempt: u32, now: u64) -> Duration {
    if let Some(seconds) = limits.retry_after {
        return Duration::from_secs(seconds);
    }
    if let (Some(0), Some(reset)) = (limits.remaining, limits.reset) {
        return Duration::from_secs(reset.saturating_sub(now) + 1);
    }
    UNNAMED_LIMIT * 2_u32.saturating_pow(attempt.min(6))
}

/// Returns the pause before the next attempt of something that failed or was lost to somebody else: anywhere between
/// nothing and a bound that doubles, so that many that failed together do not come back together. `chance` is in 0..1.
pub(super) fn pause(attempt: u32, chance: f64) -> Duration {
    let bound = Duration::from_millis(400).saturating_mul(2_u32.saturating_pow(attempt.min(10))).min(LONGEST_PAUSE);
    bound.mul_f64(chance.clamp(0.0, 1.0)) + Duration::from_millis(20)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Limits, Reply, classify, pause};

    #[test]
    fn a_limit_is_waited_for_as_long_as_the_server_says() {
        let after = Limits { retry_after: Some(7), ..Limits::default() };
        assert_eq!(classify(403, &after, "", 0, 0), Reply::Limited(Duration::from_secs(7)));
        assert_eq!(classify(503, &after, "", 0, 0), Reply::Limited(Duration::from_secs(7)));
        let reset = Limits { remaining: Some(0), reset: Some(110), ..Limits::default() };
        assert_eq!(classify(403, &reset, "", 0, 100), Reply::Limited(Duration::from_secs(11)));
        let none = Limits::default();
        assert_eq!(classify(429, &none, "", 0, 0), Reply::Limited(Duration::from_secs(60)));
        assert_eq!(
            classify(403, &none, "You have exceeded a secondary rate limit", 1, 0),
            Reply::Limited(Duration::from_secs(120))
        );
    }

    #[test]
    fn a_plain_403_is_final_and_a_5xx_leaves_the_effect_open() {
        let some = Limits { remaining: Some(4999), reset: Some(1), ..Limits::default() };
        assert_eq!(classify(403, &some, "Resource not accessible by integration", 0, 0), Reply::Final);
        assert_eq!(classify(502, &some, "", 0, 0), Reply::Broken);
        for status in [200, 201, 401, 404, 409, 422] {
            assert_eq!(classify(status, &some, "", 0, 0), Reply::Final);
        }
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        assert!(pause(0, 1.0) < Duration::from_millis(500));
        assert!(pause(30, 1.0) <= Duration::from_millis(8_020));
        assert!(pause(30, 0.0) < Duration::from_millis(50));
    }
}
