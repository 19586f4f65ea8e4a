//! The transactions that sockets wait for, as the node knows them. A hint: the events that the ledger keeps say more.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chain::{reader::Reader, rpc::RpcError};
use protocol::{Address, ObservedStatus, TxHash, TxReport, U256};

use super::Purpose;
use crate::jobs::Backoff;

/// Who signed a transaction, and its place among the signer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    pub signer: Address,
    pub nonce: u64,
}

/// What is known of one transaction.
#[derive(Debug, Clone, Copy)]
struct Tracked {
    status: ObservedStatus,
    signed: Option<Signed>,
    /// When the node was asked last.
    polled: Instant,
    /// Polls in a row in which the node did not know it, since when.
    missing: Option<(u32, Instant)>,
    /// Polls in a row in which its nonce was used up.
    used_up: u32,
    /// What took its place, if it is replaced and that is known.
    replaced_by: Option<TxHash>,
    /// Fruitless searches in a row for its replacement, and the block from which the next search is allowed.
    searches: (u32, u64),
    /// Polls in a row to which the node had no answer.
    unanswered: u32,
}

impl Tracked {
    fn new(polled: Instant) -> Self {
        Self {
            status: ObservedStatus::Unknown,
            signed: None,
            polled,
            missing: None,
            used_up: 0,
            replaced_by: None,
            searches: (0, 0),
            unanswered: 0,
        }
    }
}

/// The transactions of one chain that are waited for.
#[derive(Debug, Default)]
pub(super) struct TxTracker(HashMap<TxHash, Tracked>);

impl TxTracker {
    /// What is reported of it: under its own hash, or that of what took its place. `Unknown` before the first poll.
    pub(super) fn last(&self, hash: TxHash) -> TxReport {
        let known = self.0.get(&hash);
        TxReport {
            hash: known.and_then(|known| known.replaced_by).or(Some(hash)),
            status: known.map_or(ObservedStatus::Unknown, |known| known.status),
        }
    }

    /// When it was polled last.
    pub(super) fn polled(&self, hash: TxHash) -> Option<Instant> {
        self.0.get(&hash).map(|known| known.polled)
    }

    pub(super) fn signed(&self, hash: TxHash) -> Option<Signed> {
        self.0.get(&hash).and_then(|known| known.signed)
    }

    /// Whether the transaction is to be polled now. After polls without an answer the pause grows: such a poll may be expensive for the
    /// node, and a client may have named the transaction for that reason.
    pub(super) fn due(&self, hash: TxHash, now: Instant, backoff: Backoff) -> bool {
        let known = self.0.get(&hash).filter(|known| known.unanswered > 0);
        known.is_none_or(|known| now.saturating_duration_since(known.polled) >= backoff.pause(known.unanswered))
    }

    /// The node had no answer: what was known stays.
    pub(super) fn unanswered(&mut self, hash: TxHash, now: Instant) {
        let known = self.0.entry(hash).or_insert_with(|| Tracked::new(now));
        known.polled = now;
        known.unanswered = known.unanswered.saturating_add(1);
    }

    /// Only these are waited for.
    pub(super) fn keep(&mut self, waited_for: impl Fn(TxHash) -> bool) {
        self.0.retain(|hash, _| waited_for(*hash));
    }

    /// Records what a poll has shown, and returns the status that follows.
    pub(super) fn record(
        &mut self,
        hash: TxHash,
        observed: Observation,
        signed: Option<Signed>,
        now: Instant,
        forgotten: (u32, Duration),
    ) -> ObservedStatus {
        let known = self.0.entry(hash).or_insert_with(|| Tracked::new(now));
        known.signed = known.signed.or(signed);
        (known.polled, known.unanswered) = (now, 0);
        if observed != Observation::Absent {
            known.missing = None;
        }
        known.used_up = match observed {
            Observation::NonceUsed => known.used_up + 1,
            _ => 0,
        };
        known.status = match observed {
            Observation::Mined {
                confirmations,
                recipient,
                amount,
            } => ObservedStatus::Mined {
                confirmations,
                recipient,
                amount,
            },
            Observation::NoEffect => ObservedStatus::Reverted,
            // Twice: between two questions the chain may have moved.
            Observation::NonceUsed if known.used_up > 1 => ObservedStatus::Replaced,
            Observation::Waiting | Observation::NonceUsed => ObservedStatus::Pending,
            Observation::Absent => {
                let (polls, since) = known.missing.unwrap_or((0, now));
                known.missing = Some((polls + 1, since));
                if polls + 1 >= forgotten.0 && now.duration_since(since) >= forgotten.1 {
                    // Also what was never seen here: it may have gone before the first poll.
                    ObservedStatus::Dropped
                } else if known.signed.is_none() {
                    ObservedStatus::Unknown
                } else {
                    ObservedStatus::Pending
                }
            }
        };
        if known.status != ObservedStatus::Replaced {
            (known.replaced_by, known.searches) = (None, (0, 0));
        }
        known.status
    }

