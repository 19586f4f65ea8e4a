//! Several servers on one database wake each other: whose follower waits for a topic learns that another node has written,
//! who asked about an account's installations that they have changed, and who holds a socket that its session is over.
//!
//! A hint, one notification for whatever has gathered, in a transaction of its own: inside the writing one it would make all
//! commits wait for each other. A hint may be lost with the node that was to give it, so everything
//! that is followed is also looked at from time to time.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use protocol::{Address, ErrorCode, Seq, Topic};
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{hub::Hub, seq, store};

/// Where hints go.
const CHANNEL: &str = "jackdaw_topics";
/// How many things one notification names: 8,000 bytes is the most Postgres takes.
const NAMED: usize = 80;
/// How many notifications go at once.
const AT_ONCE: usize = 50;
/// How long to wait when the database is away: doubled from the first to the last.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// So often some of the followed topics are looked at,
const POLL: Duration = Duration::from_secs(2);
/// and so many at a time.
const POLLED: usize = 2_000;

#[derive(Debug, Default)]
struct Inner {
    on: AtomicBool,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

/// What the others have not been told yet.
#[derive(Debug, Default)]
struct Waiting {
    topics: HashMap<Topic, Seq>,
    accounts: HashSet<Address>,
    sessions: HashMap<Uuid, ErrorCode>,
}

/// What another node has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    /// Written up to this place.
    Topic(Topic, Seq),
    /// Changed the installations of this account.
    Installations(Address),
    /// Ended this session.
    Over(Uuid, ErrorCode),
}

/// The other servers on this database, if there may be any. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Others(Arc<Inner>);

impl Others {
    /// This was written here.
    pub(super) fn tell(&self, topic: Topic, place: Seq) {
        if self.0.on.load(Ordering::Relaxed) {
            self.waiting().topics.insert(topic, place);
            self.0.wake.notify_one();
        }
    }

    /// The installations of this account were changed here.
    pub(super) fn tell_changed(&self, account: Address) {
        if self.0.on.load(Ordering::Relaxed) {
            self.waiting().accounts.insert(account);
            self.0.wake.notify_one();
        }
    }

    /// This session was ended here.
    pub(super) fn tell_over(&self, session: Uuid, why: ErrorCode) {
        if self.0.on.load(Ordering::Relaxed) {
            self.waiting().sessions.insert(session, why);
            self.0.wake.notify_one();
        }
    }

    /// Begins to tell and to listen, until the pool is closed.
    pub(super) fn begin(&self, pool: &PgPool, hub: &Hub) {
        if self.0.on.swap(true, Ordering::SeqCst) {
            return;
        }
        // Not a secret: it only keeps a node from listening to itself.
        let node = Uuid::now_v7().simple().to_string();
        let (others, telling, name) = (self.clone(), pool.clone(), node.clone());
        tokio::spawn(async move {
            telling.close_event().do_until(others.speak(&telling, &name)).await.ok();
        });
        let (listening, ears) = (pool.clone(), hub.clone());
        tokio::spawn(async move {
            listening
                .close_event()
                .do_until(listen(&listening, &ears, &node))
                .await
                .ok();
        });
        let (polling, hub) = (pool.clone(), hub.clone());
        tokio::spawn(async move {
            polling.close_event().do_until(poll(&polling, &hub)).await.ok();
        });
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn speak(&self, pool: &PgPool, node: &str) {
        loop {
            self.0.wake.notified().await;
            let gathered = std::mem::take(&mut *self.waiting());
            let topics = gathered
                .topics
                .into_iter()
                .map(|(topic, place)| Hint::Topic(topic, place));
            let accounts = gathered.accounts.into_iter().map(Hint::Installations);
            let sessions = gathered.sessions.into_iter().map(|(id, why)| Hint::Over(id, why));
            let gathered: Vec<Hint> = topics.chain(accounts).chain(sessions).collect();
            let hints: Vec<String> = gathered.chunks(NAMED).map(|hints| write(node, hints)).collect();
            for hints in hints.chunks(AT_ONCE) {
                let mut pause = RETRY.0;
                while let Err(error) = store::notify(pool, CHANNEL, hints).await {
                    tracing::debug!(%error, "the other servers could not be told yet");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY.1);
                }
            }
        }
    }
}

