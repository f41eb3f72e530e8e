//! From the inputs on the cluster to a connection, saying where everything goes before anything is done.
#![allow(clippy::disallowed_methods, reason = "edge: reads the kubeconfig and the clock")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::apply::target::Namespaces;
use crate::failure::{Failure, Result};
use crate::inputs::task::{ClusterAccess, KubeconfigSource};
use crate::inputs::{Ci, Context, Environment};
use crate::kubernetes::access::{self, Access, Source, Surroundings};
use crate::kubernetes::{self, Cluster};
use crate::runner::Console;

/// A connection with what was said about it.
pub(crate) struct Session {
    /// The connection.
    pub cluster: Cluster,
    /// Where objects without a namespace go.
    pub namespaces: Namespaces,
    /// Credentials that end soon, and the like.
    pub warnings: Vec<String>,
}

/// Reads the access, masks its secrets, checks it, and prints where objects will go. Sends nothing.
///
/// # Errors
/// Access that cannot be used.
pub(crate) fn open(
    inputs: &ClusterAccess,
    context: &Context,
    environment: &Environment,
    needed: Duration,
    console: &Console,
) -> Result<Session> {
    let access = read(inputs, context, environment, needed)?;
    for secret in &access.secrets {
        console.mask(secret);
    }
    let namespaces = Namespaces {
        given: inputs.namespace.clone(),
        fallback: access.namespace.clone().unwrap_or_else(|| "default".to_owned()),
    };
    console.line(&format!("cluster {} ({}), namespace {}", access.server, access.description, namespaces.chosen()));
    let cluster = kubernetes::connect(&access)?;
    Ok(Session { cluster, namespaces, warnings: access.warnings })
}

/// Reads and checks the access. Sends nothing.
///
/// # Errors
/// Access that cannot be used.
pub(crate) fn read(
    inputs: &ClusterAccess,
    context: &Context,
    environment: &Environment,
    needed: Duration,
) -> Result<Access> {
    let source = match (&inputs.kubeconfig, &inputs.server) {
        (Some(KubeconfigSource::Text(text)), _) => Source::Text(text.clone()),
        (Some(KubeconfigSource::Files(files)), _) => Source::Files(files.iter().map(PathBuf::from).collect()),
        (None, Some(server)) => Source::Direct {
            server: server.clone(),
            token: inputs
                .token
                .clone()
                .ok_or_else(|| Failure::input("cluster-token is required with cluster-server"))?,
            authority: inputs.ca.clone(),
        },
        (None, None) => return Err(Failure::input("kubeconfig: it is empty")),
    };
    let folders = [context.workspace.as_deref(), context.temp.as_deref()].into_iter().flatten().map(PathBuf::from);
    let own_folder = std::env::current_dir().ok().filter(|_| context.ci != Ci::Github);
    let around = Surroundings {
        context: inputs.context.as_deref(),
        // An untrusted run may not run what a file of the workspace could name.
        allow_exec: inputs.allow_exec && !context.is_untrusted(),
        allow_insecure: inputs.allow_insecure,
        folders: folders.chain(own_folder).collect(),
        variable: &|name| environment.variable(name).map(str::to_owned),
        read: &|path: &Path| std::fs::read(path),
        now: k8s_openapi::jiff::Timestamp::now().as_second(),
        needed: i64::try_from(needed.as_secs()).unwrap_or(i64::MAX),
    };
    access::resolve(&source, &around)
}
