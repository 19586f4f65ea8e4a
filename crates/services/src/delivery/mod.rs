//! Logs of opaque envelopes: put in order, kept, and forwarded.
//!
//! What a [`Writer`] hands in waits in a queue; a committer takes whatever waits and makes one transaction of it
//! (`committer`); what was written goes to the [`Follower`]s of its topic (`hub`), other servers are woken (`others`), and
//! everything else is read by cursor. A publish is answered after its commit, never before; a retry under the same id is
//! answered with the place of the first.

mod batch;
mod committer;
mod error;
mod follower;
mod hub;
mod line;
mod others;
mod store;
mod writer;

use std::sync::Arc;

use protocol::{
    Address, Body, Envelope, ErrorCode, Incarnation, InstallationId, MessageId, Publish, Seq, Topic, UnixMillis,
};
use sqlx::PgPool;
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

pub use error::DeliveryError;
pub use follower::{Follower, Forward};
pub use writer::{Pending, Writer};

use crate::{
    db::DbError,
    faults::{Fault, broken},
    stumble::Stumble,
    time::{Clock, from_db},
};
use committer::{Committer, Waiting};
use hub::Hub;
use others::Others;

/// Committers side by side. A topic always goes to the same one.
const LANES: usize = 2;
/// How many publishes may wait for a committer before [`Writer::submit`] waits itself.
const QUEUE: usize = 4096;

/// Where a publish stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its place: of the first attempt, if there were several.
    pub seq: Seq,
    /// When it was stored.
    pub at: UnixMillis,
}

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

/// Says on every server of this site what has changed of an account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Crier {
    hub: Hub,
    others: Others,
}

impl Crier {
    /// The installations of this account have changed: whoever watches it (see [`Follower::watch`]) is told. A hint, given
    /// behind the commit; it may be lost.
    pub fn installations(&self, account: Address) {
        self.hub.changed(account);
        self.others.tell_changed(account);
    }

    /// This session is over: whoever listens to [`Crier::ended`] is told. Said behind the commit; the others may miss it, and look
    /// when they are told anything of the account, or listen anew.
    pub fn over(&self, session: Uuid, why: ErrorCode) {
        self.hub.over(session, why);
        self.others.tell_over(session, why);
    }

    /// The sessions of this site as they end, and why.
    pub fn ended(&self) -> broadcast::Receiver<(Uuid, ErrorCode)> {
        self.hub.ended()
    }
}

/// The logs of this site. Cheap to clone; its committers end when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Delivery {
    pool: PgPool,
    lanes: Arc<[mpsc::Sender<Waiting>]>,
    hub: Hub,
    others: Others,
    stumble: Stumble,
    incarnation: Incarnation,
}

impl Delivery {
    /// Starts the committers; within a tokio runtime.
    ///
    /// # Errors
    /// If the database does not tell its incarnation.
    pub async fn start(pool: PgPool, clock: Arc<dyn Clock>) -> Result<Self, DeliveryError> {
        let incarnation = store::incarnation(&pool).await?;
        let incarnation = Incarnation::from_slice(&incarnation).ok_or(DeliveryError::Damaged)?;
        if broken(Fault::NoIdempotency) {
            store::allow_twice(&pool).await?;
        }
        let (hub, others, stumble) = (Hub::default(), Others::default(), Stumble::default());
        let committer = Committer {
            pool: pool.clone(),
            hub: hub.clone(),
            others: others.clone(),
            clock,
            stumble: stumble.clone(),
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
            others,
            stumble,
            incarnation,
        })
    }

    /// Other servers may be on this database: wakes them for what is written here, and is woken by them, until the pool is
    /// closed. Within a tokio runtime.
    pub fn share(&self) {
        self.others.begin(&self.pool, &self.hub);
    }

    /// The voice by which other rooms tell those who follow here.
    pub fn crier(&self) -> Crier {
        Crier {
            hub: self.hub.clone(),
            others: self.others.clone(),
        }
    }

    /// Which life of the database this is.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Panics on purpose.
    pub fn stumble(&self) -> &Stumble {
        &self.stumble
    }

    /// One who hands publishes in for this installation.
    pub fn writer(&self, installation: InstallationId) -> Writer {
        Writer::new(self.lanes.clone(), installation)
    }

    /// Hands one publish in and waits for its answer. Its order with others is no matter.
    ///
    /// # Errors
    /// Why it stands nowhere: `TooLarge`, `Malformed`, `NoSuchTopic`, `NotAMember`, `StaleEpoch`, `CursorAhead`,
    /// `NoSuchInstallation`, `NotYourInstallation`, `Internal`. After `Unavailable` it may stand all the same: the same id
    /// again tells.
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

    /// A stream of everything that stands, and will stand, in the topics it is told to follow.
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
