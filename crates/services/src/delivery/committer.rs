//! Makes one transaction of whatever waits.

use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use protocol::{ErrorCode, InstallationId, Kind, Publish, Topic};
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use super::{
    Stored,
    batch::{self, Item},
    hub::{Committed, Hub},
    others::Others,
    store,
};
use crate::{
    db::DbError,
    faults::{Fault, broken},
    time::{Clock, to_db},
};

/// The most publishes in one transaction.
const BATCH: usize = 256;
/// A transaction that takes longer has lost its database.
const PATIENCE: Duration = Duration::from_secs(10);

/// A publish in the queue.
#[derive(Debug)]
pub(super) struct Waiting {
    pub sender: InstallationId,
    pub publish: Publish,
    pub answer: oneshot::Sender<Result<Stored, ErrorCode>>,
}

/// Who hears of what was written: followers here, and other servers.
type Ears = (Hub, Others);

/// Until the queue is closed. A batch forms while the one before it is being written: there is no timer.
pub(super) async fn run(mut queue: mpsc::Receiver<Waiting>, pool: PgPool, ears: Ears, clock: Arc<dyn Clock>) {
    let mut waiting = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut waiting, BATCH).await > 0 {
        let items: Vec<Item> = waiting
            .iter()
            .map(|one| Item {
                sender: one.sender,
                publish: &one.publish,
            })
            .collect();
        // A defect in here must not end the committer: the rest of the site goes on.
        let work = AssertUnwindSafe(store_all(&items, &pool, &ears, &*clock)).catch_unwind();
        let answers = work.await.unwrap_or_else(|_| {
            tracing::error!(
                publishes = items.len(),
                "a batch of publishes met a defect; all are refused"
            );
            vec![Err(ErrorCode::Internal); items.len()]
        });
        for (one, answer) in waiting.drain(..).zip(answers) {
            // Who asked may be gone.
            let _ = one.answer.send(answer);
        }
    }
}

async fn store_all(
    items: &[Item<'_>],
    pool: &PgPool,
    ears: &Ears,
    clock: &dyn Clock,
) -> Vec<Result<Stored, ErrorCode>> {
    match once(items, pool, ears, clock).await {
        Ok(answers) => answers,
        Err(error) if error.is_unavailable() => {
            tracing::warn!(publishes = items.len(), %error, "a batch of publishes was not stored");
            vec![Err(ErrorCode::Unavailable); items.len()]
        }
        // One of them is to blame: the others shall not suffer for it.
        Err(_) if items.len() > 1 => {
            let mut answers = Vec::with_capacity(items.len());
            for item in items {
                answers.extend(Box::pin(store_all(std::slice::from_ref(item), pool, ears, clock)).await);
            }
            answers
        }
        Err(error) => {
            tracing::error!(%error, "a publish could not be stored");
            vec![Err(ErrorCode::Internal)]
        }
    }
}

async fn once(
    items: &[Item<'_>],
    pool: &PgPool,
    (hub, others): &Ears,
    clock: &dyn Clock,
) -> Result<Vec<Result<Stored, ErrorCode>>, DbError> {
    let outcome = tokio::time::timeout(PATIENCE, transact(items, pool, clock)).await;
    let outcome = outcome.unwrap_or(Err(DbError::Unavailable(sqlx::Error::PoolTimedOut)));
    match outcome {
        Ok((answers, committed)) => {
            for one in committed {
                others.tell(one.topic, one.envelope.seq);
                hub.forward(Arc::new(one));
            }
            Ok(answers)
        }
        Err(error) => {
            // It may stand all the same, if only the answer to the commit was lost.
            for topic in items.iter().map(|item| item.publish.topic).collect::<HashSet<_>>() {
                hub.look(topic);
            }
            Err(error)
        }
    }
}

type Written = (Vec<Result<Stored, ErrorCode>>, Vec<Committed>);

async fn transact(items: &[Item<'_>], pool: &PgPool, clock: &dyn Clock) -> Result<Written, DbError> {
    let mut topics: HashSet<Topic> = HashSet::new();
    let mut new: Vec<&[u8]> = Vec::new();
    let mut named: HashSet<InstallationId> = HashSet::new();
    for Item { publish, .. } in items {
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

    let mut transaction = pool.begin().await?;
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
    let known = if named.is_empty() {
        Vec::new()
    } else {
        let named: Vec<&[u8]> = named.iter().map(|installation| &installation.0[..]).collect();
        store::known(&mut transaction, &named).await?
    };

    let now = clock.now();
    let plan = batch::decide(items, locked, &found, &known, now);
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
    if broken(Fault::AckBeforeCommit) {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            transaction.commit().await
        });
        return Ok((plan.answers, plan.committed));
    }
    transaction.commit().await?;
    Ok((plan.answers, plan.committed))
}
