//! A release moves the tag in the config repo, the config repo deploys it with the kubeconfig of a `ci-user`, and goes back by hand.

use std::collections::BTreeMap;

use github_double::Token;

use super::folder;
use super::workflow::Run;
use crate::support::action::{Action, Ran};
use crate::support::control_plane::control_plane;
use crate::support::forge::Forge;

const OVERLAY: &str = "overlays/prod/kustomization.yaml";

/// Both repositories at a double.
fn forge() -> Forge {
    let forge = Forge::start();
    forge.double.repository("acme/config").folder(&folder("go-demo/config")).unwrap().seed();
    forge.double.token(Token::actions_job("ghs_job").can_write("acme/config"));
    forge
}

/// The kubeconfig that the README's `ci-user` makes, base64, as the secret holds it.
fn ci_user() -> String {
    let mut action = Action::in_actions();
    for entry in ["base/deployment.yaml", "base/kustomization.yaml", OVERLAY, "overlays/prod/service.yaml"] {
        action = action.file(entry, std::fs::read(folder("go-demo/config").join(entry)).unwrap());
    }
    let out = action.workspace().join("kubeconfig");
    let ran = action
        .input("mode", "ci-user")
        .input("name", "ci-demo")
        .input("path", "overlays/prod")
        .input("verify", "service/k8s-demo-go-app:80/demo => 200")
        .input("kubeconfig", &control_plane().kubeconfig())
        .input("out", out.to_str().unwrap())
        .keeping(&["kubeconfig"])
        .run()
        .exits(0);
    ran.kept["kubeconfig"].0.clone()
}

fn run<'a>(forge: &'a Forge, repository: &'a str, expressions: &[(&str, &str)]) -> Run<'a> {
    let name = if repository == "acme/app" { "app-repo" } else { "config" };
    Run {
        forge,
        repository_folder: folder("go-demo").join(name),
        repository,
        sha: forge.double.head(repository, "main").unwrap(),
        expressions: expressions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

#[track_caller]
fn release(forge: &Forge, tag: &str) -> Ran {
    forge.double.push("acme/app", "main", tag, &[("x", Some(tag))]);
    let expressions =
        [("github.event.release.tag_name", tag), ("vars.DEPLOY_APP_ID", "7"), ("secrets.DEPLOY_APP_KEY", "key")];
    run(forge, "acme/app", &expressions).workflow(".github/workflows/release.yml").remove(0)
}

#[track_caller]
fn deploy(forge: &Forge, kubeconfig: &str) -> Ran {
    let expressions = [("secrets.KUBECONFIG_PROD", kubeconfig)];
    run(forge, "acme/config", &expressions).workflow(".github/workflows/deploy.yml").remove(0)
}

fn running() -> String {
    control_plane().field("demo", "deployment/k8s-demo-go-app", ".spec.template.spec.containers[0].image")
}

/// Leaves a summary where `scripts/screenshots` finds it.
fn keep(name: &str, ran: &Ran) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("summaries");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.md")), &ran.summary).unwrap();
}

#[test]
fn a_release_is_bumped_deployed_and_taken_back_by_the_example_workflows() {
    let forge = forge();
    control_plane().kubectl(&["create", "namespace", "demo"]);
    let kubeconfig = ci_user();
    let first = deploy(&forge, &kubeconfig).exits(0);
    assert_eq!(first.output("result"), "deployed");
    assert_eq!(first.output("commit-sha"), forge.double.head("acme/config", "main").unwrap());

    assert_eq!(first.output("manifest-sha256").len(), 64);

    let bumped = release(&forge, "v0.0.2").exits(0);
    assert_eq!(bumped.output("result"), "committed");
    assert!(forge.read(OVERLAY).contains("newTag: v0.0.2 # moved by the release workflow"), "{}", forge.read(OVERLAY));
    let second = deploy(&forge, &kubeconfig).exits(0);
    assert_eq!((second.output("result"), running().as_str()), ("deployed", "juggernaut/k8s-demo-go-app:v0.0.2"));
    assert!(second.output("images").contains(r#""old":"juggernaut/k8s-demo-go-app:v0.0.1""#), "{}", second.everything);
    assert!(second.summary.contains("| `juggernaut/k8s-demo-go-app:v0.0.1` | `juggernaut/k8s-demo-go-app:v0.0.2` |"));

    // The image of this one was never pushed.
    release(&forge, "v0.0.3").exits(0);
    let red = deploy(&forge, &kubeconfig).exits(5);
    assert!(red.log().contains("ImageNotFound"), "{}", red.everything);
    for part in ["### ❌ deploy: failed", "#### Why Deployment/demo/k8s-demo-go-app\n\n- **", "```mermaid\ngantt"] {
        assert!(red.summary.contains(part), "{part}: {}", red.summary);
    }

    keep("green", &second);
    keep("red", &red);

    let expressions = [("secrets.KUBECONFIG_PROD", kubeconfig.as_str()), ("inputs.to", "last-successful")];
    let back = run(&forge, "acme/config", &expressions).workflow(".github/workflows/rollback.yml").remove(0).exits(0);
    assert_eq!((back.output("result"), running().as_str()), ("deployed", "juggernaut/k8s-demo-go-app:v0.0.2"));
    assert!(forge.read(OVERLAY).contains("newTag: v0.0.2"), "{}", forge.read(OVERLAY));
    assert_eq!(control_plane().field("demo", "deployment/k8s-demo-go-app", ".status.readyReplicas"), "2");
    let seen: Vec<&str> = back.everything.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    assert!(!seen.join("\n").contains(&kubeconfig), "the kubeconfig is masked");
}
