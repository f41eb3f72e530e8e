//! Each folder of `examples/` as its users run it: the very workflow and pipeline files are read, their steps' inputs go through the
//! binary against the control plane and the GitHub double, and the end state is looked at.

mod gitlab;
mod go_demo;
mod pipeline;
mod tutorial;
mod workflow;

use std::path::PathBuf;

/// The folder of an example.
fn folder(name: &str) -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}
