//! Turns an access into a connection. The one place that hands credentials on: to the client that sends them to their server.

use serde_json::json;

use super::Cluster;
use super::access::Access;
use crate::failure::{Failure, FailureKind, Result};

/// Opens no connection yet; the first call does.
///
/// # Errors
/// An address, key or proxy that the client cannot use; a plugin that fails.
pub(crate) fn connect(access: &Access) -> Result<Cluster> {
    // A second call finds the provider there already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = configuration(access)?;
    let client = kube::Client::try_from(config).map_err(|error| explain(&error, access))?;
    Ok(Cluster::new(client, access.server.clone()))
}

fn configuration(access: &Access) -> Result<kube::Config> {
    let uri = access
        .server
        .parse()
        .map_err(|_| Failure::input(format!("the cluster's server `{}` is no URL", access.server)))?;
    let mut config = kube::Config::new(uri);
    config.root_cert = (!access.authorities.is_empty()).then(|| access.authorities.clone());
    config.accept_invalid_certs = access.insecure;
    config.tls_server_name.clone_from(&access.tls_server_name);
    config.default_retry = false;
    config.connect_timeout = Some(std::time::Duration::from_secs(10));
    config.write_timeout = Some(std::time::Duration::from_secs(30));
    if let Some(proxy) = &access.proxy {
        // The proxy's URL can hold a password, so the message must not.
        let uri = proxy.expose().parse().map_err(|_| Failure::input("the proxy's address is no URL"))?;
        config.proxy_url = Some(uri);
    }
    config.auth_info = authentication(access)?;
    Ok(config)
}

/// Builds the client's own form of the credentials through its document form, which holds its secrets masked.
fn authentication(access: &Access) -> Result<kube::config::AuthInfo> {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    let mut user = serde_json::Map::new();
    let mut set = |name: &str, value: serde_json::Value| {
        user.insert(name.to_owned(), value);
    };
    if let Some(token) = &access.token {
        set("token", json!(token.expose()));
    }
    if let Some(file) = &access.token_file {
        set("tokenFile", json!(file));
    }
    if let Some((certificate, key)) = &access.identity {
        set("client-certificate-data", json!(BASE64_STANDARD.encode(certificate)));
        set("client-key-data", json!(BASE64_STANDARD.encode(key.expose())));
    }
    if let Some((name, password)) = &access.basic {
        set("username", json!(name));
        set("password", json!(password.expose()));
    }
    if let Some(plugin) = &access.exec {
        let secrets = |list: &[super::kubeconfig::SecretText]| -> Vec<String> {
            list.iter().map(|text| text.secret().expose().to_owned()).collect()
        };
        let environment: Vec<_> = plugin
            .env
            .iter()
            .flatten()
            .map(|variable| json!({"name": variable.name, "value": variable.value.secret().expose()}))
            .collect();
        set(
            "exec",
            json!({
                "apiVersion": plugin.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1"),
                "command": plugin.command,
                "args": plugin.args.as_deref().map(secrets),
                "env": environment,
                "interactiveMode": "Never",
            }),
        );
    }
    if let (Some(name), groups) = &access.impersonate {
        set("as", json!(name));
        set("as-groups", json!(groups));
    }
    serde_json::from_value(serde_json::Value::Object(user))
        .map_err(|_| Failure::input("kubeconfig: its user cannot be used as it is"))
}

/// Says why no client could be made; the client's own text can hold a plugin's output, so only safe parts are taken.
fn explain(error: &kube::Error, access: &Access) -> Failure {
    match error {
        kube::Error::Auth(_) => match &access.exec {
            Some(plugin) => Failure::new(
                FailureKind::Forbidden,
                format!("the kubeconfig's plugin `{}` gave no credential", plugin.command),
            )
            .hinted("run it by hand with the same environment to see its message"),
            None => Failure::input("the kubeconfig's credential cannot be read"),
        },
        kube::Error::RustlsTls(_) => {
            Failure::input("the kubeconfig's client certificate and key do not fit one another")
        }
        kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
            Failure::input("the proxy's protocol is not supported: use http:// or https://")
        }
        _ => Failure::input("the cluster's access cannot be used"),
    }
}
