//! Ways to the cluster other than a plain kubeconfig: proxies, plugins; and what a deploy asks of others than the API server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::deploy::deployment;
use crate::support::action::Action;
use crate::support::control_plane::{Space, control_plane};
use crate::support::forge::Forge;

const GOOD: &str = "juggernaut/k8s-demo-go-app:v0.0.1";

/// An HTTP proxy that knows CONNECT alone and leads every tunnel to one address.
struct Proxy {
    address: String,
    tunnels: Arc<AtomicUsize>,
}

impl Proxy {
    fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let tunnels = Arc::new(AtomicUsize::new(0));
        let (target, counted) = (target.to_owned(), tunnels.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (target, counted) = (target.clone(), counted.clone());
                std::thread::spawn(move || tunnel(client, &target, &counted));
            }
        });
        Self { address, tunnels }
    }

    fn tunnels(&self) -> usize {
        self.tunnels.load(Ordering::Relaxed)
    }
}

/// Answers one CONNECT and copies both ways until either side ends.
fn tunnel(client: TcpStream, target: &str, counted: &AtomicUsize) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let asked: Vec<String> =
        reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let mut client = client;
    if !asked.first().is_some_and(|line| line.starts_with("CONNECT ")) {
        let _ = client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n");
        return;
    }
    counted.fetch_add(1, Ordering::Relaxed);
    let server = TcpStream::connect(target).unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    let (mut back, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut server = server;
    let _ = std::io::copy(&mut reader, &mut server);
    let _ = server.shutdown(Shutdown::Both);
}

/// The API server's `host:port`.
fn api_server() -> String {
    let plane = control_plane();
    let server = plane.kubectl(&["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]);
    server.trim_start_matches("https://").to_owned()
}

/// The administrator's kubeconfig with other lines for the cluster in place of its server.
fn kubeconfig_with(cluster: &str) -> String {
    let text = control_plane().kubeconfig();
    let server = text.lines().find(|line| line.trim_start().starts_with("server:")).unwrap();
    let indent = &server[..server.len() - server.trim_start().len()];
    let lines: Vec<String> = cluster.lines().map(|line| format!("{indent}{line}")).collect();
    text.replace(server, &lines.join("\n"))
}

#[test]
fn the_kubeconfigs_proxy_carries_every_connection_and_its_password_is_not_shown() {
    let space = control_plane().space("proxyurl");
    let server = api_server();
    let proxy = Proxy::to(&server);
    let cluster = format!("server: https://{server}\nproxy-url: http://ada:0ld-Sp1ce-mArk3r@{}", proxy.address);
    let ran = space.deploy(&deployment("web", GOOD, "")).input("kubeconfig", &kubeconfig_with(&cluster)).run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert!(proxy.tunnels() > 0, "the proxy was passed by");
    assert!(!shown(&ran.everything).contains("0ld-Sp1ce-mArk3r"), "{}", ran.everything);
}

#[test]
fn https_proxy_leads_to_a_server_that_only_the_proxy_knows() {
    let space = control_plane().space("httpsproxy");
    let proxy = Proxy::to(&api_server());
    let cluster = "server: https://cluster.invalid:6443\ntls-server-name: localhost";
    let deploy = || space.deploy(&deployment("web", GOOD, "")).input("kubeconfig", &kubeconfig_with(cluster));
    let ran = deploy().env("HTTPS_PROXY", format!("http://{}", proxy.address)).run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    let through = proxy.tunnels();
    assert!(through > 0);
    let around =
        deploy().env("https_proxy", format!("http://{}", proxy.address)).env("NO_PROXY", "cluster.invalid").run();
    assert_eq!((around.code, proxy.tunnels()), (7, through), "{}", around.everything);
    assert!(around.everything.contains("cluster.invalid"), "{}", around.everything);
}

/// What people see: everything but the commands that have the runner mask a text.
fn shown(everything: &str) -> String {
    everything.lines().filter(|line| !line.starts_with("::add-mask::")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_killed_run_held_is_free_after_the_job() {
    let space = control_plane().space("killed");
    let manifests = deployment("web", "juggernaut/k8s-demo-go-app:v0.0.3", "");
    let holder = || space.kubectl(&["get", "leases", "-o", "jsonpath={.items[*].spec.holderIdentity}"]);
    let running = space.deploy(&manifests).start();
    control_plane().until("the lock is held and something written", |_| {
        !holder().is_empty() && !space.kubectl(&["get", "deployments", "-o", "name"]).is_empty()
    });
    running.signal("KILL");
    let killed = running.finish();
    assert!(!holder().is_empty(), "the lock should still be held: {}", killed.everything);
    let after = space.deploy(&manifests).after_the_job(&killed.state).run();
    assert_eq!((after.code, holder().as_str()), (0, ""), "{}", after.everything);
    assert!(after.stdout.contains("is free again"), "{}", after.everything);
    let nothing = space.deploy("no: manifest").after_the_job(&std::collections::BTreeMap::new()).run();
    assert_eq!((nothing.code, nothing.everything.trim()), (0, ""));
}

/// A kubeconfig whose user gets a token from `command`.
fn with_plugin(command: &str) -> String {
    let text = control_plane().kubeconfig();
    let (clusters, _) = text.split_once("users:").expect("the kubeconfig ends with its users");
    let name = text.lines().find_map(|line| line.trim_start().strip_prefix("user: ")).unwrap();
    format!(
        "{clusters}users:\n- name: {name}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      \
         command: {command}\n      interactiveMode: Never\n      installHint: Install the cloud's own tool.\n"
    )
}

/// An administrator's token, from the namespace's own service account.
fn admin_token(space: &Space) -> String {
    let name = &space.name;
    space.kubectl_with(
        &["apply", "-f", "-"],
        &format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: ci}}\n---\napiVersion: rbac.authorization.k8s.io/v1\n\
             kind: RoleBinding\nmetadata: {{name: ci}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}}\n\
             subjects: [{{kind: ServiceAccount, name: ci, namespace: {name}}}]\n"
        ),
    );
    space.kubectl(&["create", "token", "ci"]).trim().to_owned()
}

