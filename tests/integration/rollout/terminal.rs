//! What people see who run it by hand: a progress line on a terminal, and none anywhere else.

use std::process::Command;

use crate::support::control_plane::control_plane;

/// Gives the command a terminal, and hands on what it writes there.
const ON_A_TERMINAL: &str = "import os, pty, sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

fn manifest() -> &'static str {
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n\
     \x20 template:\n    metadata: {labels: {app: web}, annotations: {test.k8s-deploy-action/ready-after: 3s}}\n\
     \x20   spec: {containers: [{name: app, image: 'acme/shop:v1'}]}\n"
}

#[test]
fn a_terminal_gets_a_progress_line_and_a_ci_log_does_not() {
    let space = control_plane().space("terminal");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.yaml"), manifest()).unwrap();
    std::fs::write(folder.path().join("config"), control_plane().kubeconfig()).unwrap();
    let run = |in_ci: bool| {
        let mut command = Command::new("python3");
        command.args(["-c", ON_A_TERMINAL, env!("CARGO_BIN_EXE_k8s-deploy"), "deploy", "--path", "app.yaml"]);
        command.args(["--namespace", &space.name, "--timeout", "40s"]).current_dir(folder.path());
        command.env_remove("GITHUB_ACTIONS").env_remove("CI").env("KUBECONFIG", folder.path().join("config"));
        if in_ci {
            command.env("CI", "true");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let seen = run(false);
    assert!(seen.contains("\r\u{1b}[2K2 s: 1 in-progress | Deployment/"), "{seen:?}");
    space.kubectl(&["delete", "deployment", "web"]);
    let log = run(true);
    assert!(!log.contains('\u{1b}') && log.contains("Deployment/"), "{log:?}");
}
