//! `ci-user` against the real control plane with RBAC: what it makes can deploy its set and nothing else.

mod kinds;
mod least;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use github_double::{Double, Level, Permission, Token};
use tempfile::TempDir;

use crate::deploy::deployment;
use crate::support::action::{Action, Ran};
use crate::support::control_plane::{ControlPlane, Space, control_plane};

const GOOD: &str = "juggernaut/k8s-demo-go-app:v0.0.1";

/// A kubeconfig made for a set.
pub(crate) struct Made {
    pub(crate) ran: Ran,
    /// Base64, as it was handed over.
    pub(crate) kubeconfig: String,
    folder: TempDir,
}

impl Made {
    fn file(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The document in it.
    fn document(&self) -> serde_json::Value {
        let text = BASE64_STANDARD.decode(&self.kubeconfig).unwrap();
        serde_yaml::from_slice(&text).unwrap()
    }

    /// A field of its user.
    fn user(&self, field: &str) -> String {
        self.document()["users"][0]["user"][field].as_str().unwrap_or_default().to_owned()
    }
}

/// Runs the mode for manifests, with more inputs, and asserts that it made the identity.
#[track_caller]
fn make(space: &Space, manifests: &str, inputs: &[(&str, &str)]) -> Made {
    made(space.act("ci-user", manifests).input("name", &space.name), inputs)
}

#[track_caller]
pub(crate) fn made(action: Action, inputs: &[(&str, &str)]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("kubeconfig");
    let action = inputs.iter().fold(action, |action, (name, value)| action.input(name, value));
    let ran = action.input("out", out.to_str().unwrap()).run();
    assert_eq!((ran.code, ran.output("result")), (0, "created"), "{}", ran.everything);
    Made { ran, kubeconfig: std::fs::read_to_string(&out).unwrap(), folder }
}

/// A mode with the made kubeconfig in place of the admin's.
fn act(space: &Space, made: &Made, mode: &str, manifests: &str) -> Action {
    space.act(mode, manifests).input("kubeconfig", &made.kubeconfig)
}

#[test]
fn a_certificate_deploys_its_set_and_nothing_else() {
    let space = control_plane().space("ci");
    let set = deployment("web", GOOD, "");
    let made = make(&space, &set, &[]);
    assert!(made.ran.log().contains("expires 20"), "{}", made.ran.everything);
    assert!(made.ran.log().contains("listing secrets in kube-system is forbidden"), "{}", made.ran.everything);
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(made.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(control_plane().kubectl(&["get", "csr", "-o", "name"]).matches(&space.name).count(), 0);
    let deployed = act(&space, &made, "deploy", &set).run().exits(0);
    assert_eq!(deployed.output("result"), "deployed");
    act(&space, &made, "ci-user", &set).input("check", "true").run().exits(0);
    let other = deployment("other", GOOD, "");
    let refused = act(&space, &made, "deploy", &other).run().exits(3);
    assert!(refused.stdout.contains("not permitted: patch deployments.apps"), "{}", refused.everything);
    assert!(space.kubectl(&["get", "deployment", "other", "--ignore-not-found"]).is_empty());
}

#[test]
fn no_key_token_or_kubeconfig_is_in_any_log() {
    let space = control_plane().space("quiet");
    for (inputs, field) in [(&[][..], "client-key-data"), (&[("auth", "token")][..], "token")] {
        let made = make(&space, &deployment("web", GOOD, ""), inputs);
        let secret = made.user(field);
        assert!(secret.len() > 100);
        let plain = BASE64_STANDARD.decode(&secret).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let key_line = plain.unwrap_or_default().lines().nth(1).unwrap_or("-").to_owned();
        for text in [&secret, &made.kubeconfig, &key_line] {
            let half = &text[..text.len().min(40)];
            assert!(half == "-" || !made.ran.everything.contains(half), "{field}");
        }
    }
}

#[test]
fn an_rsa_key_is_made_on_request() {
    let space = control_plane().space("rsa");
    let set = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: '1'}\n";
    let made = make(&space, set, &[("key-type", "rsa")]);
    let key = BASE64_STANDARD.decode(made.user("client-key-data")).unwrap();
    assert!(key.len() > 1_600, "a PEM of an RSA key of 2048 bits, but {} bytes", key.len());
    act(&space, &made, "deploy", set).run().exits(0);
}

#[test]
fn a_token_deploys_and_a_lasting_one_is_warned_of() {
    let space = control_plane().space("token");
    let set = deployment("web", GOOD, "");
    let made = make(&space, &set, &[("auth", "token"), ("expires-in", "2h")]);
    assert!(made.ran.log().contains("the token of"), "{}", made.ran.everything);
    act(&space, &made, "deploy", &set).run().exits(0);
    let lasting = make(&space, &set, &[("auth", "token"), ("long-lived", "true")]);
    assert!(lasting.ran.log().contains("never expires"), "{}", lasting.ran.everything);
    act(&space, &lasting, "deploy", &set).run().exits(0);
    let refused = space.act("ci-user", &set).input("name", "x").input("long-lived", "true").run().exits(2);
    assert!(refused.everything.contains("auth: token"), "{}", refused.everything);
}

#[test]
fn an_end_earlier_than_asked_for_is_named() {
    let space = control_plane().space("short");
    let set = deployment("web", GOOD, "");
    // The signer of the control plane gives no certificate for longer than its signing duration.
    let made = make(&space, &set, &[("expires-in", "9000d")]);
    assert!(made.ran.log().contains("and not for the 9000 days asked for"), "{}", made.ran.everything);
    let exact = make(&space, &set, &[("expires-in", "1h")]);
    assert!(!exact.ran.log().contains("asked for"), "{}", exact.ran.everything);
}

#[test]
fn rules_that_are_no_longer_needed_go() {
    let space = control_plane().space("stale");
    let other = control_plane().space("stale-other");
    let far = format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: far, namespace: {}}}\n---\n\
         apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {}}}\nvalue: 5\n",
        other.name, space.name
    );
    let set = deployment("web", GOOD, "");
    let wide = space.act("ci-user", &format!("{set}{far}")).input("name", &space.name).input("namespace", "");
    made(wide.input("lock", "false"), &[]);
    assert!(control_plane().kubectl(&["get", "clusterrole", "-o", "name"]).contains(&space.name));
    let narrow = make(&space, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n", &[]);
    for kind in ["role", "rolebinding"] {
        assert_eq!(other.kubectl(&["get", kind, "-o", "name"]), "", "{}", narrow.ran.everything);
    }
    for kind in ["clusterrole", "clusterrolebinding"] {
        assert!(!control_plane().kubectl(&["get", kind, "-o", "name"]).contains(&space.name));
    }
    assert!(!space.kubectl(&["get", "role", &space.name, "-o", "yaml"]).contains("deployments"));
}

