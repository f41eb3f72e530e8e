//! `kustomize build`, natively: a folder in, objects out. Pure: the file system is passed in, warnings are returned.

pub(crate) mod field_spec;
pub(crate) mod gvk;
pub(crate) mod layer;
pub(crate) mod origin;
pub(crate) mod resource;
pub(crate) mod resource_id;
pub(crate) mod resource_map;
pub(crate) mod schema;
pub(crate) mod source;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod transformers;
pub(crate) mod value;

pub mod file_system;
pub mod remote;
