//! The only place that speaks to a cluster. Everything that can be decided without one is decided elsewhere and only asked for here.

pub(crate) mod access;
pub(crate) mod answer;
mod connect;
pub(crate) mod discovery;
pub(crate) mod failure;
pub(crate) mod identity;
pub(crate) mod kubeconfig;
pub(crate) mod lease;
pub(crate) mod objects;
mod page;
pub(crate) mod permissions;
mod request;
pub(crate) mod watch;

pub(crate) use connect::connect;
pub(crate) use request::{Call, Cluster};