#[test]
fn what_another_kind_of_credential_left_goes() {
    let space = control_plane().space("switch");
    let set = deployment("web", GOOD, "");
    let names = |kind: &str| space.kubectl(&["get", kind, "-l", "k8s-deploy-action/ci-user", "-o", "name"]);
    make(&space, &set, &[("auth", "token"), ("long-lived", "true")]);
    assert!(names("secret").contains(&space.name) && names("serviceaccount").contains(&space.name));
    let bound = make(&space, &set, &[("auth", "token")]);
    assert!(
        bound.ran.log().contains("secrets/") && bound.ran.log().contains("no longer needed"),
        "{}",
        bound.ran.log()
    );
    assert_eq!(names("secret"), "");
    act(&space, &bound, "deploy", &set).run().exits(0);
    let signed = make(&space, &set, &[]);
    assert!(signed.ran.log().contains("serviceaccounts/"), "{}", signed.ran.log());
    assert_eq!(names("serviceaccount"), "");
    act(&space, &signed, "deploy", &set).run().exits(0);
    let refused = act(&space, &bound, "deploy", &set).run();
    assert_eq!(refused.code, 3, "the token ends with its ServiceAccount: {}", refused.everything);
}

#[test]
fn rights_in_any_other_namespace_are_seen() {
    let (space, other) = (control_plane().space("reach"), control_plane().space("reach-other"));
    let set = deployment("web", GOOD, "");
    let subject = format!("--user={}", space.name);
    other.kubectl(&["create", "role", "spare", "--verb=get", "--resource=secrets"]);
    other.kubectl(&["create", "rolebinding", "spare", "--role=spare", &subject]);
    let made = make(&space, &set, &[]);
    let spare = format!("get secrets, in {}", other.name);
    assert!(made.ran.log().contains(&spare), "{}", made.ran.log());
    // The identity itself may not list namespaces, and says so.
    let blind = act(&space, &made, "ci-user", &set).input("check", "true").run().exits(0);
    assert!(blind.log().contains("listing namespaces is not permitted"), "{}", blind.log());
    let name = &space.name;
    control_plane().kubectl(&["create", "clusterrole", name, "--verb=list", "--resource=namespaces"]);
    control_plane().kubectl(&["create", "clusterrolebinding", name, &format!("--clusterrole={name}"), &subject]);
    control_plane().until("the spare right", |_| {
        let ran = act(&space, &made, "ci-user", &set).input("check", "true").run();
        ran.code == 8 && ran.log().contains(&format!("exceeds: {spare}"))
    });
    control_plane().kubectl(&["delete", "clusterrolebinding,clusterrole", name]);
}

