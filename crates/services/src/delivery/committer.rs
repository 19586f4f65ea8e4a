//! Makes one transaction of whatever waits: for messages it is three statements, however many there are. Commits need a few more,
//! for who joins and who leaves (ADR 15).

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use protocol::{ErrorCode, InstallationId, Kind, Publish, Topic};
use sqlx::{Executor, PgPool};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tracing::{Instrument, Span};

use super::{
    Stored,
    batch::{self, Item},
    hub::Hub,
    line::Line,
    others::Others,
    store,
    writer::Over,
};
use crate::{
    db::DbError,
    faults::{Fault, broken},
    stumble::{Step, Stumble},
    time::{Clock, to_db},
};

/// The most publishes in one transaction.
const BATCH: usize = 256;
/// A transaction that takes longer has lost its database.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a publish stands, or why it stands nowhere. `Unavailable`: it may, or not.
pub(super) type Answer = Result<Stored, ErrorCode>;

/// A publish in the queue.
#[derive(Debug)]
pub(super) struct Waiting {
    pub sender: InstallationId,
    pub publish: Publish,
    pub answer: oneshot::Sender<Answer>,
    /// Whether its writer has ended.
    pub over: Over,
    /// Of whom the log speaks when this one meets a defect.
    pub span: Span,
}

/// Stores what waits, and tells who hears of it: followers here, and other servers.
#[derive(Debug, Clone)]
pub(super) struct Committer {
    pub pool: PgPool,
    pub hub: Hub,
    pub others: Others,
    pub clock: Arc<dyn Clock>,
    pub stumble: Stumble,
}

/// Why an attempt has no answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The database is away. All of it may stand all the same, if only the answer to the commit was lost.
    Away,
    /// One of them is to blame. Known to stand nowhere, or not.
    Defect { absent: bool },
}

impl From<Failure> for ErrorCode {
    fn from(failure: Failure) -> Self {
        match failure {
            // A refusal is final: only what stands nowhere may be refused.
            Failure::Defect { absent: true } => Self::Internal,
            Failure::Defect { absent: false } | Failure::Away => Self::Unavailable,
        }
    }
}

impl Waiting {
    fn answer(self, answer: Answer) {
        if answer == Err(ErrorCode::Unavailable) {
            self.over.begin();
        }
        // Who asked may be gone.
        let _ = self.answer.send(answer);
    }
}

