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

/// Name under which the runner keeps what the step after the job needs.
pub(crate) const STATE: &str = "lock";

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
    remember(&remembered(&claim), console);
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
    remember("", console);
    result
}

/// Tells the runner's next process which lock is ours; costs nothing but that when it cannot.
fn remember(claim: &str, console: &Console) {
    if let Err(error) = crate::runner::remember(STATE, claim) {
        console.debug(&format!("the runner's state was not written: {error}"));
    }
}

/// The claim in one line, without anything secret.
fn remembered(claim: &Claim) -> String {
    [&claim.namespace, &claim.name, &claim.holder].map(String::as_str).join(" ")
}

/// Reads what [`remembered`] wrote; `None` for anything else.
pub(crate) fn recalled(text: &str) -> Option<Claim> {
    let mut words = text.split(' ').map(str::to_owned);
    let claim = Claim { namespace: words.next()?, name: words.next()?, holder: words.next()?, run: None };
    words.next().is_none().then_some(claim)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_recalled_as_it_was_remembered_but_for_its_run() {
        let claim = Claim {
            namespace: "shop".into(),
            name: "k8s-deploy-action-1".into(),
            holder: "k8s-deploy-a-b".into(),
            run: None,
        };
        let again = recalled(&remembered(&claim)).unwrap();
        assert_eq!((again.namespace, again.name, again.holder), (claim.namespace, claim.name, claim.holder));
        assert!(recalled("").is_none() && recalled("a b").is_none() && recalled("a b c d").is_none());
    }
}
