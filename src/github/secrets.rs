//! Secrets of a repository or of one of its environments: sealed here for GitHub's key, stored there. What is in them leaves this
//! process only sealed.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;
use http::Method;
use serde_json::json;

use super::place::escape;
use super::wire::Request;
use super::{Github, Repository, refusal};
use crate::failure::{Failure, FailureKind, Result};
use crate::secret::Secret;

/// GitHub's limit of a secret's text, in bytes.
const LARGEST: usize = 48 * 1024;

/// Which secret: `owner/repo[:ENVIRONMENT]/SECRET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPlace {
    repository: Repository,
    environment: Option<String>,
    name: String,
}

impl SecretPlace {
    /// Reads the input `store`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let wrong = |what: &str| format!("store: `{text}` {what}: write it as `owner/repo[:ENVIRONMENT]/SECRET`");
        let (owner, rest) = text.split_once('/').ok_or_else(|| wrong("names no repository"))?;
        let (middle, name) = rest.rsplit_once('/').ok_or_else(|| wrong("names no secret"))?;
        let (repository, environment) = match middle.split_once(':') {
            Some((repository, environment)) => (repository, Some(environment)),
            None => (middle, None),
        };
        if owner.is_empty() || repository.is_empty() || repository.contains('/') || environment == Some("") {
            return Err(wrong("names no repository"));
        }
        let legal = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !legal || name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(wrong("has a secret's name with other characters than letters, digits and `_`"));
        }
        if name.to_ascii_uppercase().starts_with("GITHUB_") {
            return Err(wrong("has a secret's name that begins with GITHUB_, which GitHub keeps to itself"));
        }
        let repository = Repository { owner: owner.to_owned(), name: repository.to_owned() };
        Ok(Self { repository, environment: environment.map(str::to_owned), name: name.to_owned() })
    }

    /// Where GitHub's API has the secrets.
    fn path(&self) -> String {
        match &self.environment {
            Some(environment) => format!("{}/environments/{}/secrets", self.repository.path(), escape(environment)),
            None => format!("{}/actions/secrets", self.repository.path()),
        }
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the secret {} of {}", self.name, self.repository)?;
        self.environment.iter().try_for_each(|environment| write!(formatter, ", environment {environment}"))
    }
}

/// A secret's place with the key to seal for it.
#[derive(Debug)]
pub struct SecretStore<'run> {
    github: Github<'run>,
    place: SecretPlace,
    key: PublicKey,
    key_id: String,
}

impl<'run> SecretStore<'run> {
    /// Fetches the key.
    ///
    /// # Errors
    /// GitHub refuses it, or what it answers is no key.
    pub async fn open(github: Github<'run>, place: SecretPlace) -> Result<Self> {
        let what = format!("reading the public key for {place}");
        let answer = github.fetch(Request::get(format!("{}/public-key", place.path()), &what)).await?;
        let bytes = answer.text("/key").and_then(|text| BASE64_STANDARD.decode(text).ok());
        let key = bytes.and_then(|bytes| PublicKey::from_slice(&bytes).ok());
        let key_id = answer.text("/key_id").map(str::to_owned);
        match (key, key_id) {
            (Some(key), Some(key_id)) => Ok(Self { github, place, key, key_id }),
            _ => Err(Failure::new(FailureKind::Other, format!("{what}: the answer holds no key"))),
        }
    }

    /// Returns where the secret goes.
    pub fn place(&self) -> &SecretPlace {
        &self.place
    }

    /// Seals a text and stores it; returns whether the secret is new.
    ///
    /// # Errors
    /// It is too large, or GitHub refuses it.
    pub async fn put(&self, text: &Secret) -> Result<bool> {
        if text.expose().len() > LARGEST {
            let message = format!("{}: {} bytes are more than GitHub's {LARGEST}", self.place, text.expose().len());
            return Err(Failure::input(message));
        }
        let sealed = self
            .key
            .seal(&mut OsRng, text.expose().as_bytes())
            .map_err(|_| Failure::new(FailureKind::Other, format!("{}: it could not be sealed", self.place)))?;
        let body = json!({"encrypted_value": BASE64_STANDARD.encode(sealed), "key_id": self.key_id});
        let what = format!("storing {}", self.place);
        let path = format!("{}/{}", self.place.path(), self.place.name);
        // The same secret twice is one secret.
        let answer = self.github.rest(Request::write(Method::PUT, path, body, &what).repeatable()).await?;
        if answer.is_success() {
            Ok(answer.status == 201)
        } else {
            Err(refusal::explain(&answer, &what, self.github.token()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SecretPlace;

    #[test]
    fn places_of_repositories_and_environments_are_read() {
        let place = SecretPlace::parse("acme/config/KUBECONFIG").unwrap();
        assert_eq!(place.path(), "/repos/acme/config/actions/secrets");
        let place = SecretPlace::parse("acme/config:prod eu/KUBECONFIG").unwrap();
        assert_eq!(place.path(), "/repos/acme/config/environments/prod%20eu/secrets");
        assert_eq!(place.to_string(), "the secret KUBECONFIG of acme/config, environment prod eu");
    }

    #[test]
    fn environments_may_have_slashes() {
        let place = SecretPlace::parse("acme/config:review/42/KUBE").unwrap();
        assert_eq!(place.path(), "/repos/acme/config/environments/review%2F42/secrets");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "KUBE",
            "acme/KUBE",
            "acme/config/KUBE-CONFIG",
            "acme/config/1A",
            "acme/config:/KUBE",
            "/c/K",
            "a/b/c/K",
            "acme/config/github_x",
        ] {
            assert!(SecretPlace::parse(text).is_err(), "{text}");
        }
    }
}
