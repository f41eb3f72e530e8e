//! Every endpoint once, refusals too; then GitHub's own descriptions judge the log.

use std::path::Path;

use github_double::{Level, Permission, Protection, Rule, Token};
use serde_json::{Value, json};

use crate::client::{Bench, CREATE_COMMIT, REPO, commit_input, send};

fn check(log: &Path) {
    match github_double::schema::check(log) {
        Ok(text) => println!("{text}"),
        Err(text) => panic!("the double and GitHub's schemas differ:\n{text}"),
    }
}

/// Which entry is changed, how, and the words that must name it.
type Planted = (usize, fn(&mut Value), &'static str);

#[tokio::test]
async fn the_schema_check_finds_planted_differences() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log.jsonl");
    let bench = Bench::start().await;
    bench.get(&format!("/repos/{REPO}")).await;
    bench.query("query Q($n: String!) { repository(owner: \"acme\", name: $n) { id } }", json!({"n": "config"})).await;
    let entries: Vec<Value> = bench.double.requests().iter().map(github_double::Entry::json).collect();
    let planted: [Planted; 9] = [
        (0, |entry| entry["answer"]["id"] = "text".into(), "answer/id: must be integer"),
        (
            0,
            |entry| drop(entry["answer"].as_object_mut().map(|o| o.remove("default_branch"))),
            "required property 'default_branch'",
        ),
        (0, |entry| entry["query"] = json!({"nothing": "1"}), "query parameter nothing is not described"),
        (0, |entry| entry["status"] = 299.into(), "status 299 is not described"),
        (0, |entry| entry["path"] = "/repos/acme/config/nowhere".into(), "no such path"),
        (1, |entry| entry["body"]["query"] = "{ viewer { nothing } }".into(), "Cannot query field"),
        (1, |entry| entry["body"]["variables"] = json!({}), "was not provided"),
        (1, |entry| entry["answer"]["data"]["repository"]["id"] = 7.into(), "is no ID"),
        (
            1,
            |entry| entry["answer"]["data"]["repository"] = json!({"other": "x"}),
            "repository.other was not asked for",
        ),
    ];
    let lines: Vec<String> = planted
        .iter()
        .map(|(index, change, _)| {
            let mut entry = entries[*index].clone();
            change(&mut entry);
            entry.to_string()
        })
        .collect();
    std::fs::write(&log, lines.join("\n")).expect("the log is written");
    let text = github_double::schema::check(&log).expect_err("planted differences are found");
    for (number, (_, _, words)) in planted.iter().enumerate() {
        let place = format!(":{}:", number + 1);
        assert!(text.lines().any(|line| line.contains(&place) && line.contains(words)), "{words}:\n{text}");
    }
}

#[tokio::test]
async fn every_request_and_answer_agrees_with_githubs_published_schemas() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log.jsonl");
    let bench = Bench::start().await;
    bench.double.dump_log(&log).expect("the log opens");
    let all = [
        Permission::Secrets,
        Permission::Environments,
        Permission::Administration,
        Permission::Contents,
        Permission::PullRequests,
        Permission::Issues,
        Permission::Workflows,
    ];
    let admin = all
        .into_iter()
        .fold(Token::classic("ghp_admin"), |token, permission| token.allow(REPO, permission, Level::Write));
    let bench = bench.with_token(admin);
    reads(&bench).await;
    media_types(&bench).await;
    git_data(&bench).await;
    contents(&bench).await;
    pulls(&bench).await;
    secrets(&bench).await;
    rules(&bench).await;
    refusals(&bench).await;
    graphql(&bench).await;
    check(&log);
}

