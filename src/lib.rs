//! The k8s-deploy library: plan (pure) → act (edge) → judge (pure) → report (pure text, the edge writes it).

pub mod disk;
pub mod failure;
pub mod kustomize;
pub mod yaml;
