//! Who may do what, and how GitHub words each refusal.

use github_double::{Level, Permission, Rule, Token};
use serde_json::{Value, json};

use crate::client::{Bench, REPO};

fn write() -> Value {
    json!({"message": "m", "content": "MQ=="})
}

#[tokio::test]
async fn each_kind_of_token_is_refused_in_its_own_words() {
    let bench = Bench::start().await;
    let path = format!("/repos/{REPO}/contents/x");
    let cases = [
        (Token::actions_job("ghs_job").can_read(REPO), 403, "Resource not accessible by integration"),
        (Token::actions_job("ghs_other").can_write("acme/app"), 403, "Resource not accessible by integration"),
        (Token::fine_grained("github_pat_x").can_read(REPO), 403, "Resource not accessible by personal access token"),
        (Token::classic("ghp_unscoped").can_write(REPO).with_scopes(&["gist"]), 404, "Not Found"),
        (Token::classic("ghp_stranger"), 404, "Not Found"),
        (Token::classic("ghp_public").can_write(REPO).with_scopes(&["public_repo"]), 201, ""),
    ];
    for (token, status, message) in cases {
        let asker = bench.with_token(token.clone());
        let reply = asker.ask("PUT", &path, &write()).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{}", token.value);
        let scopes =
            if token.kind == github_double::TokenKind::Classic { token.scopes.join(", ") } else { String::new() };
        assert_eq!(reply.header("x-oauth-scopes"), scopes);
        if status == 403 {
            assert_eq!(reply.header("x-accepted-github-permissions"), "contents=write");
        }
    }
}

#[tokio::test]
async fn private_repositories_are_hidden_from_those_without_access() {
    let bench = Bench::start().await;
    let _ = bench.double.repository("acme/private").private().file("a", "b").seed();
    let path = "/repos/acme/private";
    for token in [
        Token::app("ghs_no"),
        Token::fine_grained("github_pat_no"),
        Token::classic("ghp_no").can_write("acme/private").with_scopes(&["public_repo"]),
    ] {
        assert_eq!(bench.with_token(token).get(path).await.status, 404);
    }
    let reader = bench.with_token(Token::fine_grained("github_pat_yes").can_read("acme/private"));
    assert_eq!(reader.get(path).await.json()["private"], true);
    assert_eq!(reader.get("/repos/ACME/Private/contents/a").await.status, 200);
    let url = format!("{}{path}", bench.double.api_url());
    let anonymous = crate::client::send(&url, "GET", None, &[], Vec::new()).await.expect("an answer");
    assert_eq!(anonymous.status, 404);
    let unknown = Bench { double: bench.double.clone(), token: "ghs_unknown".into() };
    let reply = unknown.get(&format!("/repos/{REPO}")).await;
    assert_eq!((reply.status, reply.message().as_str()), (401, "Bad credentials"));
}

#[tokio::test]
async fn what_github_shows_of_the_right_to_push_is_the_users_role() {
    let bench = Bench::start().await;
    let cases = [
        (Token::app("ghs_writer").can_write(REPO), false, "READ"),
        (Token::fine_grained("github_pat_reader").can_read(REPO), true, "WRITE"),
        (Token::classic("ghp_writer").can_write(REPO), true, "WRITE"),
        (Token::classic("ghp_reader").can_read(REPO), false, "READ"),
    ];
    for (token, push, permission) in cases {
        let asker = bench.with_token(token);
        assert_eq!(asker.get(&format!("/repos/{REPO}")).await.json()["permissions"]["push"], push, "{}", asker.token);
        let answer =
            asker.query("{ repository(owner: \"acme\", name: \"config\") { viewerPermission } }", json!({})).await;
        assert_eq!(answer["data"]["repository"]["viewerPermission"], permission, "{}", asker.token);
    }
}

#[tokio::test]
async fn workflow_files_need_the_workflows_permission() {
    let bench = Bench::start().await;
    let path = format!("/repos/{REPO}/contents/.github/workflows/x.yml");
    assert_eq!(bench.ask("PUT", &path, &write()).await.status, 403);
    let token = Token::app("ghs_workflows").can_write(REPO).allow(REPO, Permission::Workflows, Level::Write);
    assert_eq!(bench.with_token(token).ask("PUT", &path, &write()).await.status, 201);
}

