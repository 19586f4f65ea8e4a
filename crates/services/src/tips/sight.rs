//! Transactions somebody waits for, as the node knows them. Only a hint comes of it: what stands is what the ledger has.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chain::{reader::Reader, rpc::RpcError, tips};
use protocol::{Address, TipId, TipReport, TipSight, TxHash};

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
        let known = self.0.entry(hash).or_insert(Known {
            sight: TipSight::Unknown,
            signed,
            looked: now,
            missing: None,
            used_up: 0,
            replaced_by: None,
            vain: (0, 0),
        });
        known.signed = known.signed.or(signed);
        known.looked = now;
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
