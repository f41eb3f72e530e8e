//! SIGINT and SIGTERM as something that every phase can ask for and wait on. As PID 1 a process without handlers ignores both.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells whether the run was cancelled from outside.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    received: watch::Receiver<Option<&'static str>>,
}

impl Stop {
    /// Listens for both signals from now on.
    pub(crate) fn listen() -> Self {
        let (sender, received) = watch::channel(None);
        for (kind, name) in [(SignalKind::interrupt(), "SIGINT"), (SignalKind::terminate(), "SIGTERM")] {
            // Without a handler the signal's default ends the process, which is the next best thing.
            let Ok(mut stream) = signal(kind) else { continue };
            let sender = sender.clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    sender.send_replace(Some(name));
                }
            });
        }
        Self { received }
    }

    /// Returns the signal that came.
    pub(crate) fn came(&self) -> Option<&'static str> {
        *self.received.borrow()
    }

    /// Waits for a signal.
    pub(crate) async fn wait(&self) -> &'static str {
        let mut received = self.received.clone();
        match received.wait_for(Option::is_some).await {
            Ok(signal) => signal.unwrap_or("a signal"),
            // Nobody listens any more, so none will come.
            Err(_) => std::future::pending().await,
        }
    }

    /// Runs something until it ends or a signal comes.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            _ = self.wait() => None,
            done = work => Some(done),
        }
    }
}
