//! A kubeconfig document as types, merged as kubectl merges, and the choice of a context out of it. Pure: no file is read here.
//! What is chosen still names files and plugins; `access` decides whether they may be used.

pub(crate) mod decode;
pub(crate) mod expiry;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::secret::Secret;

/// Where a kubeconfig came from, which decides what it may point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Text of an input: it may name no files, since nobody placed them beside it.
    Text,
    /// A file: relative paths in it start at its folder, as kubectl has it.
    File(PathBuf),
}

/// One user's way to say who they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub token: Option<SecretText>,
    #[serde(rename = "tokenFile")]
    pub token_file: Option<PathBuf>,
    #[serde(rename = "client-certificate")]
    pub certificate_file: Option<PathBuf>,
    #[serde(rename = "client-certificate-data")]
    pub certificate_data: Option<String>,
    #[serde(rename = "client-key")]
    pub key_file: Option<PathBuf>,
    #[serde(rename = "client-key-data")]
    pub key_data: Option<SecretText>,
    pub username: Option<String>,
    pub password: Option<SecretText>,
    pub exec: Option<ExecPlugin>,
    #[serde(rename = "auth-provider")]
    pub auth_provider: Option<AuthProvider>,
    #[serde(rename = "as")]
    pub impersonate: Option<String>,
    #[serde(rename = "as-groups")]
    pub impersonate_groups: Option<Vec<String>>,
}

/// A secret inside a document.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct SecretText(String);

impl SecretText {
    /// Returns it as the crate's secret type.
    pub(crate) fn secret(&self) -> Secret {
        Secret::new(self.0.clone())
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("***")
    }
}

/// A program that prints a credential.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ExecPlugin {
    #[serde(rename = "apiVersion")]
    pub api_version: Option<String>,
    pub command: String,
    pub args: Option<Vec<SecretText>>,
    pub env: Option<Vec<ExecVariable>>,
    #[serde(rename = "installHint")]
    pub install_hint: Option<String>,
    #[serde(rename = "provideClusterInfo")]
    pub provide_cluster_info: bool,
}

/// A variable of a plugin's environment.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExecVariable {
    pub name: String,
    pub value: SecretText,
}

/// The way of before exec plugins; gone from Kubernetes since 1.26, and refused here with that reason.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AuthProvider {
    pub name: String,
}

/// How to reach a cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClusterEntry {
    pub server: Option<String>,
    #[serde(rename = "insecure-skip-tls-verify")]
    pub insecure: Option<bool>,
    #[serde(rename = "certificate-authority")]
    pub authority_file: Option<PathBuf>,
    #[serde(rename = "certificate-authority-data")]
    pub authority_data: Option<String>,
    #[serde(rename = "proxy-url")]
    pub proxy: Option<SecretText>,
    #[serde(rename = "tls-server-name")]
    pub tls_server_name: Option<String>,
}

/// Which cluster as which user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Context {
    pub cluster: String,
    pub user: Option<String>,
    pub namespace: Option<String>,
}

/// An entry with its name and the file it came from.
#[derive(Clone, Debug)]
struct Named<T> {
    name: String,
    entry: T,
    origin: Origin,
}

/// One kubeconfig, or several merged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubeconfig {
    clusters: Vec<Named<ClusterEntry>>,
    users: Vec<Named<User>>,
    contexts: Vec<Named<Context>>,
    current: Option<String>,
}

/// What a context leads to.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub context: String,
    pub namespace: Option<String>,
    pub cluster: ClusterEntry,
    pub cluster_origin: Origin,
    pub user: User,
    pub user_origin: Origin,
}

impl Kubeconfig {
    /// Reads a document.
    ///
    /// # Errors
    /// It is no kubeconfig; the message names the entry and never shows a value.
    pub(crate) fn from_value(value: &Value, origin: &Origin) -> Result<Self> {
        let document = value.as_object().ok_or_else(|| Failure::input("kubeconfig: the document is no mapping"))?;
        if let Some(kind) = document.get("kind").and_then(Value::as_str).filter(|kind| *kind != "Config") {
            return Err(Failure::input(format!("kubeconfig: this is a {kind}, not a kubeconfig (kind Config)")));
        }
        Ok(Self {
            clusters: entries(value, "clusters", "cluster", origin)?,
            users: entries(value, "users", "user", origin)?,
            contexts: entries(value, "contexts", "context", origin)?,
            current: document
                .get("current-context")
                .and_then(Value::as_str)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        })
    }

    /// Adds a later file: what is already there wins, as with kubectl's `KUBECONFIG` list.
    pub(crate) fn merge(&mut self, later: Self) {
        add_missing(&mut self.clusters, later.clusters);
        add_missing(&mut self.users, later.users);
        add_missing(&mut self.contexts, later.contexts);
        self.current = self.current.take().or(later.current);
    }

