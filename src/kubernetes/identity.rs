//! Credentials that the cluster itself makes: client certificates by signing request, tokens of ServiceAccounts. Sends and waits;
//! decides nothing about rights, and keeps nothing.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::failure::ApiError;
use super::objects::{ApplyMode, encoded};
use super::{Call, Cluster};
use crate::failure::{Failure, FailureKind, Result};
use crate::secret::Secret;

/// Signs client certificates that the API server takes.
pub(crate) const SIGNER: &str = "kubernetes.io/kube-apiserver-client";
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
/// How long a signer may take; the built-in one needs less than a second.
const SIGNED_WITHIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

/// A token with its end.
pub(crate) struct Token {
    /// The bearer token.
    pub token: Secret,
    /// Seconds since 1970; none for one that does not end.
    pub ends: Option<i64>,
}

impl Cluster {
    /// Returns the server's version as it names it: `v1.36.3`, `v1.33.5-eks-113cf36`.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn version(&self) -> Result<String, ApiError> {
        let version: Value = self.json(&Call::get("/version")).await?;
        Ok(version["gitVersion"].as_str().unwrap_or_default().to_owned())
    }

    /// Deletes an object at once: nothing waits for what belongs to it, as no rights may last until a collector comes by.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn remove(&self, path: &str) -> Result<(), ApiError> {
        let call = Call::with_body(Method::DELETE, path, "", Vec::new());
        match self.bytes(&call).await {
            Err(error) if error.code() != Some(404) => Err(error),
            _ => Ok(()),
        }
    }

    /// Has a client certificate signed for `request` (PEM): asks, approves, waits, and takes the request object away again,
    /// also when `cancelled` comes true before the certificate does.
    ///
    /// # Errors
    /// Any of these is not permitted, no certificate comes, or the run is cancelled.
    pub(crate) async fn sign(
        &self,
        name: &str,
        request: &str,
        seconds: i64,
        cancelled: impl Future<Output = ()>,
    ) -> Result<String> {
        let object = json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
            "metadata": {"generateName": format!("k8s-deploy-action-{name}-")},
            "spec": {"request": BASE64_STANDARD.encode(request), "signerName": SIGNER, "expirationSeconds": seconds,
                "usages": ["digital signature", "client auth"]}});
        let made = self
            .create(REQUESTS, &object)
            .await
            .map_err(|error| error.into_failure("creating the CertificateSigningRequest"))?;
        let path = format!("{REQUESTS}/{}", encoded(made["metadata"]["name"].as_str().unwrap_or_default()));
        let signing = async {
            self.approve(&path, made).await?;
            self.await_certificate(&path).await
        };
        let certificate = tokio::select! {
            biased;
            () = cancelled => Err(Failure::new(FailureKind::Cancelled, "cancelled while the certificate was awaited")),
            certificate = signing => certificate,
        };
        let removed = self.remove(&path).await;
        certificate.map_err(|failure| match removed {
            Ok(()) => failure.hinted("the CertificateSigningRequest was taken away again"),
            // The cluster takes it away by itself after an hour.
            Err(_) => failure.hinted(format!("the CertificateSigningRequest could not be taken away: delete {path}")),
        })
    }

    async fn approve(&self, path: &str, mut request: Value) -> Result<()> {
        request["status"]["conditions"] = json!([{"type": "Approved", "status": "True", "reason": "CiUser",
            "message": "asked for and approved by the administrator who ran k8s-deploy ci-user"}]);
        let body = request.to_string().into_bytes();
        let call = Call::with_body(Method::PUT, format!("{path}/approval"), "application/json", body);
        let approved: Result<Value, ApiError> = self.json(&call).await;
        approved.map(drop).map_err(|error| {
            error.into_failure("approving the CertificateSigningRequest").hinted(format!(
                "this takes the verb `update` on certificatesigningrequests/approval and `approve` on the signer {SIGNER}"
            ))
        })
    }

    async fn await_certificate(&self, path: &str) -> Result<String> {
        let started = Instant::now();
        loop {
            let request = self.read(path).await.map_err(|error| error.into_failure("awaiting the certificate"))?;
            let status = request.map(|request| request["status"].clone()).unwrap_or_default();
            if let Some(text) = status["certificate"].as_str().filter(|text| !text.is_empty()) {
                let bytes = BASE64_STANDARD.decode(text).ok();
                return bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| unusable("no PEM"));
            }
            let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
            let ended =
                conditions.iter().find(|condition| condition["type"] == "Denied" || condition["type"] == "Failed");
            if let Some(ended) = ended {
                let word = ended["type"].as_str().unwrap_or_default().to_lowercase();
                return Err(unusable(&format!("{word}: {}", ended["message"].as_str().unwrap_or_default())));
            }
            if started.elapsed() > SIGNED_WITHIN {
                return Err(never_signed());
            }
            sleep(PAUSE).await;
        }
    }

    /// Asks for a token of a ServiceAccount.
    ///
    /// # Errors
    /// It is not permitted, or the ServiceAccount is not there.
    pub(crate) async fn token(&self, namespace: &str, account: &str, seconds: i64) -> Result<Token> {
        let path = format!("/api/v1/namespaces/{}/serviceaccounts/{}/token", encoded(namespace), encoded(account));
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds}});
        let answer = self.create(&path, &request).await.map_err(|error| {
            error
                .into_failure(format!("asking for a token of ServiceAccount/{namespace}/{account}"))
                .hinted("this takes the verb `create` on serviceaccounts/token")
        })?;
        let token = answer.pointer("/status/token").and_then(Value::as_str).unwrap_or_default();
        let end = answer.pointer("/status/expirationTimestamp").and_then(Value::as_str);
        let ends = end.and_then(|time| time.parse().ok()).map(k8s_openapi::jiff::Timestamp::as_second);
        Ok(Token { token: Secret::new(token), ends })
    }

    /// Makes a Secret with a token that does not end, and waits until the cluster has filled it.
    ///
    /// # Errors
    /// It is not permitted, or the cluster makes no such tokens.
    pub(crate) async fn lasting_token(&self, secret: &Value) -> Result<Token> {
        let text = |pointer: &str| secret.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let doing = || format!("making the token Secret/{namespace}/{name}");
        let path = format!("/api/v1/namespaces/{}/secrets/{}", encoded(namespace), encoded(name));
        let mode = ApplyMode { dry_run: false, force: true };
        self.apply(&path, secret.to_string().into_bytes(), mode).await.map_err(|error| error.into_failure(doing()))?;
        let started = Instant::now();
        while started.elapsed() < SIGNED_WITHIN {
            let found = self.read(&path).await.map_err(|error| error.into_failure(doing()))?;
            let data = found.as_ref().and_then(|secret| secret.pointer("/data/token")).and_then(Value::as_str);
            let token = data.and_then(|data| BASE64_STANDARD.decode(data).ok());
            if let Some(token) = token.and_then(|bytes| String::from_utf8(bytes).ok()) {
                return Ok(Token { token: Secret::new(token), ends: None });
            }
            sleep(PAUSE).await;
        }
        let message = format!("{}: the cluster put no token in it within {} s", doing(), SIGNED_WITHIN.as_secs());
        Err(Failure::new(FailureKind::Other, message))
    }
}

fn unusable(why: &str) -> Failure {
    Failure::new(FailureKind::Forbidden, format!("the CertificateSigningRequest was answered with {why}"))
}

fn never_signed() -> Failure {
    let message = format!(
        "the cluster signed no certificate within {} s: nobody answers for the signer {SIGNER}",
        SIGNED_WITHIN.as_secs()
    );
    Failure::new(FailureKind::Other, message).hinted(
        "managed clusters often sign none (Amazon EKS never does): use `--auth token`; its expiry may be capped there, on EKS at 24 h",
    )
}
