//! SIGINT and SIGTERM, as the runner sends them to a cancelled job: no new writes, an end within seconds, and a clear word.

use std::time::{Duration, Instant};

use github_double::{Failure, Fault};

use crate::support::action::Ran;
use crate::support::forge::Forge;

/// Bumps, sends the signal once a request with this text in its path was made, and returns how it ended.
fn cancelled(forge: &Forge, signal: &str, part: &str) -> Ran {
    let running = forge.bump().input("github-api", "rest").input("image", "app").input("tag", "v2").start();
    let started = Instant::now();
    while !forge.double.requests().iter().any(|entry| entry.path.contains(part)) {
        assert!(started.elapsed() < Duration::from_secs(20), "no request for {part}");
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal(signal);
    let signalled = Instant::now();
    let ran = running.finish().exits(9);
    assert!(signalled.elapsed() < Duration::from_secs(5), "{:?}", signalled.elapsed());
    assert_eq!((ran.output("result"), ran.output("changed")), ("cancelled", "false"));
    assert!(ran.log().contains(signal), "{}", ran.log());
    ran
}

#[test]
fn a_read_is_left_at_once_and_nothing_is_written() {
    for signal in ["SIGINT", "SIGTERM"] {
        let forge = Forge::with_prod();
        forge.double.fault(Fault::before(Failure::Status(502)).method("GET").path("/git/ref/").times(u32::MAX));
        let ran = cancelled(&forge, signal.trim_start_matches("SIG"), "/git/ref/");
        assert!(ran.log().contains("nothing is half-written"), "{}", ran.log());
        assert_eq!(forge.commits(), 1);
    }
}

#[test]
fn a_write_that_was_sent_gets_a_last_word_and_is_said_to_be_open() {
    let forge = Forge::with_prod();
    forge.double.fault(Fault::after(Failure::Hang(Duration::from_secs(30))).method("PATCH"));
    let ran = cancelled(&forge, "TERM", "/git/refs/");
    assert!(ran.log().contains("may have landed"), "{}", ran.log());
}