    /// Follows a context, the current one unless `wanted` names another.
    ///
    /// # Errors
    /// No current context, or one that leads to an entry that is not there; names what there is.
    pub(crate) fn select(&self, wanted: Option<&str>) -> Result<Selected> {
        let name = wanted.or(self.current.as_deref()).ok_or_else(|| {
            Failure::input("kubeconfig: it has no current-context")
                .hinted(format!("set `context` to one of: {}", names(&self.contexts)))
        })?;
        let context = find(&self.contexts, "context", name)?;
        let cluster = find(&self.clusters, "cluster", &context.entry.cluster)
            .map_err(|failure| failure.during(format!("context `{name}`")))?;
        let user = match context.entry.user.as_deref().filter(|user| !user.is_empty()) {
            Some(user) => {
                Some(find(&self.users, "user", user).map_err(|failure| failure.during(format!("context `{name}`")))?)
            }
            None => None,
        };
        Ok(Selected {
            context: name.to_owned(),
            namespace: context.entry.namespace.clone().filter(|namespace| !namespace.is_empty()),
            cluster: cluster.entry.clone(),
            cluster_origin: cluster.origin.clone(),
            user: user.map(|user| user.entry.clone()).unwrap_or_default(),
            user_origin: user.map_or(Origin::Text, |user| user.origin.clone()),
        })
    }

    /// Returns every secret in the document, chosen or not, for masking.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let users = self.users.iter().flat_map(|user| user.entry.secrets());
        let proxies = self.clusters.iter().filter_map(|cluster| cluster.entry.proxy.as_ref().map(SecretText::secret));
        users.chain(proxies).collect()
    }
}

impl User {
    /// Returns what must not be seen: tokens, keys (as they stand and decoded), passwords, the plugin's arguments.
    fn secrets(&self) -> Vec<Secret> {
        let mut found: Vec<Secret> =
            [&self.token, &self.key_data, &self.password].into_iter().flatten().map(SecretText::secret).collect();
        if let Some(key) = self.key_data.as_ref().and_then(|key| decode::base64_bytes(&key.0).ok()) {
            found.extend(String::from_utf8(key).ok().map(Secret::new));
        }
        if let Some(exec) = &self.exec {
            found.extend(exec.env.iter().flatten().map(|variable| variable.value.secret()));
        }
        found
    }
}

impl Origin {
    /// Makes a path of the document absolute.
    ///
    /// # Errors
    /// The document came as text.
    pub(crate) fn resolve(&self, field: &str, path: &Path) -> Result<PathBuf> {
        match self {
            Self::File(file) => Ok(file.parent().unwrap_or(Path::new("")).join(path)),
            Self::Text => Err(Failure::input(format!(
                "kubeconfig: `{field}` names the file {}, but the kubeconfig came as text: files of the machine it was made on are not here",
                path.display()
            ))
            .hinted("put the content in: `kubectl config view --raw --flatten --minify` prints such a kubeconfig")),
        }
    }
}

/// Reads one of the three lists.
fn entries<T: DeserializeOwned + Default>(
    document: &Value,
    list: &str,
    field: &str,
    origin: &Origin,
) -> Result<Vec<Named<T>>> {
    let items = match document.get(list) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Failure::input(format!("kubeconfig: `{list}` is no list"))),
    };
    items.iter().enumerate().map(|(index, item)| entry(item, list, field, index, origin)).collect()
}

/// Reads one entry of a list; serde's message would show values, so only the place is said.
fn entry<T: DeserializeOwned + Default>(
    item: &Value,
    list: &str,
    field: &str,
    index: usize,
    origin: &Origin,
) -> Result<Named<T>> {
    let name = item
        .get("name")
        .and_then(Value::as_str)
        .ok_or_else(|| Failure::input(format!("kubeconfig: {list}[{index}] has no name")))?;
    let entry = match item.get(field) {
        None | Some(Value::Null) => T::default(),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| {
            Failure::input(format!("kubeconfig: {list}[{index}].{field} (`{name}`) has a field of the wrong type"))
        })?,
    };
    Ok(Named { name: name.to_owned(), entry, origin: origin.clone() })
}

fn add_missing<T>(into: &mut Vec<Named<T>>, later: Vec<Named<T>>) {
    for entry in later {
        if into.iter().all(|known| known.name != entry.name) {
            into.push(entry);
        }
    }
}

fn find<'a, T>(list: &'a [Named<T>], what: &str, name: &str) -> Result<&'a Named<T>> {
    list.iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| Failure::input(format!("kubeconfig: it has no {what} `{name}`; it has {}", names(list))))
}

fn names<T>(list: &[Named<T>]) -> String {
    if list.is_empty() {
        return "none".to_owned();
    }
    list.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
