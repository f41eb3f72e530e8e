//! The set's lock around a piece of work: taken before the live state is read, kept while the work goes on, given back at its end.

use std::time::Duration;

use super::session::Session;
use super::stop::Stop;
use crate::apply::record::Origin;
use crate::apply::target::Target;
use crate::failure::{Failure, FailureKind, Result};
use crate::kubernetes::failure::ApiError;
use crate::kubernetes::lease::{self, Asked, Claim, Holder};
use crate::runner::Console;

/// Longest time that giving the lock back may take.
const RELEASE: Duration = Duration::from_secs(2);

/// Runs `work` while holding the set's lock, where it can be had.
///
/// # Errors
/// Somebody else held it until `patience` ended, or took it while the work went on.
pub(crate) async fn holding<T>(
    session: &Session,
    claim: Option<Claim>,
    patience: Duration,
    stop: &Stop,
    console: &Console,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(claim) = claim else { return work.await };
    let waiting =
        |holder: &Holder| console.line(&format!("waiting for the lock {}: held by {}", claim.name, said(holder)));
    match stop.or(lease::acquire(&session.cluster, &claim, patience, &waiting)).await {
        None => return work.await,
        Some(Asked::Held) => {}
        Some(Asked::Unavailable(error)) => {
            notice(&error, console);
            return work.await;
        }
        Some(Asked::Busy(holder)) => {
            let message = format!("another deploy of this set holds the lock {}: {}", claim.name, said(&holder));
            return Err(Failure::new(FailureKind::Conflict, message)
                .hinted("wait for it to end, or raise `lock-timeout`; a run that was killed frees it after 15 s"));
        }
    }
    let mut lost = None;
    let mut work = std::pin::pin!(work);
    let result = tokio::select! {
        result = &mut work => result,
        holder = lease::keep(&session.cluster, &claim) => {
            stop.trip(format!("the lock was taken by {}", said(&holder)));
            lost = Some(holder);
            work.await
        }
    };
    if lost.is_none() {
        // Its time runs out in any case.
        let _ = tokio::time::timeout(RELEASE, lease::release(&session.cluster, &claim)).await;
    }
    result
}

/// Returns the claim of a set in its anchor's namespace.
pub(crate) fn claim(origin: &Origin, anchor: &Target, session: &Session) -> Claim {
    let namespace = anchor.manifest.reference.namespace.clone();
    Claim {
        namespace: namespace.unwrap_or_else(|| session.namespaces.chosen().to_owned()),
        name: origin.lease_name(),
        holder: holder_name(),
        run: origin.run.clone(),
    }
}

/// A name that no other process has: time and process number do, where containers share host names.
fn holder_name() -> String {
    let now = k8s_openapi::jiff::Timestamp::now().as_nanosecond();
    format!("k8s-deploy-{:x}-{:x}", std::process::id(), now)
}

fn said(holder: &Holder) -> String {
    holder.run.clone().unwrap_or_else(|| holder.name.clone())
}

/// A lock that cannot be had costs its protection, not the deploy; a namespace that is not there yet has no rival either.
fn notice(error: &ApiError, console: &Console) {
    if error.code() != Some(404) {
        console
            .line(&format!("note: no lock, so that a deploy of the same set at the same time is not noticed: {error}"));
    }
}
