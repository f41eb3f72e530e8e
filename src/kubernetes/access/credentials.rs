//! The credentials of a kubeconfig's user: read, checked for form and end, plugins and files only where they may be used.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Access, Surroundings};
use crate::failure::{Failure, Result};
use crate::kubernetes::kubeconfig::expiry::{self, Expiry};
use crate::kubernetes::kubeconfig::{ExecPlugin, Origin, User, decode};
use crate::secret::Secret;

/// Who we are.
pub(super) fn user_access(access: &mut Access, user: &User, origin: &Origin, around: &Surroundings<'_>) -> Result<()> {
    if let Some(provider) = &user.auth_provider {
        return Err(Failure::input(format!(
            "kubeconfig: its user uses the auth-provider `{}`, which Kubernetes removed in 1.26",
            provider.name
        ))
        .hinted(WITHOUT_PLUGIN));
    }
    let certificate = match (&user.certificate_data, &user.certificate_file) {
        (Some(data), _) if !data.is_empty() => Some(pem_data("client-certificate-data", data)?),
        (_, Some(file)) => Some(read_file("client-certificate", file, origin, around)?),
        _ => None,
    };
    let key = match (&user.key_data, &user.key_file) {
        (Some(data), _) => Some(pem_data("client-key-data", data.secret().expose())?),
        (_, Some(file)) => Some(read_file("client-key", file, origin, around)?),
        _ => None,
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            certificates("client-certificate-data", &certificate)?;
            access.secrets.push(Secret::new(key.clone()));
            access.identity = Some((certificate, Secret::new(key)));
        }
        (Some(_), None) => return Err(Failure::input("kubeconfig: its user has a client certificate without a key")),
        (None, Some(_)) => return Err(Failure::input("kubeconfig: its user has a client key without a certificate")),
        (None, None) => {}
    }
    let token = user.token.as_ref().map(|token| Secret::new(token.secret().expose().trim()));
    access.token = token.filter(|token| !token.is_empty());
    if let (None, Some(file)) = (&access.token, &user.token_file) {
        let path = origin.resolve("tokenFile", file)?;
        let token = read_file("tokenFile", file, origin, around)?;
        access.secrets.push(Secret::new(token.trim()));
        access.token_file = Some(path);
    }
    if let (Some(name), Some(password)) = (&user.username, &user.password) {
        access.basic = Some((name.clone(), password.secret()));
    }
    access.impersonate = (user.impersonate.clone(), user.impersonate_groups.clone().unwrap_or_default());
    if let (Some(plugin), None, None) = (&user.exec, &access.token, &access.identity) {
        check_plugin(plugin, around)?;
        access.exec = Some(plugin.clone());
    }
    Ok(())
}

const WITHOUT_PLUGIN: &str = "to go without: make the token in an earlier step (such as `aws eks get-token` or \
`gcloud auth print-access-token`) and pass it as `cluster-token` with `cluster-server` and `cluster-ca`, \
or make a kubeconfig with `ci-user`";

/// Refuses a plugin that may not run, or is not there.
fn check_plugin(plugin: &ExecPlugin, around: &Surroundings<'_>) -> Result<()> {
    let command = &plugin.command;
    if !around.allow_exec {
        return Err(Failure::input(format!(
            "kubeconfig: its user gets a token by running the plugin `{command}`, which is not allowed"
        ))
        .hinted(WITHOUT_PLUGIN)
        .hinted("or set `allow-exec: true` where the plugin is installed"));
    }
    let there = if command.contains('/') {
        (around.read)(Path::new(command)).is_ok()
    } else {
        let path = (around.variable)("PATH").unwrap_or_default();
        path.split(':')
            .filter(|folder| !folder.is_empty())
            .any(|folder| (around.read)(&Path::new(folder).join(command)).is_ok())
    };
    if there {
        return Ok(());
    }
    let mut failure = Failure::input(format!(
        "kubeconfig: its user gets a token by running the plugin `{command}`, which is not installed here"
    ))
    .hinted(WITHOUT_PLUGIN);
    if let Some(hint) = &plugin.install_hint {
        failure = failure.hinted(format!("the kubeconfig says: {}", hint.trim()));
    }
    Err(failure)
}

/// Refuses a token that no HTTP header can carry.
pub(super) fn check_token(access: &Access) -> Result<()> {
    let fits = |token: &Secret| token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if access.token.as_ref().is_none_or(fits) {
        return Ok(());
    }
    Err(Failure::input(format!(
        "{}: its token holds blanks, line breaks or other characters that no token has",
        access.description
    ))
    .hinted("pass the token alone, on one line, as it was issued"))
}

/// Refuses expired credentials and notes those that end soon.
pub(super) fn check_expiry(access: &mut Access, around: &Surroundings<'_>) -> Result<()> {
    let token = access.token.as_ref().and_then(|token| expiry::of_token(token.expose()));
    let certificate = access
        .identity
        .as_ref()
        .and_then(|(pem, _)| certificates("client-certificate-data", pem).ok())
        .and_then(|chain| chain.first().and_then(|der| expiry::of_certificate(der)));
    let ends =
        [token.map(|at| Expiry { what: "token", at }), certificate.map(|at| Expiry { what: "client certificate", at })];
    for end in ends.into_iter().flatten() {
        access.warnings.extend(end.check(around.now, around.needed)?);
    }
    Ok(())
}

/// Decodes a `…-data` field.
pub(super) fn pem_data(field: &str, data: &str) -> Result<String> {
    if data.contains("-----BEGIN") {
        return Ok(data.to_owned());
    }
    let bytes =
        decode::base64_bytes(data).map_err(|reason| Failure::input(format!("kubeconfig: {field}: {reason}")))?;
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::input(format!("kubeconfig: {field} decodes to no PEM")))?;
    if text.contains("-----BEGIN") {
        Ok(text)
    } else {
        Err(Failure::input(format!("kubeconfig: {field} decodes to no PEM")))
    }
}

pub(super) fn read_file(field: &str, file: &Path, origin: &Origin, around: &Surroundings<'_>) -> Result<String> {
    let path = origin.resolve(field, file)?;
    let bytes = (around.read)(&path)
        .map_err(|error| Failure::input(format!("kubeconfig: `{field}` {}: {error}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| Failure::input(format!("kubeconfig: `{field}` {} is no text", path.display())))
}

/// Reads the certificates of a PEM text as DER.
pub(super) fn certificates(field: &str, pem: &str) -> Result<Vec<Vec<u8>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain.into_iter().map(|der| der.as_ref().to_vec()).collect()),
        _ => Err(Failure::input(format!("{field}: it holds no PEM certificate"))),
    }
}
