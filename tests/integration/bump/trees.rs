//! Many files, wildcards, links, submodules and modes.

use crate::support::forge::{DEPLOYMENT, Forge, KUSTOMIZATION};

fn services(count: usize) -> Forge {
    let forge = Forge::start();
    let mut seed = forge.double.repository("acme/config").file("README.md", "x");
    for index in 0..count {
        let service = format!("services/s{index:03}/kubernetes");
        let overlay = format!("resources:\n- ../../base\nimages:\n- name: app\n  newTag: v{index} # {index}\n");
        seed = seed
            .file(&format!("{service}/base/kustomization.yaml"), "resources:\n- deployment.yaml\n")
            .file(&format!("{service}/base/deployment.yaml"), DEPLOYMENT)
            .file(&format!("{service}/overlays/prod/kustomization.yaml"), overlay.as_str())
            .file(&format!("{service}/overlays/test/kustomization.yaml"), overlay.as_str());
    }
    seed.seed();
    forge.double.forget_requests();
    forge
}

#[test]
fn all_overlays_that_fit_change_in_one_commit() {
    for api in ["graphql", "rest"] {
        let forge = services(10);
        let ran = forge
            .bump()
            .input("github-api", api)
            .input("path", "services/*/kubernetes/overlays/prod")
            .input("image", "app")
            .input("tag", "2.0.0")
            .run()
            .exits(0);
        assert_eq!(forge.commits(), 2);
        for index in 0..10 {
            let folder = format!("services/s{index:03}/kubernetes/overlays");
            let want = format!("resources:\n- ../../base\nimages:\n- name: app\n  newTag: 2.0.0 # {index}\n");
            assert_eq!(forge.read(&format!("{folder}/prod/kustomization.yaml")), want);
            assert!(forge.read(&format!("{folder}/test/kustomization.yaml")).contains(&format!("newTag: v{index} ")));
        }
        assert_eq!(ran.output("files").matches("kustomization.yaml").count(), 10);
    }
}

#[test]
fn one_that_is_refused_keeps_all_from_changing() {
    let forge = services(3);
    forge.double.push(
        "acme/config",
        "main",
        "break",
        &[("services/s001/kubernetes/overlays/prod/kustomization.yaml", Some("images: x\n"))],
    );
    let ran = forge
        .bump()
        .input("path", "services/*/kubernetes/overlays/prod")
        .input("image", "app")
        .input("tag", "v9")
        .run()
        .exits(2);
    assert!(ran.log().contains("s001"), "{}", ran.log());
    assert_eq!(forge.commits(), 2);
}

#[test]
fn several_lines_and_a_double_star_work() {
    let forge = services(2);
    let lines = "services/s000/kubernetes/overlays/prod\nservices/s001/**/test\n";
    forge.bump().input("path", lines).input("image", "app").input("tag", "v9").run().exits(0);
    let text = |path: &str| forge.read(&format!("services/{path}/kustomization.yaml"));
    assert!(text("s000/kubernetes/overlays/prod").contains("v9"));
    assert!(text("s001/kubernetes/overlays/test").contains("v9"));
    assert!(text("s001/kubernetes/overlays/prod").contains("v1"));
}

#[test]
fn modes_are_kept() {
    let forge = Forge::start();
    let seed = forge.double.repository("acme/config").executable("prod/kustomization.yaml", KUSTOMIZATION);
    seed.file("prod/deployment.yaml", DEPLOYMENT).seed();
    for (api, tag) in [("graphql", "v2"), ("rest", "v3")] {
        forge.bump().input("github-api", api).input("image", "app").input("tag", tag).run().exits(0);
        assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", tag));
        assert_eq!(forge.double.files("acme/config", "main")["prod/kustomization.yaml"], "100755");
    }
}

