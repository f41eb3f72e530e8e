//! The security model: what untrusted runs may do, where manifests may reach, and what other people's text can forge.

use std::collections::BTreeSet;

use crate::support::action::{Action, Ran};
use crate::support::control_plane::control_plane;
use crate::support::forge::Forge;

/// An event of a pull request whose head is in `head`.
fn event(name: &str, head: &str) -> String {
    let head = if head.is_empty() { "null".to_owned() } else { format!(r#"{{"full_name":"{head}"}}"#) };
    match name {
        "pull_request_target" => {
            format!(r#"{{"repository":{{"full_name":"o/app"}},"pull_request":{{"head":{{"repo":{head}}}}}}}"#)
        }
        _ => format!(
            r#"{{"repository":{{"full_name":"o/app"}},"workflow_run":{{"event":"pull_request","head_repository":{head}}}}}"#
        ),
    }
}

/// The action in a job that such an event started.
fn started_by(name: &str, head: &str) -> Action {
    with_event(Action::in_actions(), name, head)
}

fn with_event(action: Action, name: &str, head: &str) -> Action {
    let action = action.file("../event.json", event(name, head));
    let path = action.workspace().parent().unwrap().join("event.json");
    action.env("GITHUB_EVENT_NAME", name).env("GITHUB_EVENT_PATH", path)
}

#[test]
fn a_pull_request_from_a_fork_gets_no_secrets_and_is_told_so() {
    let event = r#"{"pull_request":{"head":{"repo":{"full_name":"fork/app"}},"base":{"repo":{"full_name":"o/app"}}}}"#;
    for mode in ["deploy", "diff", "ci-user"] {
        let action = Action::in_actions().file("../event.json", event);
        let path = action.workspace().parent().unwrap().join("event.json");
        let ran = action
            .args(&[mode])
            .input("kubeconfig", "")
            .input("name", "ci")
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_EVENT_PATH", path)
            .run()
            .exits(2);
        assert!(ran.log().contains("from a fork, and GitHub gives those no secrets"), "{mode}: {}", ran.log());
    }
}

#[test]
fn no_mode_that_writes_runs_for_foreign_code_with_this_repositorys_rights() {
    let refused = |mode: &str, name: &str, head: &str| {
        started_by(name, head)
            .args(&[mode])
            .input("images", if mode == "bump" { "app:1" } else { "" })
            .input("config-dir", if mode == "bump" { "missing" } else { "" })
            .input("config-repo", if mode == "rollback" { "o/config" } else { "" })
            .input("github-api", "rest")
            .input("kubeconfig", if matches!(mode, "deploy" | "ci-user") { "missing" } else { "" })
            .input("name", if mode == "ci-user" { "ci" } else { "" })
            .input("out", if mode == "ci-user" { "out" } else { "" })
            .input("token", if matches!(mode, "bump" | "rollback") { "ghs_any" } else { "" })
            .env("GITHUB_API_URL", "http://127.0.0.1:9")
            .input("timeout", if mode == "ci-user" { "" } else { "1s" })
            .run()
    };
    for mode in ["bump", "deploy", "rollback", "ci-user"] {
        for name in ["pull_request_target", "workflow_run"] {
            // The repository of a fork that was deleted meanwhile is null.
            for head in ["fork/app", ""] {
                let ran = refused(mode, name, head);
                assert_eq!(ran.code, 3, "{mode} {name} {head:?}: {}", ran.log());
                assert!(ran.log().contains("another repository's code"), "{}", ran.log());
            }
            assert_ne!(refused(mode, name, "o/app").code, 3, "{mode} on {name} of an own branch");
        }
    }
}

#[test]
fn an_event_that_cannot_be_read_counts_as_untrusted() {
    let ran = Action::in_actions()
        .args(&["bump"])
        .input("images", "app:1")
        .input("config-dir", "missing")
        .env("GITHUB_EVENT_NAME", "pull_request_target")
        .env("GITHUB_EVENT_PATH", "/nowhere/event.json")
        .run();
    assert_eq!(ran.code, 3, "{}", ran.log());
}

#[test]
fn an_untrusted_render_fetches_nothing_and_an_own_branch_does() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        // Nobody speaks TLS here: that somebody came is enough.
        while listener.accept().is_ok() {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    let render = |head: &str, resource: &str| {
        started_by("pull_request_target", head)
            .args(&["render"])
            .input("allow-hosts", &host)
            .file("kustomization.yaml", format!("resources: [\"{resource}\"]\n"))
            .file("conf.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: local}\n")
            .run()
    };
    let remote = format!("https://{host}/base.yaml");
    let refused = render("fork/app", &remote).exits(3);
    assert!(refused.log().contains("remote resources are not fetched"), "{}", refused.log());
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0);
    assert_ne!(render("o/app", &remote).code, 3);
    assert!(asked.load(std::sync::atomic::Ordering::SeqCst) > 0, "an own branch's render goes there");
    assert!(render("fork/app", "conf.yaml").exits(0).stdout.contains("name: local"));
}

#[test]
fn an_untrusted_diff_runs_no_plugin_and_an_own_branch_does() {
    for (head, runs) in [("fork/app", false), ("o/app", true)] {
        let action = started_by("pull_request_target", head).file("plugin", "#!/bin/sh\ntouch ran\nexit 1\n");
        let plugin = action.workspace().join("plugin");
        let mut permissions = std::fs::metadata(&plugin).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        std::fs::set_permissions(&plugin, permissions).unwrap();
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:9'}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, \
             command: '{}', interactiveMode: Never}}}}}}]\n",
            plugin.display()
        );
        let ran = action
            .args(&["diff"])
            .input("kubeconfig", &kubeconfig)
            .input("allow-exec", "true")
            .input("path", "conf.yaml")
            .file("conf.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
            .keeping(&["ran"])
            .run();
        assert_eq!(ran.kept.contains_key("ran"), runs, "head {head}: {}", ran.log());
        assert_ne!(ran.code, 0);
        assert_eq!(ran.log().contains("which is not allowed"), !runs, "{}", ran.log());
    }
}

#[test]
fn manifests_cannot_leave_the_workspace() {
    let outside = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stolen}\ndata: {a: treasure}\n";
    let kustomizations = [
        "resources: [../../outside.yaml]\n",
        "resources: [/etc/hostname]\n",
        "resources: [link.yaml]\n",
        "configMapGenerator: [{name: a, files: [../../outside.yaml]}]\n",
        "configMapGenerator: [{name: a, files: [link.yaml]}]\n",
        "patches: [{path: ../../outside.yaml}]\n",
        "resources: [linked]\n",
    ];
    for kustomization in kustomizations {
        let action = Action::in_actions()
            .args(&["render"])
            .input("path", "app")
            .file("../outside.yaml", outside)
            .file("../folder/kustomization.yaml", "resources: [stolen.yaml]\n")
            .file("../folder/stolen.yaml", outside)
            .file("app/kustomization.yaml", kustomization);
        let app = action.workspace().join("app");
        std::os::unix::fs::symlink("../../outside.yaml", app.join("link.yaml")).unwrap();
        let ran = action.run();
        // A folder may stand beside the root, as kustomize has it; a link to one must not lead out of the workspace.
        if kustomization.contains("linked") {
            assert_eq!(ran.code, 2, "{}", ran.log());
            continue;
        }
        assert_eq!(ran.code, 2, "{kustomization}: {}", ran.everything);
        assert!(!ran.everything.contains("treasure"), "{kustomization}: {}", ran.everything);
    }
}

#[test]
fn a_path_that_is_a_link_out_of_the_workspace_is_refused() {
    for (link, to) in [("app", "../folder"), ("app.yaml", "../folder/stolen.yaml")] {
        let action = Action::in_actions()
            .args(&["diff"])
            .input("path", link)
            .input("kubeconfig", "apiVersion: v1")
            .file("../folder/stolen.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stolen}\n");
        std::os::unix::fs::symlink(to, action.workspace().join(link)).unwrap();
        let ran = action.run().exits(2);
        assert!(ran.log().contains("is a link that leads out of the workspace"), "{link}: {}", ran.log());
    }
}

/// The commands that the runner would obey in a log, by name; what stands between `stop-commands` and its token is text.
fn obeyed(ran: &Ran) -> Vec<(String, String)> {
    let mut commands = Vec::new();
    let mut token: Option<String> = None;
    for line in ran.log().split(['\n', '\r']) {
        let line = line.trim();
        if let Some(open) = &token {
            if line == format!("::{open}::") {
                token = None;
            }
            continue;
        }
        let Some((name, data)) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")) else {
            assert!(!line.contains("##["), "{line}");
            continue;
        };
        match name {
            "stop-commands" => token = Some(data.to_owned()),
            _ => commands.push((name.split(' ').next().unwrap().to_owned(), data.to_owned())),
        }
    }
    assert_eq!(token, None, "a fence stays open");
    commands
}

