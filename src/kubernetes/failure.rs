//! What the API server refuses, or the way to it, and how that ends a run. Pure: statuses in, failures out.

use std::fmt;

use serde::Deserialize;

use crate::failure::{Failure, FailureKind};

/// One cause inside a refusal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cause {
    /// `FieldValueInvalid`, `FieldManagerConflict`, …
    pub reason: String,
    /// A sentence of the server's.
    pub message: String,
    /// The field's path.
    pub field: String,
}

/// `metav1.StatusDetails`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    pub causes: Vec<Cause>,
    #[serde(rename = "retryAfterSeconds")]
    pub retry_after: Option<u64>,
}

/// A refusal of the API server: `metav1.Status`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub code: u16,
    pub reason: String,
    pub message: String,
    pub details: Option<Details>,
}

/// Why a call did not succeed.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    /// The server answered, and refused.
    Refused(Box<Status>),
    /// No answer.
    Unreachable(String),
    /// The credential could not be made ready.
    Credential(String),
}

impl Status {
    /// Reads the body of a refusal; a body that is no Status (a proxy's page) leaves only the code.
    pub(crate) fn from_body(code: u16, body: &[u8]) -> Self {
        let mut status: Self = serde_json::from_slice(body).unwrap_or_default();
        status.code = code;
        if status.message.is_empty() {
            let text = String::from_utf8_lossy(&body[..body.len().min(200)]);
            let line = text.lines().next().unwrap_or_default().trim();
            status.message = format!("HTTP {code} {line}").trim_end().to_owned();
        }
        status
    }

    /// Returns the causes.
    pub(crate) fn causes(&self) -> &[Cause] {
        self.details.as_ref().map_or(&[], |details| &details.causes)
    }

    /// Tells whether an admission webhook said no, which is about the object and not about permission.
    pub(crate) fn is_webhook_denial(&self) -> bool {
        self.message.starts_with("admission webhook ") && self.message.contains("denied the request")
    }

    /// Tells whether the object does not fit its schema. Server-side apply answers that with 500 and no reason
    /// (apimachinery's managedfields, `structuredMergeManager.Apply`), and would do so for ever.
    pub(crate) fn is_misfit(&self) -> bool {
        const SAID: [&str; 3] = [
            "failed to create typed patch object",
            "failed to convert new object",
            "failed to create typed new object",
        ];
        self.code == 500 && SAID.iter().any(|said| self.message.starts_with(said))
    }

    /// Tells whether a field owned by others stands in the way of server-side apply.
    pub(crate) fn is_field_conflict(&self) -> bool {
        self.code == 409 && self.causes().iter().any(|cause| cause.reason == "FieldManagerConflict")
    }

    /// Tells whether an immutable field was to change (nelm's strict rule: Invalid and these words).
    pub(crate) fn is_immutable(&self) -> bool {
        self.code == 422 && (self.message.contains("field is immutable") || self.is_forbidden_update())
    }

    /// StatefulSets say it in their own words.
    fn is_forbidden_update(&self) -> bool {
        self.message.contains("updates to statefulset spec for fields other than")
    }

    /// Tells whether the same call can succeed later, unchanged.
    pub(crate) fn is_transient(&self) -> bool {
        match self.code {
            408 | 425 | 429 | 502 | 503 | 504 => true,
            500 => !self.is_misfit() && !self.message.contains("admission webhook \""),
            409 => {
                self.message.contains("object has been modified")
                    || self.message.contains("Operation cannot be fulfilled on resourcequotas")
            }
            403 => self.message.contains("quota") && self.message.contains("status unknown for quota"),
            _ => false,
        }
    }

    fn kind(&self) -> FailureKind {
        match self.code {
            _ if self.is_webhook_denial() || self.is_misfit() => FailureKind::Input,
            400 | 404 | 405 | 406 | 413 | 415 | 422 => FailureKind::Input,
            401 | 403 => FailureKind::Forbidden,
            409 => FailureKind::Conflict,
            _ => FailureKind::Other,
        }
    }
}

impl ApiError {
    /// Returns the code of a refusal.
    pub(crate) fn code(&self) -> Option<u16> {
        if let Self::Refused(status) = self { Some(status.code) } else { None }
    }

    /// Returns the refusal.
    pub(crate) fn status(&self) -> Option<&Status> {
        if let Self::Refused(status) = self { Some(status) } else { None }
    }

