//! Jobs: work that goes on without being asked for.
//!
//! An area returns its jobs from `fn jobs(&self) -> Vec<Job>`, [`Services::jobs`](crate::Services::jobs) lists them, and the server runs
//! the list. A job is a [`Work`] that is called turn by turn. [`Job::run`] gives every one of them the same care: a panic costs a turn and
//! not the job, failures are retried with a growing pause and logged once until they change, turns are counted, and the job stops when
//! the server ends. Several servers over one database run the same jobs: a turn must tolerate that.

use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::db::DbError;

/// What a job does.
pub trait Work: Send + 'static {
    /// Does one turn. Returns the pause until the next one. May be dropped at any await when the server ends.
    fn turn(&mut self, turn: Turn) -> BoxFuture<'_, Result<Duration, JobError>>;

    /// Completes when a turn is wanted before the pause is over. By default never.
    fn nudged(&mut self) -> BoxFuture<'_, ()> {
        std::future::pending().boxed()
    }
}

/// Why a turn begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The pause is over.
    Due,
    /// [`Work::nudged`] has completed. The pause goes on behind this turn.
    Nudged,
}

/// Why a turn failed.
#[derive(Debug)]
pub struct JobError {
    /// What is wrong, in one word or two. It is logged when it changes, however often and in whatever words it fails.
    pub kind: &'static str,
    /// In words, for the log.
    pub message: String,
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self {
            kind: "database",
            message: error.to_string(),
        }
    }
}

impl From<sqlx::Error> for JobError {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

/// The pause after a failure: doubled from the first to the last.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The pause after the first failure in a row.
    pub first: Duration,
    /// The upper bound of the pause.
    pub last: Duration,
}

impl Backoff {
    /// The pause after so many failures in a row.
    pub fn pause(self, failures: u32) -> Duration {
        let doubled = 1 << failures.saturating_sub(1).min(16);
        self.first.saturating_mul(doubled).min(self.last)
    }
}

/// What a job has done since the server started.
#[derive(Debug, Default)]
pub struct Metrics {
    turns: AtomicU64,
    failures: AtomicU64,
    panics: AtomicU64,
}

impl Metrics {
    /// Turns that were begun.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// Turns that failed, by a panic too.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Turns that panicked.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

/// A job to run.
pub struct Job {
    name: String,
    backoff: Backoff,
    until_closed: bool,
    metrics: Arc<Metrics>,
    work: Box<dyn Work>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Job {
    /// A job of this name, `area.work`.
    pub fn new(name: impl Into<String>, backoff: Backoff, work: impl Work) -> Self {
        Self {
            name: name.into(),
            backoff,
            until_closed: false,
            metrics: Arc::default(),
            work: Box::new(work),
        }
    }

    /// Runs on while the server lets sockets finish, until it closes the database.
    #[must_use]
    pub fn until_closed(mut self) -> Self {
        self.until_closed = true;
        self
    }

    /// Its name, for the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it runs until the database is closed, rather than until the end is wanted.
    pub fn runs_until_closed(&self) -> bool {
        self.until_closed
    }

    /// What it has done.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Runs the job until `end`.
    pub async fn run(mut self, end: CancellationToken) {
        let (mut next, mut failures) = (Instant::now(), 0_u32);
        let mut trouble: Option<&'static str> = None;
        loop {
            let turn = tokio::select! {
                () = end.cancelled() => return,
                () = sleep_until(next) => Turn::Due,
                () = self.work.nudged(), if trouble.is_none() => Turn::Nudged,
            };
            self.metrics.turns.fetch_add(1, Ordering::Relaxed);
            let outcome = tokio::select! {
                () = end.cancelled() => return,
                outcome = AssertUnwindSafe(self.work.turn(turn)).catch_unwind() => outcome,
            };
            let error = match outcome {
                Ok(Ok(pause)) => {
                    if trouble.take().is_some() {
                        tracing::info!(job = self.name, "{} works again", self.name);
                    }
                    failures = 0;
                    if turn == Turn::Due {
                        next = Instant::now() + pause;
                    }
                    continue;
                }
                Ok(Err(error)) => error,
                Err(_) => {
                    self.metrics.panics.fetch_add(1, Ordering::Relaxed);
                    JobError {
                        kind: "defect",
                        message: "a panic".to_owned(),
                    }
                }
            };
            self.metrics.failures.fetch_add(1, Ordering::Relaxed);
            failures = failures.saturating_add(1);
            if trouble != Some(error.kind) {
                tracing::warn!(job = self.name, "{}", error.message);
                trouble = Some(error.kind);
            }
            next = Instant::now() + self.backoff.pause(failures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(1),
        last: Duration::from_secs(5),
    };

    /// Does what it is told in this order, and then nothing.
    struct Scripted(Vec<fn() -> Result<Duration, JobError>>);

    impl Work for Scripted {
        fn turn(&mut self, _: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
            let step = self.0.pop();
            async move { step.map_or(Ok(Duration::from_hours(1)), |step| step()) }.boxed()
        }
    }

    fn fails() -> Result<Duration, JobError> {
        Err(JobError {
            kind: "away",
            message: "it is away".to_owned(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_and_failures_cost_turns_and_growing_pauses() {
        let work = Scripted(vec![fails, fails, || panic!("on purpose"), || {
            Ok(Duration::from_secs(7))
        }]);
        let job = Job::new("test.scripted", BACKOFF, work);
        let metrics = job.metrics();
        let end = CancellationToken::new();
        let running = tokio::spawn(job.run(end.clone()));
        // At 0 s a turn that works, at 7 s one that panics, at 8 and 10 s two that fail, at 14 s one that works.
        for (second, turns) in [(1, 1), (7, 2), (9, 3), (11, 4), (15, 5)] {
            let start = Duration::from_secs(second) + Duration::from_millis(1);
            tokio::time::sleep(start.saturating_sub(elapsed())).await;
            assert_eq!(metrics.turns(), turns, "after {second} s");
        }
        assert_eq!((metrics.failures(), metrics.panics()), (3, 1));
        end.cancel();
        running.await.unwrap();
    }

    fn elapsed() -> Duration {
        thread_local! {
            static START: Instant = Instant::now();
        }
        START.with(Instant::elapsed)
    }

    /// Is nudged once, and counts.
    struct Nudged(bool, Arc<AtomicU64>);

    impl Work for Nudged {
        fn turn(&mut self, turn: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
            if turn == Turn::Nudged {
                self.1.fetch_add(1, Ordering::Relaxed);
            }
            async { Ok(Duration::from_secs(10)) }.boxed()
        }

        fn nudged(&mut self) -> BoxFuture<'_, ()> {
            // Taken when it is polled to its end: a turn that is due at the same moment loses no nudge.
            async {
                if self.0 {
                    std::future::pending::<()>().await;
                }
                self.0 = true;
            }
            .boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_nudge_is_one_more_turn_and_shifts_no_other() {
        let nudges = Arc::new(AtomicU64::new(0));
        let job = Job::new("test.nudged", BACKOFF, Nudged(false, Arc::clone(&nudges)));
        let (metrics, end) = (job.metrics(), CancellationToken::new());
        let running = tokio::spawn(job.run(end.clone()));
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!((metrics.turns(), nudges.load(Ordering::Relaxed)), (3, 1));
        end.cancel();
        running.await.unwrap();
    }
}
