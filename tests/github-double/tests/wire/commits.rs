//! Commits over REST: fast-forward, races, refusals, in GitHub's words.

use serde_json::{Value, json};

use crate::client::{Bench, REPO};

fn put(text: &str, sha: Option<&str>) -> Value {
    let mut body = json!({"message": "m", "content": github_double::base64::encode(text.as_bytes())});
    if let Some(sha) = sha {
        body["sha"] = sha.into();
    }
    body
}

#[tokio::test]
async fn git_data_commits_land_by_fast_forward_only() {
    let bench = Bench::start().await;
    let head = bench.head();
    let tree = json!({"base_tree": head, "tree": [
        {"path": "run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\necho 2\n"},
        {"path": "app/deployment.yaml", "mode": "100644", "type": "blob", "sha": null},
    ]});
    let tree = bench.ask("POST", &format!("/repos/{REPO}/git/trees"), &tree).await;
    assert_eq!(tree.status, 201);
    let commit = json!({"message": "m", "tree": tree.json()["sha"], "parents": [head]});
    let commit = bench.ask("POST", &format!("/repos/{REPO}/git/commits"), &commit).await;
    assert_eq!((commit.status, &commit.json()["verification"]["verified"]), (201, &json!(true)));
    bench.double.push(REPO, "main", "somebody else", &[("x", Some("y"))]);
    let reference = format!("/repos/{REPO}/git/refs/heads/main");
    let moved = bench.ask("PATCH", &reference, &json!({"sha": commit.json()["sha"]})).await;
    assert_eq!((moved.status, moved.message().as_str()), (422, "Update is not a fast forward"));
    let forced = bench.ask("PATCH", &reference, &json!({"sha": commit.json()["sha"], "force": true})).await;
    assert_eq!(forced.status, 200);
    assert_eq!(bench.double.files(REPO, "main").get("run.sh"), Some(&"100755"));
    assert_eq!(bench.double.read(REPO, "main", "app/deployment.yaml"), None);
}

#[tokio::test]
async fn refs_answer_as_github_answers() {
    let bench = Bench::start().await;
    let head = bench.head();
    let refs = format!("/repos/{REPO}/git/refs");
    let cases = [
        ("PATCH", format!("{refs}/heads/none"), json!({"sha": head}), 422, "Reference does not exist"),
        ("POST", refs.clone(), json!({"ref": "refs/heads/main", "sha": head}), 422, "Reference already exists"),
        ("POST", refs.clone(), json!({"ref": "refs/heads/n", "sha": "0".repeat(40)}), 422, "Object does not exist"),
        ("DELETE", format!("{refs}/heads/none"), Value::Null, 422, "Reference does not exist"),
        ("GET", format!("/repos/{REPO}/git/ref/heads/none"), Value::Null, 404, "Not Found"),
        ("GET", format!("/repos/{REPO}/branches/none"), Value::Null, 404, "Branch not found"),
        ("GET", format!("/repos/{REPO}/commits/none"), Value::Null, 422, "No commit found for SHA: none"),
        ("GET", format!("/repos/{REPO}/contents/app?ref=none"), Value::Null, 404, "No commit found for the ref none"),
    ];
    for (method, path, body, status, message) in cases {
        let reply = bench.ask(method, &path, &body).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{method} {path}");
        assert_eq!(reply.json()["status"], status.to_string());
    }
    let made = bench.ask("POST", &refs, &json!({"ref": "refs/heads/new/branch", "sha": head})).await;
    assert_eq!(made.status, 201);
    assert_eq!(bench.double.head(REPO, "new/branch"), Some(head));
    assert_eq!(bench.ask("DELETE", &format!("{refs}/heads/new/branch"), &Value::Null).await.status, 204);
}

