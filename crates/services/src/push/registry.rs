//! Who is subscribed.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::Address;
use uuid::Uuid;

use super::subscriber::Subscriber;

/// Subscribers by something they have in common.
#[derive(Debug)]
pub(super) struct Registry<K>(RwLock<HashMap<K, Vec<Arc<Subscriber>>>>);

impl<K> Default for Registry<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash + Copy> Registry<K> {
    pub(super) fn add(&self, key: K, subscriber: &Arc<Subscriber>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_default().push(Arc::clone(subscriber));
    }

    pub(super) fn remove(&self, key: K, subscriber: &Subscriber) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(subscribers) = all.get_mut(&key) {
            subscribers.retain(|other| other.number() != subscriber.number());
            if subscribers.is_empty() {
                all.remove(&key);
            }
        }
    }

    pub(super) fn each(&self, key: K, mut tell: impl FnMut(&Arc<Subscriber>)) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&key).into_iter().flatten().for_each(&mut tell);
    }

    pub(super) fn all(&self, mut tell: impl FnMut(K, &Arc<Subscriber>)) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (key, subscribers) in all.iter() {
            for subscriber in subscribers {
                tell(*key, subscriber);
            }
        }
    }
}

/// All subscribers of this node.
#[derive(Debug, Default)]
pub(super) struct Registries {
    next: AtomicU64,
    pub sessions: Registry<Uuid>,
    /// By their own account.
    pub accounts: Registry<Address>,
    /// By the accounts whose installations they watch.
    pub watchers: Registry<Address>,
}

impl Registries {
    pub(super) fn next_number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}
