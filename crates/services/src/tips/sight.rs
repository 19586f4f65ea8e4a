//! Transactions somebody waits for, as the node knows them. Only a hint comes of it: what stands is what the ledger has.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chain::{reader::Reader, rpc::RpcError, tips};
use protocol::{Address, TipId, TipReport, TipSight, TxHash};

use crate::jobs::Backoff;

/// A transaction's place among its signer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    pub signer: Address,
    pub nonce: u64,
}

/// What is known of one transaction.
#[derive(Debug, Clone, Copy)]
struct Known {
    sight: TipSight,
    signed: Option<Signed>,
    looked: Instant,
    /// Looks in a row in which the node did not know it, since when.
    missing: Option<(u32, Instant)>,
    /// Looks in a row in which its nonce was used up.
    used_up: u32,
    /// What took its place, if it is replaced and that is known.
    replaced_by: Option<TxHash>,
    /// So often that was searched for in vain in a row; it is searched for again behind this block.
    vain: (u32, u64),
    /// Looks in a row to which the node had no answer.
    unanswered: u32,
}

impl Known {
    fn unseen(looked: Instant) -> Self {
        Self {
            sight: TipSight::Unknown,
            signed: None,
            looked,
            missing: None,
            used_up: 0,
            replaced_by: None,
            vain: (0, 0),
            unanswered: 0,
        }
    }
}

/// What was seen of the transactions of one chain.
#[derive(Debug, Default)]
pub(super) struct Sights(HashMap<TxHash, Known>);

impl Sights {
    /// What is said of it: under its own hash, or that of what took its place. `Unknown` without a look.
    pub(super) fn last(&self, hash: TxHash) -> TipReport {
        let known = self.0.get(&hash);
        TipReport {
            hash: known.and_then(|known| known.replaced_by).or(Some(hash)),
            sight: known.map_or(TipSight::Unknown, |known| known.sight),
        }
    }

    /// When it was looked at.
    pub(super) fn looked(&self, hash: TxHash) -> Option<Instant> {
        self.0.get(&hash).map(|known| known.looked)
    }

    pub(super) fn signed(&self, hash: TxHash) -> Option<Signed> {
        self.0.get(&hash).and_then(|known| known.signed)
    }

    /// Whether it is to be looked at by now. What the node has no answer to is asked more and more rarely, after pauses from
    /// the first of these to the last: it may be dear, and whoever named it may have known.
    pub(super) fn due(&self, hash: TxHash, now: Instant, backoff: Backoff) -> bool {
        let known = self.0.get(&hash).filter(|known| known.unanswered > 0);
        known.is_none_or(|known| now.saturating_duration_since(known.looked) >= backoff.pause(known.unanswered))
    }

    /// It was looked at, and the node had no answer: what was known of it stays.
    pub(super) fn unanswered(&mut self, hash: TxHash, now: Instant) {
        let known = self.0.entry(hash).or_insert_with(|| Known::unseen(now));
        known.looked = now;
        known.unanswered = known.unanswered.saturating_add(1);
    }

    /// Only these are waited for.
    pub(super) fn keep(&mut self, waited_for: impl Fn(TxHash) -> bool) {
        self.0.retain(|hash, _| waited_for(*hash));
    }

    /// Takes in what a look has shown, and says what follows.
    pub(super) fn take(
        &mut self,
        hash: TxHash,
        shown: Shown,
        signed: Option<Signed>,
        now: Instant,
        forgotten: (u32, Duration),
    ) -> TipSight {
        let known = self.0.entry(hash).or_insert_with(|| Known::unseen(now));
        known.signed = known.signed.or(signed);
        (known.looked, known.unanswered) = (now, 0);
        if shown != Shown::Nothing {
            known.missing = None;
        }
        known.used_up = if shown == Shown::UsedUp { known.used_up + 1 } else { 0 };
        known.sight = match shown {
            Shown::MovedNothing => TipSight::Reverted,
            // Twice: between two questions the chain may have moved.
            Shown::UsedUp if known.used_up > 1 => TipSight::Replaced,
            Shown::Waiting | Shown::UsedUp => TipSight::Pending,
            Shown::Nothing => {
                let (looks, since) = known.missing.unwrap_or((0, now));
                known.missing = Some((looks + 1, since));
                if looks + 1 >= forgotten.0 && now.duration_since(since) >= forgotten.1 {
                    // Also what was never seen here: it may have gone before the first look.
                    TipSight::Dropped
                } else if known.signed.is_none() {
                    TipSight::Unknown
                } else {
                    TipSight::Pending
                }
            }
        };
        if known.sight != TipSight::Replaced {
            (known.replaced_by, known.vain) = (None, (0, 0));
        }
        known.sight
    }

