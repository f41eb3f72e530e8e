//! `rollback` with cluster access, against the real control plane and the GitHub double: what it commits is what it deploys.

use crate::support::action::{Action, Ran};
use crate::support::control_plane::{Space, control_plane};
use crate::support::forge::Forge;

const CRASH: &str = "sim-crash-loop";

/// `prod` of `acme/config`, and a namespace for it.
struct World {
    forge: Forge,
    space: Space,
}

impl World {
    fn new(hint: &str) -> Self {
        let forge = Forge::start();
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n\
             \x20 template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: app, image: app}]}\n";
        let kustomization =
            "resources: [web.yaml]\nimages:\n- {name: app, newName: acme/web, newTag: v1} # set by CI\n";
        let seed = forge.double.repository("acme/config").file("prod/kustomization.yaml", kustomization);
        seed.file("prod/web.yaml", deployment).seed();
        Self { forge, space: control_plane().space(hint) }
    }

    fn act(&self, mode: &str) -> Action {
        let action = self.forge.at(self.forge.double.api_url(), self.forge.double.graphql_url());
        action.input("mode", mode).input("path", "prod")
    }

    fn with_cluster(&self, mode: &str) -> Action {
        let action = self.act(mode).input("kubeconfig", &control_plane().kubeconfig());
        action.input("namespace", &self.space.name).input("timeout", "1m")
    }

    /// Bumps and, when asked, deploys; returns the commit.
    fn release(&self, tag: &str, deploys: Option<i32>) -> String {
        self.act("bump").input("image", "app").input("tag", tag).run().exits(0);
        if let Some(code) = deploys {
            self.with_cluster("deploy").run().exits(code);
        }
        self.head()
    }

    fn head(&self) -> String {
        self.forge.double.head("acme/config", "main").unwrap()
    }

    fn image(&self) -> String {
        self.space.field("deployment/web", ".spec.template.spec.containers[0].image")
    }

    fn annotation(&self, name: &str) -> String {
        self.space.field("deployment/web", &format!(".metadata.annotations.k8s-deploy-action/{name}"))
    }

    /// Asserts that a rollback brought repository and cluster to this tag, by one commit that the cluster names.
    fn is_back_at(&self, tag: &str, ran: &Ran) {
        let head = self.head();
        assert_eq!((ran.output("result"), ran.output("commit-sha")), ("deployed", head.as_str()), "{}", ran.everything);
        assert!(self.forge.read("prod/kustomization.yaml").contains(&format!("newTag: {tag}}} # set by CI")));
        assert_eq!(self.image(), format!("acme/web:{tag}"));
        assert_eq!((self.annotation("commit"), self.annotation("good-commit")), (head.clone(), head));
    }
}

#[test]
fn a_rollback_deploys_the_tree_that_it_has_just_committed() {
    let world = World::new("back-tree");
    world.with_cluster("deploy").run().exits(0);
    world.release("v2", Some(0));
    let bad = world.release(&format!("v3-{CRASH}"), Some(5));
    world.forge.double.forget_requests();
    let ran = world.with_cluster("rollback").run().exits(0);
    world.is_back_at("v2", &ran);
    assert!(ran.log().contains(&format!("undoes {}", &bad[..7])), "{}", ran.log());
    assert!(!ran.log().contains("nothing was deployed"), "{}", ran.log());
    // By its own commit and not by the branch, which may have moved since.
    let commit = ran.output("commit-sha");
    let archives: Vec<String> = forge_paths(&world, "/tarball/");
    assert!(!archives.is_empty() && archives.iter().all(|path| path.ends_with(commit)), "{archives:?}");
    assert!(ran.output("images").contains("acme/web:v2") && ran.output("objects").contains("Deployment"));
}

fn forge_paths(world: &World, part: &str) -> Vec<String> {
    let requests = world.forge.double.requests();
    requests.into_iter().map(|entry| entry.path).filter(|path| path.contains(part)).collect()
}

#[test]
fn last_successful_is_the_commit_that_the_cluster_has_seen_good() {
    let world = World::new("back-good");
    let none = world.with_cluster("rollback").input("rollback-to", "last-successful").run().exits(2);
    assert!(none.log().contains("does not say which deploy was last judged good"), "{}", none.log());
    let good = world.release("v2", Some(0));
    world.release(&format!("v3-{CRASH}"), Some(5));
    world.release("v4", None);
    assert_eq!(world.annotation("good-commit"), good);
    let ran = world.with_cluster("rollback").input("rollback-to", "last-successful").run().exits(0);
    assert!(ran.log().contains(&format!("going back to commit {}", &good[..7])), "{}", ran.log());
    world.is_back_at("v2", &ran);
    // Once more: everything is there already, and stays so.
    let again = world.with_cluster("rollback").input("rollback-to", "last-successful").run().exits(0);
    assert_eq!((again.output("changed"), again.output("result")), ("false", "unchanged"), "{}", again.everything);
}

#[test]
fn a_rollback_whose_deploy_fails_says_so_and_keeps_its_commit() {
    let world = World::new("back-bad");
    world.release(&format!("v2-{CRASH}"), None);
    world.release("v3", Some(0));
    let ran = world.with_cluster("rollback").run().exits(5);
    assert_eq!(
        (ran.output("result"), ran.output("commit-sha")),
        ("failed", world.head().as_str()),
        "{}",
        ran.everything
    );
    assert_eq!(world.image(), format!("acme/web:v2-{CRASH}"));
    let refused = world.with_cluster("rollback").input("rollback-to", "v3").input("namespace", "no-such-space").run();
    assert_ne!(refused.code, 0);
    assert!(refused.log().contains("the config repo says so at"), "{}", refused.log());
}