    /// What took its place, as far as it is known now.
    pub(super) fn replaced_by(&mut self, hash: TxHash, other: Option<TxHash>) {
        if let Some(known) = self.0.get_mut(&hash) {
            known.replaced_by = other;
        }
    }

    /// Whether what took its place is to be searched for, with the ledger at this block.
    pub(super) fn searchable(&self, hash: TxHash, cursor: u64) -> bool {
        self.0.get(&hash).is_some_and(|known| cursor >= known.searches.1)
    }

    /// A search at this block found nothing: the next one is some blocks later, and later still each time.
    pub(super) fn not_found_at(&mut self, hash: TxHash, cursor: u64) {
        if let Some(Tracked {
            searches: (times, next),
            ..
        }) = self.0.get_mut(&hash)
        {
            *next = cursor.saturating_add(1 << (*times).min(16));
            *times = times.saturating_add(1);
        }
    }
}

/// What one poll has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Observation {
    /// It waits for a block, or is in one that the ledger has not read.
    Waiting,
    /// It is in a block, and has done what it is for.
    Mined {
        confirmations: u32,
        recipient: Address,
        amount: U256,
    },
    /// It is in a block, and has not done what it is for.
    NoEffect,
    /// The node does not know it, and another one with its nonce is in a block that the ledger has read.
    NonceUsed,
    /// The node does not know it.
    Absent,
}

/// Polls the node for a transaction. The ledger has been read up to `cursor`, and has no event that meets its purpose.
pub(super) async fn observe(
    reader: &Reader,
    hash: TxHash,
    purpose: Purpose,
    signed: Option<Signed>,
    cursor: u64,
) -> Result<(Observation, Option<Signed>), RpcError> {
    if let Some(found) = reader.transaction(hash).await? {
        let signed = Some(Signed {
            signer: found.from,
            nonce: found.nonce,
        });
        let Some(block) = found.block.filter(|block| *block <= cursor) else {
            return Ok((Observation::Waiting, signed));
        };
        let observed = match reader.receipt(hash).await? {
            Some(receipt) if !receipt.succeeded || !purpose.is_met_by(&receipt.logs) => Observation::NoEffect,
            Some(_) if !purpose.is_kept() => Observation::Mined {
                confirmations: u32::try_from(cursor - block).unwrap_or(u32::MAX).saturating_add(1),
                recipient: found.to.unwrap_or_default(),
                amount: found.value,
            },
            // The ledger will have its event in a moment, or the node its receipt.
            Some(_) | None => Observation::Waiting,
        };
        return Ok((observed, signed));
    }
    let Some(Signed { signer, nonce }) = signed else {
        return Ok((Observation::Absent, None));
    };
    let used = reader.transactions_of(signer, cursor).await? > nonce;
    let observed = if used {
        Observation::NonceUsed
    } else {
        Observation::Absent
    };
    Ok((observed, signed))
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
        let (mut tracker, mut now) = (TxTracker::default(), Instant::now());
        assert!(tracker.due(HASH, now, PAUSES), "it was never polled");
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            tracker.unanswered(HASH, now);
            now += Duration::from_secs(seconds);
            let early = now.checked_sub(Duration::from_millis(1)).unwrap();
            assert!(!tracker.due(HASH, early, PAUSES), "before {seconds} s");
            assert!(tracker.due(HASH, now, PAUSES), "after {seconds} s");
        }
        // One answer, and it is polled as all others.
        tracker.record(HASH, Observation::Waiting, None, now, FORGOTTEN);
        assert!(tracker.due(HASH, now, PAUSES));
        tracker.unanswered(HASH, now);
        assert!(tracker.due(HASH, now + PAUSES.first, PAUSES));
    }

    #[test]
    fn no_answer_changes_nothing_that_was_seen() {
        let (mut tracker, now) = (TxTracker::default(), Instant::now());
        tracker.unanswered(HASH, now);
        assert_eq!(
            (tracker.last(HASH).status, tracker.signed(HASH)),
            (ObservedStatus::Unknown, None)
        );
        let signed = Signed {
            signer: Address::repeat_byte(1),
            nonce: 4,
        };
        tracker.record(HASH, Observation::NoEffect, Some(signed), now, FORGOTTEN);
        tracker.unanswered(HASH, now);
        assert_eq!(tracker.last(HASH).status, ObservedStatus::Reverted);
        assert_eq!(tracker.signed(HASH), Some(signed));
        // Not known twice, and no answer between: that is not a third time.
        let late = now + FORGOTTEN.1;
        tracker.record(HASH, Observation::Absent, None, now, FORGOTTEN);
        tracker.unanswered(HASH, late);
        assert_eq!(
            tracker.record(HASH, Observation::Absent, None, late, FORGOTTEN),
            ObservedStatus::Pending
        );
        assert_eq!(
            tracker.record(HASH, Observation::Absent, None, late, FORGOTTEN),
            ObservedStatus::Dropped
        );
    }
}
