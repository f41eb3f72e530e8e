//! The git binary reads what the double keeps, and agrees.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::client::{Bench, CREATE_COMMIT, REPO, commit_input};

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).env("LC_ALL", "C").output();
    let output = output.expect("the git binary is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[tokio::test]
async fn git_agrees_on_every_object_of_seeds_and_commits_over_every_api() {
    let bench = Bench::start().await;
    bench.double.push(REPO, "main", "one\n\nbody", &[("a.b", Some("x")), ("a/c", Some("y")), ("a0", Some("z"))]);
    bench.query(CREATE_COMMIT, commit_input(&bench.head(), "deep/er/file", "signed\n")).await;
    let body = json!({"message": "put", "content": "cHV0", "branch": "main"});
    assert_eq!(bench.ask("PUT", &format!("/repos/{REPO}/contents/a/put.txt"), &body).await.status, 201);
    bench.double.push(REPO, "main", "gone", &[("app/deployment.yaml", None)]);

    let folder = tempfile::tempdir().expect("a temporary folder");
    bench.double.export(REPO, folder.path()).expect("the repository is written");
    let report = git(folder.path(), &["fsck", "--strict", "--full"]);
    assert!(!report.contains("error") && !report.contains("missing"), "{report}");
    assert_eq!(git(folder.path(), &["rev-parse", "main"]), bench.head());
    let ours: Vec<String> = bench.double.commits(REPO, "main").into_iter().map(|commit| commit.sha).collect();
    assert_eq!(git(folder.path(), &["log", "--format=%H", "main"]), ours.join("\n"));
    assert_eq!(git(folder.path(), &["show", "main:a/put.txt"]), "put");
    let listed = git(folder.path(), &["ls-tree", "-r", "--format=%(path) %(objectmode)", "main"]);
    let files: Vec<String> =
        bench.double.files(REPO, "main").iter().map(|(path, mode)| format!("{path} {mode}")).collect();
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, files);
}

#[tokio::test]
async fn history_and_merge_base_are_those_of_git() {
    let bench = Bench::start().await;
    let base = bench.head();
    bench.double.branch(REPO, "side", &base);
    for number in 0..3 {
        bench.double.push(
            REPO,
            "main",
            &format!("main {number}"),
            &[("app/kustomization.yaml", Some(&format!("{number}\n")))],
        );
        bench.double.push(REPO, "side", &format!("side {number}"), &[("other", Some(&format!("{number}\n")))]);
    }
    let body = json!({"title": "t", "head": "side", "base": "main", "body": "b"});
    assert_eq!(bench.ask("POST", &format!("/repos/{REPO}/pulls"), &body).await.status, 201);
    assert_eq!(bench.ask("PUT", &format!("/repos/{REPO}/pulls/1/merge"), &json!({})).await.status, 200);
    bench.double.push(REPO, "side", "side again", &[("other", Some("9\n"))]);

    let folder = tempfile::tempdir().expect("a temporary folder");
    bench.double.export(REPO, folder.path()).expect("the repository is written");
    for path in ["app", "other", "app/kustomization.yaml", "run.sh"] {
        let reply = bench.get(&format!("/repos/{REPO}/commits?path={path}&per_page=100")).await.json();
        let ours: Vec<&str> =
            reply.as_array().expect("a list").iter().filter_map(|commit| commit["sha"].as_str()).collect();
        let mut theirs = git(folder.path(), &["log", "--format=%H", "main", "--", path]);
        let mut ours = ours.join("\n");
        // Commits of the same second may stand in either order.
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines.join("\n")
        };
        (ours, theirs) = (sorted(&ours), sorted(&theirs));
        assert_eq!(ours, theirs, "history of {path}");
    }
    let compare = bench.get(&format!("/repos/{REPO}/compare/main...side")).await.json();
    assert_eq!(compare["merge_base_commit"]["sha"], git(folder.path(), &["merge-base", "main", "side"]));
    assert_eq!(compare["ahead_by"].to_string(), git(folder.path(), &["rev-list", "--count", "main..side"]));
    assert_eq!(compare["behind_by"].to_string(), git(folder.path(), &["rev-list", "--count", "side..main"]));
    assert_eq!(compare["status"], "diverged");
}
