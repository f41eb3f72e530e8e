//! From what a run was given to how the cluster is reached: one context, its files read, every credential checked for its end
//! before any request. Files and environment come in as functions; nothing here speaks to the network.

mod credentials;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::kubeconfig::{ClusterEntry, ExecPlugin, Kubeconfig, Origin, Selected, decode};

use crate::failure::{Failure, Result};
use crate::proxy;
use crate::secret::Secret;
use crate::yaml;
use credentials::{certificates, check_expiry, check_token, pem_data, read_file, user_access};

/// Where access comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The input's text: base64, YAML, `in-cluster`, or the path of a file.
    Text(Secret),
    /// Files, merged in this order: the `KUBECONFIG` variable's.
    Files(Vec<PathBuf>),
    /// Server and token without a kubeconfig.
    Direct {
        /// `https://…`
        server: String,
        /// The bearer token.
        token: Secret,
        /// PEM, or base64 of it; the system's roots without it.
        authority: Option<String>,
    },
}

/// What a run allows and where it looks.
pub(crate) struct Surroundings<'a> {
    /// The context to use in place of the current one.
    pub context: Option<&'a str>,
    /// Whether a kubeconfig's plugin may be run.
    pub allow_exec: bool,
    /// Whether `insecure-skip-tls-verify` is accepted.
    pub allow_insecure: bool,
    /// The folders that a kubeconfig file may lie in: the workspace and the runner's temp.
    pub folders: Vec<PathBuf>,
    /// Reads an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file.
    pub read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// Seconds since 1970.
    pub now: i64,
    /// Seconds that the run may take; a credential that ends sooner is a warning.
    pub needed: i64,
}

/// Everything that is needed to reach a cluster, read and checked.
#[derive(Clone)]
pub(crate) struct Access {
    /// `https://host:port[/path]`
    pub server: String,
    /// The context's namespace.
    pub namespace: Option<String>,
    /// How to name it in messages.
    pub description: String,
    /// Certificates to trust; the system's without any.
    pub authorities: Vec<Vec<u8>>,
    /// Take any certificate.
    pub insecure: bool,
    /// The name that the server's certificate must carry, when it is not the address.
    pub tls_server_name: Option<String>,
    /// Proxy URL; it can hold a password.
    pub proxy: Option<Secret>,
    /// Client certificate and key, PEM.
    pub identity: Option<(String, Secret)>,
    /// Bearer token.
    pub token: Option<Secret>,
    /// File with a token that somebody renews.
    pub token_file: Option<PathBuf>,
    /// User name and password.
    pub basic: Option<(String, Secret)>,
    /// Plugin to run.
    pub exec: Option<ExecPlugin>,
    /// User and groups to act as.
    pub impersonate: (Option<String>, Vec<String>),
    /// To be masked in logs.
    pub secrets: Vec<Secret>,
    /// To be shown: credentials that end soon.
    pub warnings: Vec<String>,
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Access({}, {})", self.server, self.description)
    }
}

const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Reads and checks the access that `source` describes.
///
/// # Errors
/// Input that is no kubeconfig, entries or files that are missing, what is not allowed, expired credentials.
pub(crate) fn resolve(source: &Source, around: &Surroundings<'_>) -> Result<Access> {
    let mut access = match source {
        Source::Direct { server, token, authority } => direct(server, token, authority.as_deref(), around)?,
        Source::Text(text) if text.expose().trim() == "in-cluster" => in_cluster(around)?,
        Source::Text(text) => from_kubeconfig(&read_text(text, around)?, around)?,
        Source::Files(files) => from_kubeconfig(&read_files(files, around)?, around)?,
    };
    check_token(&access)?;
    check_expiry(&mut access, around)?;
    Ok(access)
}

/// Reads the text of the input, or the file that it names.
fn read_text(text: &Secret, around: &Surroundings<'_>) -> Result<Kubeconfig> {
    if text.is_empty() {
        return Err(Failure::input("kubeconfig: it is empty")
            .hinted("check the secret's name: a secret that is missing or misspelt is empty")
            .hinted("a pull request from a fork gets no secrets"));
    }
    if let Some(path) = named_file(text.expose(), around) {
        return read_files(&[path], around);
    }
    parse(text.expose().as_bytes(), &Origin::Text)
}