#[tokio::test]
async fn rules_refuse_each_way_of_writing_and_bypassers_pass() {
    let bench = Bench::start().await;
    bench.double.ruleset(REPO, &["main", "release/*"], vec![Rule::PullRequest, Rule::RequiredSignatures]);
    let words = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n";
    let reply = bench.ask("PUT", &format!("/repos/{REPO}/contents/x"), &write()).await;
    assert_eq!((reply.status, reply.message().as_str()), (409, words));
    let head = bench.head();
    bench.double.branch(REPO, "topic", &head);
    let next = bench.double.push(REPO, "topic", "unsigned", &[("x", Some("y"))]);
    let reference = format!("/repos/{REPO}/git/refs/heads/main");
    let reply = bench.ask("PATCH", &reference, &json!({"sha": next})).await;
    assert_eq!(reply.status, 422);
    assert!(reply.message().contains("Commits must have verified signatures."));
    assert_eq!(bench.head(), head);
    let kinds = bench.get(&format!("/repos/{REPO}/rules/branches/release%2F1")).await.json();
    assert_eq!(kinds[0]["type"], "pull_request");
    assert_eq!(bench.get(&format!("/repos/{REPO}/rules/branches/topic")).await.json(), json!([]));
    bench.double.world().repository(REPO).expect("seeded").rulesets[0].bypass.push("deploy-app[bot]".into());
    assert_eq!(bench.ask("PATCH", &reference, &json!({"sha": next})).await.status, 200);
}

#[tokio::test]
async fn archived_repositories_are_read_only() {
    let bench = Bench::start().await;
    let head = bench.double.repository(REPO).archived().file("a", "b").seed();
    let reply = bench.ask("PUT", &format!("/repos/{REPO}/contents/x"), &write()).await;
    assert_eq!((reply.status, reply.message().as_str()), (403, "Repository was archived so is read-only."));
    let answer = bench.query(crate::client::CREATE_COMMIT, crate::client::commit_input(&head, "x", "y")).await;
    assert_eq!(answer["errors"][0]["message"], "Repository was archived so is read-only.");
    assert_eq!(bench.get(&format!("/repos/{REPO}")).await.json()["archived"], true);
}

#[tokio::test]
async fn jobs_may_be_forbidden_to_open_pull_requests() {
    let bench = Bench::start().await;
    bench.double.switch(|switches| switches.actions_may_open_pulls = false);
    bench.double.branch(REPO, "topic", &bench.head());
    bench.double.push(REPO, "topic", "change", &[("x", Some("y"))]);
    let job = bench.with_token(Token::actions_job("ghs_job").can_write(REPO));
    let body = json!({"title": "t", "head": "topic", "base": "main"});
    let reply = job.ask("POST", &format!("/repos/{REPO}/pulls"), &body).await;
    assert_eq!(
        (reply.status, reply.message().as_str()),
        (403, "GitHub Actions is not permitted to create or approve pull requests.")
    );
    assert_eq!(bench.ask("POST", &format!("/repos/{REPO}/pulls"), &body).await.status, 201);
    let twice = bench.ask("POST", &format!("/repos/{REPO}/pulls"), &body).await.json();
    assert_eq!(twice["errors"][0]["message"], "A pull request already exists for acme:topic.");
}

#[tokio::test]
async fn enterprise_paths_have_graphql_elsewhere() {
    let bench = Bench::start().await;
    assert_eq!(bench.get(&format!("/api/v3/repos/{REPO}")).await.status, 200);
    let body = json!({"query": "{ viewer { login } }"});
    assert_eq!(bench.ask("POST", "/api/graphql", &body).await.json()["data"]["viewer"]["login"], "deploy-app[bot]");
    assert_eq!(bench.ask("POST", "/api/v3/graphql", &body).await.status, 404);
    assert_eq!(bench.get("/api/repos/acme/config").await.status, 404);
    bench.double.switch(|switches| switches.graphql = false);
    assert_eq!(bench.ask("POST", "/graphql", &body).await.status, 404);
}
