//! Deletes what has expired.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};

use super::Accounts;
use crate::jobs::{Backoff, Job, JobError, Turn, Work};

/// Between two sweeps.
const EVERY: Duration = Duration::from_mins(1);
const BACKOFF: Backoff = Backoff {
    first: EVERY,
    last: EVERY,
};

struct Sweep(Accounts);

pub(super) fn job(accounts: Accounts) -> Job {
    Job::new("accounts.sweep", BACKOFF, Sweep(accounts))
}

impl Work for Sweep {
    fn turn(&mut self, _: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
        async {
            self.0.sweep().await.map_err(|error| JobError {
                kind: "sweep",
                message: format!("what has expired could not be deleted: {error}"),
            })?;
            Ok(EVERY)
        }
        .boxed()
    }
}