    /// What took its place, as far as it is known now.
    pub(super) fn replaced_by(&mut self, hash: TxHash, other: Option<TxHash>) {
        if let Some(known) = self.0.get_mut(&hash) {
            known.replaced_by = other;
        }
    }

    /// Whether what took its place is to be searched for, with the ledger at this block.
    pub(super) fn searchable(&self, hash: TxHash, cursor: u64) -> bool {
        self.0.get(&hash).is_some_and(|known| cursor >= known.vain.1)
    }

    /// It was searched for at this block in vain: the next time after some blocks, and then after more and more.
    pub(super) fn searched_in_vain(&mut self, hash: TxHash, cursor: u64) {
        if let Some(Known {
            vain: (times, next), ..
        }) = self.0.get_mut(&hash)
        {
            *next = cursor.saturating_add(1 << (*times).min(16));
            *times = times.saturating_add(1);
        }
    }
}

/// What one look has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It waits for a block, or is in one that the ledger has not read.
    Waiting,
    /// It is in a block, and this tip is not in it.
    MovedNothing,
    /// The node does not know it, and another one with its nonce is in a block that the ledger has read.
    UsedUp,
    /// The node does not know it.
    Nothing,
}

/// Looks at a transaction of a tip that is not in the ledger, which has been read up to `cursor`.
pub(super) async fn look(
    reader: &Reader,
    hash: TxHash,
    (sender, id): (Address, TipId),
    signed: Option<Signed>,
    cursor: u64,
) -> Result<(Shown, Option<Signed>), RpcError> {
    if let Some(found) = reader.transaction(hash).await? {
        let signed = Some(Signed {
            signer: found.from,
            nonce: found.nonce,
        });
        if found.block.is_none_or(|block| block > cursor) {
            return Ok((Shown::Waiting, signed));
        }
        let ours = |log| tips::tipped(log).is_some_and(|tip| (tip.sender, tip.id) == (sender, id));
        let shown = match reader.receipt(hash).await? {
            // The ledger will have it in a moment.
            Some(receipt) if receipt.succeeded && receipt.logs.iter().any(ours) => Shown::Waiting,
            Some(_) => Shown::MovedNothing,
            None => Shown::Waiting,
        };
        return Ok((shown, signed));
    }
    let Some(Signed { signer, nonce }) = signed else {
        return Ok((Shown::Nothing, None));
    };
    let used_up = reader.transactions_of(signer, cursor).await? > nonce;
    Ok((if used_up { Shown::UsedUp } else { Shown::Nothing }, signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: TxHash = TxHash([7; 32]);
    const PAUSES: Backoff = Backoff {
        first: Duration::from_secs(1),
        last: Duration::from_mins(1),
    };
    const FORGOTTEN: (u32, Duration) = (3, Duration::from_secs(2));

    #[test]
    fn what_the_node_has_no_answer_to_is_asked_more_and_more_rarely() {
        let (mut sights, mut now) = (Sights::default(), Instant::now());
        assert!(sights.due(HASH, now, PAUSES), "it was never looked at");
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            sights.unanswered(HASH, now);
            now += Duration::from_secs(seconds);
            let early = now.checked_sub(Duration::from_millis(1)).unwrap();
            assert!(!sights.due(HASH, early, PAUSES), "before {seconds} s");
            assert!(sights.due(HASH, now, PAUSES), "after {seconds} s");
        }
        // One answer, and it is looked at as all others.
        sights.take(HASH, Shown::Waiting, None, now, FORGOTTEN);
        assert!(sights.due(HASH, now, PAUSES));
        sights.unanswered(HASH, now);
        assert!(sights.due(HASH, now + PAUSES.first, PAUSES));
    }

    #[test]
    fn no_answer_changes_nothing_that_was_seen() {
        let (mut sights, now) = (Sights::default(), Instant::now());
        sights.unanswered(HASH, now);
        assert_eq!(
            (sights.last(HASH).sight, sights.signed(HASH)),
            (TipSight::Unknown, None)
        );
        let signed = Signed {
            signer: Address::repeat_byte(1),
            nonce: 4,
        };
        sights.take(HASH, Shown::MovedNothing, Some(signed), now, FORGOTTEN);
        sights.unanswered(HASH, now);
        assert_eq!(sights.last(HASH).sight, TipSight::Reverted);
        assert_eq!(sights.signed(HASH), Some(signed));
        // Not known twice, and no answer between: that is not a third time.
        let late = now + FORGOTTEN.1;
        sights.take(HASH, Shown::Nothing, None, now, FORGOTTEN);
        sights.unanswered(HASH, late);
        assert_eq!(
            sights.take(HASH, Shown::Nothing, None, late, FORGOTTEN),
            TipSight::Pending
        );
        assert_eq!(
            sights.take(HASH, Shown::Nothing, None, late, FORGOTTEN),
            TipSight::Dropped
        );
    }
}
