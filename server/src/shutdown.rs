//! Graceful shutdown: stop accepting, answer open requests, close the sockets, then the database.

use std::time::Duration;

use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// How long requests and sockets get to finish. Then the database is closed: a supervisor should wait a minute before it kills.
pub const DRAIN: Duration = Duration::from_secs(15);

/// The shutdown signal, and the tasks that must finish before the process ends.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tracker: TaskTracker,
}

impl Shutdown {
    /// A shutdown that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the shutdown. Idempotent.
    pub fn begin(&self) {
        self.token.cancel();
        self.tracker.close();
    }

    /// Whether the shutdown has begun.
    pub fn begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until the shutdown begins.
    pub async fn wanted(&self) {
        self.token.cancelled().await;
    }

    /// For tasks that stop at once.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Runs a task that the end waits for.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(task);
    }

    /// Makes the shutdown wait until the returned token is dropped.
    pub fn count(&self) -> TaskTrackerToken {
        self.tracker.token()
    }

    /// How many of the tasks and tokens there are.
    pub fn under_way(&self) -> usize {
        self.tracker.len()
    }

    /// Waits for all tasks, at most [`DRAIN`]. True if all ended by themselves.
    pub async fn drained(&self) -> bool {
        self.tracker.close();
        tokio::time::timeout(DRAIN, self.tracker.wait()).await.is_ok()
    }

    /// Begins the shutdown on Ctrl-C or SIGTERM.
    pub async fn on_signal(&self) {
        let asked = async {
            let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            tokio::select! {
                result = tokio::signal::ctrl_c() => result,
                _ = terminate.recv() => Ok(()),
            }
        };
        if let Err(error) = asked.await {
            tracing::warn!(%error, "signals cannot be heard here");
            self.token.cancelled().await;
        }
        tracing::info!("ending: letting requests and sockets finish");
        self.begin();
    }
}
