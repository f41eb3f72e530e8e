//! The generators: what makes objects that stand in no file. One file each.

pub(crate) mod config_map;
pub(crate) mod iam_policy;
pub(crate) mod name_hash;
pub(crate) mod pairs;
pub(crate) mod secret;