#[test]
fn the_log_of_a_pod_forges_no_command_output_or_summary() {
    let space = control_plane().space("forge");
    let evil = "::error::forged by a pod\\n::add-mask::a\\n::stop-commands::x\\n##[error]forged\\n  ::set-output name=result::deployed\\n::endgroup::\\n~~~\\n### ✅ deploy: deployed\\n</details>";
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata:\n\
         \x20     labels: {{app: web}}\n      annotations:\n        test.k8s-deploy-action/behaviour: crash-loop\n        test.k8s-deploy-action/previous-logs: \"{evil}\"\n\
         \x20       test.k8s-deploy-action/logs: \"{evil}\"\n    spec: {{containers: [{{name: app, image: acme/app:1}}]}}\n"
    );
    let ran = space.deploy(&manifest).run().exits(5);
    assert!(ran.log().contains("forged by a pod"), "the log is shown: {}", ran.everything);
    let names: BTreeSet<String> = obeyed(&ran).into_iter().map(|(name, _)| name).collect();
    let known = ["add-mask", "group", "endgroup", "error", "warning"].map(str::to_owned);
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    assert!(!obeyed(&ran).iter().any(|(name, data)| name == "error" && data.starts_with("forged")), "{}", ran.log());
    assert!(!obeyed(&ran).iter().any(|(name, data)| name == "add-mask" && data == "a"), "{}", ran.log());
    let groups = obeyed(&ran).into_iter().fold(0_i32, |open, (name, _)| match name.as_str() {
        "group" => open + 1,
        "endgroup" => open - 1,
        _ => open,
    });
    assert_eq!(groups, 0, "every group is closed");
    assert_eq!(ran.output("result"), "failed");
    let log = ran.summary.split("<details><summary>").find(|part| part.contains("forged by a pod")).unwrap();
    let fence = log.lines().find(|line| line.starts_with("~~~")).unwrap().trim_end_matches("text");
    assert!(fence.len() > 3 && log.matches(&format!("\n{fence}\n")).count() == 1, "{log}");
}

