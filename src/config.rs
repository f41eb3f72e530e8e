//! The config repo as texts: which folders a `path` line means, what a commit's message and trailers say.
//! Pure: reads no file and speaks to nobody.

pub(crate) mod message;
pub(crate) mod paths;
pub(crate) mod trailers;

/// The names of a kustomization file, in the order in which kustomize looks for them.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
