//! The bus: who is to be told what, on this node and on the others.

use std::sync::Arc;

use protocol::{Address, ErrorCode, Seq, Topic};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    Push,
    peers::{Heard, Notice, PgNotify},
    registry::Registries,
    subscriber::Subscriber,
    subscription::Subscription,
};
use crate::jobs::Job;

/// Tells sockets of this node, and other nodes, what has changed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notifier {
    registries: Arc<Registries>,
    peers: PgNotify,
}

impl Notifier {
    /// For this node alone, or for one of several `shared` over one database; then [`Notifier::jobs`] must be run.
    pub fn new(shared: bool) -> Self {
        Self {
            registries: Arc::default(),
            peers: PgNotify::new(shared),
        }
    }

    /// Subscribes a socket of this session. Made before the session is looked up in the database, so that no end of it falls between
    /// the two.
    pub fn subscribe(&self, session: Uuid) -> Subscription {
        Subscription::new(Arc::clone(&self.registries), session)
    }

    /// The sockets of these accounts.
    pub fn of_accounts(&self, accounts: &[Address]) -> Vec<Arc<Subscriber>> {
        let mut found = Vec::new();
        for account in accounts {
            self.registries
                .accounts
                .each(*account, |subscriber| found.push(Arc::clone(subscriber)));
        }
        found
    }

    /// The installations of this account have changed: tells everybody who watches it. Called after the commit.
    pub fn installations_changed(&self, account: Address) {
        self.installations_changed_here(account);
        self.peers.tell(Notice::InstallationsChanged(account));
    }

    /// This session is over: its sockets close. Called after the commit. Nodes that miss it look when something of the account changes.
    pub fn session_ended(&self, session: Uuid, reason: ErrorCode) {
        self.session_ended_here(session, reason);
        self.peers.tell(Notice::SessionEnded(session, reason));
    }

    /// A log has grown up to this place. The followers of this node were told by `delivery`.
    pub(crate) fn log_grew(&self, topic: Topic, head: Seq) {
        self.peers.tell(Notice::LogGrew(topic, head));
    }

    /// The tasks that tell other nodes and listen to them; none if the database is not shared. `heard` is given what is not of this bus.
    pub(crate) fn jobs(&self, pool: &PgPool, heard: impl Fn(Heard) + Send + Sync + 'static) -> Vec<Job> {
        let notifier = self.clone();
        self.peers.jobs(pool, move |news| {
            match news {
                Heard::Notice(Notice::InstallationsChanged(account)) => notifier.installations_changed_here(account),
                Heard::Notice(Notice::SessionEnded(session, reason)) => notifier.session_ended_here(session, reason),
                Heard::Notice(Notice::LogGrew(..)) => {}
                Heard::Connected => notifier.look_everywhere(),
            }
            heard(news);
        })
    }

    fn installations_changed_here(&self, account: Address) {
        self.registries.watchers.each(account, |subscriber| {
            subscriber.push(Push::Installations { account });
        });
    }

    fn session_ended_here(&self, session: Uuid, reason: ErrorCode) {
        self.registries
            .sessions
            .each(session, |subscriber| subscriber.end(reason));
    }

    /// Notices may have been missed: every watched account is looked at again.
    fn look_everywhere(&self) {
        self.registries.watchers.all(|account, subscriber| {
            subscriber.push(Push::Installations { account });
        });
    }
}
