//! `rollback` through the binary against the GitHub double.

mod cluster;

use crate::support::action::Action;
use crate::support::forge::{Forge, KUSTOMIZATION};

fn rollback(forge: &Forge) -> Action {
    forge.at(forge.double.api_url(), forge.double.graphql_url()).input("mode", "rollback").input("path", "prod")
}

/// `prod` with the bumps v2, v3 and v4 behind it, each from a commit of its own.
fn with_history() -> Forge {
    let forge = Forge::with_prod();
    for tag in ["v2", "v3", "v4"] {
        forge.double.push("acme/app", "main", tag, &[("x", Some(tag))]);
        forge.bump().input("image", "app").input("tag", tag).run().exits(0);
    }
    forge
}

fn tag(forge: &Forge) -> String {
    let text = forge.read("prod/kustomization.yaml");
    let line = text.lines().find(|line| line.contains("newTag")).unwrap();
    line.trim().trim_start_matches("newTag: ").split(' ').next().unwrap().to_owned()
}

#[test]
fn previous_is_the_last_commit_with_other_images() {
    for api in ["graphql", "rest"] {
        let forge = with_history();
        forge.double.push(
            "acme/config",
            "main",
            "beside",
            &[("prod/deployment.yaml", Some(crate::support::forge::DEPLOYMENT.replace("web", "web2").as_str()))],
        );
        let ran = rollback(&forge).input("github-api", api).run().exits(0);
        assert_eq!(tag(&forge), "v3");
        assert_eq!((ran.output("result"), ran.output("changed")), ("committed", "true"));
        assert!(ran.log().contains("not undone: prod/deployment.yaml"), "{}", ran.log());
        assert!(ran.log().contains("nothing was deployed"), "{}", ran.log());
        assert!(ran.log().contains("undoes"), "{}", ran.log());
        let message = forge.double.commits("acme/config", "main")[0].message.clone();
        assert!(message.starts_with("Roll back app to v3\n"), "{message}");
        assert!(message.contains("Image: app=reg.example/app:v3"), "{message}");
        let v3 =
            forge.double.commits("acme/app", "main").iter().find(|commit| commit.message == "v3").unwrap().sha.clone();
        assert!(message.contains(&format!("Source-Commit: {v3}")), "{message}");
        assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v3"));
    }
}

#[test]
fn a_tag_or_a_commit_can_be_named() {
    let forge = with_history();
    rollback(&forge).input("rollback-to", "v2").run().exits(0);
    assert_eq!(tag(&forge), "v2");
    let first = forge.double.commits("acme/config", "main").last().unwrap().sha.clone();
    rollback(&forge).input("rollback-to", &first[..10]).run().exits(0);
    assert_eq!(tag(&forge), "v1");
    let ran = rollback(&forge).input("rollback-to", "v1").run().exits(0);
    assert_eq!(ran.output("result"), "unchanged");
    let ran = rollback(&forge).input("rollback-to", "v9").run().exits(2);
    assert!(ran.log().contains("v9"), "{}", ran.log());
}

#[test]
fn other_lines_of_the_file_stay_and_only_the_named_image_goes_back() {
    let forge = with_history();
    let now = "# new comment\nresources:\n- deployment.yaml\nnamePrefix: x-\nimages:\n- name: app\n  newName: reg.example/app\n  newTag: v4\n- name: db\n  newTag: \"9\"\n";
    forge.double.push("acme/config", "main", "by hand", &[("prod/kustomization.yaml", Some(now))]);
    let ran = rollback(&forge).input("image", "app").run().exits(0);
    assert_eq!(forge.read("prod/kustomization.yaml"), now.replace("v4", "v3"));
    assert!(ran.log().contains("more than its images"), "{}", ran.log());
    let ran = rollback(&forge).input("image", "nope").run().exits(2);
    assert!(ran.log().contains("app, db"), "{}", ran.log());
}

#[test]
fn a_newer_bump_may_follow_a_rollback_and_an_older_one_may_not() {
    let forge = with_history();
    let commits = forge.double.commits("acme/app", "main");
    let sha = |message: &str| commits.iter().find(|commit| commit.message == message).unwrap().sha.clone();
    rollback(&forge).input("rollback-to", "v3").run().exits(0);
    let ran = forge.bump().env("GITHUB_SHA", sha("v2")).input("image", "app").input("tag", "v2").run().exits(0);
    assert_eq!(ran.output("result"), "superseded");
    let ran = forge.bump().env("GITHUB_SHA", sha("v4")).input("image", "app").input("tag", "v4").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
}

#[test]
fn without_an_earlier_image_there_is_nothing_to_go_back_to() {
    let forge = Forge::with_prod();
    let ran = rollback(&forge).run().exits(2);
    assert!(ran.log().contains("other images"), "{}", ran.log());
    assert_eq!(forge.commits(), 1);
}

#[test]
fn a_local_folder_goes_back_to_a_tag() {
    let action =
        Action::bare().file("config/prod/kustomization.yaml", KUSTOMIZATION).file("config/prod/deployment.yaml", "");
    let action =
        action.args(&["rollback", "--config-dir", "config", "--path", "prod", "--rollback-to", "v0", "--image", "app"]);
    let ran = action.keeping(&["config/prod/kustomization.yaml"]).run().exits(0);
    assert_eq!(ran.kept["config/prod/kustomization.yaml"].0, KUSTOMIZATION.replace("v1", "v0"));
}

#[test]
fn a_dry_run_commits_nothing() {
    let forge = with_history();
    let ran = rollback(&forge).input("dry-run", "true").run().exits(0);
    assert_eq!(ran.output("result"), "planned");
    assert_eq!(tag(&forge), "v4");
}
