//! References to what is not on disk: a YAML file by https, or a folder of a GitHub repository. Parses and refuses;
//! fetching is the edge's work.

use std::time::Duration;

/// What the engine lacks until the edge has fetched it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Remote {
    /// A file of manifests.
    File {
        /// The https address.
        url: String,
    },
    /// A folder in a repository on GitHub or a GitHub Enterprise server; the whole repository at `reference` is needed.
    Repository {
        /// `github.com`, or the server's host.
        host: String,
        /// `org`
        owner: String,
        /// `repo`, without `.git`.
        name: String,
        /// Branch, tag or commit; the default branch when absent.
        reference: Option<String>,
        /// Folder inside; empty for the root.
        path: String,
        /// How long fetching may take.
        timeout: Duration,
    },
}
