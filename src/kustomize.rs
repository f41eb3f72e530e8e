//! kustomize build, native.

pub(crate) mod field_spec;
pub(crate) mod gvk;
pub(crate) mod schema;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod testing;