#[test]
fn an_object_of_the_same_name_that_is_not_ours_stays() {
    let space = control_plane().space("taken");
    space.kubectl(&["create", "role", &space.name, "--verb=get", "--resource=secrets"]);
    let ran = space.act("ci-user", &deployment("web", GOOD, "")).input("name", &space.name).input("out", "kc").run();
    assert_eq!(ran.code, 4, "{}", ran.everything);
    assert!(ran.everything.contains("was not made by ci-user"), "{}", ran.everything);
    assert!(space.kubectl(&["get", "role", &space.name, "-o", "yaml"]).contains("secrets"));
}

#[test]
fn check_says_what_is_lacking_and_what_is_to_spare() {
    let space = control_plane().space("check");
    let set = deployment("web", GOOD, "");
    let made = make(&space, &set, &[]);
    let more =
        format!("{set}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{ports: [{{port: 80}}]}}\n");
    let lacks = act(&space, &made, "ci-user", &more).input("check", "true").run().exits(8);
    assert!(lacks.log().contains("lacks patch services web"), "{}", lacks.everything);
    assert!(!lacks.log().contains("exceeds"), "{}", lacks.everything);
    let subject = format!("--user={}", space.name);
    space.kubectl(&["create", "role", "spare", "--verb=get", "--resource=secrets"]);
    space.kubectl(&["create", "rolebinding", "spare", "--role=spare", &subject]);
    control_plane().until("the spare right", |_| {
        let ran = act(&space, &made, "ci-user", &set).input("check", "true").run();
        ran.code == 8 && ran.log().contains("exceeds: get secrets") && !ran.log().contains("lacks")
    });
}

#[test]
fn a_right_that_somebody_else_gives_the_name_stops_the_hand_over() {
    let space = control_plane().space("famous");
    let user = format!("--user={}", space.name);
    control_plane().kubectl(&["create", "clusterrolebinding", &space.name, "--clusterrole=view", &user]);
    control_plane().kubectl(&["create", "rolebinding", &space.name, "-n", "kube-system", "--clusterrole=admin", &user]);
    let ran = space.act("ci-user", &deployment("web", GOOD, "")).input("name", &space.name).input("out", "kc").run();
    assert_eq!(ran.code, 1, "{}", ran.everything);
    assert!(ran.everything.contains("may list secrets in kube-system"), "{}", ran.everything);
    control_plane().kubectl(&["delete", "rolebinding", "-n", "kube-system", &space.name]);
    control_plane().kubectl(&["delete", "clusterrolebinding", &space.name]);
}