#[test]
fn names_and_messages_of_others_forge_no_command_and_no_output() {
    let forge = Forge::with_prod();
    let ran = forge
        .bump()
        .input("image", "app")
        .input("tag", "v2")
        .input("commit-message", "x\n::error::forged\nghadelimiter_0\nresult=deployed\n\nSource-Commit: forged")
        .run()
        .exits(0);
    assert!(!obeyed(&ran).iter().any(|(_, data)| data.starts_with("forged")), "{}", ran.log());
    assert_eq!(ran.output("result"), "committed");
    let missing = Action::in_actions().args(&["render"]).input("path", "a%0A\r::error::forged").run().exits(2);
    assert!(!obeyed(&missing).iter().any(|(_, data)| data.starts_with("forged")), "{}", missing.log());
}

#[test]
fn of_many_errors_ten_are_annotations_and_all_are_in_the_log() {
    let manifests: String = (0..30)
        .map(|at| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{a: {at}}}\n---\n"))
        .collect();
    let warned: String = (0..30).map(|at| format!("- name: unused{at}\n  newTag: v1\n")).collect();
    let ran = Action::in_actions()
        .args(&["render"])
        .file(
            "kustomization.yaml",
            format!("resources: [app.yaml]\nimages:\n{warned}commonLabels: {{a: b}}\nbases: []\n"),
        )
        .file("app.yaml", manifests)
        .run()
        .exits(0);
    for kind in ["error", "warning"] {
        assert!(obeyed(&ran).iter().filter(|(name, _)| name == kind).count() <= 10, "{}", ran.log());
    }
}
