//! Ending without losing anything: stop accepting, answer what was asked, say goodbye to the sockets, then the database.

use std::time::Duration;

use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// How long requests and sockets get to finish. Then the database is closed: a supervisor should wait a minute before it kills.
pub const DRAIN: Duration = Duration::from_secs(15);

/// The wish to end, and everything that must have ended before the process does.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tracker: TaskTracker,
}

impl Shutdown {
    /// Nobody wants to end yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that the server is to end. Said twice is said once.
    pub fn begin(&self) {
        self.token.cancel();
        self.tracker.close();
    }

    /// It has been said.
    pub fn begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until it is said.
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

    /// Has the end wait for something that is not a task of ours, until the token is dropped.
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

    /// Begins when the operator or the supervisor asks for it (Ctrl-C, SIGTERM).
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
