//! Where the time of a build goes, for whoever asks by passing a clock in: the engine knows none, and without one nothing
//! is measured.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Returns the time since a moment that stays the same.
pub type Clock = fn() -> Duration;

/// What the parts of a build took. Where several threads worked, the share of the time until all were done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Reading the files that `resources` name.
    pub read: Duration,
    /// Parsing them.
    pub parse: Duration,
    /// Everything else.
    pub transform: Duration,
    /// Bytes of these files.
    pub bytes: usize,
}

/// The clock, and what it said so far, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    clock: Option<Clock>,
    read: AtomicU64,
    parse: AtomicU64,
    /// Until all threads had read and parsed.
    gather: AtomicU64,
    bytes: AtomicUsize,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// One file, on any thread.
    Read,
    /// One file, on any thread.
    Parse,
    /// All files of a layer.
    Gather,
}

impl Phases {
    /// Takes the clock.
    pub(crate) fn new(clock: Option<Clock>) -> Self {
        Self { clock, ..Self::default() }
    }

    /// Does `work` and adds what it took to a phase.
    pub(crate) fn measure<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let Some(clock) = self.clock else { return work() };
        let start = clock();
        let result = work();
        let sum = match phase {
            Phase::Read => &self.read,
            Phase::Parse => &self.parse,
            Phase::Gather => &self.gather,
        };
        sum.fetch_add(nanoseconds(clock().saturating_sub(start)), Ordering::Relaxed);
        result
    }

    /// Notes that a file of this size was read.
    pub(crate) fn note_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Returns the times of a build that took `whole`.
    pub(crate) fn times(&self, whole: Duration) -> Times {
        let [read, parse, gather] = [&self.read, &self.parse, &self.gather].map(|sum| sum.load(Ordering::Relaxed));
        let share = |part: u64| {
            let nanoseconds = u128::from(gather) * u128::from(part) / u128::from((read + parse).max(1));
            Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
        };
        let transform = whole.saturating_sub(Duration::from_nanos(gather));
        Times { read: share(read), parse: share(parse), transform, bytes: self.bytes.load(Ordering::Relaxed) }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Phase, Phases};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    static NOW: AtomicU64 = AtomicU64::new(0);

    fn clock() -> Duration {
        Duration::from_millis(NOW.fetch_add(1, Ordering::Relaxed))
    }

    #[test]
    fn read_and_parse_share_the_time_that_both_took_together() {
        let phases = Phases::new(Some(clock));
        phases.measure(Phase::Gather, || {
            phases.measure(Phase::Read, || phases.note_bytes(7));
            phases.measure(Phase::Parse, || ());
        });
        let times = phases.times(Duration::from_millis(9));
        assert_eq!((times.read, times.parse), (Duration::from_micros(2500), Duration::from_micros(2500)));
        assert_eq!((times.transform, times.bytes), (Duration::from_millis(4), 7));
    }

    #[test]
    fn nothing_is_measured_without_a_clock() {
        let phases = Phases::new(None);
        assert_eq!(phases.measure(Phase::Gather, || 3), 3);
        assert_eq!(phases.times(Duration::ZERO), super::Times::default());
    }
}
