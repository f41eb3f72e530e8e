//! YAML as the tools of this field read and write it: spanned nodes, Go's scalar rules, the emitter, edits by byte range.
//! Pure: text in, nodes or text out; nothing here reads a file.

pub(crate) mod layout;
pub(crate) mod meaning;
pub mod node;
pub(crate) mod quoting;
pub(crate) mod splice;
pub(crate) mod syntax;

pub use node::{Entry, Mapping, Node, Scalar, Sequence, Span, Style, Tag};
