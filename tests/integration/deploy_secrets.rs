//! No secret value is ever shown: random markers stand in everything that is secret, and nothing that anybody can read afterwards
//! holds one, on good paths and on failing ones.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::deploy::deployment;
use crate::support::action::{Action, Ran};
use crate::support::control_plane::{Space, control_plane};

const GOOD: &str = "juggernaut/k8s-demo-go-app:v0.0.1";

/// Sixteen letters and digits that nobody else uses.
fn marker(which: u32) -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let number = RandomState::new().hash_one(which);
    format!("{which:02}{:014x}", number >> 8)
}

/// The markers of one run: in a Secret's text, in its data, in the environment, in the credentials.
struct Planted {
    text: String,
    data: String,
    variable: String,
    token: String,
}

impl Planted {
    fn new() -> Self {
        Self { text: marker(1), data: marker(2), variable: marker(3), token: marker(4) }
    }

    /// A Secret that holds the first two, with more lines.
    fn secret(&self, name: &str, more: &str) -> String {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\nstringData: {{text: '{}'}}\ndata: {{data: '{}'}}\n{more}",
            self.text,
            BASE64_STANDARD.encode(&self.data)
        )
    }

    /// Asserts that no marker stands in anything but the commands that have the runner mask it.
    #[track_caller]
    fn hidden_in(&self, ran: &Ran, what: &str) {
        let shown: Vec<&str> = ran.everything.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        let shown = shown.join("\n");
        for marker in [&self.text, &self.data, &self.variable, &self.token] {
            for form in [marker.clone(), BASE64_STANDARD.encode(marker)] {
                assert!(!shown.contains(&form), "{what}: {form} in\n{shown}");
            }
        }
    }

    fn with(&self, action: Action) -> Action {
        action.env("DATABASE_PASSWORD", &self.variable).env("RUNNER_DEBUG", "1")
    }
}

fn deploy(space: &Space, planted: &Planted, manifests: &str) -> Action {
    planted.with(space.deploy(manifests))
}

#[test]
fn a_deploy_its_diff_and_its_failures_show_no_secret() {
    let space = control_plane().space("markers");
    let planted = Planted::new();
    let good = format!("{}{}", deployment("web", GOOD, ""), planted.secret("s", ""));
    let first = deploy(&space, &planted, &good).run();
    assert_eq!((first.code, first.outputs["result"].as_str()), (0, "deployed"), "{}", first.everything);
    planted.hidden_in(&first, "a first deploy");

    let next = Planted::new();
    let changed = format!("{}{}", deployment("web", "juggernaut/k8s-demo-go-app:v0.0.3", ""), next.secret("s", ""));
    let diff = next.with(space.act("diff", &changed)).run();
    assert!(diff.stdout.contains("Secret/"), "{}", diff.everything);
    let failed = deploy(&space, &next, &changed).input("rollback-on-failure", "true").run();
    assert_eq!(failed.code, 5, "{}", failed.everything);
    for (ran, what) in [(&diff, "a diff"), (&failed, "a failed rollout that is rolled back")] {
        planted.hidden_in(ran, what);
        next.hidden_in(ran, what);
    }
}

#[test]
fn what_is_refused_is_refused_without_the_secret_in_it() {
    let space = control_plane().space("refusedmarkers");
    let planted = Planted::new();
    let (text, data) = (&planted.text, BASE64_STANDARD.encode(&planted.data));
    let secret = |more: &str| planted.secret("s", more);
    let cases = [
        ("an unknown field", secret("unknown: 1\n")),
        ("a key that is no key", planted.secret("s", "").replace("{text:", "{'not a key!':")),
        ("data that is no base64", planted.secret("s", "").replace(&data, &format!("{text}!"))),
        ("a number for a text", planted.secret("s", "").replace(&format!("'{text}'"), "[1]")),
        ("a type with another content", secret("type: kubernetes.io/dockerconfigjson\n")),
        (
            "a login that is no JSON",
            format!(
                "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: kubernetes.io/dockerconfigjson\nstringData: {{.dockerconfigjson: '{text}'}}\n"
            ),
        ),
        (
            "broken YAML",
            format!(
                "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  a: '{text}\n  b: [{text}\n"
            ),
        ),
        (
            "a key twice",
            format!(
                "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{a: '{text}', a: '{text}'}}\n"
            ),
        ),
        (
            "an object without a kind",
            format!("---\napiVersion: v1\nmetadata: {{name: s}}\nstringData: {{a: '{text}'}}\n"),
        ),
    ];
    for (what, manifest) in cases {
        let ran = deploy(&space, &planted, &format!("{}{manifest}", deployment("web", GOOD, ""))).run();
        assert_eq!(ran.code, 2, "{what}: {}", ran.everything);
        planted.hidden_in(&ran, what);
    }
    assert_eq!(space.kubectl(&["get", "deployments", "-o", "name"]), "", "something was written");
}

#[test]
fn credentials_that_do_not_work_are_not_shown() {
    let space = control_plane().space("tokenmarkers");
    let planted = Planted::new();
    let plane = control_plane();
    let server = plane.kubectl(&["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]);
    let authority = plane.kubectl(&[
        "config",
        "view",
        "--raw",
        "--minify",
        "-o",
        "jsonpath={.clusters[0].cluster.certificate-authority-data}",
    ]);
    let kubeconfig = |user: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n\
             clusters: [{{name: a, cluster: {{server: '{server}', certificate-authority-data: {authority}}}}}]\n\
             users: [{{name: a, user: {{{user}}}}}]\n"
        )
    };
    let token = &planted.token;
    let cases = [
        ("a wrong token", kubeconfig(&format!("token: {token}"))),
        ("a token with a line break", kubeconfig(&format!("token: \"{token}\\nx\""))),
        (
            "a key that is none",
            kubeconfig(&format!("client-certificate-data: {0}, client-key-data: {0}", BASE64_STANDARD.encode(token))),
        ),
        (
            "a key that is no base64",
            kubeconfig(&format!("client-certificate-data: '{token}!', client-key-data: '{token}!'")),
        ),
        (
            "a plugin's argument",
            kubeconfig(&format!(
                "exec: {{apiVersion: client.authentication.k8s.io/v1, command: none, args: ['{token}']}}"
            )),
        ),
        ("broken YAML", format!("{}  token: '{token}\n", kubeconfig("{}"))),
        ("an unknown field", kubeconfig(&format!("tokn: {token}"))),
        ("another kind", format!("kind: Secret\ntoken: {token}\n")),
        ("no YAML", token.clone()),
    ];
    for (what, kubeconfig) in cases {
        for given in [kubeconfig.clone(), BASE64_STANDARD.encode(&kubeconfig)] {
            let ran = deploy(&space, &planted, &deployment("web", GOOD, "")).input("kubeconfig", &given).run();
            assert!(matches!(ran.code, 2 | 3 | 7), "{what}: {} {}", ran.code, ran.everything);
            planted.hidden_in(&ran, what);
        }
    }
}