#[test]
fn roles_of_the_set_are_held_and_bound_and_wildcards_refused() {
    let space = control_plane().space("roles");
    let role = |verbs: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: reader}}\n\
             rules: [{{apiGroups: ['', apps], resources: [configmaps, deployments], verbs: [{verbs}]}}]\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: reader}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}\n\
             subjects: [{{kind: ServiceAccount, name: default}}]\n"
        )
    };
    let made = make(&space, &role("get, list"), &[]);
    assert!(made.ran.log().contains("grants this, and only who holds a right"), "{}", made.ran.everything);
    act(&space, &made, "deploy", &role("get, list")).run().exits(0);
    act(&space, &made, "ci-user", &role("get, list")).input("check", "true").run().exits(0);
    let wild = space.act("ci-user", &role("'*'")).input("name", &space.name).input("out", "kc").run().exits(2);
    assert!(wild.everything.contains("Role/") && wild.everything.contains("no wildcard"), "{}", wild.everything);
}

#[test]
fn the_documented_rights_are_enough_for_the_administrator() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci-user.md")).unwrap();
    let role = text.split("```yaml\n").nth(2).unwrap().split("```").next().unwrap();
    let space = control_plane().space("admin");
    let name = format!("{}-admin", space.name);
    control_plane().kubectl_with(&["apply", "-f", "-"], &role.replace("ci-user-administrator", &name));
    space.kubectl(&["create", "serviceaccount", "admin"]);
    let subject = format!("--serviceaccount={}:admin", space.name);
    control_plane().kubectl(&["create", "clusterrolebinding", &name, &format!("--clusterrole={name}"), &subject]);
    let token = space.kubectl(&["create", "token", "admin"]);
    let own = format!("{}-own", space.name);
    let set = format!(
        "{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {own}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf, namespace: {own}}}\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: reader, namespace: {own}}}\n\
         rules: [{{apiGroups: [''], resources: [secrets], verbs: [get]}}]\n",
        deployment("web", GOOD, "")
            .replace("name: web\nspec", &format!("name: web\n  namespace: {}\nspec", space.name))
    );
    for inputs in [&[][..], &[("auth", "token"), ("long-lived", "true")][..], &[("auth", "token")][..], &[][..]] {
        let action = Action::in_actions()
            .input("mode", "ci-user")
            .input("name", &space.name)
            .input("path", "app.yaml")
            .input("cluster-server", &server(control_plane()))
            .input("cluster-ca", &authority(control_plane()))
            .input("cluster-token", token.trim())
            .file("app.yaml", &set);
        let made = made(action, inputs);
        assert!(!made.ran.everything.contains("cannot be looked for"), "{}", made.ran.everything);
        let ran = act(&space, &made, "deploy", &set).input("namespace", "").run().exits(0);
        assert!(!ran.everything.contains("note:") || ran.everything.contains("not known"), "{}", ran.everything);
    }
    control_plane().kubectl(&["delete", "clusterrolebinding,clusterrole", &name]);
    control_plane().kubectl(&["delete", "namespace", &own, "--wait=false"]);
}

fn cluster_field(plane: &ControlPlane, field: &str) -> String {
    let document: serde_json::Value = serde_yaml::from_str(&plane.kubeconfig()).unwrap();
    document["clusters"][0]["cluster"][field].as_str().unwrap().to_owned()
}

fn server(plane: &ControlPlane) -> String {
    cluster_field(plane, "server")
}

fn authority(plane: &ControlPlane) -> String {
    cluster_field(plane, "certificate-authority-data")
}

