//! Stores everything that waits in one transaction: three statements for any number of messages. Commits need a few more,
//! for members who join and leave (ADR 15).

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use failpoint::{is_active, panic_point};
use futures::FutureExt;
use protocol::ErrorCode;
use sequencer::{Footprint, Request};
use sqlx::{Executor, PgPool};
use tokio::{sync::mpsc, time::timeout};
use tracing::Instrument;

use super::{
    connection::KeptConnection,
    hub::Hub,
    queue::{Answer, Waiting},
    rows::{self, Numbers},
    store,
};
use crate::{
    db::DbError,
    failpoints::{ACK_BEFORE_COMMIT, NO_IDEMPOTENCY, STORE, STORED},
    push::Notifier,
    time::{Clock, to_db},
};

/// The most publishes in one transaction.
const BATCH: usize = 256;
/// A transaction that takes longer has lost its database.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stores what waits and notifies the followers on this node and the other nodes.
#[derive(Debug, Clone)]
pub(super) struct Committer {
    pub pool: PgPool,
    pub hub: Hub,
    pub notifier: Notifier,
    pub clock: Arc<dyn Clock>,
}

/// Why an attempt has no answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The database is away. If only the answer to the commit was lost, all publishes are stored.
    Away,
    /// One of the publishes causes an error. `absent`: all are known not to be stored.
    Defect { absent: bool },
}

impl From<Failure> for ErrorCode {
    fn from(failure: Failure) -> Self {
        match failure {
            // A refusal is final: only what is known not to be stored may be refused.
            Failure::Defect { absent: true } => Self::Internal,
            Failure::Defect { absent: false } | Failure::Away => Self::Unavailable,
        }
    }
}

