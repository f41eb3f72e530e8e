//! Pull requests: opened, updated, never doubled; and what a branch's rules lead to.

use github_double::Rule;

use crate::support::forge::{Forge, KUSTOMIZATION};

#[test]
fn a_pull_request_is_opened_and_then_updated() {
    let forge = Forge::with_prod();
    let open = |tag: &str| forge.bump().input("strategy", "pull-request").input("image", "app").input("tag", tag);
    let ran = open("v2").input("pull-request-labels", "deploy\nbot").run().exits(0);
    assert_eq!(
        (ran.output("result"), ran.output("pr-operation"), ran.output("changed")),
        ("pull-request", "created", "true")
    );
    let pulls = forge.double.pulls("acme/config");
    assert_eq!(pulls.len(), 1);
    let branch = ran.output("branch").to_owned();
    assert_eq!(
        forge.double.read("acme/config", &branch, "prod/kustomization.yaml").unwrap(),
        KUSTOMIZATION.replace("v1", "v2")
    );
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION);

    let again = open("v2").run().exits(0);
    assert_eq!((again.output("pr-operation"), again.output("pr-number")), ("updated", ran.output("pr-number")));

    let newer = open("v3").run().exits(0);
    assert_eq!(newer.output("pr-operation"), "updated");
    assert_eq!(forge.double.pulls("acme/config").len(), 1);
    assert_eq!(
        forge.double.read("acme/config", &branch, "prod/kustomization.yaml").unwrap(),
        KUSTOMIZATION.replace("v1", "v3")
    );
}

#[test]
fn an_older_run_does_not_take_an_open_pull_request_back() {
    let forge = Forge::with_prod();
    let older = forge.double.head("acme/app", "main").unwrap();
    forge.double.push("acme/app", "main", "newer", &[("x", Some("y"))]);
    let open = |tag: &str| forge.bump().input("strategy", "pull-request").input("image", "app").input("tag", tag);
    let newer = open("v3").run().exits(0);
    let ran = open("v2").env("GITHUB_SHA", &older).run().exits(0);
    assert_eq!(ran.output("result"), "superseded");
    let text = forge.double.read("acme/config", newer.output("branch"), "prod/kustomization.yaml").unwrap();
    assert_eq!(text, KUSTOMIZATION.replace("v1", "v3"));
}

#[test]
fn a_pull_request_adds_three_requests() {
    let forge = Forge::with_prod();
    forge.bump().input("strategy", "pull-request").input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(forge.double.requests().len(), 6, "{:?}", forge.double.request_counts());
}

#[test]
fn a_rule_turns_the_push_into_a_pull_request_with_auto_only() {
    let forge = Forge::with_prod();
    forge.double.ruleset("acme/config", &["~DEFAULT_BRANCH"], vec![Rule::PullRequest]);
    let refused = forge.bump().input("image", "app").input("tag", "v2").run().exits(3);
    assert!(refused.log().contains("strategy"), "{}", refused.log());
    assert_eq!(forge.double.pulls("acme/config").len(), 0);
    for api in ["graphql", "rest"] {
        let ran = forge
            .bump()
            .input("github-api", api)
            .input("strategy", "auto")
            .input("image", "app")
            .input("tag", "v2")
            .run()
            .exits(0);
        assert_eq!(ran.output("result"), "pull-request");
    }
    assert_eq!(forge.double.pulls("acme/config").len(), 1);
    assert_eq!(forge.commits(), 1);
}

#[test]
fn auto_pushes_where_no_rule_refuses() {
    let forge = Forge::with_prod();
    let ran = forge.bump().input("strategy", "auto").input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
}

#[test]
fn a_left_over_branch_is_not_in_the_way() {
    let forge = Forge::with_prod();
    let open = |tag: &str| forge.bump().input("strategy", "pull-request").input("image", "app").input("tag", tag);
    let name = open("v2").input("dry-run", "true").run().exits(0);
    assert_eq!(name.output("result"), "planned");
    let first = open("v2").run().exits(0);
    let branch = first.output("branch").to_owned();
    // Merged by squashing, the branch kept.
    forge.double.push(
        "acme/config",
        "main",
        "squashed",
        &[("prod/kustomization.yaml", Some(KUSTOMIZATION.replace("v1", "v2").as_str()))],
    );
    close_all(&forge);
    let next = open("v3").run().exits(0);
    assert_eq!(next.output("pr-operation"), "created");
    assert_ne!(next.output("branch"), branch);
    let text = forge.double.read("acme/config", next.output("branch"), "prod/kustomization.yaml").unwrap();
    assert_eq!(text, KUSTOMIZATION.replace("v1", "v3"));
}

fn close_all(forge: &Forge) {
    for pull in forge.double.pulls("acme/config") {
        let address = format!("{}/repos/acme/config/pulls/{}", forge.double.api_url(), pull.number);
        let status = std::process::Command::new("curl")
            .args([
                "-fsS",
                "-o",
                "/dev/null",
                "-X",
                "PATCH",
                "-H",
                "authorization: Bearer ghs_writer",
                "-d",
                "{\"state\":\"closed\"}",
                &address,
            ])
            .status()
            .unwrap();
        assert!(status.success());
    }
}
