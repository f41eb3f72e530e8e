//! Access out of every source, and every refusal before a request is made.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::*;
use crate::failure::FailureKind;

const NOW: i64 = 1_800_000_000;

struct World {
    files: HashMap<PathBuf, Vec<u8>>,
    variables: HashMap<String, String>,
    allow_exec: bool,
    allow_insecure: bool,
}

impl World {
    fn new() -> Self {
        Self { files: HashMap::new(), variables: HashMap::new(), allow_exec: false, allow_insecure: false }
    }

    fn resolve(&self, source: &Source) -> Result<Access> {
        let around = Surroundings {
            context: None,
            allow_exec: self.allow_exec,
            allow_insecure: self.allow_insecure,
            folders: vec![PathBuf::from("/srv")],
            variable: &|name| self.variables.get(name).cloned(),
            read: &|path| self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
            now: NOW,
            needed: 600,
        };
        resolve(source, &around)
    }

    fn text(&self, text: &str) -> Result<Access> {
        self.resolve(&Source::Text(Secret::new(text)))
    }
}

fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters:\n- name: c\n  cluster: {{server: 'https://k:6443'{cluster}}}\n\
         contexts:\n- name: x\n  context: {{cluster: c, user: u, namespace: shop}}\nusers:\n- name: u\n  user: {{{user}}}\n"
    )
}

