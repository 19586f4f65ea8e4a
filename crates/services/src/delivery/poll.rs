//! Looks whether followed topics have grown: a notice of another node may be lost with that node.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use protocol::Topic;
use sqlx::PgPool;

use super::{hub::Hub, seq, store};
use crate::jobs::{Backoff, Job, JobError, Turn, Work};

/// How often some of the followed topics are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How many are looked at in one turn.
const TOPICS: usize = 2_000;
const BACKOFF: Backoff = Backoff {
    first: EVERY,
    last: EVERY,
};

struct Poll {
    pool: PgPool,
    hub: Hub,
    /// The topics that this round has not come to yet.
    round: Vec<Topic>,
}

pub(super) fn job(pool: PgPool, hub: Hub) -> Job {
    let poll = Poll {
        pool,
        hub,
        round: Vec::new(),
    };
    Job::new("delivery.poll", BACKOFF, poll).until_closed()
}

impl Work for Poll {
    fn turn(&mut self, _: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
        async {
            if self.round.is_empty() {
                self.round = self.hub.followed();
            }
            let some = self.round.split_off(self.round.len().saturating_sub(TOPICS));
            if some.is_empty() {
                return Ok(EVERY);
            }
            let names: Vec<&[u8]> = some.iter().map(|topic| &topic.0[..]).collect();
            for head in store::heads(&self.pool, &names).await? {
                if let Some(topic) = Topic::from_slice(&head.topic) {
                    self.hub.grew(topic, seq(head.last_seq));
                }
            }
            Ok(EVERY)
        }
        .boxed()
    }
}
