//! Git's own data model in memory: objects with git's SHA-1s, trees by path, the commit graph, diffs.
//! Knows nothing of HTTP, tokens or rules.

pub mod diff;
pub mod graph;
pub mod object;
pub mod store;
pub mod tree;

pub use object::{Commit, Mode, Object, Oid, Person, TreeEntry};
pub use store::ObjectStore;
