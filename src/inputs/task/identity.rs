//! `ci-user`: which identity to make, for what, and where its kubeconfig goes.

use std::time::Duration;

use super::super::Environment;
use super::super::values::Values;
use super::access::{ClusterAccess, access};
use super::apply::{ApplyOptions, options};
use super::source::{Source, source};

/// `ci-user`
#[derive(Debug)]
pub struct CiUser {
    /// What the identity is to deploy.
    pub source: Source,
    /// Admin access, or with `check` the kubeconfig to look at.
    pub access: ClusterAccess,
    /// Deploy's options as they will be used.
    pub options: ApplyOptions,
    /// Name of the identity; empty only with `check`.
    pub name: String,
    /// A ServiceAccount token in place of a client certificate.
    pub token_auth: bool,
    /// Wanted lifetime.
    pub expires_in: Duration,
    /// RSA 2048 in place of ECDSA P-256.
    pub rsa: bool,
    /// A Secret token that does not expire.
    pub long_lived: bool,
    /// `owner/repo[:ENVIRONMENT]/SECRET`
    pub store: Option<String>,
    /// File for the kubeconfig.
    pub out: Option<String>,
    /// Compare only.
    pub check: bool,
}

pub(super) fn ci_user(values: &mut Values<'_>, environment: &Environment) -> CiUser {
    let check = values.boolean("check");
    let name = values.text("name").unwrap_or_default();
    if name.is_empty() && !check {
        values.refuse("name", "is required: the name of the identity to make");
    }
    CiUser {
        source: source(values),
        access: access(values, environment, true),
        options: options(values),
        name,
        token_auth: values.choice("auth") == "token",
        expires_in: values.duration("expires-in", Duration::from_secs(90 * 86_400)),
        rsa: values.choice("key-type") == "rsa",
        long_lived: values.boolean("long-lived"),
        store: values.text("store"),
        out: values.text("out"),
        check,
    }
}
