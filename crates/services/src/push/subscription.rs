//! A socket's subscription to the bus.

use std::{collections::VecDeque, sync::Arc};

use protocol::{Address, InstallationId, limits};
use uuid::Uuid;

use super::{Push, registry::Registries, subscriber::Subscriber};

/// A subscription of one socket. Dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    registries: Arc<Registries>,
    subscriber: Arc<Subscriber>,
    session: Uuid,
    account: Option<Address>,
    /// The accounts whose installations are watched; the one asked about last at the end.
    watched: VecDeque<Address>,
}

impl Subscription {
    pub(super) fn new(registries: Arc<Registries>, session: Uuid) -> Self {
        let subscriber = Arc::new(Subscriber::new(registries.next_number()));
        registries.sessions.add(session, &subscriber);
        Self {
            registries,
            subscriber,
            session,
            account: None,
            watched: VecDeque::new(),
        }
    }

    /// From now on it also gets what is meant for this installation and for everybody of this account.
    pub fn bind(&mut self, installation: InstallationId, account: Address) {
        // One socket speaks for one installation; said twice, the first counts.
        if self.subscriber.speaks_for(installation) {
            self.account = Some(account);
            self.registries.accounts.add(account, &self.subscriber);
        }
    }

    /// From now on it gets a push when the installations of `account` change. Beyond [`limits::ACCOUNTS_WATCHED`] accounts the one
    /// asked about longest ago is given up.
    pub fn watch(&mut self, account: Address) {
        let known = self.watched.len();
        self.watched.retain(|other| *other != account);
        if self.watched.len() == known {
            self.registries.watchers.add(account, &self.subscriber);
        }
        self.watched.push_back(account);
        if self.watched.len() > limits::ACCOUNTS_WATCHED
            && let Some(oldest) = self.watched.pop_front()
        {
            self.registries.watchers.remove(oldest, &self.subscriber);
        }
    }

    /// The next push. Waits while there is none; may be dropped and called again at any time.
    pub async fn next(&mut self) -> Push {
        self.subscriber.next().await
    }

    /// For areas that push to this socket.
    pub fn subscriber(&self) -> Arc<Subscriber> {
        Arc::clone(&self.subscriber)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let registries = &self.registries;
        registries.sessions.remove(self.session, &self.subscriber);
        if let Some(account) = self.account {
            registries.accounts.remove(account, &self.subscriber);
        }
        for account in &self.watched {
            registries.watchers.remove(*account, &self.subscriber);
        }
    }
}