/// A notification: the node, then topics with their places, accounts, and sessions with the reason. What a node of another build
/// does not know it leaves out.
fn write(node: &str, hints: &[Hint]) -> String {
    let mut text = node.to_owned();
    for hint in hints {
        let _ = match hint {
            Hint::Topic(topic, place) => write!(text, " {topic}:{place}"),
            Hint::Installations(account) => write!(text, " {account:#x}"),
            Hint::Over(session, why) => write!(text, " {}={}", session.simple(), why.number()),
        };
    }
    text
}

/// The notification of another node; nothing of one's own.
fn read<'a>(notification: &'a str, node: &str) -> impl Iterator<Item = Hint> + use<'a> {
    let mut words = notification.split(' ');
    let own = words.next() == Some(node);
    words.filter(move |_| !own).filter_map(|word| {
        if let Some((topic, place)) = word.split_once(':') {
            Some(Hint::Topic(topic.parse().ok()?, Seq(place.parse().ok()?)))
        } else if let Some((session, why)) = word.split_once('=') {
            Some(Hint::Over(
                session.parse().ok()?,
                ErrorCode::from_number(why.parse().ok()?),
            ))
        } else {
            Some(Hint::Installations(word.parse().ok()?))
        }
    })
}

async fn listen(pool: &PgPool, hub: &Hub, node: &str) {
    let mut pause = RETRY.0;
    loop {
        match hear(pool, hub, node, &mut pause).await {
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "the other servers cannot be heard for now"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY.1);
    }
}

/// Listens on one connection, to its end.
async fn hear(pool: &PgPool, hub: &Hub, node: &str, pause: &mut Duration) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    *pause = RETRY.0;
    // What was said before this is not repeated.
    hub.look_everywhere();
    while let Some(notification) = listener.try_recv().await? {
        for hint in read(notification.payload(), node) {
            match hint {
                Hint::Topic(topic, place) => hub.heard(topic, place),
                Hint::Installations(account) => hub.changed(account),
                Hint::Over(session, why) => hub.over(session, why),
            }
        }
    }
    Ok(())
}

/// Looks at what is followed here, some of it at a time.
async fn poll(pool: &PgPool, hub: &Hub) {
    let mut round: Vec<Topic> = Vec::new();
    loop {
        tokio::time::sleep(POLL).await;
        if round.is_empty() {
            round = hub.followed();
        }
        let some = round.split_off(round.len().saturating_sub(POLLED));
        if some.is_empty() {
            continue;
        }
        let names: Vec<&[u8]> = some.iter().map(|topic| &topic.0[..]).collect();
        match store::heads(pool, &names).await {
            Ok(heads) => {
                for head in heads {
                    if let Some(topic) = Topic::from_slice(&head.topic) {
                        hub.heard(topic, seq(head.last_seq));
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "the followed topics could not be looked at"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_back_by_everybody_but_their_writer_and_fit() {
        let mut hints: Vec<Hint> = (0..u8::try_from(NAMED).unwrap())
            .map(|number| Hint::Topic(Topic([number; 32]), Seq(u64::MAX - u64::from(number))))
            .collect();
        hints[3] = Hint::Installations(Address::repeat_byte(0xa1));
        hints[4] = Hint::Over(Uuid::from_u128(0xa1), ErrorCode::SessionEnded);
        let node = Uuid::now_v7().simple().to_string();
        let notification = write(&node, &hints);
        assert!(notification.len() < 8_000, "{}", notification.len());
        assert_eq!(read(&notification, "another").collect::<Vec<_>>(), hints);
        assert_eq!(read(&notification, &node).count(), 0);
        assert_eq!(read("", "x").count() + read("a b:c d: :1 0x12 e=1 =2", "x").count(), 0);
    }
}
