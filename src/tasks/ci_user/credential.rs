//! What the identity proves itself with: a key and its signed certificate, or a token. Keys are made here, live in memory that is
//! overwritten, and touch no disk.

use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::task::CiUser;
use crate::kubernetes::Cluster;
use crate::kubernetes::identity::SIGNER;
use crate::kubernetes::kubeconfig::expiry;
use crate::rbac::objects::{LABEL, Subject};
use crate::runner::stop::Stop;
use crate::secret::Secret;
use crate::tasks::deploy::session::Session;

/// Bits of an RSA key.
const RSA_BITS: usize = 2048;

/// One credential.
pub(super) enum Credential {
    /// Certificate (PEM) and key (PEM).
    Certificate { certificate: String, key: Secret, ends: i64 },
    /// A bearer token; it may have no end.
    Token { token: Secret, ends: Option<i64> },
}

impl Credential {
    /// Says what kind it is.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Certificate { .. } => "client certificate",
            Self::Token { .. } => "token",
        }
    }

    /// Returns when it ends, seconds since 1970.
    pub(super) fn ends(&self) -> Option<i64> {
        match self {
            Self::Certificate { ends, .. } => Some(*ends),
            Self::Token { ends, .. } => *ends,
        }
    }
}

/// Refuses clusters that are known to sign no client certificates.
pub(super) async fn signer(cluster: &Cluster) -> Result<()> {
    let version = cluster.version().await.unwrap_or_default();
    if !is_eks(&version, &cluster.server) {
        return Ok(());
    }
    Err(Failure::input(format!("Amazon EKS signs no client certificates for {SIGNER}"))
        .hinted("use `--auth token`: such a token lives 24 h at most on EKS")
        .hinted("for a CI that runs longer than a day, let the workflow get a token by OIDC (`aws eks get-token`) and pass it as `cluster-token`"))
}

/// Tells Amazon EKS by its server's version or address.
fn is_eks(version: &str, server: &str) -> bool {
    let host =
        server.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_ascii_lowercase)).unwrap_or_default();
    let amazons = [".eks.amazonaws.com", ".eks.amazonaws.com.cn"];
    version.contains("-eks-") || amazons.iter().any(|domain| host.ends_with(domain))
}

/// Makes the credential that was asked for.
pub(super) async fn make(session: &Session, subject: &Subject, task: &CiUser, stop: &Stop) -> Result<Credential> {
    let seconds = i64::try_from(task.expires_in.as_secs()).unwrap_or(i64::MAX).min(i64::from(i32::MAX));
    match subject {
        Subject::User(name) => certificate(&session.cluster, name, task.rsa, seconds, stop).await,
        Subject::ServiceAccount { namespace, name } if task.long_lived => {
            let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
                "metadata": {"name": format!("{name}-token"), "namespace": namespace, "labels": {LABEL: name},
                    "annotations": {"kubernetes.io/service-account.name": name}}});
            let made = stop.ended(session.cluster.lasting_token(&secret)).await?;
            Ok(Credential::Token { token: made.token, ends: made.ends })
        }
        Subject::ServiceAccount { namespace, name } => {
            let made = stop.ended(session.cluster.token(namespace, name, seconds)).await?;
            let ends = expiry::of_token(made.token.expose()).or(made.ends);
            Ok(Credential::Token { token: made.token, ends })
        }
    }
}

async fn certificate(cluster: &Cluster, name: &str, rsa: bool, seconds: i64, stop: &Stop) -> Result<Credential> {
    let key = key(rsa)?;
    let request = request(name, &key)?;
    let certificate = cluster.sign(name, &request, seconds, stop.wait()).await?;
    let key = Secret::new(key.serialize_pem());
    let ends = verified(&certificate, &key, name)?;
    Ok(Credential::Certificate { certificate, key, ends })
}

fn key(rsa: bool) -> Result<KeyPair> {
    if !rsa {
        return KeyPair::generate().map_err(|_| broken("no key could be made"));
    }
    let made = rsa::RsaPrivateKey::new(&mut crypto_box::aead::OsRng, RSA_BITS);
    let made = made.map_err(|_| broken("no RSA key could be made"))?;
    let pem: Zeroizing<String> = rsa::pkcs8::EncodePrivateKey::to_pkcs8_pem(&made, rsa::pkcs8::LineEnding::LF)
        .map_err(|_| broken("the RSA key could not be encoded"))?;
    KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &rcgen::PKCS_RSA_SHA256)
        .map_err(|_| broken("the RSA key could not be read back"))
}

/// A signing request whose subject is a common name and nothing else: an organization would be a group.
fn request(name: &str, key: &KeyPair) -> Result<String> {
    let invalid = |_| broken("the signing request could not be made");
    let mut params = CertificateParams::new(Vec::new()).map_err(invalid)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serialize_request(key).and_then(|request| request.pem()).map_err(invalid)
}

/// Checks that the certificate is for the key and returns when it ends.
fn verified(certificate: &str, key: &Secret, name: &str) -> Result<i64> {
    let chain: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
    let chain = chain.map_err(|_| broken("the cluster's answer is no certificate"))?;
    let ends = chain.first().and_then(|leaf| expiry::of_certificate(leaf));
    let ends = ends.ok_or_else(|| broken("the cluster's answer is no certificate"))?;
    let private =
        PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| broken("the key is not readable"))?;
    let signing: Arc<dyn rustls::sign::SigningKey> =
        rustls::crypto::ring::sign::any_supported_type(&private).map_err(|_| broken("the key is not usable"))?;
    let other = format!("the certificate that the cluster signed for {name} is for another key");
    CertifiedKey::new(chain, signing).keys_match().map_err(|_| broken(&other))?;
    Ok(ends)
}

fn broken(what: &str) -> Failure {
    Failure::new(FailureKind::Other, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(key: &KeyPair) -> String {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 28);
        params.self_signed(key).unwrap().pem()
    }

    #[test]
    fn a_certificate_is_taken_only_for_its_own_key() {
        for rsa in [false, true] {
            let (own, other) = (key(rsa).unwrap(), key(false).unwrap());
            let certificate = signed(&own);
            let ends = verified(&certificate, &Secret::new(own.serialize_pem()), "ci").unwrap();
            assert_eq!(expiry::utc(ends), "2031-02-28T00:00:00Z");
            let wrong = verified(&certificate, &Secret::new(other.serialize_pem()), "ci").unwrap_err();
            assert!(wrong.to_string().contains("another key"), "{wrong}");
        }
    }

    #[test]
    fn eks_is_told_by_version_or_address() {
        assert!(is_eks("v1.33.5-eks-113cf36", "https://10.0.0.1"));
        assert!(is_eks("", "https://0123.gr7.eu-west-1.eks.amazonaws.com"));
        assert!(!is_eks("v1.36.3", "https://eks.example.com:6443"));
    }

    #[test]
    fn the_request_names_nobody_but_the_user() {
        let pem = request("ci", &key(false).unwrap()).unwrap();
        let der = rustls::pki_types::CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap();
        let name = [0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, b'c', b'i'];
        let organization = [0x06, 0x03, 0x55, 0x04, 0x0a];
        assert!(der.windows(name.len()).any(|bytes| bytes == name));
        assert!(!der.windows(organization.len()).any(|bytes| bytes == organization));
    }
}
