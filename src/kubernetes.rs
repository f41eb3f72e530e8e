//! The only place that speaks to a cluster. Everything that can be decided without one is decided elsewhere and only asked for here.

pub(crate) mod access;
mod connect;
pub(crate) mod failure;
pub(crate) mod kubeconfig;
mod proxy;
mod request;

pub(crate) use connect::connect;
pub(crate) use request::{Call, Cluster};