async fn reads(bench: &Bench) {
    let repo = format!("/repos/{REPO}");
    let head = bench.head();
    let tree = bench.get(&format!("{repo}/git/commits/{head}")).await.json()["tree"]["sha"].clone();
    let tree = tree.as_str().unwrap_or_default().to_owned();
    let blob = bench.get(&format!("{repo}/contents/run.sh")).await.json()["sha"].clone();
    let blob = blob.as_str().unwrap_or_default().to_owned();
    let paths = [
        "/user".to_owned(),
        "/rate_limit".into(),
        repo.clone(),
        format!("{repo}/contents"),
        format!("{repo}/contents/app?ref=main"),
        format!("{repo}/contents/latest"),
        format!("{repo}/contents/folder"),
        format!("{repo}/contents/vendor"),
        format!("{repo}/contents/app/deployment.yaml?ref={head}"),
        format!("{repo}/branches"),
        format!("{repo}/branches/main"),
        format!("{repo}/commits?path=app&sha=main&per_page=1&page=1"),
        format!("{repo}/commits/main"),
        format!("{repo}/git/ref/heads/main"),
        format!("{repo}/git/matching-refs/heads/"),
        format!("{repo}/git/trees/main"),
        format!("{repo}/git/trees/{tree}?recursive=1"),
        format!("{repo}/git/blobs/{blob}"),
        format!("{repo}/rules/branches/main"),
        format!("{repo}/tarball/main"),
        format!("{repo}/compare/{head}...main"),
        "/api/v3/rate_limit".into(),
    ];
    for path in paths {
        let reply = bench.get(&path).await;
        assert!(reply.status == 200 || reply.status == 302, "{path}: {} {}", reply.status, reply.message());
    }
}

async fn media_types(bench: &Bench) {
    for (path, accept) in [
        ("contents/run.sh", "application/vnd.github.raw+json"),
        ("contents/app", "application/vnd.github.object+json"),
        ("commits/main", "application/vnd.github.sha"),
        ("contents/run.sh", "application/vnd.github+json"),
    ] {
        let url = format!("{}/repos/{REPO}/{path}", bench.double.api_url());
        let reply = send(&url, "GET", Some(&bench.token), &[("accept", accept)], Vec::new()).await.expect("an answer");
        assert_eq!(reply.status, 200, "{path} as {accept}");
    }
}