#[tokio::test]
async fn contents_writes_check_the_sha_and_the_head() {
    let bench = Bench::start().await;
    let path = format!("/repos/{REPO}/contents/app/kustomization.yaml");
    let sha = bench.get(&path).await.json()["sha"].as_str().unwrap_or_default().to_owned();
    let missing = bench.ask("PUT", &path, &put("2", None)).await;
    assert_eq!((missing.status, missing.message().as_str()), (422, "Invalid request.\n\n\"sha\" wasn't supplied."));
    let wrong = bench.ask("PUT", &path, &put("2", Some(&"a".repeat(40)))).await;
    assert_eq!(wrong.status, 409);
    assert_eq!(wrong.message(), format!("app/kustomization.yaml does not match {}", "a".repeat(40)));
    let mut elsewhere = put("2", Some(&sha));
    elsewhere["branch"] = "none".into();
    let elsewhere = bench.ask("PUT", &path, &elsewhere).await;
    assert_eq!((elsewhere.status, elsewhere.message().as_str()), (404, "Branch none not found"));
    assert_eq!(bench.ask("PUT", &path, &put("2", Some(&sha))).await.status, 200);
    assert_eq!(bench.double.read(REPO, "main", "app/kustomization.yaml").as_deref(), Some("2"));
    let gone = bench.get(&path).await.json()["sha"].clone();
    assert_eq!(bench.ask("DELETE", &path, &json!({"message": "m", "sha": gone})).await.status, 200);
    assert_eq!(bench.get(&path).await.status, 404);
}

#[tokio::test]
async fn contents_writes_of_different_files_at_the_same_moment_collide() {
    let bench = Bench::start().await;
    let base = bench.head();
    let paths: Vec<String> = (0..8).map(|number| format!("/repos/{REPO}/contents/file-{number}")).collect();
    let bodies: Vec<Value> = (0..8).map(|number| put(&number.to_string(), None)).collect();
    let (a, b, c, d) = tokio::join!(
        bench.ask("PUT", &paths[0], &bodies[0]),
        bench.ask("PUT", &paths[1], &bodies[1]),
        bench.ask("PUT", &paths[2], &bodies[2]),
        bench.ask("PUT", &paths[3], &bodies[3]),
    );
    let replies = [a, b, c, d];
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    let lost: Vec<String> = replies.iter().filter(|reply| reply.status == 409).map(|reply| reply.message()).collect();
    assert_eq!(won + lost.len(), 4);
    assert!(
        !lost.is_empty()
            && lost.iter().all(|text| text.ends_with(&format!("but expected {base}")) && text.starts_with("is at ")),
        "{lost:?}"
    );
    assert_eq!(bench.double.commits(REPO, "main").len(), 1 + won);
}

#[tokio::test]
async fn a_plain_double_keeps_the_statuses_and_none_of_the_words() {
    let bench = Bench::start().await;
    bench.double.switch(|switches| switches.plain = true);
    let head = bench.head();
    let reference = format!("/repos/{REPO}/git/refs/heads/main");
    bench.double.push(REPO, "main", "somebody else", &[("x", Some("y"))]);
    let other = bench.double.push(REPO, "topic", "unrelated", &[("x", Some("z"))]);
    let reply = bench.ask("PATCH", &reference, &json!({"sha": other})).await;
    assert_eq!((reply.status, reply.message().as_str()), (422, "Unprocessable Entity"));
    assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("x-")));
    assert_eq!(bench.ask("POST", "/graphql", &json!({"query": "{ viewer { login } }"})).await.status, 404);
    assert_eq!(bench.get(&format!("/repos/{REPO}/git/commits/{head}")).await.status, 200);
}

#[test]
fn a_double_in_the_background_serves_clients_that_block() {
    use std::io::{Read, Write};
    let double = github_double::Double::start_in_background();
    let _ = double.repository(REPO).file("a", "b").seed();
    let address = double.api_url().trim_start_matches("http://").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).expect("a connection");
    let request =
        format!("GET /repos/{REPO}/contents/a HTTP/1.1\r\nhost: x\r\nuser-agent: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answered");
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.contains("\"content\":\"Yg==\\n\""), "{text}");
    drop(double);
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(std::net::TcpStream::connect(&address).is_err(), "it stops with its last handle");
}
