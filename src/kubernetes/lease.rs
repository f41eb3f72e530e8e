//! One deploy of a set at a time: a Lease that is taken, renewed and given back. Only get, create and patch are used.
//! Who holds it and whether that counts is decided by what this process itself observes, never by comparing two clocks.

use std::time::Duration;

use http::Method;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::failure::ApiError;
use super::objects::encoded;
use super::{Call, Cluster};
use crate::apply::ownership::MANAGER;

/// A holder that does not renew for so long has lost it.
const DURATION: Duration = Duration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(5);
/// Pause between looks while somebody else holds it.
const LOOK: Duration = Duration::from_secs(1);
/// Annotation with the address of the holder's run.
const RUN: &str = "k8s-deploy-action/run";

/// Which lease, and who we are.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// Namespace of the set's anchor.
    pub namespace: String,
    /// `k8s-deploy-action-` and ten digits.
    pub name: String,
    /// Unique to this process.
    pub holder: String,
    /// The run's page, where there is one.
    pub run: Option<String>,
}

/// Somebody else who holds the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its identity.
    pub name: String,
    /// The page of its run.
    pub run: Option<String>,
}

/// What came of asking for the lease.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Ours now.
    Held,
    /// Still somebody else's when time was up.
    Busy(Holder),
    /// Leases may not be used here, or the namespace is not there yet.
    Unavailable(ApiError),
}

impl Claim {
    fn collection(&self) -> String {
        format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", encoded(&self.namespace))
    }

    fn path(&self) -> String {
        format!("{}/{}", self.collection(), encoded(&self.name))
    }

    fn object(&self, version: Option<&str>) -> Value {
        let now = Timestamp::now();
        let mut lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": self.name, "namespace": self.namespace, "annotations": {RUN: self.run}},
            "spec": {"holderIdentity": self.holder, "leaseDurationSeconds": DURATION.as_secs(),
                "acquireTime": micro(now), "renewTime": micro(now)},
        });
        if let Some(version) = version {
            lease["metadata"]["resourceVersion"] = json!(version);
        }
        lease
    }
}

/// Asks for the lease until it is ours or `patience` ends; `waiting` is told each new holder.
pub(crate) async fn acquire(cluster: &Cluster, claim: &Claim, patience: Duration, waiting: &dyn Fn(&Holder)) -> Asked {
    let started = Instant::now();
    let mut observed: Option<(String, Instant)> = None;
    let mut told: Option<Holder> = None;
    loop {
        let lease = match cluster.read(&claim.path()).await {
            Ok(lease) => lease,
            Err(error) => return Asked::Unavailable(error),
        };
        let Some(lease) = lease else {
            match cluster.create(&claim.collection(), &claim.object(None)).await {
                Ok(_) => return Asked::Held,
                // Somebody was faster; look again.
                Err(error) if error.code() == Some(409) => continue,
                Err(error) => return Asked::Unavailable(error),
            }
        };
        let version = text(&lease, "/metadata/resourceVersion");
        if observed.as_ref().is_none_or(|(seen, _)| *seen != version) {
            observed = Some((version.clone(), Instant::now()));
        }
        let unchanged_for = observed.as_ref().map_or(Duration::ZERO, |(_, since)| since.elapsed());
        if is_free(&lease, &claim.holder, unchanged_for) {
            match write(cluster, claim, &claim.object(Some(&version))).await {
                Ok(_) => return Asked::Held,
                Err(error) if matches!(error.code(), Some(404 | 409)) => continue,
                Err(error) => return Asked::Unavailable(error),
            }
        }
        let holder = holder(&lease);
        if started.elapsed() >= patience {
            return Asked::Busy(holder);
        }
        if told.as_ref() != Some(&holder) {
            waiting(&holder);
            told = Some(holder);
        }
        sleep(LOOK).await;
    }
}

/// Renews the lease for as long as it is polled; returns when it is lost to somebody else.
pub(crate) async fn keep(cluster: &Cluster, claim: &Claim) -> Holder {
    loop {
        sleep(RENEWAL).await;
        let Ok(Some(lease)) = cluster.read(&claim.path()).await else { continue };
        let holder = holder(&lease);
        if holder.name != claim.holder && !holder.name.is_empty() {
            return holder;
        }
        let version = text(&lease, "/metadata/resourceVersion");
        let renewal = json!({"metadata": {"resourceVersion": version},
            "spec": {"holderIdentity": claim.holder, "renewTime": micro(Timestamp::now())}});
        // A renewal that fails is tried again at the next turn; what counts is who stands in it.
        let _ = write(cluster, claim, &renewal).await;
    }
}

/// Gives the lease back, if it is still ours, and tells whether it did.
pub(crate) async fn release(cluster: &Cluster, claim: &Claim) -> bool {
    let Ok(Some(lease)) = cluster.read(&claim.path()).await else { return false };
    if holder(&lease).name == claim.holder {
        let version = text(&lease, "/metadata/resourceVersion");
        let free = json!({"metadata": {"resourceVersion": version, "annotations": {RUN: null}},
            "spec": {"holderIdentity": null, "acquireTime": null, "renewTime": null}});
        // Its time runs out in any case.
        return write(cluster, claim, &free).await.is_ok();
    }
    false
}

async fn write(cluster: &Cluster, claim: &Claim, members: &Value) -> Result<Value, ApiError> {
    let path = format!("{}?fieldManager={MANAGER}", claim.path());
    let body = members.to_string().into_bytes();
    // One try: the state was just read, and a lost race must be seen as one.
    let call = Call::with_body(Method::PATCH, path, "application/merge-patch+json", body).within(RENEWAL);
    let answer = cluster.try_once(&call).await?;
    serde_json::from_slice(&answer).map_err(|error| ApiError::Unreachable(error.to_string()))
}

/// Tells whether the lease can be taken: nobody's, ours from before, or not renewed for its whole duration.
fn is_free(lease: &Value, me: &str, unchanged_for: Duration) -> bool {
    let holder = text(lease, "/spec/holderIdentity");
    let seconds = lease.pointer("/spec/leaseDurationSeconds").and_then(Value::as_u64).unwrap_or(DURATION.as_secs());
    holder.is_empty() || holder == me || unchanged_for >= Duration::from_secs(seconds)
}

fn holder(lease: &Value) -> Holder {
    let run =
        lease.pointer("/metadata/annotations").and_then(|annotations| annotations.get(RUN)).and_then(Value::as_str);
    Holder { name: text(lease, "/spec/holderIdentity"), run: run.map(str::to_owned) }
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// `metav1.MicroTime`'s form.
fn micro(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_free_when_nobodys_ours_or_silent_for_its_duration() {
        let lease = |holder: &str| json!({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}});
        assert!(is_free(&lease(""), "me", Duration::ZERO));
        assert!(is_free(&lease("me"), "me", Duration::ZERO));
        assert!(!is_free(&lease("you"), "me", Duration::from_secs(14)));
        assert!(is_free(&lease("you"), "me", Duration::from_secs(15)));
    }

    #[test]
    fn times_have_six_digits() {
        let time: Timestamp = "2026-11-20T13:00:00.5Z".parse().unwrap();
        assert_eq!(micro(time), "2026-11-20T13:00:00.500000Z");
    }
}
