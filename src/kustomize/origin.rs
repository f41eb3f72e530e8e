//! Where an object or a transformer comes from, as `buildMetadata` prints it.

/// One `config.kubernetes.io/origin`, or one item of `alpha.config.kubernetes.io/transformations`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// File of the object, relative to the root of the build (or of the remote repository).
    pub(crate) path: String,
    /// Clone URL of the remote repository.
    pub(crate) repo: String,
    /// Its ref.
    pub(crate) reference: String,
    /// File that configures the generator or transformer.
    pub(crate) configured_in: String,
    /// `apiVersion` of the generator or transformer.
    pub(crate) api_version: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
    /// Its namespace.
    pub(crate) namespace: String,
}
