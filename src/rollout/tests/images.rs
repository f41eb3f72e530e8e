//! Images: missing, forbidden, wrong, and registries that are only busy.

use super::world::{Frame, deployment, deployment_unobserved, event, fails, heals, pod, replica_set, waits, web};

const NOT_FOUND: &str =
    "rpc error: code = NotFound desc = failed to pull and unpack image \"shop/app:2\": shop/app:2: not found";

fn pulling(reason: &str, message: &str) -> Vec<Frame> {
    vec![
        (0, vec![deployment_unobserved()]),
        (1, vec![deployment(1, 2), replica_set(2)]),
        (3, vec![pod("a").waiting("ContainerCreating", "")]),
        (5, vec![pod("a").waiting(reason, message)]),
    ]
}

fn then(mut frames: Vec<Frame>, more: Vec<Frame>) -> Vec<Frame> {
    frames.extend(more);
    frames
}

#[test]
fn image_not_found_is_failed_ten_seconds_after_it_is_first_seen() {
    let verdict = fails(&web(), &pulling("ErrImagePull", NOT_FOUND), 15..=16, "ImageNotFound");
    assert!(verdict.message.contains("shop/app:2") && verdict.message.contains("pod a"), "{verdict:?}");
    assert_eq!(verdict.culprit.container.as_deref(), Some("app"));
}

#[test]
fn the_back_off_does_not_make_the_judge_forget_what_the_pull_error_was() {
    let frames = then(
        pulling("ErrImagePull", NOT_FOUND),
        vec![(6, vec![pod("a").waiting("ImagePullBackOff", "Back-off pulling image \"shop/app:2\"")])],
    );
    fails(&web(), &frames, 15..=16, "ImageNotFound");
}

#[test]
fn a_pull_error_that_only_an_event_names_counts() {
    let frames = then(
        pulling("ImagePullBackOff", "Back-off pulling image \"shop/app:2\""),
        vec![(6, vec![event("Pod", "a", "Failed", &format!("Failed to pull image \"shop/app:2\": {NOT_FOUND}"), 6)])],
    );
    fails(&web(), &frames, 16..=36, "ImageNotFound");
}

#[test]
fn a_back_off_with_no_cause_waits() {
    waits(&web(), &pulling("ImagePullBackOff", "Back-off pulling image \"shop/app:2\""), "ImagePullBackOff");
}

#[test]
fn pull_denied_is_failed() {
    let denied = "pull access denied, repository does not exist or may require authorization: insufficient_scope";
    fails(&web(), &pulling("ErrImagePull", denied), 15..=16, "ImagePullDenied");
}

#[test]
fn unauthorized_is_failed() {
    fails(&web(), &pulling("ErrImagePull", "unexpected status: 401 Unauthorized"), 15..=16, "ImagePullDenied");
}

#[test]
fn an_invalid_image_name_is_failed_at_once() {
    fails(&web(), &pulling("InvalidImageName", "couldn't parse image name \"shop/App:2\""), 5..=5, "InvalidImageName");
}

#[test]
fn err_image_never_pull_is_failed_at_once() {
    fails(
        &web(),
        &pulling("ErrImageNeverPull", "image is not present with pull policy of Never"),
        5..=5,
        "ErrImageNeverPull",
    );
}

#[test]
fn an_image_for_another_platform_is_failed() {
    fails(&web(), &pulling("ErrImagePull", "no match for platform in manifest: not found"), 15..=16, "ImageUnusable");
}

#[test]
fn a_registry_429_that_heals_is_ready() {
    let frames = then(
        pulling("ErrImagePull", "429 Too Many Requests - toomanyrequests: rate limit"),
        vec![
            (20, vec![pod("a").waiting("ImagePullBackOff", "Back-off pulling image \"shop/app:2\"")]),
            (60, vec![pod("a").waiting("ErrImagePull", "429 Too Many Requests")]),
            (200, vec![pod("a").ready(), deployment(3, 3)]),
        ],
    );
    heals(&web(), &frames, 200);
}

#[test]
fn passing_pull_errors_never_fail_before_the_deadline() {
    let texts = [
        "dial tcp: lookup registry.example.com: no such host",
        "net/http: TLS handshake timeout",
        "unexpected status from HEAD request: 503 Service Unavailable",
        "failed to do request: EOF",
        "context deadline exceeded",
    ];
    for text in texts {
        waits(&web(), &pulling("ErrImagePull", text), "ErrImagePull");
    }
}

#[test]
fn a_tag_pushed_a_few_seconds_late_is_ready() {
    let frames = then(
        pulling("ErrImagePull", NOT_FOUND),
        vec![
            (7, vec![pod("a").waiting("ImagePullBackOff", "Back-off pulling image")]),
            (12, vec![pod("a").waiting("ContainerCreating", "")]),
            (20, vec![pod("a").ready(), deployment(3, 3)]),
        ],
    );
    heals(&web(), &frames, 20);
}

#[test]
fn a_registry_that_was_busy_and_then_says_not_found_is_failed() {
    let frames = then(
        pulling("ErrImagePull", "503 Service Unavailable"),
        vec![(40, vec![pod("a").waiting("ErrImagePull", NOT_FOUND)])],
    );
    fails(&web(), &frames, 50..=51, "ImageNotFound");
}

#[test]
fn a_pod_of_the_old_revision_that_cannot_pull_is_not_ours() {
    let old = pod("old").of("ReplicaSet", "rs-1").waiting("ErrImagePull", NOT_FOUND);
    let frames = vec![
        (0, vec![replica_set(1), old, deployment_unobserved()]),
        (2, vec![replica_set(2), deployment(1, 2), pod("a").waiting("ContainerCreating", "")]),
        (90, vec![deployment(3, 3)]),
    ];
    heals(&web(), &frames, 90);
}

#[test]
fn nothing_is_green_or_red_before_the_new_generation_is_observed() {
    let old = pod("old").of("ReplicaSet", "rs-1").waiting("ErrImagePull", NOT_FOUND);
    let frames = vec![(0, vec![deployment_unobserved(), replica_set(1), old])];
    waits(&web(), &frames, "NotObserved");
}

#[test]
fn without_replica_sets_the_new_pods_are_told_by_their_images() {
    let old = pod("old").set("/spec/containers/0/image", "shop/app:1".into()).waiting("ErrImagePull", NOT_FOUND);
    let frames = vec![(1, vec![deployment(1, 2), old.clone()]), (60, vec![deployment(3, 3)])];
    heals(&web(), &frames, 60);
    let frames = vec![(1, vec![deployment(1, 2), old, pod("a").waiting("ErrImagePull", NOT_FOUND)])];
    fails(&web(), &frames, 11..=12, "ImageNotFound");
}