impl Committer {
    /// Until the queue or the pool is closed. A batch forms while the one before it is being written: there is no timer.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let mut line = Line::new(self.pool.clone());
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
            self.store(&mut line, waiting).await;
        }
    }

    /// Stores and answers all of these.
    async fn store(&self, line: &mut Line, waiting: Vec<Waiting>) {
        let (behind, mut waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|one| one.over.begun());
        for one in behind {
            one.answer(Err(ErrorCode::Unavailable));
        }
        if waiting.is_empty() {
            return;
        }
        match self.attempt(line, &waiting).await {
            Ok(answers) => {
                for (one, answer) in waiting.into_iter().zip(answers) {
                    one.answer(answer);
                }
            }
            // The others shall not suffer for the one that is to blame: in halves, until it is alone.
            Err(Failure::Defect { .. }) if waiting.len() > 1 => {
                let rest = waiting.split_off(waiting.len() / 2);
                Box::pin(self.store(line, waiting)).await;
                Box::pin(self.store(line, rest)).await;
            }
            Err(failure) => {
                for one in waiting {
                    one.answer(Err(failure.into()));
                }
            }
        }
    }

    /// Tries them together. A defect in here must not end the committer: the rest of the site goes on.
    async fn attempt(&self, line: &mut Line, waiting: &[Waiting]) -> Result<Vec<Answer>, Failure> {
        let span = match waiting {
            [one] => one.span.clone(),
            // Not a secret: by it what the log says of one batch is found together.
            _ => tracing::info_span!("batch", id = %uuid::Uuid::now_v7().simple()),
        };
        let publishes = waiting.len();
        let attempt = async {
            let absent = AtomicBool::new(false);
            let defect = || Failure::Defect {
                absent: absent.load(Ordering::Relaxed),
            };
            let work = AssertUnwindSafe(timeout(PATIENCE, self.transact(line, waiting, &absent)));
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
                // Its words are logged where it happened.
                Err(_) => {
                    tracing::error!(publishes, "publishes met a defect");
                    defect()
                }
            };
            // They may stand all the same, and nobody was told.
            for topic in waiting.iter().map(|one| one.publish.topic).collect::<HashSet<_>>() {
                self.hub.look(topic);
            }
            Err(failure)
        };
        attempt.instrument(span).await
    }

    /// `absent` says, at any time, whether all of these are known to stand nowhere.
    async fn transact(
        &self,
        line: &mut Line,
        waiting: &[Waiting],
        absent: &AtomicBool,
    ) -> Result<Vec<Answer>, DbError> {
        let items: Vec<Item<'_>> = waiting
            .iter()
            .map(|one| Item {
                sender: one.sender,
                publish: &one.publish,
            })
            .collect();
        let mut topics: HashSet<Topic> = HashSet::new();
        let mut new: Vec<&[u8]> = Vec::new();
        let mut named: HashSet<InstallationId> = HashSet::new();
        for Item { publish, .. } in &items {
            topics.insert(publish.topic);
            if let Kind::Commit { welcomes, removed } = &publish.kind {
                if publish.last_commit.0 == 0 {
                    new.push(&publish.topic.0);
                }
                topics.extend(welcomes.iter().map(|welcome| welcome.installation.inbox()));
                named.extend(welcomes.iter().map(|welcome| welcome.installation));
                named.extend(removed);
            }
        }

        let mut transaction = line.begin().await?;
        if !new.is_empty() {
            store::make_topics(&mut transaction, &new).await?;
        }
        let topics: Vec<&[u8]> = topics.iter().map(|topic| &topic.0[..]).collect();
        let locked = store::lock_topics(&mut transaction, &topics).await?;

        let ids = items.iter().map(|item| {
            let row = locked.iter().find(|row| row.topic == item.publish.topic.0);
            row.map_or(0, |row| row.id)
        });
        let ids: Vec<i64> = ids.collect();
        let senders: Vec<&[u8]> = items.iter().map(|item| &item.sender.0[..]).collect();
        let mut message_ids: Vec<&[u8]> = items.iter().map(|item| &item.publish.id.0[..]).collect();
        if broken(Fault::NoIdempotency) {
            message_ids.fill(&[]);
        }
        let found = store::look(&mut transaction, &senders, &message_ids, &ids).await?;
        absent.store(found.iter().all(|found| found.seq.is_none()), Ordering::Relaxed);
        let known = if named.is_empty() {
            Vec::new()
        } else {
            let named: Vec<&[u8]> = named.iter().map(|installation| &installation.0[..]).collect();
            store::known(&mut transaction, &named).await?
        };

        let now = self.clock.now();
        let plan = batch::decide(&items, locked, &found, &known, now);
        if !plan.rows.topics.is_empty() {
            store::write(&mut transaction, &plan.rows, to_db(now)).await?;
        }
        if !plan.leave.topic_id.is_empty() {
            store::leave(&mut transaction, &plan.leave).await?;
        }
        if !plan.join.topic_id.is_empty() {
            store::join(&mut transaction, &plan.join).await?;
        }
        if !plan.empty.is_empty() {
            store::drop_empty(&mut transaction, &plan.empty).await?;
        }
        self.stumble.step(Step::Store);
        absent.store(false, Ordering::Relaxed);
        if broken(Fault::AckBeforeCommit) {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                transaction.execute("commit").await
            });
        } else {
            line.commit(transaction).await?;
        }
        self.stumble.step(Step::Stored);
        for one in plan.committed {
            self.others.tell(one.topic, one.envelope.seq);
            self.hub.forward(Arc::new(one));
        }
        Ok(plan.answers)
    }
}
