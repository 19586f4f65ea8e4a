//! Which socket waits for what, and what each was told last. In memory: it ends with the sockets.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocol::{InstallationId, ObservedStatus, TxHash, TxReport, limits};
use tokio::sync::Notify;

use super::{Purpose, tracker::TxTracker};
use crate::push::Subscriber;

/// This many blocks beyond the confirmation a socket is still told when a transaction is taken back.
const MARGIN: u32 = 12;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is whole between two statements: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a socket waits for.
#[derive(Debug)]
struct TxSubscription {
    subscriber: Arc<Subscriber>,
    installation: InstallationId,
    /// The transaction by the word of who asked.
    hash: Option<TxHash>,
    /// The transaction in which it was mined, as far as that has been seen.
    mined: Option<TxHash>,
    told: TxReport,
    /// The socket asked for it. Otherwise it was added because it concerns the account, and makes room for what is asked for.
    asked: bool,
}

/// What is to be found out for a subscription.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub purpose: Purpose,
    pub hashes: [Option<TxHash>; 2],
    pub asked_by: InstallationId,
    subscriber: u64,
}

/// The subscriptions for one chain, by the number of the subscriber.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    all: Mutex<HashMap<u64, HashMap<Purpose, TxSubscription>>>,
    tracker: Mutex<TxTracker>,
    nudged: Notify,
}

const UNKNOWN: TxReport = TxReport {
    hash: None,
    status: ObservedStatus::Unknown,
};

impl Subscriptions {
    /// Something new is to be looked for.
    pub(super) fn nudge(&self) {
        self.nudged.notify_one();
    }

    pub(super) async fn nudged(&self) {
        self.nudged.notified().await;
    }

    /// Subscribes to what somebody asks for, or adds another hash for it. False: too many.
    pub(super) fn subscribe(&self, subscriber: &Arc<Subscriber>, purpose: Purpose, hash: Option<TxHash>) -> bool {
        self.insert(subscriber, purpose, hash, true)
    }

    /// Subscribes to what nobody has asked for, if there is room.
    pub(super) fn offer(&self, subscriber: &Arc<Subscriber>, purpose: Purpose) {
        self.insert(subscriber, purpose, purpose.hash(), false);
    }

    fn insert(&self, subscriber: &Arc<Subscriber>, purpose: Purpose, hash: Option<TxHash>, asked: bool) -> bool {
        // A socket asks only once it is known for whom it speaks.
        let Some(installation) = subscriber.installation() else {
            return false;
        };
        let mut all = lock(&self.all);
        let mine = all.entry(subscriber.number()).or_default();
        if mine.len() >= limits::TIPS_WATCHED && !mine.contains_key(&purpose) {
            // What came to nothing gives way; what may still come does not, unless this socket has not asked for it.
            let ended = |known: &TxSubscription| {
                matches!(
                    known.told.status,
                    ObservedStatus::Reverted | ObservedStatus::Replaced | ObservedStatus::Dropped
                )
            };
            let out = mine.iter().find(|(_, known)| ended(known) || (asked && !known.asked));
            let Some(out) = out.map(|(purpose, _)| *purpose) else {
                return false;
            };
            mine.remove(&out);
        }
        match mine.entry(purpose) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.hash = hash.or(known.hash);
                known.asked |= asked;
            }
            Entry::Vacant(place) => {
                place.insert(TxSubscription {
                    subscriber: Arc::clone(subscriber),
                    installation,
                    hash,
                    mined: None,
                    told: UNKNOWN,
                    asked,
                });
            }
        }
        true
    }

    /// Records the report that the socket has received in an answer, so that it is not pushed again.
    pub(super) fn told(&self, subscriber: &Subscriber, purpose: Purpose, report: TxReport) {
        let mut all = lock(&self.all);
        let mine = all.get_mut(&subscriber.number());
        if let Some(known) = mine.and_then(|mine| mine.get_mut(&purpose)) {
            known.told = report;
        }
    }

    pub(super) fn leave(&self, subscriber: &Subscriber) {
        lock(&self.all).remove(&subscriber.number());
    }

    /// Everything that is waited for.
    pub(super) fn open(&self) -> Vec<Open> {
        let all = lock(&self.all);
        let open = all.values().flatten().map(|(purpose, known)| Open {
            purpose: *purpose,
            hashes: [known.mined, known.hash],
            asked_by: known.installation,
            subscriber: known.subscriber.number(),
        });
        open.collect()
    }

    /// What is observed now: pushed if it is news. What has been final for long is not waited for any more.
    pub(super) fn tell(&self, chain_id: u64, confirmations: u32, open: &Open, report: TxReport) {
        let mut all = lock(&self.all);
        let purpose = open.purpose;
        let Some(mine) = all.get_mut(&open.subscriber) else {
            return;
        };
        let Some(known) = mine.get_mut(&purpose) else { return };
        if differs(known.told, report, confirmations) {
            known.subscriber.push(purpose.push(chain_id, report));
        }
        known.told = report;
        match report.status {
            ObservedStatus::Mined {
                confirmations: done, ..
            } if done >= confirmations.saturating_add(MARGIN) => {
                mine.remove(&purpose);
            }
            ObservedStatus::Mined { .. } => known.mined = report.hash,
            _ => {}
        }
    }

    pub(super) fn tracker(&self) -> MutexGuard<'_, TxTracker> {
        lock(&self.tracker)
    }

    /// What was observed last of a transaction.
    pub(super) fn last(&self, hash: Option<TxHash>) -> TxReport {
        let Some(hash) = hash else { return UNKNOWN };
        self.tracker().last(hash)
    }
}

/// Whether a person would see a difference: blocks beyond the confirmation are none.
fn differs(told: TxReport, now: TxReport, confirmations: u32) -> bool {
    let cut = |mut report: TxReport| {
        if let ObservedStatus::Mined {
            confirmations: done, ..
        } = &mut report.status
        {
            *done = confirmations.min(*done);
        }
        report
    };
    cut(told) != cut(now)
}
