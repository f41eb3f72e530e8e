//! What ends a run from outside as something that every phase can ask for and wait on: SIGINT, SIGTERM, a lock that was lost.
//! As PID 1 a process without handlers ignores both signals.

use std::rc::Rc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Failure, FailureKind, Result};

/// Tells whether the run is to end, and why.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    sender: Rc<watch::Sender<Option<String>>>,
}

impl Stop {
    /// Listens for both signals from now on.
    pub(crate) fn listen() -> Self {
        let stop = Self::deaf();
        for (kind, name) in [(SignalKind::interrupt(), "SIGINT"), (SignalKind::terminate(), "SIGTERM")] {
            // Without a handler the signal's default ends the process, which is the next best thing.
            let Ok(mut stream) = signal(kind) else { continue };
            let sender = (*stop.sender).clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    sender.send_replace(Some(name.to_owned()));
                }
            });
        }
        stop
    }

    /// Hears no signals.
    pub(crate) fn deaf() -> Self {
        Self { sender: Rc::new(watch::Sender::new(None)) }
    }

    /// Ends the run.
    pub(crate) fn trip(&self, reason: String) {
        self.sender.send_replace(Some(reason));
    }

    /// Tells whether the run is to end.
    pub(crate) fn came(&self) -> bool {
        self.sender.borrow().is_some()
    }

    /// Returns why.
    pub(crate) fn reason(&self) -> String {
        self.sender.borrow().clone().unwrap_or_default()
    }

    /// Waits until the run is to end.
    pub(crate) async fn wait(&self) {
        let mut received = self.sender.subscribe();
        // The sender lives in `self`, so that this only ends by what it waits for.
        let _ = received.wait_for(Option::is_some).await;
    }

    /// Runs something until it ends or the run is to end.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.wait() => None,
            done = work => Some(done),
        }
    }

    /// Runs a step that may be left at any point.
    ///
    /// # Errors
    /// The step's own, or that the run is to end.
    pub(crate) async fn ended<T>(&self, step: impl Future<Output = Result<T>>) -> Result<T> {
        match self.or(step).await {
            Some(done) => done,
            None => Err(Failure::new(FailureKind::Cancelled, format!("cancelled by {}", self.reason()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_ends_when_the_run_is_to_end() {
        let stop = Stop::deaf();
        assert_eq!(stop.or(async { 1 }).await, Some(1));
        stop.trip("the lock was lost".to_owned());
        assert_eq!(stop.or(std::future::pending::<()>()).await, None);
        assert!(stop.came() && stop.reason() == "the lock was lost");
    }
}