impl Committer {
    /// Runs until the queue or the pool is closed. A batch forms while the one before it is being written: there is no timer.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let mut connection = KeptConnection::new(self.pool.clone());
        loop {
            let mut waiting = Vec::new();
            tokio::select! {
                () = self.pool.close_event() => return,
                received = queue.recv_many(&mut waiting, BATCH) => {
                    if received == 0 {
                        return;
                    }
                }
            }
            self.store(&mut connection, waiting).await;
        }
    }

    /// Stores and answers all of these.
    async fn store(&self, connection: &mut KeptConnection, waiting: Vec<Waiting>) {
        let (behind, mut waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|one| one.poisoned.is_set());
        for one in behind {
            one.answer(Err(ErrorCode::Unavailable));
        }
        if waiting.is_empty() {
            return;
        }
        match self.attempt(connection, &waiting).await {
            Ok(answers) => {
                for (one, answer) in waiting.into_iter().zip(answers) {
                    one.answer(answer);
                }
            }
            // Halves the batch until the publish that causes the error is alone: the others are stored.
            Err(Failure::Defect { .. }) if waiting.len() > 1 => {
                let rest = waiting.split_off(waiting.len() / 2);
                Box::pin(self.store(connection, waiting)).await;
                Box::pin(self.store(connection, rest)).await;
            }
            Err(failure) => {
                for one in waiting {
                    one.answer(Err(failure.into()));
                }
            }
        }
    }

    /// Stores them in one transaction. Catches panics, so that one defect does not end the committer.
    async fn attempt(&self, connection: &mut KeptConnection, waiting: &[Waiting]) -> Result<Vec<Answer>, Failure> {
        let span = match waiting {
            [one] => one.span.clone(),
            // Ties the log lines of one batch together; not a secret.
            _ => tracing::info_span!("batch", id = %uuid::Uuid::now_v7().simple()),
        };
        let publishes = waiting.len();
        let attempt = async {
            let absent = AtomicBool::new(false);
            let defect = || Failure::Defect {
                absent: absent.load(Ordering::Relaxed),
            };
            let work = AssertUnwindSafe(timeout(PATIENCE, self.transact(connection, waiting, &absent)));
            let failure = match work.catch_unwind().await {
                Ok(Ok(Ok(answers))) => return Ok(answers),
                Ok(Ok(Err(error))) if !error.is_unavailable() => {
                    tracing::error!(publishes, %error, "publishes could not be stored");
                    defect()
                }
                Ok(Ok(Err(error))) => {
                    tracing::warn!(publishes, %error, "publishes were not stored");
                    Failure::Away
                }
                Ok(Err(_)) => {
                    tracing::warn!(publishes, "publishes were not stored in time");
                    Failure::Away
                }
                // The panic hook has logged the message.
                Err(_) => {
                    tracing::error!(publishes, "publishes met a defect");
                    defect()
                }
            };
            // They may be stored without anybody having been notified.
            for topic in waiting.iter().map(|one| one.publish.topic).collect::<HashSet<_>>() {
                self.hub.look(topic);
            }
            Err(failure)
        };
        attempt.instrument(span).await
    }

    /// Keeps `absent` true for as long as all of these are known not to be stored.
    async fn transact(
        &self,
        connection: &mut KeptConnection,
        waiting: &[Waiting],
        absent: &AtomicBool,
    ) -> Result<Vec<Answer>, DbError> {
        let requests: Vec<Request<'_>> = waiting
            .iter()
            .map(|one| Request {
                sender: one.sender,
                publish: &one.publish,
            })
            .collect();
        let footprint = Footprint::of(requests.iter().copied());

        let mut transaction = connection.begin().await?;
        if !footprint.opened.is_empty() {
            let opened: Vec<&[u8]> = footprint.opened.iter().map(|topic| &topic.0[..]).collect();
            store::make_topics(&mut transaction, &opened).await?;
        }
        let topics: Vec<&[u8]> = footprint.topics.iter().map(|topic| &topic.0[..]).collect();
        let locked = store::lock_topics(&mut transaction, &topics).await?;
        let mut numbers = Numbers::topics(&locked);

        let ids: Vec<i64> = requests
            .iter()
            .map(|request| numbers.topic_or_none(request.publish.topic))
            .collect();
        let senders: Vec<&[u8]> = requests.iter().map(|request| &request.sender.0[..]).collect();
        let mut message_ids: Vec<&[u8]> = requests.iter().map(|request| &request.publish.id.0[..]).collect();
        if is_active(NO_IDEMPOTENCY) {
            message_ids.fill(&[]);
        }
        let found = store::look(&mut transaction, &senders, &message_ids, &ids).await?;
        absent.store(found.iter().all(|found| found.seq.is_none()), Ordering::Relaxed);
        let known = if footprint.installations.is_empty() {
            Vec::new()
        } else {
            let named: Vec<&[u8]> = footprint.installations.iter().map(|one| &one.0[..]).collect();
            store::known(&mut transaction, &named).await?
        };
        numbers.add_installations(&requests, &found, &known);

        let now = self.clock.now();
        let plan = {
            let standings: Vec<_> = found.iter().map(rows::standing).collect();
            let known: Vec<_> = known.iter().filter_map(rows::known).collect();
            sequencer::decide(&requests, locked.iter().filter_map(rows::head), &standings, &known, now)
        };
        if !plan.heads.is_empty() {
            store::write(&mut transaction, &numbers.rows(&plan)?, to_db(now)).await?;
        }
        if !plan.leaves.is_empty() {
            store::leave(&mut transaction, &numbers.changes(&plan.leaves)?).await?;
        }
        if !plan.joins.is_empty() {
            store::join(&mut transaction, &numbers.changes(&plan.joins)?).await?;
        }
        if !plan.unused.is_empty() {
            store::drop_empty(&mut transaction, &numbers.of_topics(&plan.unused)?).await?;
        }
        panic_point(STORE);
        absent.store(false, Ordering::Relaxed);
        if is_active(ACK_BEFORE_COMMIT) {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                transaction.execute("commit").await
            });
        } else {
            connection.commit(transaction).await?;
        }
        panic_point(STORED);
        for entry in plan.entries {
            self.notifier.log_grew(entry.topic, entry.envelope.seq);
            self.hub.forward(Arc::new(entry));
        }
        Ok(plan.answers)
    }
}
