//! Runs the jobs of the areas ([`services::jobs`]).

use std::sync::Arc;

use services::jobs::{Job, Metrics};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::shutdown::Shutdown;

/// The jobs of this server, while they run.
#[derive(Debug)]
pub struct Jobs {
    metrics: Vec<(String, Arc<Metrics>)>,
    close: CancellationToken,
    closing: TaskTracker,
}

impl Jobs {
    /// Starts these jobs. They stop when the end is wanted, those that outlive it when [`Jobs::close`] is called.
    pub fn start(jobs: impl IntoIterator<Item = Job>, shutdown: &Shutdown) -> Self {
        let (close, closing) = (CancellationToken::new(), TaskTracker::new());
        let mut metrics = Vec::new();
        for job in jobs {
            metrics.push((job.name().to_owned(), job.metrics()));
            if job.runs_until_closed() {
                closing.spawn(job.run(close.clone()));
            } else {
                shutdown.spawn(job.run(shutdown.token()));
            }
        }
        Self {
            metrics,
            close,
            closing,
        }
    }

    /// What each job has done, by name.
    pub fn metrics(&self) -> impl Iterator<Item = (&str, &Metrics)> {
        self.metrics
            .iter()
            .map(|(name, metrics)| (name.as_str(), metrics.as_ref()))
    }

    /// Stops what still runs and logs what all have done.
    pub async fn close(self) {
        self.close.cancel();
        self.closing.close();
        self.closing.wait().await;
        for (job, done) in self.metrics() {
            let (turns, failures, panics) = (done.turns(), done.failures(), done.panics());
            tracing::info!(job, turns, failures, panics, "a job has ended");
        }
    }
}
