//! Tips: payments that a message speaks of. Everything of their transactions is [`tx`](crate::tx)'s.
//!
//! With the hash, in one commit, the reference goes into the outbox. One tip is one id for ever: the contract counts it once for its
//! sender, so the wallet may be asked for it twice when an answer was lost, and a tip that was given up comes back if it was paid after
//! all.
//!
//! [`send`]: tips of ours. [`receive`]: tips that messages speak of.

mod receive;
mod send;

use bridge::{TipView, TxState};

use crate::records::Tx;

/// A tip as the page shows it.
pub(crate) fn view(tx: &Tx) -> TipView {
    TipView {
        chain_id: tx.chain_id,
        amount: tx.amount,
        hash: tx.hash,
        state: tx.state,
        witness: tx.witness,
    }
}

impl Tx {
    /// It counts as paid, as far as is known.
    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.state, TxState::Confirming { .. } | TxState::Confirmed)
    }
}
