//! `bump` through the binary against the GitHub double: what lands, what is refused, and what is said.
#![allow(clippy::print_stdout, reason = "figures of long runs are printed with --nocapture")]

mod cancelled;
mod local;
mod proxies;
mod pulls;
mod races;
mod redirect;

mod refusals;
mod strange;
mod trees;

use github_double::{Failure, Fault};

use crate::support::forge::{DEPLOYMENT, Forge, KUSTOMIZATION};

#[test]
fn one_tag_changes_and_no_other_byte() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
    let commits = forge.double.commits("acme/config", "main");
    assert_eq!(commits.len(), 2);
    assert_eq!(ran.output("commit-sha"), commits[0].sha);
    assert_eq!(ran.output("changed"), "true");
    assert_eq!(ran.output("result"), "committed");
    assert_eq!(ran.output("verified"), "true");
    assert_eq!(ran.output("branch"), "main");
    assert!(ran.output("images").contains("Deployment/web: container app"), "{}", ran.output("images"));
    let message = &commits[0].message;
    let sha = forge.double.head("acme/app", "main").unwrap();
    assert!(message.starts_with("Bump app to v2\n\n"), "{message}");
    for line in ["Source-Repository: acme/app", &format!("Source-Commit: {sha}"), "Image: app=reg.example/app:v2"] {
        assert!(message.lines().any(|have| have == line), "{line} in {message}");
    }
    assert!(message.contains("/acme/app/actions/runs/77"), "{message}");
}

#[test]
fn three_requests_do_it() {
    let forge = Forge::with_prod();
    forge.bump().input("images", "app=*:v2").run().exits(0);
    assert_eq!(forge.double.requests().len(), 3, "{:?}", forge.double.request_counts());
}

#[test]
fn nothing_to_change_is_no_commit() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("image", "app").input("tag", "v1").run().exits(0);
    assert_eq!((ran.output("changed"), ran.output("result")), ("false", "unchanged"));
    assert_eq!(forge.commits(), 1);
    assert_eq!(forge.double.requests().len(), 1);
}

#[test]
fn the_same_bump_again_changes_nothing() {
    let forge = Forge::with_prod();
    forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    let ran = forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(ran.output("result"), "unchanged");
    assert_eq!(forge.commits(), 2);
}

#[test]
fn rest_alone_does_the_same() {
    for (api, wanted) in [("rest", false), ("graphql", true)] {
        let forge = Forge::with_prod();
        let ran = forge.bump().input("github-api", api).input("image", "app").input("tag", "v2").run().exits(0);
        assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
        assert_eq!(ran.output("verified"), "true");
        let graphql = forge.double.requests().iter().any(|entry| entry.path.ends_with("graphql"));
        assert_eq!(graphql, wanted);
    }
}

#[test]
fn auto_falls_back_to_rest_where_there_is_no_graphql() {
    let forge = Forge::with_prod();
    let missing = format!("{}/nowhere", forge.double.api_url());
    let sha = forge.double.head("acme/app", "main").unwrap();
    let action = forge.at(forge.double.api_url(), &missing).env("GITHUB_SHA", sha);
    action.input("mode", "bump").input("path", "prod").input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
}

#[test]
fn enterprise_server_addresses_work() {
    let forge = Forge::with_prod();
    let action = forge.at(&forge.double.enterprise_api_url(), &forge.double.enterprise_graphql_url());
    action.input("mode", "bump").input("path", "prod").input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
}

#[test]
fn a_dry_run_says_what_it_would_do() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("image", "app").input("tag", "v2").input("dry-run", "true").run().exits(0);
    assert_eq!((ran.output("changed"), ran.output("result")), ("false", "planned"));
    assert!(ran.output("images").contains("reg.example/app:v2"), "{}", ran.output("images"));
    assert_eq!(forge.commits(), 1);
}

#[test]
fn an_older_run_that_finishes_last_is_superseded() {
    let forge = Forge::with_prod();
    let older = forge.double.head("acme/app", "main").unwrap();
    forge.double.push("acme/app", "main", "newer", &[("x", Some("y"))]);
    forge.bump().input("image", "app").input("tag", "v3").run().exits(0);
    let ran = forge.bump().env("GITHUB_SHA", &older).input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!((ran.output("changed"), ran.output("result")), ("false", "superseded"));
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v3"));
    let allowed = forge.bump().env("GITHUB_SHA", &older).input("image", "app").input("tag", "v2");
    allowed.input("allow-older", "true").run().exits(0);
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
}