#[test]
fn links_inside_the_repository_are_followed_and_others_refused() {
    for api in ["graphql", "rest"] {
        let forge = Forge::start();
        forge
            .double
            .repository("acme/config")
            .file("real/kustomization.yml", KUSTOMIZATION)
            .file("real/deployment.yaml", DEPLOYMENT)
            .link("prod", "real")
            .link("deep/file/kustomization.yaml", "../../real/kustomization.yml")
            .link("out", "../elsewhere")
            .link("circle", "circle")
            .link("flows", ".github")
            .file(".github/kustomization.yaml", KUSTOMIZATION)
            .submodule("vendor", &"1".repeat(40))
            .seed();
        let bump = |path: &str| {
            forge.bump().input("github-api", api).input("path", path).input("image", "app").input("tag", "v2").run()
        };
        bump("prod").exits(0);
        assert_eq!(forge.read("real/kustomization.yml"), KUSTOMIZATION.replace("v1", "v2"), "{api}");
        assert_eq!(forge.double.files("acme/config", "main")["prod"], "120000");
        let ran = bump("deep/file").exits(0);
        assert_eq!(ran.output("result"), "unchanged");
        for path in ["out", "circle", "vendor/x", "flows"] {
            let ran = bump(path).exits(2);
            assert!(ran.log().contains("path"), "{path}: {}", ran.log());
        }
        assert_eq!(forge.commits(), 2);
    }
}

/// The figures that the documents name: requests and bytes for one commit over so many overlays.
#[test]
fn requests_grow_with_chunks_of_files_and_not_with_overlays() {
    for (count, most) in [(1, 4), (10, 6), (500, 18)] {
        let forge = services(count);
        let path =
            if count == 1 { "services/s000/kubernetes/overlays/prod" } else { "services/*/kubernetes/overlays/prod" };
        forge.bump().input("path", path).input("image", "app").input("tag", "2.0.0").run().exits(0);
        let (requests, (sent, received)) = (forge.double.requests().len(), forge.double.bytes());
        println!("{count} overlays: {requests} requests, {sent} bytes sent, {received} received");
        assert!(requests <= most, "{count} overlays: {:?}", forge.double.request_counts());
        // A generous bound on what one overlay may cost: its own files, twice over, and no clone.
        assert!(sent < 2_500 + 1_500 * count && received < 4_000 + 8_000 * count, "{count}: {sent} {received}");
        assert_eq!(forge.commits(), 2);
    }
}

/// `prod` over so many layers of bases.
fn layers(count: usize) -> Forge {
    let forge = Forge::start();
    let mut seed = forge.double.repository("acme/config").file("README.md", "x");
    for layer in 0..=count {
        let folder = if layer == 0 { "prod".to_owned() } else { format!("base{layer}") };
        let below = if layer == count { "deployment.yaml".to_owned() } else { format!("../base{}", layer + 1) };
        let images = if layer == 0 { "images:\n- name: app\n  newTag: v1\n" } else { "" };
        seed = seed.file(&format!("{folder}/kustomization.yaml"), format!("resources:\n- {below}\n{images}"));
        if layer == count {
            seed = seed.file(&format!("{folder}/deployment.yaml"), DEPLOYMENT);
        }
    }
    seed.seed();
    forge.double.forget_requests();
    forge
}

#[track_caller]
fn costs(forge: &Forge, requests: usize, what: &str) {
    assert_eq!(forge.double.requests().len(), requests, "{what}: {:?}", forge.double.request_counts());
    forge.double.forget_requests();
}

#[test]
fn one_overlay_costs_three_requests_and_one_a_layer_of_bases() {
    for count in [0, 1, 2, 4] {
        let forge = layers(count);
        forge.bump().input("image", "app").input("tag", "v2").run().exits(0);
        costs(&forge, 3 + count, &format!("{count} layers"));
    }
}

#[test]
fn the_order_guard_costs_one_request_the_rules_one_and_a_pull_request_three() {
    use github_double::Rule;
    let forge = layers(1);
    let bump = |tag: &str| forge.bump().input("image", "app").input("tag", tag);
    bump("v2").run().exits(0);
    costs(&forge, 4, "nothing to compare with");
    forge.double.push("acme/app", "main", "newer", &[("x", Some("y"))]);
    bump("v3").run().exits(0);
    costs(&forge, 5, "an image of another commit is there");
    bump("v4").input("strategy", "pull-request").run().exits(0);
    costs(&forge, 7, "a pull request");
    forge.double.push("acme/app", "main", "newest", &[("x", Some("z"))]);
    forge.double.ruleset("acme/config", &["~DEFAULT_BRANCH"], vec![Rule::PullRequest]);
    bump("v5").run().exits(3);
    costs(&forge, 6, "the refusal is explained by the rules");
}
