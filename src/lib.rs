//! The k8s-deploy library: plan (pure) → act (edge) → judge (pure) → report (pure text, the edge writes it).

pub(crate) mod apply;
pub mod failure;
pub(crate) mod kubernetes;
pub(crate) mod secret;
pub mod yaml;
