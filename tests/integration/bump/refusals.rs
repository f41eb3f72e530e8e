//! What is refused: each with its exit code, one clear message with the next step, and nothing half-changed.

use github_double::{Permission, Token, access::Level};

use crate::support::action::Ran;
use crate::support::forge::Forge;

#[track_caller]
fn refused(forge: &Forge, ran: Ran, code: i32, words: &[&str]) {
    let ran = ran.exits(code);
    for word in words {
        assert!(ran.log().contains(word), "{word:?} in:\n{}", ran.log());
    }
    // The runner is told what to mask, and nobody else.
    let shown: String = ran.everything.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    assert!(!shown.contains("_secret"), "{shown}");
    assert_eq!(forge.commits(), 1);
}

#[test]
fn what_is_not_there_is_named() {
    let forge = Forge::with_prod();
    let bump = || forge.bump().input("image", "app").input("tag", "v2");
    refused(&forge, bump().input("branch", "nope").run(), 2, &["no branch", "nope"]);
    refused(&forge, bump().input("path", "nope").run(), 2, &["kustomization", "nope"]);
    refused(&forge, bump().input("path", "*/nope").run(), 2, &["*/nope"]);
    refused(&forge, bump().input("config-repo", "acme/nope").run(), 2, &["acme/nope", "token"]);
    refused(&forge, bump().input("path", "../x").run(), 2, &["path", "../x"]);
    refused(&forge, bump().input("path", ".github").run(), 2, &[".github"]);
    for api in ["rest", "graphql"] {
        refused(&forge, bump().input("github-api", api).input("branch", "nope").run(), 2, &["no branch", "nope"]);
        refused(&forge, bump().input("github-api", api).input("config-repo", "acme/nope").run(), 2, &["acme/nope"]);
    }
}

#[test]
fn an_entry_that_is_missing_is_refused_when_asked_to() {
    let forge = Forge::with_prod();
    let bump = forge.bump().input("images", "other:v2").input("create-missing", "false");
    refused(&forge, bump.run(), 2, &["other", "create-missing"]);
}

#[test]
fn bad_images_are_all_named_before_anything_is_read() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("images", "app:2@*\nb:").run();
    refused(&forge, ran, 2, &["app:2@*", "old digest", "b:", "tag is empty"]);
    assert_eq!(forge.double.requests().len(), 0);
}

#[test]
fn a_wrong_token_is_said() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("token", "ghs_secret").input("image", "app").input("tag", "v2").run();
    refused(&forge, ran, 3, &["token"]);
}

#[test]
fn a_missing_permission_is_named_with_the_tokens_that_have_it() {
    let forge = Forge::with_prod();
    forge.double.token(Token::app("ghs_secret1").can_read("acme/config"));
    forge.double.token(Token::fine_grained("github_pat_secret2").can_read("acme/config"));
    for (token, api) in [("ghs_secret1", "graphql"), ("ghs_secret1", "rest"), ("github_pat_secret2", "rest")] {
        let ran =
            forge.bump().input("token", token).input("github-api", api).input("image", "app").input("tag", "v2").run();
        refused(&forge, ran, 3, &["acme/config", "ontents"]);
    }
}

#[test]
fn a_missing_right_to_open_pull_requests_is_named() {
    let forge = Forge::with_prod();
    let token = Token::app("ghs_secret1").allow("acme/config", Permission::Contents, Level::Write);
    forge.double.token(token);
    let bump = forge.bump().input("token", "ghs_secret1").input("strategy", "pull-request");
    let ran = bump.input("image", "app").input("tag", "v2").run();
    refused(&forge, ran, 3, &["pull_requests: write"]);
}

#[test]
fn an_unreachable_github_ends_within_the_timeout() {
    let forge = Forge::with_prod();
    let address = "http://127.0.0.1:9";
    let action = forge.at(address, &format!("{address}/graphql")).input("mode", "bump").input("path", "prod");
    let ran = action.input("image", "app").input("tag", "v2").input("timeout", "2s").run();
    refused(&forge, ran, 7, &["127.0.0.1"]);
}

#[test]
fn commits_of_the_jobs_own_token_are_said_to_start_nothing() {
    let forge = Forge::with_prod();
    forge.double.token(Token::actions_job("ghs_job").can_write("acme/config"));
    for api in ["graphql", "rest"] {
        let tag = format!("v-{api}");
        let ran = forge
            .bump()
            .input("token", "ghs_job")
            .input("github-api", api)
            .input("image", "app")
            .input("tag", &tag)
            .run()
            .exits(0);
        assert!(ran.log().contains("starts no workflow"), "{api}: {}", ran.log());
    }
}
