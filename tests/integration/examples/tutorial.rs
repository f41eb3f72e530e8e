//! The tutorial's application: a new version by `image` and `tag`, set on the fly.

use std::collections::BTreeMap;

use github_double::Token;

use super::folder;
use super::workflow::Run;
use crate::support::action::Ran;
use crate::support::control_plane::control_plane;
use crate::support::forge::Forge;

fn deploy(forge: &Forge, tag: &str) -> Ran {
    let kubeconfig = control_plane().kubeconfig();
    let expressions = [("inputs.tag", tag), ("secrets.KUBECONFIG", kubeconfig.as_str())];
    let run = Run {
        forge,
        repository_folder: folder("tutorial"),
        repository: "acme/hello",
        sha: forge.double.head("acme/hello", "main").unwrap(),
        expressions: expressions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    };
    run.workflow(".github/workflows/deploy.yml").remove(0)
}

fn field(object: &str, path: &str) -> String {
    control_plane().field("tutorial", object, path)
}

#[test]
fn the_tutorials_workflow_runs_a_new_version_and_takes_back_one_that_fails() {
    let forge = Forge::start();
    forge.double.repository("acme/hello").folder(&folder("tutorial")).unwrap().seed();
    forge.double.token(Token::actions_job("ghs_job").can_read("acme/hello"));
    control_plane().kubectl(&["create", "namespace", "tutorial"]);

    assert_eq!(deploy(&forge, "1.0.0").exits(0).output("result"), "deployed");
    let next = deploy(&forge, "1.1.0").exits(0);
    assert_eq!(next.output("result"), "deployed");
    let image = ".spec.template.spec.containers[0].image";
    assert_eq!(field("deployment/hello", image), "acme/hello:1.1.0");
    assert_eq!(
        field("cronjob/cleanup", ".spec.jobTemplate.spec.template.spec.containers[0].image"),
        "acme/hello:1.1.0"
    );
    let settings = field("deployment/hello", ".spec.template.spec.containers[0].envFrom[0].configMapRef.name");
    assert_eq!(field(&format!("configmap/{settings}"), ".data.GREETING"), "hello");
    let port: u16 = field("service/hello", ".spec.ports[0].nodePort").parse().unwrap();
    assert!(port >= 30_000, "a NodePort was given out");

    let red = deploy(&forge, "1.2.0-sim-crash-loop").exits(5);
    assert_eq!(red.output("result"), "rolled-back");
    assert_eq!(field("deployment/hello", image), "acme/hello:1.1.0");
}
