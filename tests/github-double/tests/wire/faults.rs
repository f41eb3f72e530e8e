//! Faults happen where and when they were asked for, and nowhere else.

use std::time::{Duration, Instant};

use github_double::{Chaos, Failure, Fault};
use serde_json::{Value, json};

use crate::client::{Bench, REPO};

async fn write(bench: &Bench, name: &str) -> Result<u16, String> {
    let body = json!({"message": "m", "content": "MQ=="});
    bench.try_ask("PUT", &format!("/repos/{REPO}/contents/{name}"), &body).await.map(|reply| reply.status)
}

#[tokio::test]
async fn a_fault_before_the_effect_changes_nothing_and_one_after_it_everything() {
    let bench = Bench::start().await;
    for (number, failure) in
        [Failure::Status(502), Failure::Reset, Failure::Hang(Duration::from_millis(50))].into_iter().enumerate()
    {
        let name = format!("file-{number}");
        bench.double.fault(Fault::before(failure.clone()).method("PUT"));
        let status = write(&bench, &name).await;
        assert!(status.is_err() || status == Ok(502), "{status:?}");
        assert_eq!(bench.double.read(REPO, "main", &name), None);
        bench.double.fault(Fault::after(failure).method("PUT"));
        let status = write(&bench, &name).await;
        assert!(status.is_err() || status == Ok(502), "{status:?}");
        assert_eq!(bench.double.read(REPO, "main", &name).as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn a_fault_hits_the_nth_matching_request_and_as_often_as_told() {
    let bench = Bench::start().await;
    bench.double.fault(Fault::before(Failure::Status(500)).path("/contents/run.sh").nth(2).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        assert_eq!(bench.get(&format!("/repos/{REPO}")).await.status, 200);
        statuses.push(bench.get(&format!("/repos/{REPO}/contents/run.sh")).await.status);
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
}

#[tokio::test]
async fn rate_limits_come_with_and_without_their_headers() {
    let bench = Bench::start().await;
    let path = format!("/repos/{REPO}");
    bench.double.fault(Fault::before(Failure::SecondaryLimit { status: 429, retry_after: Some(7) }));
    let reply = bench.get(&path).await;
    assert_eq!((reply.status, reply.header("retry-after").as_str()), (429, "7"));
    assert!(reply.message().starts_with("You have exceeded a secondary rate limit."));
    bench.double.fault(Fault::before(Failure::SecondaryLimit { status: 403, retry_after: None }));
    let reply = bench.get(&path).await;
    assert_eq!((reply.status, reply.header("retry-after").as_str()), (403, ""));
    assert_ne!(reply.header("x-ratelimit-remaining"), "0");
    bench.double.fault(Fault::before(Failure::PrimaryLimit { status: 403, reset_in: 9 }));
    let reply = bench.get(&path).await;
    assert_eq!((reply.status, reply.header("x-ratelimit-remaining").as_str()), (403, "0"));
    let reset: i64 = reply.header("x-ratelimit-reset").parse().expect("a number");
    assert!((0..=10).contains(&(reset - github_double::clock::now())));
    bench.double.fault(Fault::before(Failure::PrimaryLimit { status: 403, reset_in: 9 }));
    let answer = bench.query("{ viewer { login } }", json!({})).await;
    assert_eq!(answer["errors"][0]["type"], "RATE_LIMITED");
}

#[tokio::test]
async fn slow_answers_are_slow_and_truncated_ones_break_off() {
    let bench = Bench::start().await;
    bench.double.fault(Fault::slow(Duration::from_millis(120)));
    let start = Instant::now();
    assert_eq!(bench.get(&format!("/repos/{REPO}")).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(120));
    bench.double.fault(Fault::after(Failure::Truncated));
    assert!(bench.try_ask("GET", &format!("/repos/{REPO}"), &Value::Null).await.is_err());
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_undo_its_request() {
    let bench = Bench::start().await;
    bench.double.fault(Fault::slow(Duration::from_millis(100)).method("PUT"));
    let impatient = tokio::time::timeout(Duration::from_millis(30), write(&bench, "late")).await;
    assert!(impatient.is_err());
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(bench.double.read(REPO, "main", "late").as_deref(), Some("1"));
}

#[tokio::test]
async fn stale_reads_answer_the_head_before_the_last_write() {
    let bench = Bench::start().await;
    let old = bench.head();
    bench.double.stale_reads_after_writes(REPO, 2);
    assert_eq!(write(&bench, "x").await, Ok(201));
    let path = format!("/repos/{REPO}/git/ref/heads/main");
    assert_eq!(bench.get(&path).await.json()["object"]["sha"], old);
    let query = "{ repository(owner: \"acme\", name: \"config\") { ref(qualifiedName: \"refs/heads/main\") { target { oid } } } }";
    let answer = bench.query(query, json!({})).await;
    assert_eq!(answer["data"]["repository"]["ref"]["target"]["oid"], old);
    assert_eq!(bench.get(&path).await.json()["object"]["sha"], bench.head());
}

#[tokio::test]
async fn chaos_repeats_itself_by_seed_and_ends_at_its_limit() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let bench = Bench::start().await;
        bench.double.chaos(Chaos::new(seed, 500, 6));
        for number in 0..30 {
            let _ = write(&bench, &format!("file-{number}")).await;
        }
        let faults: Vec<Option<String>> = bench.double.requests().into_iter().map(|entry| entry.fault).collect();
        assert_eq!(faults.iter().flatten().count(), 6);
        runs.push(faults);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}
