//! Which transaction took the place of one that somebody waits for: only by its hash can a device see for itself that it did.

use std::time::Duration;

use chain::{reader::Reader, rpc::RpcError};
use protocol::TxHash;
use sqlx::PgPool;
use tokio::time::{Instant, timeout};

use super::{
    Chain,
    ledger::LedgerError,
    store::{self, Cursor},
    tracker::Signed,
};

/// The transaction that used a nonce up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    hash: TxHash,
    /// The number of its block.
    block: u64,
}

/// Takes in what took the place of a replaced transaction: from the database, else from the chain, searching no longer than
/// what is `left` of this turn. That it was replaced is known without it, so a search that comes to nothing is no trouble.
pub(super) async fn learn(
    pool: &PgPool,
    chain: &Chain,
    (hash, signed): (TxHash, Signed),
    cursor: &Cursor,
    left: &mut Duration,
) -> Result<(), LedgerError> {
    let number = store::signed(chain.id);
    if let Some(kept) = store::replacement(pool, number, &hash.0).await? {
        let kept = TxHash::from_slice(&kept).ok_or(LedgerError::Defect)?;
        chain.subscriptions.tracker().replaced_by(hash, Some(kept));
        return Ok(());
    }
    // What was known has been taken back.
    chain.subscriptions.tracker().replaced_by(hash, None);
    let at = cursor.number.unsigned_abs();
    if left.is_zero() || !chain.subscriptions.tracker().searchable(hash, at) {
        return Ok(());
    }
    let began = Instant::now();
    let found = timeout(*left, find(&chain.reader, signed, at)).await;
    *left = left.saturating_sub(began.elapsed());
    match found {
        // A node may know a block before it finds what is in it by its hash.
        Ok(Ok(Some(found))) if found.hash != hash => {
            let block = store::signed(found.block);
            store::put_replacement(pool, number, cursor, &hash.0, &found.hash.0, block).await?;
            chain.subscriptions.tracker().replaced_by(hash, Some(found.hash));
        }
        _ => chain.subscriptions.tracker().not_found_at(hash, at),
    }
    Ok(())
}

/// Finds it in the blocks up to `cursor`, in which the nonce is used up. `None`: no transaction did, as the node tells it
/// (EIP-7702 lets authorizations use nonces up).
///
/// Backwards from the end in growing steps, then by halves: most replacements are a few blocks old, and many nodes do not know
/// what was long ago. Never more questions than twice the binary digits of `cursor`, and one.
async fn find(reader: &Reader, signed: Signed, cursor: u64) -> Result<Option<Found>, RpcError> {
    let Signed { signer, nonce } = signed;
    // In the blocks up to `used` it is used up; in those up to `free`, once that is known, it is not.
    let (mut used, mut free, mut stride) = (cursor, None, 1);
    while used > free.map_or(0, |free| free + 1) {
        let probe = match free {
            Some(free) => free + (used - free) / 2,
            None => used.saturating_sub(stride),
        };
        if reader.transactions_of(signer, probe).await? > nonce {
            used = probe;
            stride = stride.saturating_mul(2);
        } else {
            free = Some(probe);
        }
    }
    let hash = reader.transaction_at(used, signer, nonce).await?;
    Ok(hash.map(|hash| Found { hash, block: used }))
}
