//! A GitHub that says the same in other words, and one that is in a bad way: what happens is told by looking, not by texts.

use github_double::{Failure, Fault, Rule};
use serde_json::json;

use crate::support::action::Action;
use crate::support::forge::{Forge, KUSTOMIZATION};

const ALWAYS: u32 = 100_000;

fn bump(forge: &Forge, api: &str) -> Action {
    forge.bump().input("github-api", api).input("image", "app").input("tag", "v2")
}

fn says(status: u16, message: &str) -> Failure {
    Failure::Answer(status, json!({ "message": message }))
}

#[test]
fn a_race_lost_until_the_timeout_is_a_conflict_on_either_branch() {
    let stale = json!({"data": {"createCommitOnBranch": null}, "errors": [{"type": "STALE_DATA", "message": "Pull and try again."}]});
    for strategy in ["push", "pull-request"] {
        for api in ["graphql", "rest"] {
            let forge = Forge::with_prod();
            let fault = match api {
                "rest" => Fault::before(says(422, "Update is not a fast forward")).method("PATCH").path("/git/refs/"),
                _ => Fault::before(Failure::Answer(200, stale.clone())).operation("createCommitOnBranch"),
            };
            forge.double.fault(fault.times(ALWAYS));
            let ran = bump(&forge, api).input("strategy", strategy).input("timeout", "2s").run().exits(4);
            assert!(ran.log().contains("lost the race on branch"), "{strategy} {api}: {}", ran.log());
            assert_eq!(forge.commits(), 1);
        }
    }
}

#[test]
fn a_lost_race_in_other_words_is_seen_by_the_head_that_moved() {
    let forge = Forge::with_prod();
    let theirs = KUSTOMIZATION.replace("# kept", "# theirs");
    forge.double.push("acme/config", "main", "theirs", &[("prod/kustomization.yaml", Some(theirs.as_str()))]);
    forge.double.stale_reads("acme/config", "main", 1);
    forge.double.fault(Fault::before(says(422, "Nope")).method("PATCH"));
    let ran = bump(&forge, "rest").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
    assert_eq!(forge.read("prod/kustomization.yaml"), theirs.replace("v1", "v2"));
}

#[test]
fn a_rule_in_other_words_is_known_by_the_rules_of_the_branch() {
    let forge = Forge::with_prod();
    forge.double.ruleset("acme/config", &["~DEFAULT_BRANCH"], vec![Rule::PullRequest]);
    forge.double.fault(Fault::before(says(422, "Nope")).method("PATCH").path("heads/main").times(ALWAYS));
    let refused = bump(&forge, "rest").run().exits(3);
    assert!(refused.log().contains("a rule of branch main"), "{}", refused.log());
    let ran = bump(&forge, "rest").input("strategy", "auto").run().exits(0);
    assert_eq!((ran.output("result"), forge.commits()), ("pull-request", 1));
}

#[test]
fn a_refusal_that_is_neither_is_an_error_and_no_pull_request() {
    let forge = Forge::with_prod();
    forge.double.fault(Fault::before(says(422, "Nope")).method("PATCH").times(ALWAYS));
    let ran = bump(&forge, "rest").input("strategy", "auto").run().exits(2);
    assert!(ran.log().contains("Nope"), "{}", ran.log());
    assert_eq!((forge.double.pulls("acme/config").len(), forge.commits()), (0, 1));
}

#[test]
fn a_pull_request_that_is_there_in_other_words_is_updated() {
    let forge = Forge::with_prod();
    bump(&forge, "rest").input("strategy", "pull-request").run().exits(0);
    // The first look does not show it, and opening another one is refused with a code and no text.
    forge.double.fault(Fault::before(Failure::Answer(200, json!([]))).method("GET").path("/pulls"));
    let taken = json!({"message": "Validation Failed", "errors": [{"resource": "PullRequest", "code": "custom"}]});
    forge.double.fault(Fault::before(Failure::Answer(422, taken)).method("POST").path("/pulls"));
    let ran =
        bump(&forge, "rest").input("strategy", "pull-request").input("pull-request-title", "again").run().exits(0);
    assert_eq!(ran.output("pr-operation"), "updated");
    assert_eq!(forge.double.pulls("acme/config").len(), 1);
}

#[test]
fn a_new_branch_that_reads_do_not_show_yet_is_waited_for() {
    for api in ["graphql", "rest"] {
        let forge = Forge::with_prod();
        forge.double.stale_reads_after_writes("acme/config", 3);
        let fault = match api {
            "rest" => Fault::after(Failure::Reset).method("PATCH"),
            _ => Fault::after(Failure::Reset).operation("createCommitOnBranch"),
        };
        forge.double.fault(fault);
        let ran = bump(&forge, api).input("strategy", "pull-request").run().exits(0);
        assert_eq!(ran.output("result"), "pull-request", "{api}");
        assert_eq!(forge.double.commits("acme/config", ran.output("branch")).len(), 2);
    }
}

#[test]
fn where_graphql_refuses_every_query_as_too_much_rest_takes_its_place() {
    let forge = Forge::with_prod();
    forge.double.fault(Fault::before(Failure::ResourceLimits).path("graphql").times(ALWAYS));
    let ran = bump(&forge, "auto").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
    let forge = Forge::with_prod();
    forge.double.fault(Fault::before(Failure::ResourceLimits).path("graphql").times(3));
    assert_eq!(bump(&forge, "graphql").run().exits(0).output("result"), "committed");
}

#[test]
fn pages_of_html_are_no_last_word() {
    let forge = Forge::with_prod();
    forge.double.fault(Fault::before(Failure::Status(502)).method("GET").times(3));
    forge.double.fault(Fault::before(Failure::Status(503)).method("POST").times(2));
    assert_eq!(bump(&forge, "rest").run().exits(0).output("result"), "committed");
    assert_eq!(forge.commits(), 2);
}