#[test]
fn a_plugin_runs_only_when_allowed_and_its_token_is_not_shown() {
    let space = control_plane().space("plugin");
    let token = admin_token(&space);
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("get-token");
    let answer = format!(
        r#"{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{token}"}}}}"#
    );
    std::fs::write(&plugin, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).unwrap();
    let kubeconfig = with_plugin(plugin.to_str().unwrap());
    let deploy = || space.deploy(&deployment("web", GOOD, "")).input("kubeconfig", &kubeconfig);
    let refused = deploy().run();
    assert_eq!(refused.code, 2, "{}", refused.everything);
    assert!(refused.everything.contains("get-token"), "{}", refused.everything);
    assert!(refused.everything.contains("allow-exec"), "{}", refused.everything);
    let ran = deploy().input("allow-exec", "true").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert!(!shown(&ran.everything).contains(&token), "the token stands in the log or the outputs");
}

#[test]
fn a_plugin_that_is_not_there_is_named_with_the_way_to_go_without() {
    let space = control_plane().space("noplugin");
    let ran = space
        .deploy(&deployment("web", GOOD, ""))
        .input("kubeconfig", &with_plugin("aws-iam-authenticator"))
        .input("allow-exec", "true")
        .run();
    assert_eq!(ran.code, 2, "{}", ran.everything);
    for text in ["aws-iam-authenticator", "not installed", "cluster-token", "Install the cloud's own tool."] {
        assert!(ran.everything.contains(text), "no `{text}` in {}", ran.everything);
    }
}

/// An application that is not ready for its first requests.
fn site(unready: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for (count, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let _: Vec<String> =
                reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let (status, body) =
                if count < unready { ("503 Service Unavailable", "wait") } else { ("200 OK", "Welcome to the demo") };
            let mut client = client;
            let _ = write!(
                client,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[test]
fn a_url_is_asked_until_it_answers_as_it_should() {
    let space = control_plane().space("verifyurl");
    let address = site(2);
    let right = format!("http://{address}/demo => 200 ~ \"Welcome\"");
    let ran = space.deploy(&deployment("web", GOOD, "")).input("verify", &right).run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (0, "deployed"), "{}", ran.everything);
    assert!(ran.stdout.contains("answered 503, not 200"), "{}", ran.everything);
    let wrong = format!("http://{address}/demo => 200 ~ \"Farewell\"");
    let ran = space.deploy(&deployment("web", GOOD, "")).input("verify", &wrong).input("timeout", "4s").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (5, "failed"), "{}", ran.everything);
}

/// Checks out `commit` of `acme/config` in the action's workspace.
fn at_commit(action: Action, forge: &Forge, commit: &str) -> Action {
    let git = action.workspace().join(".git");
    std::fs::create_dir_all(&git).unwrap();
    std::fs::write(git.join("HEAD"), format!("{commit}\n")).unwrap();
    let remote = format!("[remote \"origin\"]\n\turl = {}/acme/config\n", forge.double.server_url());
    std::fs::write(git.join("config"), remote).unwrap();
    action
        .env("GITHUB_API_URL", forge.double.api_url())
        .env("GITHUB_GRAPHQL_URL", forge.double.graphql_url())
        .env("GITHUB_SERVER_URL", forge.double.server_url())
        .env("GITHUB_REPOSITORY", "acme/config")
        .input("token", "ghs_writer")
}

#[test]
fn a_run_behind_the_deployed_commit_is_superseded_unless_allowed() {
    let space = control_plane().space("order");
    let forge = Forge::with_prod();
    let older = forge.double.head("acme/config", "main").unwrap();
    let newer = forge.double.push("acme/config", "main", "newer", &[("x", Some("y"))]);
    assert_ne!(older, newer);
    let deploy = |image: &str, commit: &str| at_commit(space.deploy(&deployment("web", image, "")), &forge, commit);
    let second = "juggernaut/k8s-demo-go-app:v0.0.2";
    assert_eq!(deploy(second, &newer).run().outputs["result"], "deployed");
    let late = deploy(GOOD, &older).run();
    assert_eq!((late.code, late.outputs["result"].as_str()), (0, "superseded"), "{}", late.everything);
    assert_eq!(late.outputs["changed"], "false");
    assert_eq!(space.field("deployment/web", ".spec.template.spec.containers[0].image"), second);
    let allowed = deploy(GOOD, &older).input("allow-older", "true").run();
    assert_eq!((allowed.code, allowed.outputs["result"].as_str()), (0, "deployed"), "{}", allowed.everything);
}