/// Returns the file that a one-line text names, when there is one where a kubeconfig may lie.
fn named_file(text: &str, around: &Surroundings<'_>) -> Option<PathBuf> {
    let line = text.trim();
    if line.len() > 4096 || line.contains(['\n', '\0', '{']) {
        return None;
    }
    around.folders.iter().map(|folder| (folder, folder.join(line))).find_map(|(folder, path)| {
        let inside = path.starts_with(folder) && !path.components().any(|part| part.as_os_str() == "..");
        (inside && (around.read)(&path).is_ok()).then_some(path)
    })
}

fn read_files(files: &[PathBuf], around: &Surroundings<'_>) -> Result<Kubeconfig> {
    let mut merged: Option<Kubeconfig> = None;
    for path in files {
        let bytes = match (around.read)(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound && files.len() > 1 => continue,
            Err(error) => return Err(Failure::input(format!("kubeconfig: {}: {error}", path.display()))),
        };
        let document =
            parse(&bytes, &Origin::File(path.clone())).map_err(|failure| failure.during(path.display().to_string()))?;
        match &mut merged {
            None => merged = Some(document),
            Some(merged) => merged.merge(document),
        }
    }
    merged.ok_or_else(|| Failure::input("kubeconfig: none of the files that KUBECONFIG lists is there"))
}

/// Reads one document out of whatever encoding it stands in.
fn parse(bytes: &[u8], origin: &Origin) -> Result<Kubeconfig> {
    let text = decode::kubeconfig_text(bytes).map_err(|reason| {
        Failure::input(format!("kubeconfig: it is neither YAML nor base64 of it nor a file here: {reason}"))
            .hinted("store it with `base64 -w0 < ~/.kube/config`, or paste the YAML as it is")
    })?;
    let value = yaml_value(&text)?;
    Kubeconfig::from_value(&value, origin)
}

/// The reader's message can quote the text, so only the place is said.
fn yaml_value(text: &str) -> Result<Value> {
    let invalid = |error: yaml::Error| {
        let at = error.locate(text.as_bytes()).position;
        let at = at.map(|at| format!(" (line {}, column {})", at.line, at.column)).unwrap_or_default();
        Failure::input(format!("kubeconfig: it is no valid YAML{at}"))
    };
    let document = yaml::parse_first(text.as_bytes()).map_err(invalid)?;
    document.map_or(Ok(Value::Null), |document| yaml::to_value(&document.root).map_err(invalid))
}

fn from_kubeconfig(document: &Kubeconfig, around: &Surroundings<'_>) -> Result<Access> {
    let selected = document.select(around.context)?;
    let mut access = cluster_access(&selected, around)?;
    access.secrets = document.secrets();
    access.namespace = selected.namespace.clone();
    access.description = format!("context `{}`", selected.context);
    user_access(&mut access, &selected.user, &selected.user_origin, around)?;
    Ok(access)
}

/// Server, trust and proxy.
fn cluster_access(selected: &Selected, around: &Surroundings<'_>) -> Result<Access> {
    let ClusterEntry { server, insecure, authority_file, authority_data, proxy, tls_server_name } = &selected.cluster;
    let server = server.as_deref().filter(|server| !server.is_empty()).ok_or_else(|| {
        Failure::input(format!("kubeconfig: the cluster of context `{}` has no server", selected.context))
    })?;
    let mut access = Access::to(server)?;
    if insecure.unwrap_or(false) && !around.allow_insecure {
        return Err(Failure::input(
            "kubeconfig: it says insecure-skip-tls-verify, which lets anybody read the credentials",
        )
        .hinted(
            "put the cluster's certificate authority in as certificate-authority-data, or set `allow-insecure: true`",
        ));
    }
    access.insecure = insecure.unwrap_or(false);
    access.tls_server_name.clone_from(tls_server_name);
    let pem = match (authority_data, authority_file) {
        (Some(data), _) if !data.is_empty() => Some(pem_data("certificate-authority-data", data)?),
        (_, Some(file)) => Some(read_file("certificate-authority", file, &selected.cluster_origin, around)?),
        _ => None,
    };
    if let Some(pem) = pem {
        access.authorities = certificates("certificate-authority-data", &pem)?;
    }
    access.proxy = match proxy {
        Some(proxy) => Some(proxy.secret()),
        None => environment_proxy(server, around),
    };
    Ok(access)
}

