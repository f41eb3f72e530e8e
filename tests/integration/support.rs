//! What the tests are written with: the binary as a runner starts it, folders that go away by themselves.

pub(crate) mod action;
pub(crate) mod control_plane;
pub(crate) mod forge;
