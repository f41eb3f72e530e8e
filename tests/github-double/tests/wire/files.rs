//! Files of every kind: contents, archives, secrets, histories in pages.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use github_double::{Level, Permission, Token};
use serde_json::json;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::client::{Bench, REPO, send};

#[tokio::test]
async fn contents_tell_files_links_folders_and_submodules_apart() {
    let bench = Bench::start().await;
    let repo = format!("/repos/{REPO}/contents");
    let linked = bench.get(&format!("{repo}/latest")).await.json();
    assert_eq!((&linked["type"], &linked["path"]), (&json!("file"), &json!("latest")));
    let folder = bench.get(&format!("{repo}/folder")).await.json();
    assert_eq!((&folder["type"], &folder["target"]), (&json!("symlink"), &json!("app")));
    assert_eq!(bench.get(&format!("{repo}/folder/deployment.yaml")).await.status, 404);
    assert_eq!(bench.get(&format!("{repo}/vendor")).await.json()["type"], "submodule");
    let root = bench.get(&repo).await.json();
    let types: BTreeMap<&str, &str> = root
        .as_array()
        .expect("a listing")
        .iter()
        .map(|entry| (entry["name"].as_str().unwrap_or_default(), entry["type"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        types,
        BTreeMap::from([
            ("app", "dir"),
            ("folder", "symlink"),
            ("latest", "symlink"),
            ("run.sh", "file"),
            ("vendor", "file")
        ])
    );
    bench.double.push(REPO, "main", "big", &[("big", Some(&"x".repeat(1_500_000)))]);
    let big = bench.get(&format!("{repo}/big")).await.json();
    assert_eq!((&big["encoding"], &big["content"], &big["size"]), (&json!("none"), &json!(""), &json!(1_500_000)));
    let url = format!("{}{repo}/big", bench.double.api_url());
    let raw = send(&url, "GET", Some(&bench.token), &[("accept", "application/vnd.github.raw")], Vec::new())
        .await
        .expect("an answer");
    assert_eq!(raw.bytes.len(), 1_500_000);
}

#[tokio::test]
async fn the_tarball_comes_from_another_host_and_notices_leaked_tokens() {
    let bench = Bench::start().await;
    let _ = bench
        .double
        .repository("acme/base")
        .private()
        .file("base/kustomization.yaml", "resources: []\n")
        .link("link", "base")
        .executable("x", "y")
        .seed();
    let reader = bench.with_token(Token::app("ghs_base").can_read("acme/base"));
    let redirect = reader.get("/repos/acme/base/tarball/main").await;
    assert_eq!(redirect.status, 302);
    let location = redirect.header("location");
    assert!(location.starts_with("http://127.0.0.2:"), "{location}");
    let archive = send(&location, "GET", None, &[], Vec::new()).await.expect("an answer");
    let mut tar = tar::Archive::new(GzDecoder::new(archive.bytes.as_ref()));
    let top = format!("acme-base-{}", &bench.double.head("acme/base", "main").expect("a head")[..7]);
    let mut entries = Vec::new();
    for entry in tar.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("text");
        entries.push((path, entry.header().mode().expect("a mode") & 0o111 != 0, text));
    }
    assert!(
        entries.contains(&(format!("{top}/base/kustomization.yaml"), false, "resources: []\n".into())),
        "{entries:?}"
    );
    assert!(entries.contains(&(format!("{top}/x"), true, "y".into())));
    let bare = location.split('?').next().expect("an address");
    assert_eq!(send(bare, "GET", None, &[], Vec::new()).await.expect("an answer").status, 404);
    assert_eq!(bench.double.leaked_tokens(), 0);
    let _ = send(&location, "GET", Some("ghs_base"), &[], Vec::new()).await;
    assert_eq!(bench.double.leaked_tokens(), 1);
}

#[tokio::test]
async fn secrets_are_kept_sealed_and_the_key_pair_is_a_pair() {
    let bench = Bench::start().await;
    let secrets = format!("/repos/{REPO}/actions/secrets");
    assert_eq!(bench.get(&format!("{secrets}/public-key")).await.message(), "Resource not accessible by integration");
    let bench = bench.with_token(Token::app("ghs_s").allow(REPO, Permission::Secrets, Level::Write));
    let key = bench.get(&format!("{secrets}/public-key")).await.json();
    let (public, private) = bench.double.secret_keys(REPO);
    assert_eq!(PublicKey::from(&StaticSecret::from(private)).to_bytes(), public);
    assert_eq!(key["key"], github_double::base64::encode(&public));
    let sealed = github_double::base64::encode(&[9; 100]);
    for (name, body, status) in [
        ("GOOD", json!({"encrypted_value": sealed, "key_id": key["key_id"]}), 201),
        ("good", json!({"encrypted_value": sealed, "key_id": key["key_id"]}), 204),
        ("GITHUB_X", json!({"encrypted_value": sealed, "key_id": key["key_id"]}), 422),
        ("1X", json!({"encrypted_value": sealed, "key_id": key["key_id"]}), 422),
        ("X", json!({"encrypted_value": "plain", "key_id": key["key_id"]}), 422),
        ("X", json!({"encrypted_value": sealed, "key_id": "1"}), 422),
        (
            "X",
            json!({"encrypted_value": github_double::base64::encode(&vec![9; 50_000]), "key_id": key["key_id"]}),
            422,
        ),
    ] {
        assert_eq!(bench.ask("PUT", &format!("{secrets}/{name}"), &body).await.status, status, "{name}");
    }
    assert_eq!(bench.double.secret(REPO, None, "GOOD").map(|secret| secret.encrypted_value), Some(sealed));
    assert!(bench.double.secret(REPO, Some("production"), "GOOD").is_none());
}

#[tokio::test]
async fn histories_come_in_linked_pages() {
    let bench = Bench::start().await;
    for number in 0..7 {
        bench.double.push(
            REPO,
            "main",
            &format!("change {number}"),
            &[("app/kustomization.yaml", Some(&format!("{number}\n")))],
        );
        bench.double.push(REPO, "main", "elsewhere", &[("other", Some(&format!("{number}\n")))]);
    }
    let mut path = format!("/repos/{REPO}/commits?path=app&per_page=3");
    let mut messages = Vec::new();
    loop {
        let reply = bench.get(&path).await;
        let commits = reply.json();
        messages.extend(
            commits
                .as_array()
                .expect("a list")
                .iter()
                .map(|c| c["commit"]["message"].as_str().unwrap_or_default().to_owned()),
        );
        let link = reply.header("link");
        let Some(next) = link.split(", ").find(|part| part.ends_with("rel=\"next\"")) else { break };
        let url = next.split(['<', '>']).nth(1).expect("an address");
        path = url.strip_prefix(bench.double.api_url()).expect("an address of the API").to_owned();
    }
    let mut expected: Vec<String> = (0..7).rev().map(|number| format!("change {number}")).collect();
    expected.push("Initial commit".into());
    assert_eq!(messages, expected);
}

#[tokio::test]
async fn unchanged_answers_are_304_for_their_etag() {
    let bench = Bench::start().await;
    let url = format!("{}/repos/{REPO}/contents/run.sh", bench.double.api_url());
    let first = send(&url, "GET", Some(&bench.token), &[], Vec::new()).await.expect("an answer");
    let etag = first.header("etag");
    let again =
        send(&url, "GET", Some(&bench.token), &[("if-none-match", &etag)], Vec::new()).await.expect("an answer");
    assert_eq!((again.status, again.bytes.len()), (304, 0));
}

#[tokio::test]
async fn the_log_holds_no_token_and_counts_requests() {
    let bench = Bench::start().await;
    bench.get(&format!("/repos/{REPO}/contents/run.sh")).await;
    bench.get(&format!("/repos/{REPO}/git/ref/heads/main")).await;
    bench.query("{ viewer { login } }", json!({})).await;
    let lines: Vec<String> = bench.double.requests().iter().map(|entry| entry.json().to_string()).collect();
    assert!(lines.iter().all(|line| !line.contains("ghs_app") && line.contains("Bearer ghs_***")), "{lines:?}");
    let counts = bench.double.request_counts();
    assert_eq!(
        counts,
        BTreeMap::from([("GET contents".into(), 1), ("GET git/ref".into(), 1), ("POST graphql".into(), 1)])
    );
    assert!(bench.double.bytes().1 > 500);
}