fn direct(server: &str, token: &Secret, authority: Option<&str>, around: &Surroundings<'_>) -> Result<Access> {
    let mut access = Access::to(server).map_err(|failure| failure.during("cluster-server"))?;
    if let Some(authority) = authority.filter(|authority| !authority.trim().is_empty()) {
        let pem = if authority.contains("-----BEGIN") {
            authority.to_owned()
        } else {
            let bytes = decode::base64_bytes(authority).map_err(|reason| {
                Failure::input(format!("cluster-ca: it is neither PEM nor base64 of it: {reason}"))
            })?;
            String::from_utf8(bytes).map_err(|_| Failure::input("cluster-ca: what it decodes to is no PEM"))?
        };
        access.authorities = certificates("cluster-ca", &pem)?;
    }
    access.proxy = environment_proxy(server, around);
    "cluster-server".clone_into(&mut access.description);
    access.token = Some(Secret::new(token.expose().trim()));
    access.secrets = vec![token.clone()];
    Ok(access)
}

/// The service account of the pod that we run in.
fn in_cluster(around: &Surroundings<'_>) -> Result<Access> {
    let missing = || {
        Failure::input("kubeconfig: `in-cluster` was asked for, but this is no pod with a service account")
            .hinted("run on a runner inside the cluster, or give a kubeconfig")
    };
    let host = (around.variable)("KUBERNETES_SERVICE_HOST").ok_or_else(missing)?;
    let port = (around.variable)("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let file = |name: &str| {
        let bytes = (around.read)(&Path::new(SERVICE_ACCOUNT).join(name)).map_err(|_| missing())?;
        String::from_utf8(bytes).map_err(|_| missing())
    };
    let server = format!("https://{host}:{port}");
    let mut access = Access::to(&server)?;
    access.proxy = environment_proxy(&server, around);
    access.secrets = vec![Secret::new(file("token")?.trim())];
    access.token_file = Some(Path::new(SERVICE_ACCOUNT).join("token"));
    access.authorities = certificates("ca.crt", &file("ca.crt")?)?;
    access.namespace = file("namespace").ok().map(|name| name.trim().to_owned());
    "in-cluster".clone_into(&mut access.description);
    Ok(access)
}

impl Access {
    /// Starts an access to a server.
    fn to(server: &str) -> Result<Self> {
        let uri: http::Uri = server.trim().parse().map_err(|_| {
            Failure::input(format!("the cluster's server `{server}` is no URL: write https://host:port"))
        })?;
        if !matches!(uri.scheme_str(), Some("https" | "http")) || uri.host().is_none() {
            return Err(Failure::input(format!("the cluster's server `{server}` is no URL: write https://host:port")));
        }
        Ok(Self {
            server: server.trim().trim_end_matches('/').to_owned(),
            namespace: None,
            description: String::new(),
            authorities: Vec::new(),
            insecure: false,
            tls_server_name: None,
            proxy: None,
            identity: None,
            token: None,
            token_file: None,
            basic: None,
            exec: None,
            impersonate: (None, Vec::new()),
            secrets: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

fn environment_proxy(server: &str, around: &Surroundings<'_>) -> Option<Secret> {
    let uri: http::Uri = server.parse().ok()?;
    let scheme = uri.scheme_str().unwrap_or("https");
    let port = uri.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
    proxy::from_environment(scheme, uri.host()?, port, around.variable).map(Secret::new)
}

#[cfg(test)]
mod tests;