fn certificate(not_after: (i32, u8, u8)) -> (String, String) {
    let mut params = rcgen::CertificateParams::new(vec!["x".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(not_after.0, not_after.1, not_after.2);
    let key = rcgen::KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_token_in_base64_yaml_is_read_with_namespace_and_secrets() {
    let access = World::new().text(&BASE64_STANDARD.encode(kubeconfig("", "token: tok-secret"))).unwrap();
    assert_eq!(access.server, "https://k:6443");
    assert_eq!(access.namespace.as_deref(), Some("shop"));
    assert_eq!(access.token.unwrap().expose(), "tok-secret");
    assert_eq!(access.secrets.iter().map(Secret::expose).collect::<Vec<_>>(), ["tok-secret"]);
}

#[test]
fn a_file_in_the_workspace_is_read_and_one_elsewhere_is_not() {
    let mut world = World::new();
    world.files.insert("/srv/deploy/config".into(), kubeconfig("", "tokenFile: tok").into_bytes());
    world.files.insert("/srv/deploy/tok".into(), b"file-token\n".to_vec());
    world.files.insert("/etc/config".into(), kubeconfig("", "token: x").into_bytes());
    let access = world.text("deploy/config").unwrap();
    assert_eq!(access.token_file.as_deref(), Some(Path::new("/srv/deploy/tok")));
    assert_eq!(access.secrets.iter().map(Secret::expose).collect::<Vec<_>>(), ["file-token"]);
    assert_eq!(world.text("/etc/config").unwrap_err().kind, FailureKind::Input);
    assert_eq!(world.text("../etc/config").unwrap_err().kind, FailureKind::Input);
}

#[test]
fn a_token_file_in_a_text_is_refused() {
    let failure = World::new().text(&kubeconfig("", "tokenFile: /var/token")).unwrap_err();
    assert!(failure.to_string().contains("`tokenFile` names the file /var/token"), "{failure}");
}

#[test]
fn certificates_and_keys_are_read_and_expired_ones_refused() {
    let user = |(certificate, key): (String, String)| {
        format!(
            "client-certificate-data: {}, client-key-data: {}",
            BASE64_STANDARD.encode(certificate),
            BASE64_STANDARD.encode(key)
        )
    };
    let good = World::new().text(&kubeconfig("", &user(certificate((2040, 1, 1))))).unwrap();
    assert!(good.identity.is_some() && good.warnings.is_empty());
    let expired = World::new().text(&kubeconfig("", &user(certificate((2020, 1, 1))))).unwrap_err();
    assert_eq!(expired.kind, FailureKind::Forbidden);
    assert!(expired.to_string().contains("client certificate expired"), "{expired}");
}

#[test]
fn an_expiring_token_is_a_warning_and_an_expired_one_is_refused() {
    let token = |exp: i64| format!("token: aaa.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}")));
    let soon = World::new().text(&kubeconfig("", &token(NOW + 300))).unwrap();
    assert!(soon.warnings[0].contains("token expires in 5 minutes"), "{:?}", soon.warnings);
    let expired = World::new().text(&kubeconfig("", &token(NOW - 1))).unwrap_err();
    assert!(expired.to_string().contains("token expired"), "{expired}");
}

#[test]
fn a_plugin_is_refused_unless_allowed_and_named_when_missing() {
    let text =
        kubeconfig("", "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1, args: [eks, get-token]}");
    let refused = World::new().text(&text).unwrap_err();
    assert!(refused.to_string().contains("running the plugin `aws`, which is not allowed"), "{refused}");
    assert!(refused.hints[0].contains("cluster-token"), "{:?}", refused.hints);
    let mut world = World { allow_exec: true, ..World::new() };
    world.variables.insert("PATH".to_owned(), "/bin".to_owned());
    assert!(world.text(&text).unwrap_err().to_string().contains("`aws`, which is not installed here"));
    world.files.insert("/bin/aws".into(), Vec::new());
    assert!(world.text(&text).unwrap().exec.is_some());
}

#[test]
fn insecure_needs_permission() {
    let text = kubeconfig(", insecure-skip-tls-verify: true", "token: t");
    assert!(World::new().text(&text).unwrap_err().to_string().contains("insecure-skip-tls-verify"));
    assert!(World { allow_insecure: true, ..World::new() }.text(&text).unwrap().insecure);
}

#[test]
fn server_token_and_ca_do_without_a_kubeconfig() {
    let (pem, _) = certificate((2040, 1, 1));
    let source = |authority: &str| Source::Direct {
        server: "https://k:6443/".to_owned(),
        token: Secret::new("t0ken\n"),
        authority: Some(authority.to_owned()),
    };
    for authority in [pem.clone(), BASE64_STANDARD.encode(&pem)] {
        let access = World::new().resolve(&source(&authority)).unwrap();
        assert_eq!((access.server.as_str(), access.authorities.len()), ("https://k:6443", 1));
        assert_eq!(access.token.unwrap().expose(), "t0ken");
    }
    assert!(World::new().resolve(&source("???")).unwrap_err().to_string().starts_with("cluster-ca"));
}

#[test]
fn in_cluster_is_used_only_when_asked_for_and_there() {
    let mut world = World::new();
    assert!(world.text("in-cluster").unwrap_err().to_string().contains("no pod with a service account"));
    let (pem, _) = certificate((2040, 1, 1));
    for (name, content) in [("token", "sa-token"), ("ca.crt", &pem), ("namespace", "runners")] {
        world.files.insert(Path::new(SERVICE_ACCOUNT).join(name), content.as_bytes().to_vec());
    }
    world.variables.insert("KUBERNETES_SERVICE_HOST".to_owned(), "10.0.0.1".to_owned());
    let access = world.text("in-cluster\n").unwrap();
    assert_eq!((access.server.as_str(), access.namespace.as_deref()), ("https://10.0.0.1:443", Some("runners")));
}

#[test]
fn listed_files_are_merged_and_missing_ones_passed_over() {
    let mut world = World::new();
    world.files.insert("/a".into(), b"apiVersion: v1\nkind: Config\ncurrent-context: x\n".to_vec());
    world.files.insert("/b".into(), kubeconfig("", "token: t").into_bytes());
    let files = ["/gone", "/a", "/b"].map(PathBuf::from).to_vec();
    assert_eq!(world.resolve(&Source::Files(files)).unwrap().token.unwrap().expose(), "t");
}

#[test]
fn what_is_no_kubeconfig_is_explained_and_never_shown() {
    for text in ["c2VjcmV0LW1hcmtlcg==", "secret-marker: [", "%%%secret-marker"] {
        let failure = World::new().text(text).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Input);
        assert!(!format!("{failure} {:?}", failure.hints).contains("secret-marker"), "{failure}");
    }
    let broken = World::new().text("apiVersion: v1\nkind: Config\nusers: [{token: secret-marker").unwrap_err();
    assert!(!broken.to_string().contains("secret-marker") && broken.to_string().contains("line"), "{broken}");
}

#[test]
fn an_empty_kubeconfig_names_the_likely_causes() {
    let failure = World::new().text(" \n").unwrap_err();
    assert!(failure.hints.iter().any(|hint| hint.contains("fork")));
}
