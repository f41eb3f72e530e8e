//! GraphQL: reads in the forms that clients send, `createCommitOnBranch`, and its refusals.

use github_double::{Failure, Fault, Protection, Rule, Token};
use serde_json::json;

use crate::client::{Bench, CREATE_COMMIT, REPO, commit_input};

#[tokio::test]
async fn many_files_come_in_one_query_with_aliases_fragments_and_variables() {
    let bench = Bench::start().await;
    let query = "query Files($owner: String!, $name: String!, $head: String!, $deep: Boolean = true) {
      repository(owner: $owner, name: $name) {
        defaultBranchRef { name prefix target { ... on Commit { oid history(first: 1) { totalCount nodes { messageHeadline } } } } }
        a: object(expression: $head) { __typename ... on Commit { oid } }
        b: object(expression: \"main:app/kustomization.yaml\") { ...file }
        c: object(expression: \"main:app\") @include(if: $deep) { ... on Tree { entries { name mode type object { ...file } } } }
        d: object(expression: \"main:none\") { oid }
        e: object(expression: \"main:vendor\") { oid }
        f: object(expression: \"main:run.sh\") @skip(if: $deep) { oid }
      }
      viewer { login }
    }
    fragment file on Blob { oid byteSize isBinary isTruncated text }";
    let answer = bench.query(query, json!({"owner": "acme", "name": "config", "head": "main"})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let repository = &answer["data"]["repository"];
    assert_eq!(repository["defaultBranchRef"]["target"]["oid"], bench.head());
    assert_eq!(repository["defaultBranchRef"]["target"]["history"]["nodes"][0]["messageHeadline"], "Initial commit");
    assert_eq!(repository["b"]["text"], "images:\n- name: app\n  newTag: \"1\"\n");
    assert_eq!(repository["c"]["entries"][1]["name"], "kustomization.yaml");
    assert_eq!(repository["c"]["entries"][1]["mode"], 33188);
    assert_eq!(repository["c"]["entries"][0]["object"]["text"], "kind: Deployment\n");
    assert!(repository["d"].is_null() && repository["e"].is_null() && repository.get("f").is_none());
    assert_eq!(answer["data"]["viewer"]["login"], "deploy-app[bot]");
}

#[tokio::test]
async fn a_commit_on_a_moved_branch_is_stale_data_with_http_200() {
    let bench = Bench::start().await;
    let head = bench.head();
    let made = bench.query(CREATE_COMMIT, commit_input(&head, "app/kustomization.yaml", "2\n")).await;
    let commit = &made["data"]["createCommitOnBranch"]["commit"];
    assert_eq!(commit["oid"], bench.head());
    assert_eq!(commit["signature"], json!({"isValid": true, "state": "VALID", "wasSignedByGitHub": true}));
    assert_eq!(bench.double.commits(REPO, "main")[0].message, "bump\n\nwhy");
    let stale = bench.query(CREATE_COMMIT, commit_input(&head, "app/kustomization.yaml", "3\n")).await;
    assert!(stale["data"]["createCommitOnBranch"].is_null());
    assert_eq!(stale["errors"][0]["type"], "STALE_DATA");
    let words = format!("Expected branch to point to \"{head}\" but it did not.  Pull and try again.");
    assert_eq!(stale["errors"][0]["message"], words);
    assert_eq!(stale["errors"][0]["path"], json!(["createCommitOnBranch"]));
    assert_eq!(bench.double.read(REPO, "main", "app/kustomization.yaml").as_deref(), Some("2\n"));
    let unknown = bench.query(CREATE_COMMIT, commit_input(&"0".repeat(40), "x", "3\n")).await;
    assert_eq!(unknown["errors"][0]["type"], "NOT_FOUND");
}

#[tokio::test]
async fn executable_files_lose_their_mode() {
    let bench = Bench::start().await;
    bench.query(CREATE_COMMIT, commit_input(&bench.head(), "run.sh", "#!/bin/sh\necho\n")).await;
    assert_eq!(bench.double.files(REPO, "main").get("run.sh"), Some(&"100644"));
}

#[tokio::test]
async fn null_additions_are_an_opaque_error_and_null_variables_a_clear_one() {
    let bench = Bench::start().await;
    let mut input = commit_input(&bench.head(), "x", "y");
    input["input"]["fileChanges"]["deletions"] = serde_json::Value::Null;
    let answer = bench.query(CREATE_COMMIT, input).await;
    assert!(answer["errors"][0]["message"].as_str().is_some_and(|text| text.starts_with("Something went wrong")));
    let answer = bench.query(CREATE_COMMIT, json!({})).await;
    assert!(answer.get("data").is_none());
    let answer = bench.query("{ viewer { nothing } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "undefinedField");
}

#[tokio::test]
async fn rules_refuse_with_their_own_type() {
    let bench = Bench::start().await;
    bench.double.protect(REPO, "main", Protection { pull_request: true, ..Protection::default() });
    let answer = bench.query(CREATE_COMMIT, commit_input(&bench.head(), "x", "y")).await;
    assert_eq!(answer["errors"][0]["type"], "BRANCH_PROTECTION_RULE_VIOLATION");
    assert_eq!(answer["errors"][0]["message"], "Changes must be made through a pull request.");
    bench.double.ruleset(REPO, &["~DEFAULT_BRANCH"], vec![Rule::PullRequest]);
    let answer = bench.query(CREATE_COMMIT, commit_input(&bench.head(), "x", "y")).await;
    assert_eq!(answer["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(
        answer["errors"][0]["message"],
        "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
    );
    assert_eq!(bench.double.commits(REPO, "main").len(), 1);
}

#[tokio::test]
async fn tokens_without_permission_are_forbidden_and_hidden_repositories_do_not_resolve() {
    let bench = Bench::start().await;
    let reader = bench.with_token(Token::actions_job("ghs_reader").can_read(REPO));
    let answer = reader.query(CREATE_COMMIT, commit_input(&bench.head(), "x", "y")).await;
    assert_eq!(answer["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(answer["errors"][0]["message"], "Resource not accessible by integration");
    let _ = bench.double.repository("acme/hidden").private().file("a", "b").seed();
    let answer = reader.query("{ repository(owner: \"acme\", name: \"hidden\") { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["message"], "Could not resolve to a Repository with the name 'acme/hidden'.");
    assert!(answer["data"]["repository"].is_null());
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_leaves_the_commit() {
    let bench = Bench::start().await;
    bench.double.fault(Fault::after(Failure::Reset).operation("createCommitOnBranch"));
    let body = json!({"query": CREATE_COMMIT, "variables": commit_input(&bench.head(), "x", "y")});
    assert!(bench.try_ask("POST", "/graphql", &body).await.is_err());
    assert_eq!(bench.double.read(REPO, "main", "x").as_deref(), Some("y"));
    bench.double.fault(Fault::before(Failure::ResourceLimits).operation("createCommitOnBranch"));
    let answer = bench.query(CREATE_COMMIT, commit_input(&bench.head(), "x", "z")).await;
    assert_eq!(answer["errors"][0]["type"], "RESOURCE_LIMITS_EXCEEDED");
    assert_eq!(bench.double.read(REPO, "main", "x").as_deref(), Some("y"));
}

#[tokio::test]
async fn fifty_writers_that_read_and_swap_all_land_exactly_once() {
    let bench = Bench::start().await;
    let writer = async |number: usize| {
        loop {
            let query =
                "{ repository(owner: \"acme\", name: \"config\") { ref(qualifiedName: \"main\") { target { oid } } } }";
            let answer = bench.query(query, json!({})).await;
            let head = answer["data"]["repository"]["ref"]["target"]["oid"].as_str().unwrap_or_default().to_owned();
            let made = bench.query(CREATE_COMMIT, commit_input(&head, &format!("files/{number}"), "x")).await;
            if made.get("errors").is_none() {
                return;
            }
            assert_eq!(made["errors"][0]["type"], "STALE_DATA");
        }
    };
    futures_util::future::join_all((0..50).map(writer)).await;
    let commits = bench.double.commits(REPO, "main");
    assert_eq!(commits.len(), 51);
    assert!(commits.windows(2).all(|pair| pair[0].parents == [pair[1].sha.clone()]));
    assert_eq!(bench.double.files(REPO, "main").keys().filter(|path| path.starts_with("files/")).count(), 50);
}