async fn git_data(bench: &Bench) {
    let repo = format!("/repos/{REPO}");
    let head = bench.head();
    let blob = bench.ask("POST", &format!("{repo}/git/blobs"), &json!({"content": "aGk=", "encoding": "base64"})).await;
    assert_eq!(blob.status, 201);
    let tree = json!({"base_tree": head, "tree": [
        {"path": "new/file", "mode": "100644", "type": "blob", "sha": blob.json()["sha"]},
        {"path": "new/text", "mode": "100644", "type": "blob", "content": "text"},
        {"path": "app/deployment.yaml", "mode": "100644", "type": "blob", "sha": null},
    ]});
    let tree = bench.ask("POST", &format!("{repo}/git/trees"), &tree).await;
    let commit = json!({"message": "m", "tree": tree.json()["sha"], "parents": [head],
        "author": {"name": "A", "email": "a@example.com", "date": "2026-01-02T03:04:05Z"}});
    let commit = bench.ask("POST", &format!("{repo}/git/commits"), &commit).await;
    assert_eq!(commit.status, 201);
    let sha = commit.json()["sha"].clone();
    let made = bench.ask("POST", &format!("{repo}/git/refs"), &json!({"ref": "refs/heads/topic", "sha": sha})).await;
    assert_eq!(made.status, 201);
    let moved = bench.ask("PATCH", &format!("{repo}/git/refs/heads/main"), &json!({"sha": sha, "force": false})).await;
    assert_eq!(moved.status, 200);
    assert_eq!(
        bench.get(&format!("{repo}/compare/{head}...main")).await.json()["files"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(bench.ask("DELETE", &format!("{repo}/git/refs/heads/topic"), &Value::Null).await.status, 204);
}

async fn contents(bench: &Bench) {
    let path = format!("/repos/{REPO}/contents/a%20new/f%C3%BCr%231.txt");
    let made = bench.ask("PUT", &path, &json!({"message": "m", "content": "MQ==", "branch": "main"})).await;
    assert_eq!(made.status, 201);
    let sha = made.json()["content"]["sha"].clone();
    let again = bench.ask("PUT", &path, &json!({"message": "m", "content": "Mg==", "sha": sha})).await;
    assert_eq!(again.status, 200);
    let gone = bench.ask("DELETE", &path, &json!({"message": "m", "sha": again.json()["content"]["sha"]})).await;
    assert_eq!(gone.status, 200);
}

async fn pulls(bench: &Bench) {
    let repo = format!("/repos/{REPO}");
    bench.double.branch(REPO, "bump", &bench.head());
    bench.double.push(REPO, "bump", "change", &[("app/kustomization.yaml", Some("images: []\n")), ("zz", Some("z"))]);
    let body = json!({"title": "t", "head": "bump", "base": "main", "body": "b", "draft": false, "maintainer_can_modify": true});
    let made = bench.ask("POST", &format!("{repo}/pulls"), &body).await;
    assert_eq!(made.status, 201, "{}", made.message());
    assert_eq!(bench.ask("POST", &format!("{repo}/pulls"), &body).await.status, 422);
    let labels = bench.ask("POST", &format!("{repo}/issues/1/labels"), &json!({"labels": ["deploy", "bump"]})).await;
    assert_eq!(labels.json().as_array().map(Vec::len), Some(2));
    let list = bench.get(&format!("{repo}/pulls?state=open&head=acme:bump&base=main&per_page=100")).await.json();
    assert_eq!(list[0]["labels"][0]["name"], "deploy");
    assert_eq!(bench.get(&format!("{repo}/pulls/1")).await.json()["changed_files"], 2);
    assert_eq!(bench.get(&format!("{repo}/issues/1/labels")).await.status, 200);
    let changed =
        bench.ask("PATCH", &format!("{repo}/pulls/1"), &json!({"title": "t2", "body": "b2", "state": "open"})).await;
    assert_eq!(changed.json()["title"], "t2");
    let merged = bench.ask("PUT", &format!("{repo}/pulls/1/merge"), &json!({"merge_method": "squash"})).await;
    assert_eq!(merged.status, 200);
    assert_eq!(bench.get(&format!("{repo}/pulls/1")).await.json()["merged"], true);
}

async fn secrets(bench: &Bench) {
    for base in [format!("/repos/{REPO}/actions/secrets"), format!("/repos/{REPO}/environments/production/secrets")] {
        let key = bench.get(&format!("{base}/public-key")).await.json();
        let body = json!({"encrypted_value": github_double::base64::encode(&[7; 80]), "key_id": key["key_id"]});
        assert_eq!(bench.ask("PUT", &format!("{base}/KUBECONFIG"), &body).await.status, 201);
        assert_eq!(bench.ask("PUT", &format!("{base}/KUBECONFIG"), &body).await.status, 204);
        assert_eq!(bench.get(&format!("{base}/KUBECONFIG")).await.status, 200);
    }
}

async fn rules(bench: &Bench) {
    let repo = format!("/repos/{REPO}");
    assert_eq!(bench.get(&format!("{repo}/branches/main/protection")).await.message(), "Branch not protected");
    let all = vec![
        Rule::PullRequest,
        Rule::RequiredSignatures,
        Rule::RequiredStatusChecks(vec!["ci".into()]),
        Rule::NonFastForward,
        Rule::Deletion,
        Rule::Creation,
        Rule::Update,
        Rule::LinearHistory,
        Rule::CommitMessageContains("x".into()),
    ];
    bench.double.ruleset(REPO, &["locked/*"], all);
    assert_eq!(bench.get(&format!("{repo}/rules/branches/locked%2Fa")).await.json().as_array().map(Vec::len), Some(9));
    let protection =
        Protection { pull_request: true, approvals: 1, signatures: true, checks: vec!["ci".into()], pushers: None };
    bench.double.branch(REPO, "classic", &bench.head());
    bench.double.protect(REPO, "classic", protection);
    assert_eq!(bench.get(&format!("{repo}/branches/classic/protection")).await.status, 200);
    assert_eq!(bench.get(&format!("{repo}/branches/classic")).await.json()["protected"], true);
    let write = json!({"message": "m", "content": "MQ==", "branch": "classic"});
    assert_eq!(bench.ask("PUT", &format!("{repo}/contents/x"), &write).await.status, 409);
    let made = bench
        .ask("POST", &format!("{repo}/git/refs"), &json!({"ref": "refs/heads/locked/a", "sha": bench.head()}))
        .await;
    assert_eq!(made.status, 422);
}

async fn refusals(bench: &Bench) {
    let _ = bench.double.repository("acme/empty").seed();
    bench.double.token(Token::classic("ghp_empty").can_write("acme/empty"));
    let empty = Bench { double: bench.double.clone(), token: "ghp_empty".into() };
    for (path, status) in [("commits", 409), ("git/trees/main", 409), ("git/ref/heads/main", 409), ("contents/x", 404)]
    {
        assert_eq!(empty.get(&format!("/repos/acme/empty/{path}")).await.status, status, "{path}");
    }
    let repo = format!("/repos/{REPO}");
    for (path, status) in [
        ("contents/none", 404),
        ("branches/none", 404),
        ("commits/none", 422),
        ("compare/none...main", 404),
        ("git/trees/none", 404),
        ("git/blobs/none", 422),
        ("git/commits/1111111111111111111111111111111111111111", 404),
        ("pulls/99", 404),
    ] {
        assert_eq!(bench.get(&format!("{repo}/{path}")).await.status, status, "{path}");
    }
    let unknown = Bench { double: bench.double.clone(), token: "ghp_unknown".into() };
    assert_eq!(unknown.get(&repo).await.status, 401);
}

async fn graphql(bench: &Bench) {
    let query = "query($owner: String!, $name: String!) {
      rateLimit { limit cost remaining resetAt used nodeCount }
      viewer { login id databaseId url name email }
      repository(owner: $owner, name: $name) {
        id databaseId name nameWithOwner url isPrivate isArchived isDisabled isFork isEmpty visibility viewerPermission
        owner { __typename login id url }
        defaultBranchRef { id name prefix repository { name } compare(headRef: \"classic\") { id aheadBy behindBy status commits(first: 5) { totalCount nodes { oid } } } }
        ref(qualifiedName: \"refs/heads/main\") { target { __typename oid abbreviatedOid id commitUrl commitResourcePath repository { name } ... on Commit {
          message messageHeadline messageBody committedDate authoredDate committedViaWeb url resourcePath
          author { name email date user { login } } committer { name email user { login } }
          signature { __typename isValid state wasSignedByGitHub email signature payload verifiedAt signer { login } ... on GpgSignature { keyId } }
          parents(first: 2) { nodes { oid } } tree { oid entries { name path mode type oid size extension } }
          file(path: \"run.sh\") { name path mode type oid object { ... on Blob { text byteSize isBinary isTruncated } } }
          history(first: 2, path: \"app\") { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { oid } } nodes { oid } } } } }
        refs(refPrefix: \"refs/heads/\", first: 10) { totalCount nodes { name target { oid } } }
        object(expression: \"main:app\") { __typename ... on Tree { entries { name object { __typename ... on Blob { text } } } } }
        pullRequests(first: 5, states: [OPEN, MERGED], headRefName: \"bump\") { totalCount nodes { id number title body state merged isDraft url
          headRefName baseRefName headRefOid baseRefOid createdAt updatedAt author { __typename login } mergeCommit { oid } } }
      } }";
    let answer = bench.query(query, json!({"owner": "acme", "name": "config"})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let made = bench.query(CREATE_COMMIT, commit_input(&bench.head(), "graph", "ql")).await;
    assert_eq!(made.get("errors"), None, "{made}");
    let stale = bench
        .query(
            CREATE_COMMIT,
            commit_input(
                answer["data"]["repository"]["ref"]["target"]["oid"].as_str().unwrap_or_default(),
                "graph",
                "ql",
            ),
        )
        .await;
    assert_eq!(stale["errors"][0]["type"], "STALE_DATA");
    let id = answer["data"]["repository"]["id"].clone();
    let create = "mutation($input: CreateRefInput!) { createRef(input: $input) { clientMutationId ref { id name } } }";
    let first = bench.double.commits(REPO, "main")[0].sha.clone();
    let made =
        bench.query(create, json!({"input": {"repositoryId": id, "name": "refs/heads/by-graph", "oid": first}})).await;
    assert_eq!(made.get("errors"), None, "{made}");
    bench.double.push(REPO, "by-graph", "change", &[("x", Some("y"))]);
    let open =
        "mutation($input: CreatePullRequestInput!) { createPullRequest(input: $input) { pullRequest { number url } } }";
    let input =
        json!({"repositoryId": id, "headRefName": "by-graph", "baseRefName": "main", "title": "t", "body": "b"});
    let made = bench.query(open, json!({"input": input})).await;
    assert_eq!(made["data"]["createPullRequest"]["pullRequest"]["number"], 2, "{made}");
    let missing = bench.query("{ repository(owner: \"acme\", name: \"none\") { id } }", json!({})).await;
    assert_eq!(missing["errors"][0]["type"], "NOT_FOUND");
}
