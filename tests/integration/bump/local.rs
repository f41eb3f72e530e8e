//! `config-dir`: the same edit in a local folder.

use crate::support::action::Action;
use crate::support::forge::{DEPLOYMENT, KUSTOMIZATION};

fn action() -> Action {
    Action::bare()
        .file("config/prod/kustomization.yaml", KUSTOMIZATION)
        .file("config/prod/deployment.yaml", DEPLOYMENT)
        .args(&["bump", "--config-dir", "config"])
}

#[test]
fn a_local_folder_is_edited_and_keeps_its_modes() {
    use std::os::unix::fs::PermissionsExt as _;
    let action = action().args(&["--path", "prod", "--image", "app", "--tag", "v2"]);
    let file = action.workspace().join("config/prod/kustomization.yaml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let output = folder.path().join("output");
    std::fs::write(&output, "").unwrap();
    let ran = action.keeping(&["config/prod/kustomization.yaml"]).run().exits(0);
    assert_eq!(ran.kept["config/prod/kustomization.yaml"].0, KUSTOMIZATION.replace("v1", "v2"));
    assert_eq!(ran.kept["config/prod/kustomization.yaml"].1 & 0o777, 0o640);
}

#[test]
fn nothing_is_written_when_one_of_several_is_refused() {
    let action = action()
        .file("config/test/kustomization.yaml", "images: nonsense\n")
        .args(&["--path", "*", "--image", "app", "--tag", "v2"]);
    let ran = action.keeping(&["config/prod/kustomization.yaml"]).run().exits(2);
    assert_eq!(ran.kept["config/prod/kustomization.yaml"].0, KUSTOMIZATION);
    assert!(
        ran.log().contains("config/test/kustomization.yaml") || ran.log().contains("test/kustomization.yaml"),
        "{}",
        ran.log()
    );
}

#[test]
fn a_link_out_of_the_folder_is_refused() {
    let action = action()
        .args(&["--path", "out", "--image", "app", "--tag", "v2"])
        .file("elsewhere/kustomization.yaml", KUSTOMIZATION);
    let workspace = action.workspace();
    std::os::unix::fs::symlink(workspace.join("elsewhere"), workspace.join("config/out")).unwrap();
    let ran = action.keeping(&["elsewhere/kustomization.yaml"]).run().exits(2);
    assert_eq!(ran.kept["elsewhere/kustomization.yaml"].0, KUSTOMIZATION);
}

#[test]
fn a_dry_run_writes_nothing() {
    let action = action().args(&["--path", "prod", "--image", "app", "--tag", "v2", "--dry-run"]);
    let ran = action.keeping(&["config/prod/kustomization.yaml"]).run().exits(0);
    assert_eq!(ran.kept["config/prod/kustomization.yaml"].0, KUSTOMIZATION);
}
