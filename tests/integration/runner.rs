//! The runner's conventions, through the binary.

use crate::support::action::Action;

#[test]
fn input_errors_are_one_annotation_and_exit_2() {
    let ran = Action::in_actions().input("mode", "deploy").input("timeout", "soon").input("lock", "yes").run().exits(2);
    let annotations: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("::error")).collect();
    assert_eq!(annotations.len(), 1, "{}", ran.stderr);
    for name in ["timeout", "lock", "kubeconfig"] {
        assert!(annotations[0].contains(&format!("{name}: ")), "{name} in {}", annotations[0]);
    }
    assert!(!ran.stderr.contains("\nnext"), "line breaks are escaped: {}", ran.stderr);
    assert!(ran.summary.starts_with("### ❌"));
    assert_eq!(ran.output("result"), "failed");
}

#[test]
fn a_fork_without_secrets_is_told_so() {
    let event = r#"{"pull_request":{"head":{"repo":{"full_name":"fork/app"}},"base":{"repo":{"full_name":"o/app"}}}}"#;
    let action = Action::in_actions().file("event.json", event);
    let path = action.workspace().join("event.json");
    let ran = action
        .input("mode", "deploy")
        .input("kubeconfig", "")
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", path)
        .run()
        .exits(2);
    assert!(ran.stderr.contains("from a fork, and GitHub gives those no secrets"), "{}", ran.stderr);
}

#[test]
fn writing_modes_refuse_foreign_code_with_this_repositorys_rights() {
    let event = r#"{"repository":{"full_name":"o/app"},"pull_request":{"head":{"repo":{"full_name":"HEAD/app"}}}}"#;
    for (head, refused) in [("fork", true), ("o", false)] {
        let action = Action::in_actions().file("event.json", event.replace("HEAD", head));
        let path = action.workspace().join("event.json");
        let ran = action
            .input("mode", "bump")
            .input("images", "app:1")
            .input("config-dir", "missing")
            .env("GITHUB_EVENT_NAME", "pull_request_target")
            .env("GITHUB_EVENT_PATH", path)
            .run();
        assert_eq!(ran.code == 3, refused, "head of {head}: {}", ran.log());
    }
}

#[test]
fn the_token_is_masked_before_anything_else_is_said() {
    let ran = Action::in_actions()
        .input("mode", "bump")
        .input("images", "app:1")
        .input("config-dir", "missing")
        .input("token", "ghs_0123456789abcdef")
        .run();
    assert!(ran.stdout.starts_with("::add-mask::ghs_0123456789abcdef\n"), "{}", ran.stdout);
}

#[test]
fn outside_actions_a_mask_command_would_print_the_secret() {
    let ran = Action::bare()
        .input("images", "app:1")
        .input("config-dir", "missing")
        .input("token", "ghs_0123456789abcdef")
        .args(&["bump"])
        .run();
    assert!(!ran.everything.contains("ghs_0123456789abcdef"), "{}", ran.everything);
}

#[test]
fn version_and_help_need_no_mode() {
    let ran = Action::bare().args(&["--version"]).run().exits(0);
    assert_eq!(ran.stdout, format!("k8s-deploy {}\n", env!("CARGO_PKG_VERSION")));
    assert!(Action::bare().args(&["--help"]).run().exits(0).stdout.contains("ci-user"));
}
