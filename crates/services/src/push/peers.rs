//! The other nodes on the same database, told by `pg_notify`.
//!
//! Notices gather while the one before is being sent, and go out in a transaction of their own: inside the transaction that writes, they
//! would make all commits wait for each other. A notice is lost if its node dies before it is sent, so whatever depends on one is also
//! looked at from time to time.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use protocol::{Address, ErrorCode, Seq, Topic};
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::Notify;
use uuid::Uuid;

use super::store;
use crate::jobs::{Backoff, Job, JobError, Turn, Work};

/// The channel of `pg_notify`.
const CHANNEL: &str = "jackdaw_topics";
/// How many notices go into one notification: Postgres takes 8,000 bytes.
const NAMED: usize = 80;
/// How many notifications go into one transaction.
const AT_ONCE: usize = 50;
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    last: Duration::from_secs(2),
};

/// What a node tells the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A log has grown up to this place.
    LogGrew(Topic, Seq),
    /// The installations of this account have changed.
    InstallationsChanged(Address),
    /// This session is over.
    SessionEnded(Uuid, ErrorCode),
}

/// What a node hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Listening has begun, perhaps anew: notices from before were missed.
    Connected,
    /// Another node has told this.
    Notice(Notice),
}

#[derive(Debug)]
struct Inner {
    waiting: Mutex<Waiting>,
    wake: Notify,
    /// The name by which a node recognises its own notices; not a secret. `None`: there are no other nodes.
    node: Option<String>,
}

/// What the other nodes were not told yet.
#[derive(Debug, Default)]
struct Waiting {
    topics: HashMap<Topic, Seq>,
    accounts: HashSet<Address>,
    sessions: HashMap<Uuid, ErrorCode>,
}

impl Waiting {
    fn add(&mut self, notice: Notice) {
        match notice {
            Notice::LogGrew(topic, head) => {
                self.topics.insert(topic, head);
            }
            Notice::InstallationsChanged(account) => {
                self.accounts.insert(account);
            }
            Notice::SessionEnded(session, reason) => {
                self.sessions.insert(session, reason);
            }
        }
    }

    fn notices(self) -> Vec<Notice> {
        let topics = self.topics.into_iter();
        let topics = topics.map(|(topic, head)| Notice::LogGrew(topic, head));
        let accounts = self.accounts.into_iter().map(Notice::InstallationsChanged);
        let sessions = self.sessions.into_iter();
        let sessions = sessions.map(|(session, reason)| Notice::SessionEnded(session, reason));
        topics.chain(accounts).chain(sessions).collect()
    }
}

/// The other nodes, if there may be any. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct PgNotify(Arc<Inner>);

impl PgNotify {
    pub(super) fn new(shared: bool) -> Self {
        Self(Arc::new(Inner {
            waiting: Mutex::default(),
            wake: Notify::new(),
            node: shared.then(|| Uuid::now_v7().simple().to_string()),
        }))
    }

    /// Queues a notice for the other nodes.
    pub(super) fn tell(&self, notice: Notice) {
        if self.0.node.is_some() {
            self.waiting().add(notice);
            self.0.wake.notify_one();
        }
    }

    pub(super) fn jobs(&self, pool: &PgPool, heard: impl Fn(Heard) + Send + Sync + 'static) -> Vec<Job> {
        let Some(node) = &self.0.node else {
            return Vec::new();
        };
        let speaker = Speaker {
            pool: pool.clone(),
            peers: self.clone(),
            node: node.clone(),
            unsent: Vec::new(),
        };
        let listener = Listener {
            pool: pool.clone(),
            node: node.clone(),
            heard: Box::new(heard),
        };
        // Publishes are answered until the sockets are closed, and notices go with them.
        vec![
            Job::new("push.tell", BACKOFF, speaker).until_closed(),
            Job::new("push.listen", BACKOFF, listener).until_closed(),
        ]
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends what has gathered.
struct Speaker {
    pool: PgPool,
    peers: PgNotify,
    node: String,
    /// Kept over a failure.
    unsent: Vec<String>,
}

impl Work for Speaker {
    fn turn(&mut self, _: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
        async {
            if self.unsent.is_empty() {
                self.peers.0.wake.notified().await;
                let notices = std::mem::take(&mut *self.peers.waiting()).notices();
                self.unsent = notices
                    .chunks(NAMED)
                    .map(|notices| write(&self.node, notices))
                    .collect();
            }
            while !self.unsent.is_empty() {
                let rest = self.unsent.len().saturating_sub(AT_ONCE);
                store::notify(&self.pool, CHANNEL, &self.unsent[rest..]).await?;
                self.unsent.truncate(rest);
            }
            Ok(Duration::ZERO)
        }
        .boxed()
    }
}

/// Listens on a connection of its own, to its end.
struct Listener {
    pool: PgPool,
    node: String,
    heard: Box<dyn Fn(Heard) + Send + Sync>,
}

impl Work for Listener {
    fn turn(&mut self, _: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
        async {
            let mut listener = PgListener::connect_with(&self.pool).await?;
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            (self.heard)(Heard::Connected);
            // The end of a connection that worked is no failure: another one is made after the shortest pause.
            while let Ok(Some(notification)) = listener.try_recv().await {
                for notice in read(notification.payload(), &self.node) {
                    (self.heard)(Heard::Notice(notice));
                }
            }
            Ok(BACKOFF.first)
        }
        .boxed()
    }
}

/// A notification: the node, then topics with their places, accounts, and sessions with the reason. A node of another build skips what it
/// does not know.
fn write(node: &str, notices: &[Notice]) -> String {
    let mut text = node.to_owned();
    for notice in notices {
        let _ = match notice {
            Notice::LogGrew(topic, head) => write!(text, " {topic}:{head}"),
            Notice::InstallationsChanged(account) => write!(text, " {account:#x}"),
            Notice::SessionEnded(session, reason) => write!(text, " {}={}", session.simple(), reason.number()),
        };
    }
    text
}

/// The notices in a notification of another node; none in one's own.
fn read<'a>(notification: &'a str, node: &str) -> impl Iterator<Item = Notice> + use<'a> {
    let mut words = notification.split(' ');
    let own = words.next() == Some(node);
    words.filter(move |_| !own).filter_map(|word| {
        if let Some((topic, head)) = word.split_once(':') {
            Some(Notice::LogGrew(topic.parse().ok()?, Seq(head.parse().ok()?)))
        } else if let Some((session, reason)) = word.split_once('=') {
            let reason = ErrorCode::from_number(reason.parse().ok()?);
            Some(Notice::SessionEnded(session.parse().ok()?, reason))
        } else {
            Some(Notice::InstallationsChanged(word.parse().ok()?))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_read_back_by_everybody_but_their_writer_and_fit() {
        let mut notices: Vec<Notice> = (0..u8::try_from(NAMED).unwrap())
            .map(|number| Notice::LogGrew(Topic([number; 32]), Seq(u64::MAX - u64::from(number))))
            .collect();
        notices[3] = Notice::InstallationsChanged(Address::repeat_byte(0xa1));
        notices[4] = Notice::SessionEnded(Uuid::from_u128(0xa1), ErrorCode::SessionEnded);
        let node = Uuid::now_v7().simple().to_string();
        let notification = write(&node, &notices);
        assert!(notification.len() < 8_000, "{}", notification.len());
        assert_eq!(read(&notification, "another").collect::<Vec<_>>(), notices);
        assert_eq!(read(&notification, &node).count(), 0);
        assert_eq!(read("", "x").count() + read("a b:c d: :1 0x12 e=1 =2", "x").count(), 0);
    }
}