    /// Tells whether the same call can succeed later, unchanged.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(status) => status.is_transient(),
            Self::Unreachable(reason) => !is_trust_problem(reason),
            Self::Credential(_) => false,
        }
    }

    /// Says it as a failure of the run: `doing` is what was being done, to which object.
    pub(crate) fn into_failure(self, doing: impl fmt::Display) -> Failure {
        match self {
            Self::Refused(status) => refused(&status, &doing),
            Self::Unreachable(reason) => unreachable(&reason, &doing),
            Self::Credential(reason) => Failure::new(FailureKind::Forbidden, format!("{doing}: {reason}")),
        }
    }
}

fn refused(status: &Status, doing: &dyn fmt::Display) -> Failure {
    let failure = Failure::new(status.kind(), format!("{doing}: {}", status.message));
    match status.code {
        401 => failure
            .hinted("the cluster does not know this credential: it has expired, was revoked, or is another cluster's"),
        403 if status.message.contains("violates PodSecurity") => failure.hinted(
            "the namespace's PodSecurity level forbids it: change the pod's securityContext or the namespace's label",
        ),
        403 if status.message.contains("cannot ") => {
            failure.hinted("grant the missing verb in a Role, or make a fitting identity with `ci-user`")
        }
        404 if status.message.contains("namespaces \"") => {
            failure.hinted("the namespace does not exist: create it, add it to the manifests, or correct `namespace`")
        }
        500 if status.message.contains("failed calling webhook") => {
            failure.hinted("an admission webhook of the cluster does not answer: look at its pods")
        }
        _ => failure,
    }
}

fn unreachable(reason: &str, doing: &dyn fmt::Display) -> Failure {
    let failure = Failure::new(FailureKind::Network, format!("{doing}: {reason}"));
    if is_trust_problem(reason) {
        return failure.hinted(
            "the server's certificate is not trusted: give the cluster's own certificate-authority-data (or `cluster-ca`)",
        );
    }
    failure
        .hinted("is the server's address reachable from this runner? A private cluster needs a runner in its network")
}

/// Tells a certificate that is not trusted from a network that does not work.
fn is_trust_problem(reason: &str) -> bool {
    ["UnknownIssuer", "invalid peer certificate", "CertificateRequired", "BadCertificate"]
        .iter()
        .any(|word| reason.contains(word))
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => formatter.write_str(&status.message),
            Self::Unreachable(reason) | Self::Credential(reason) => formatter.write_str(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: u16, message: &str) -> ApiError {
        ApiError::Refused(Box::new(Status { code, message: message.to_owned(), ..Status::default() }))
    }

    #[test]
    fn kinds_follow_the_contract() {
        let kind = |code, message: &str| refusal(code, message).into_failure("applying Deployment/a/web").kind;
        assert_eq!(kind(422, "is invalid"), FailureKind::Input);
        assert_eq!(kind(404, "namespaces \"a\" not found"), FailureKind::Input);
        assert_eq!(kind(403, "User \"x\" cannot patch"), FailureKind::Forbidden);
        assert_eq!(kind(401, "Unauthorized"), FailureKind::Forbidden);
        assert_eq!(kind(409, "conflict"), FailureKind::Conflict);
        assert_eq!(kind(403, "admission webhook \"p.example\" denied the request: no"), FailureKind::Input);
        assert_eq!(ApiError::Unreachable("connection refused".to_owned()).into_failure("x").kind, FailureKind::Network);
    }

    #[test]
    fn transient_is_what_another_try_can_heal() {
        assert!(refusal(429, "too many requests").is_transient());
        assert!(refusal(500, "etcdserver: leader changed").is_transient());
        assert!(refusal(409, "Operation cannot be fulfilled on resourcequotas \"q\"").is_transient());
        assert!(!refusal(409, "Apply failed with 1 conflict").is_transient());
        assert!(!refusal(422, "invalid").is_transient());
        let misfit = refusal(
            500,
            "failed to create typed patch object (a/s; /v1, Kind=Secret): .x: field not declared in schema",
        );
        assert!(!misfit.is_transient());
        assert_eq!(misfit.into_failure("Secret/a/s").kind, FailureKind::Input);
    }

    #[test]
    fn a_proxys_page_keeps_only_its_first_line() {
        let status = Status::from_body(502, b"<html>Bad Gateway\nsecond</html>");
        assert_eq!(status.message, "HTTP 502 <html>Bad Gateway");
    }
}
