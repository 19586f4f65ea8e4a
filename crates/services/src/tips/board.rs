//! Which socket waits for which tips, and what each was told last. In memory: it ends with the sockets.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocol::{Address, InstallationId, TipId, TipReport, TipSight, TxHash, limits};
use tokio::sync::Notify;

use super::sight::Sights;
use crate::push::{Push, Subscriber};

/// So many blocks behind the confirmation somebody is still told when a tip is taken back.
const MARGIN: u32 = 12;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is whole between two statements: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Key = (Address, TipId);

/// A tip somebody waits for.
#[derive(Debug)]
struct Wish {
    subscriber: Arc<Subscriber>,
    installation: InstallationId,
    /// The transaction by the word of who asked.
    hash: Option<TxHash>,
    /// The transaction in which it stood.
    stood: Option<TxHash>,
    told: TipReport,
    /// Somebody asked; otherwise it was paid by or to this account, and gives way to what is asked for.
    asked: bool,
}

/// What is to be found out for a wish.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub sender: Address,
    pub id: TipId,
    pub hashes: [Option<TxHash>; 2],
    pub asked_by: InstallationId,
    subscriber: u64,
}

/// The wishes for one chain.
#[derive(Debug, Default)]
pub(super) struct Board {
    wishes: Mutex<HashMap<u64, HashMap<Key, Wish>>>,
    sights: Mutex<Sights>,
    nudged: Notify,
}

const UNKNOWN: TipReport = TipReport {
    hash: None,
    sight: TipSight::Unknown,
};

impl Board {
    /// Something new is to be looked for.
    pub(super) fn nudge(&self) {
        self.nudged.notify_one();
    }

    pub(super) async fn nudged(&self) {
        self.nudged.notified().await;
    }

    /// Takes on what somebody asks for, or another hash for it. False: too many.
    pub(super) fn wish(&self, subscriber: &Arc<Subscriber>, sender: Address, id: TipId, hash: Option<TxHash>) -> bool {
        self.take_on(subscriber, (sender, id), hash, true)
    }

    /// Takes on what nobody has asked for, if there is room.
    pub(super) fn offer(&self, subscriber: &Arc<Subscriber>, sender: Address, id: TipId) {
        self.take_on(subscriber, (sender, id), None, false);
    }

    fn take_on(&self, subscriber: &Arc<Subscriber>, key: Key, hash: Option<TxHash>, asked: bool) -> bool {
        // A socket asks only once it is known for whom it speaks.
        let Some(installation) = subscriber.installation() else {
            return false;
        };
        let mut wishes = lock(&self.wishes);
        let mine = wishes.entry(subscriber.number()).or_default();
        if mine.len() >= limits::TIPS_WATCHED && !mine.contains_key(&key) {
            // What came to nothing gives way; what may still come does not, unless only others wished it upon us.
            let ended = |wish: &Wish| {
                matches!(
                    wish.told.sight,
                    TipSight::Reverted | TipSight::Replaced | TipSight::Dropped
                )
            };
            let out = mine.iter().find(|(_, wish)| ended(wish) || (asked && !wish.asked));
            let Some(out) = out.map(|(key, _)| *key) else {
                return false;
            };
            mine.remove(&out);
        }
        match mine.entry(key) {
            Entry::Occupied(mut wish) => {
                let wish = wish.get_mut();
                wish.hash = hash.or(wish.hash);
                wish.asked |= asked;
            }
            Entry::Vacant(place) => {
                place.insert(Wish {
                    subscriber: Arc::clone(subscriber),
                    installation,
                    hash,
                    stood: None,
                    told: UNKNOWN,
                    asked,
                });
            }
        }
        true
    }

    /// This is what the asker knows now.
    pub(super) fn told(&self, subscriber: &Subscriber, sender: Address, id: TipId, report: TipReport) {
        let mut wishes = lock(&self.wishes);
        let mine = wishes.get_mut(&subscriber.number());
        if let Some(wish) = mine.and_then(|mine| mine.get_mut(&(sender, id))) {
            wish.told = report;
        }
    }

    pub(super) fn leave(&self, subscriber: &Subscriber) {
        lock(&self.wishes).remove(&subscriber.number());
    }

    /// Everything somebody waits for.
    pub(super) fn open(&self) -> Vec<Open> {
        let wishes = lock(&self.wishes);
        let all = wishes.values().flatten();
        let open = all.map(|((sender, id), wish)| Open {
            sender: *sender,
            id: *id,
            hashes: [wish.stood, wish.hash],
            asked_by: wish.installation,
            subscriber: wish.subscriber.number(),
        });
        open.collect()
    }

    /// What is seen of a wish now: told if it is news. What has been settled for long is not waited for any more.
    pub(super) fn tell(&self, chain_id: u64, confirmations: u32, open: &Open, report: TipReport) {
        let mut wishes = lock(&self.wishes);
        let key = (open.sender, open.id);
        let Some(mine) = wishes.get_mut(&open.subscriber) else {
            return;
        };
        let Some(wish) = mine.get_mut(&key) else { return };
        if differs(wish.told, report, confirmations) {
            wish.subscriber.push(Push::Tip {
                chain_id,
                sender: open.sender,
                id: open.id,
                report,
            });
        }
        wish.told = report;
        match report.sight {
            TipSight::Mined {
                confirmations: done, ..
            } if done >= confirmations.saturating_add(MARGIN) => {
                mine.remove(&key);
            }
            TipSight::Mined { .. } => wish.stood = report.hash,
            _ => {}
        }
    }

    pub(super) fn sights(&self) -> MutexGuard<'_, Sights> {
        lock(&self.sights)
    }

    /// What was seen last of a transaction.
    pub(super) fn last_sight(&self, hash: Option<TxHash>) -> TipReport {
        let Some(hash) = hash else { return UNKNOWN };
        lock(&self.sights).last(hash)
    }
}

/// Whether a person would see a difference: blocks beyond the confirmation are none.
fn differs(told: TipReport, now: TipReport, confirmations: u32) -> bool {
    let cut = |mut report: TipReport| {
        if let TipSight::Mined {
            confirmations: done, ..
        } = &mut report.sight
        {
            *done = confirmations.min(*done);
        }
        report
    };
    cut(told) != cut(now)
}