#[test]
fn a_secret_at_github_is_opened_by_libsodium_and_works() {
    let space = control_plane().space("store");
    let double = Double::start_in_background();
    double.repository("acme/config").environment("production").file("README.md", "x").seed();
    let token = Token::app("ghs_keeper").allow("acme/config", Permission::Secrets, Level::Write).allow(
        "acme/config",
        Permission::Environments,
        Level::Write,
    );
    double.token(token.can_read("acme/config"));
    let set = deployment("web", GOOD, "");
    for (place, environment) in
        [("acme/config/KUBECONFIG", None), ("acme/config:production/KUBECONFIG", Some("production"))]
    {
        let ran = space
            .act("ci-user", &set)
            .input("name", &space.name)
            .input("store", place)
            .input("token", "ghs_keeper")
            .env("GITHUB_API_URL", double.api_url())
            .env("GITHUB_GRAPHQL_URL", double.graphql_url())
            .env("GITHUB_SERVER_URL", double.server_url())
            .run()
            .exits(0);
        let sealed = double.secret("acme/config", environment, "KUBECONFIG").unwrap();
        let (_, private) = double.secret_keys("acme/config");
        let opened = open_with_libsodium(&private, &sealed.encrypted_value);
        assert!(!ran.everything.contains(&opened[..60]), "the kubeconfig is in the log");
        space.act("deploy", &set).input("kubeconfig", &opened).run().exits(0);
    }
    let refused = space.act("ci-user", &set).input("name", &space.name).input("store", "acme/config/K").run().exits(2);
    assert!(refused.everything.contains("token"), "{}", refused.everything);
}

/// Opens a sealed box with libsodium itself, as it comes with PyNaCl (installed by scripts/setup).
fn open_with_libsodium(private: &[u8; 32], sealed: &str) -> String {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let program = "import sys, base64, nacl.public as p\n\
                   key = p.PrivateKey(bytes.fromhex(sys.argv[1]))\n\
                   print(p.SealedBox(key).decrypt(base64.b64decode(sys.argv[2])).decode(), end='')";
    let key: String = private.iter().map(|byte| format!("{byte:02x}")).collect();
    let output = std::process::Command::new(cache.join("k8s-deploy/venv/bin/python"))
        .args(["-c", program, &key, sealed])
        .output()
        .expect("PyNaCl is missing: run scripts/setup");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn dry_run_prints_rules_with_their_reasons_and_writes_nothing() {
    let space = control_plane().space("plan");
    let ran =
        space.act("ci-user", &deployment("web", GOOD, "")).input("name", &space.name).input("dry-run", "true").run();
    let ran = ran.exits(0);
    let documents: Vec<serde_json::Value> = serde_yaml::Deserializer::from_str(&ran.stdout)
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect();
    assert_eq!(documents[0]["kind"], "Role");
    let rules = documents[0]["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| !rule.to_string().contains('*')));
    let lines: Vec<&str> = ran.stdout.lines().collect();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("- apiGroups")) {
        assert!(lines[at - 1].starts_with("# "), "no reason above: {}", lines[at]);
    }
    assert_eq!(space.kubectl(&["get", "role", "-o", "name"]), "");
    space.kubectl_with(&["apply", "--dry-run=server", "-f", "-"], &ran.stdout);
}

#[test]
fn inside_actions_nothing_is_printed_without_a_place() {
    let space = control_plane().space("place");
    let ran = space.act("ci-user", &deployment("web", GOOD, "")).input("name", "A_b").run().exits(2);
    assert!(
        ran.everything.contains("give `store` or `out`") && ran.everything.contains("name: `A_b`"),
        "{}",
        ran.everything
    );
}

/// The rules for the demo app stand in the documents beside a tutorial's; they are what the mode makes.
#[test]
fn the_rules_of_the_demo_in_the_documents_are_those_that_are_made() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = root.join("examples/go-demo/config");
    let mut action = Action::in_actions()
        .input("mode", "ci-user")
        .input("name", "ci-demo")
        .input("path", "config")
        .input("kubeconfig", &control_plane().kubeconfig())
        .input("dry-run", "true");
    for name in ["kustomization.yaml", "deployment.yaml"] {
        action = action.file(&format!("config/{name}"), std::fs::read_to_string(demo.join(name)).unwrap());
    }
    let ran = action.run().exits(0);
    let documents = std::fs::read_to_string(root.join("docs/ci-user.md")).unwrap();
    let shown = documents.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(shown, ran.stdout, "docs/ci-user.md, the rules of the demo");
}
