//! A random but repeatable schedule of faults for long runs: same seed, same order of requests, same faults.

use std::time::Duration;

use super::fault::{Effect, Failure};
use super::request::{Face, Request};

/// Hits requests at random.
#[derive(Clone, Debug)]
pub struct Chaos {
    state: u64,
    per_mille: u64,
    left: u32,
    /// Waits that faults ask for (`retry-after`, reset) in seconds.
    pub wait: u64,
    /// How long a hanging request hangs.
    pub hang: Duration,
}

impl Chaos {
    /// Hits `per_mille` of 1000 requests, at most `limit` in all.
    pub fn new(seed: u64, per_mille: u64, limit: u32) -> Self {
        Self { state: seed, per_mille, left: limit, wait: 1, hang: Duration::from_millis(300) }
    }

    /// What happens to this request.
    pub fn draw(&mut self, request: &Request) -> Option<Effect> {
        if request.face != Face::Api || self.left == 0 || self.next() % 1000 >= self.per_mille {
            return None;
        }
        self.left -= 1;
        let writes = request.method != "GET";
        let failure = self.failure(writes);
        Some(if writes && self.next().is_multiple_of(2) && loses_answers(&failure) {
            Effect::After(failure)
        } else {
            Effect::Before(failure)
        })
    }

    fn failure(&mut self, writes: bool) -> Failure {
        match self.next() % 11 {
            0 => Failure::Status(500),
            1 => Failure::Status(502),
            2 => Failure::Status(503),
            3 => Failure::Reset,
            4 => Failure::Hang(self.hang),
            5 => Failure::Truncated,
            6 => Failure::PrimaryLimit { status: if writes { 403 } else { 429 }, reset_in: self.wait },
            7 => Failure::SecondaryLimit { status: 403, retry_after: Some(self.wait) },
            8 => Failure::SecondaryLimit { status: 429, retry_after: Some(self.wait) },
            9 => Failure::ResourceLimits,
            _ => Failure::QueryTimeout,
        }
    }

    /// SplitMix64: small, fast, and good enough to spread faults.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// A refusal (a rate limit) comes before the effect; only a lost answer may come after it.
fn loses_answers(failure: &Failure) -> bool {
    !matches!(
        failure,
        Failure::PrimaryLimit { .. } | Failure::SecondaryLimit { .. } | Failure::ResourceLimits | Failure::Answer(..)
    )
}
