//! Logs of opaque envelopes: ordered, kept, and forwarded.
//!
//! A [`Writer`] puts publishes into a queue (`queue`); a committer takes everything that waits and stores it in one transaction
//! (`committer`), by the rules of [`sequencer`]. What was written goes to the [`Follower`]s of its topic (`hub`), other nodes are told
//! ([`crate::push`]) and also look by themselves (`poll`); everything else is read by cursor. A publish is answered after its commit, never
//! before; a retry under the same id is answered with the place of the first.

mod committer;
mod connection;
mod error;
mod follower;
mod hub;
mod poll;
mod queue;
mod rows;
mod store;
mod writer;

use std::sync::Arc;

use protocol::{Body, Envelope, ErrorCode, Incarnation, InstallationId, MessageId, Publish, Seq, Topic};
use sqlx::PgPool;
use tokio::sync::mpsc;

pub use error::DeliveryError;
pub use follower::Follower;
pub use sequencer::Stored;
pub use writer::{Pending, Writer};

use crate::{
    db::DbError,
    failpoints::NO_IDEMPOTENCY,
    jobs::Job,
    push::{Heard, Notice, Notifier},
    time::{Clock, from_db},
};
use committer::Committer;
use hub::Hub;
use queue::Waiting;

/// Committers side by side. A topic always goes to the same one.
const LANES: usize = 2;
/// How many publishes may wait for a committer before [`Writer::submit`] waits itself.
const QUEUE: usize = 4096;

/// Some entries of a topic, in order and without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most as many as were asked for.
    pub envelopes: Vec<Envelope>,
    /// The last place this installation may read at the time of asking.
    pub head: Seq,
    /// The installation was removed: nothing will follow behind `head`.
    pub closed: bool,
}

/// The logs of this site. Cheap to clone; its committers end when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Delivery {
    pool: PgPool,
    lanes: Arc<[mpsc::Sender<Waiting>]>,
    hub: Hub,
    notifier: Notifier,
    incarnation: Incarnation,
}

impl Delivery {
    /// Starts the committers; within a tokio runtime.
    ///
    /// # Errors
    /// If the database does not tell its incarnation.
    pub async fn start(pool: PgPool, clock: Arc<dyn Clock>, notifier: Notifier) -> Result<Self, DeliveryError> {
        let incarnation = store::incarnation(&pool).await?;
        let incarnation = Incarnation::from_slice(&incarnation).ok_or(DeliveryError::Damaged)?;
        if failpoint::is_active(NO_IDEMPOTENCY) {
            store::allow_twice(&pool).await?;
        }
        let hub = Hub::default();
        let committer = Committer {
            pool: pool.clone(),
            hub: hub.clone(),
            notifier: notifier.clone(),
            clock,
        };
        let lanes = (0..LANES)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(QUEUE);
                tokio::spawn(committer.clone().run(receiver));
                sender
            })
            .collect();
        Ok(Self {
            pool,
            lanes,
            hub,
            notifier,
            incarnation,
        })
    }

    /// The tasks that keep the followers of this node up to date with what other nodes write; none if there are no others.
    pub fn jobs(&self) -> Vec<Job> {
        let hub = self.hub.clone();
        let mut jobs = self.notifier.jobs(&self.pool, move |heard| match heard {
            Heard::Connected => hub.look_everywhere(),
            Heard::Notice(Notice::LogGrew(topic, head)) => hub.grew(topic, head),
            Heard::Notice(_) => {}
        });
        if !jobs.is_empty() {
            jobs.push(poll::job(self.pool.clone(), self.hub.clone()));
        }
        jobs
    }

    /// Which life of the database this is.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// A writer for this installation.
    pub fn writer(&self, installation: InstallationId) -> Writer {
        Writer::new(self.lanes.clone(), installation)
    }

    /// Stores one publish and waits for the answer. Not ordered relative to other calls.
    ///
    /// # Errors
    /// Why it was refused: `TooLarge`, `Malformed`, `NoSuchTopic`, `NotAMember`, `StaleEpoch`, `CursorAhead`,
    /// `NoSuchInstallation`, `NotYourInstallation`, `Internal`. After `Unavailable` it may be stored all the
    /// same: publishing the same id again tells.
    pub async fn publish(&self, sender: InstallationId, publish: Publish) -> Result<Stored, ErrorCode> {
        self.writer(sender).submit(publish).await?.await
    }

    /// The entries of a topic behind `after`, as far as this installation may read them: its own inbox; a conversation from
    /// the commit that added it to the one that removed it.
    ///
    /// # Errors
    /// `NoSuchTopic`, `NotAMember`, `CursorAhead`, or if the database is away.
    pub async fn read(
        &self,
        installation: InstallationId,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> Result<Page, DeliveryError> {
        let access = store::access(&self.pool, &topic.0, &installation.0)
            .await?
            .ok_or(DeliveryError::NoSuchTopic)?;
        let (since, head) = match (access.inbox, access.since) {
            (true, _) => (0, access.last_seq),
            (false, Some(since)) => (since, access.until.unwrap_or(access.last_seq)),
            (false, None) => return Err(DeliveryError::NotAMember),
        };
        let after = i64::try_from(after.0).map_err(|_| DeliveryError::CursorAhead)?;
        if after > head {
            return Err(if access.until.is_some() {
                DeliveryError::NotAMember
            } else {
                DeliveryError::CursorAhead
            });
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = store::envelopes(&self.pool, access.id, after.max(since), head, limit).await?;
        let envelopes = rows.into_iter().map(envelope).collect::<Result<_, _>>()?;
        Ok(Page {
            envelopes,
            head: seq(head),
            closed: !access.inbox && access.until.is_some(),
        })
    }

    /// A stream of everything that is, and will be, in the topics it is told to follow.
    pub fn follow(&self, installation: InstallationId) -> Follower {
        Follower::new(self.clone(), installation)
    }
}

fn envelope(row: store::EnvelopeRow) -> Result<Envelope, DeliveryError> {
    let body = match (row.kind, row.welcome_topic, row.welcome_commit) {
        (store::APPLICATION, None, None) => Body::Application(row.payload),
        (store::COMMIT, None, None) => Body::Commit(row.payload),
        (store::WELCOME, Some(topic), Some(commit)) => Body::Welcome {
            topic: Topic::from_slice(&topic).ok_or(DeliveryError::Damaged)?,
            commit: seq(commit),
            message: row.payload,
        },
        _ => return Err(DeliveryError::Damaged),
    };
    let id = MessageId::from_slice(&row.message_id).ok_or(DeliveryError::Damaged)?;
    Ok(Envelope {
        seq: seq(row.seq),
        id,
        at: from_db(row.at),
        body,
    })
}

/// A place as the database has it; the tables keep it positive.
fn seq(number: i64) -> Seq {
    Seq(number.unsigned_abs())
}

impl From<sqlx::Error> for DeliveryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbError::from(error))
    }
}
