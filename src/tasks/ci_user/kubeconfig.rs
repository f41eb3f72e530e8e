//! The kubeconfig that is handed over: made as text, then used as any other run would use it.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::NEEDED;
use super::credential::Credential;
use crate::apply::target::Namespaces;
use crate::failure::{Failure, Result};
use crate::inputs::Context;
use crate::inputs::task::{CiUser, ClusterAccess, KubeconfigSource};
use crate::kubernetes;
use crate::kubernetes::access::Access;
use crate::outcome::Notice;
use crate::secret::Secret;
use crate::tasks::deploy::session::{self, Session};

/// Says what of the admin's way to the cluster another machine may not have.
///
/// # Errors
/// The way is one that no kubeconfig for CI should have.
pub(super) fn objections(admin: &Access) -> Result<Vec<Notice>> {
    if admin.insecure {
        return Err(Failure::input(
            "kubeconfig: it says insecure-skip-tls-verify, and a kubeconfig for CI that did so would give its credential to anybody in between",
        )
        .hinted("put the cluster's certificate authority in as certificate-authority-data"));
    }
    let mut notices = Vec::new();
    let host = admin.server.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
        notices.push(Notice::new(format!(
            "the kubeconfig names the server {}, which only this machine reaches: change it before a CI uses it",
            admin.server
        )));
    }
    if admin.proxy.is_some() {
        notices.push(Notice::new("the cluster was reached through a proxy, which the new kubeconfig does not name"));
    }
    Ok(notices)
}

/// Returns the document.
pub(super) fn text(admin: &Access, name: &str, namespace: &str, credential: &Credential) -> Secret {
    let mut text = String::with_capacity(16 * 1024);
    text.push_str("apiVersion: v1\nkind: Config\nclusters:\n- name: cluster\n  cluster:\n");
    let _ = writeln!(text, "    server: {}", json!(admin.server));
    if !admin.authorities.is_empty() {
        let _ = writeln!(text, "    certificate-authority-data: {}", BASE64_STANDARD.encode(pem(&admin.authorities)));
    }
    if let Some(server_name) = &admin.tls_server_name {
        let _ = writeln!(text, "    tls-server-name: {}", json!(server_name));
    }
    let _ = writeln!(text, "users:\n- name: {}\n  user:", json!(name));
    match credential {
        Credential::Certificate { certificate, key, .. } => {
            let _ = writeln!(text, "    client-certificate-data: {}", BASE64_STANDARD.encode(certificate));
            text.push_str("    client-key-data: ");
            BASE64_STANDARD.encode_string(key.expose(), &mut text);
            text.push('\n');
        }
        Credential::Token { token, .. } => {
            let _ = writeln!(text, "    token: {}", token.expose());
        }
    }
    let _ = writeln!(
        text,
        "contexts:\n- name: {name}\n  context:\n    cluster: cluster\n    user: {name}\n    namespace: {}\ncurrent-context: {name}",
        json!(namespace),
        name = json!(name)
    );
    Secret::new(text)
}

fn pem(authorities: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for der in authorities {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = BASE64_STANDARD.encode(der);
        for line in encoded.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

/// Returns it in the form in which it is stored: base64, once, on one line.
pub(super) fn encoded(document: &Secret) -> Secret {
    Secret::new(BASE64_STANDARD.encode(document.expose()))
}

/// Connects with the document as `deploy` will, printing nothing of it.
///
/// # Errors
/// It cannot be used.
pub(super) fn session(document: &Secret, task: &CiUser, context: &Context) -> Result<Session> {
    let inputs = ClusterAccess {
        kubeconfig: Some(KubeconfigSource::Text(encoded(document))),
        server: None,
        token: None,
        ca: None,
        context: None,
        namespace: task.access.namespace.clone(),
        allow_exec: false,
        allow_insecure: false,
    };
    let access = session::read(&inputs, context, &crate::runner::environment(), NEEDED)?;
    let namespaces = Namespaces {
        given: inputs.namespace.clone(),
        fallback: access.namespace.clone().unwrap_or_else(|| "default".to_owned()),
    };
    let cluster = kubernetes::connect(&access)?;
    Ok(Session { cluster, namespaces, warnings: Vec::new() })
}
