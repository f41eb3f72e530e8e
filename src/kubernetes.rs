//! The only place that speaks to a cluster. Everything that can be decided without one is decided elsewhere and only asked for here.

pub(crate) mod access;
pub(crate) mod kubeconfig;
pub(crate) mod proxy;
