//! The REST endpoints: one file a resource. Each checks the token, then the input, then acts.

pub mod blobs;
pub mod branches;
pub mod commits;
pub mod compare;
pub mod contents;
pub mod contents_write;
pub mod context;
pub mod git_commits;
pub mod identity;
pub mod issues;
pub mod merges;
pub mod paging;
pub mod protection;
pub mod pull_shape;
pub mod pulls;
pub mod refs;
pub mod repositories;
pub mod rules;
pub mod secrets;
pub mod shapes;
pub mod tarballs;
pub mod trees;
