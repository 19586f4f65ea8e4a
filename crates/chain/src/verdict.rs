//! What a receipt proves of a transaction, whatever that is for.

use protocol::{Receipt, TipMismatch, TxHash};

/// What was read from a chain about a transaction.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The chain it was read from.
    pub chain_id: u64,
    /// The transaction that was asked for.
    pub hash: TxHash,
    /// The receipt that came.
    pub receipt: &'a Receipt,
    /// The number of the newest block.
    pub head: u64,
}

/// What follows from a reading for what a transaction is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right in everything, in a block that is not old enough.
    Confirming {
        /// Number of confirmations, counting the transaction's own block; 0 if the node that reported the newest block has not seen that
        /// block.
        done: u32,
        /// Blocks it takes.
        of: u32,
    },
    /// Right in everything, and as old as the network asks for.
    Confirmed,
    /// In a block, and moved nothing.
    Reverted,
    /// The chain tells something else than the claim.
    Mismatch(TipMismatch),
    /// This is not the receipt that was asked for: nothing follows from it.
    Garbage,
}

impl Reading<'_> {
    /// How deep a receipt is that is right in everything.
    pub(crate) fn depth(&self, confirmations: u32) -> Verdict {
        let done = self.head.saturating_add(1).saturating_sub(self.receipt.block);
        let done = u32::try_from(done).unwrap_or(u32::MAX);
        let of = confirmations.max(1);
        if done >= of {
            Verdict::Confirmed
        } else {
            Verdict::Confirming { done, of }
        }
    }
}
