//! Where the kubeconfig goes: a file of the owner's alone, a GitHub secret, or standard output.

use std::path::Path;
use std::time::Duration;

use crate::disk;
use crate::failure::{Failure, FailureKind, Result};
use crate::github::{Github, SecretPlace, SecretStore};
use crate::inputs::Context;
use crate::inputs::task::Forge;
use crate::runner::Console;
use crate::secret::Secret;

/// Bound on everything that is asked of GitHub.
const GITHUB_WITHIN: Duration = Duration::from_secs(300);

/// The places that were asked for; none is standard output.
pub(super) struct Handover<'a> {
    file: Option<&'a str>,
    store: Option<SecretPlace>,
}

/// The same with GitHub's key at hand, so that nothing is made that could not be stored.
pub(super) struct Prepared<'a> {
    file: Option<&'a str>,
    store: Option<SecretStore<'a>>,
    console: &'a Console,
}

impl<'a> Handover<'a> {
    /// Reads the inputs.
    ///
    /// # Errors
    /// What is wrong with `store`.
    pub(super) fn read(store: Option<&str>, out: Option<&'a str>) -> std::result::Result<Self, String> {
        Ok(Self { file: out, store: store.map(SecretPlace::parse).transpose()? })
    }

    /// Asks GitHub for the key to seal with.
    ///
    /// # Errors
    /// GitHub refuses it.
    pub(super) async fn prepared(self, forge: &Forge, context: &Context, console: &'a Console) -> Result<Prepared<'a>> {
        let store = match self.store {
            None => None,
            Some(_) if forge.token.is_none() => {
                return Err(Failure::input("token: is required to store a secret at GitHub"));
            }
            Some(place) => {
                let github = Github::connect(context, forge, GITHUB_WITHIN, console)?;
                Some(SecretStore::open(github, place).await?)
            }
        };
        Ok(Prepared { file: self.file, store, console })
    }
}

impl Prepared<'_> {
    /// Hands the text over; returns what belongs on standard output.
    ///
    /// # Errors
    /// The file cannot be written, or GitHub does not take the secret.
    pub(super) async fn give(&self, encoded: &Secret) -> Result<Option<String>> {
        if let Some(file) = self.file {
            disk::write_private(Path::new(file), encoded.expose().as_bytes())
                .map_err(|error| Failure::new(FailureKind::Other, format!("out: cannot write {file}: {error}")))?;
            self.console.line(&format!("the kubeconfig is in {file} (base64, mode 0600)"));
        }
        if let Some(store) = &self.store {
            let created = store.put(encoded).await?;
            let word = if created { "stored" } else { "replaced" };
            self.console.line(&format!("the kubeconfig is {word} in {}", store.place()));
        }
        let elsewhere = self.file.is_some() || self.store.is_some();
        Ok((!elsewhere).then(|| format!("{}\n", encoded.expose())))
    }
}