#[test]
fn an_unknown_order_is_said_and_the_bump_goes_on() {
    let forge = Forge::with_prod();
    forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    let ran = forge.bump().env("GITHUB_SHA", "1".repeat(40)).input("image", "app").input("tag", "v3").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
    assert!(ran.log().contains("unknown"), "{}", ran.log());
}

#[test]
fn a_bump_without_effect_is_refused_and_names_what_there_is() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("images", "ap:v2").run().exits(2);
    assert!(ran.log().contains("reg.example/app:v1"), "{}", ran.log());
    assert_eq!(forge.commits(), 1);
    let ran = forge.bump().input("images", "ap:v2").input("allow-no-effect", "true").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
}

#[test]
fn an_effect_that_cannot_be_proven_is_a_warning() {
    let forge = Forge::start();
    let text = "resources:\n- missing.yaml\nimages:\n- name: app\n  newTag: v1\n";
    forge.double.repository("acme/config").file("prod/kustomization.yaml", text).seed();
    let ran = forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    assert!(ran.log().contains("unproven"), "{}", ran.log());
    assert_eq!(forge.read("prod/kustomization.yaml"), text.replace("v1", "v2"));
}

#[test]
fn a_change_that_breaks_the_build_is_refused() {
    let forge = Forge::with_prod();
    forge.double.push("acme/config", "main", "replicas", &[("prod/kustomization.yaml", Some(KUSTOMIZATION))]);
    let ran = forge.bump().input("replicas", "nobody=3").run().exits(2);
    assert!(ran.log().contains("nobody"), "{}", ran.log());
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION);
}

#[test]
fn replicas_and_several_images_go_in_one_commit() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("images", "app=*:v2\n").input("replicas", "web=3").run().exits(0);
    assert_eq!(forge.commits(), 2);
    let text = forge.read("prod/kustomization.yaml");
    assert_eq!(text, format!("{}replicas:\n- name: web\n  count: 3\n", KUSTOMIZATION.replace("v1", "v2")));
    assert!(ran.output("files").contains("prod/kustomization.yaml"));
}

#[test]
fn a_commit_without_an_answer_is_found_and_not_made_twice() {
    for api in ["graphql", "rest"] {
        for failure in [Failure::Reset, Failure::Status(502), Failure::Truncated] {
            let forge = Forge::with_prod();
            let fault = Fault::after(failure.clone());
            let fault = if api == "rest" { fault.method("PATCH") } else { fault.operation("createCommitOnBranch") };
            forge.double.fault(fault);
            let ran = forge.bump().input("github-api", api).input("image", "app").input("tag", "v2").run().exits(0);
            assert_eq!(forge.commits(), 2, "{api} {failure:?}");
            assert_eq!(ran.output("result"), "committed", "{api} {failure:?}");
            assert_eq!(ran.output("commit-sha"), forge.double.head("acme/config", "main").unwrap());
        }
    }
}

#[test]
fn a_commit_that_failed_before_its_effect_is_made_once() {
    for failure in [Failure::Reset, Failure::Status(502), Failure::SecondaryLimit { status: 403, retry_after: Some(1) }]
    {
        let forge = Forge::with_prod();
        forge.double.fault(Fault::before(failure.clone()).operation("createCommitOnBranch"));
        let ran = forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
        assert_eq!((forge.commits(), ran.output("result")), (2, "committed"), "{failure:?}");
    }
}

#[test]
fn a_stale_read_neither_loses_nor_doubles_the_edit() {
    let forge = Forge::with_prod();
    forge.double.fault(Fault::after(Failure::Reset).operation("createCommitOnBranch"));
    forge.double.stale_reads_after_writes("acme/config", 3);
    let ran = forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!((forge.commits(), ran.output("result")), (2, "committed"));
}

#[test]
fn a_lost_race_edits_fresh_bytes() {
    let forge = Forge::with_prod();
    let theirs = KUSTOMIZATION.replace("# kept", "# theirs");
    forge.double.push("acme/config", "main", "theirs", &[("prod/kustomization.yaml", Some(theirs.as_str()))]);
    // The first look shows the branch as it was: the commit on it must be refused, and theirs stay.
    forge.double.stale_reads("acme/config", "main", 1);
    let ran = forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
    assert_eq!(forge.read("prod/kustomization.yaml"), theirs.replace("v1", "v2"));
    assert_eq!(forge.read("prod/deployment.yaml"), DEPLOYMENT);
}
