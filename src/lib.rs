//! The k8s-deploy library: plan (pure) → act (edge) → judge (pure) → report (pure text, the edge writes it).

pub mod failure;
pub mod images;
pub mod yaml;
