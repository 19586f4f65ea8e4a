//! A final reading is read again when the server observes something else: blocks may have been taken back. The hint makes this device
//! read, and nothing else: what is shown stays what was read last, until something else was.

use bridge::TxState;
use protocol::{Address, ObservedStatus, TxReport};

use crate::records::Tx;

/// So long, in milliseconds, the server is also asked about a transaction that is final here: an hour. Blocks that are taken back are
/// young.
pub(crate) const FRESH: i64 = 60 * 60 * 1000;

impl Tx {
    /// Whether the server's report contradicts our final reading. `account` is ours; `of` blocks make it final.
    pub(crate) fn is_doubted_by(&self, account: Address, report: TxReport, of: u32) -> bool {
        let right = match report.status {
            ObservedStatus::Mined { recipient, amount, .. } => {
                recipient == self.parties(account).1 && amount == self.amount
            }
            _ => false,
        };
        let same = report.hash.is_none() || report.hash == self.hash;
        match (self.state, report.status) {
            (TxState::Confirmed, ObservedStatus::Mined { confirmations, .. }) => {
                !(right && same && confirmations >= of)
            }
            // Where the chain shows something else than the claim, or nothing, the server observes just that.
            (TxState::Mismatch(_), ObservedStatus::Mined { .. }) => right,
            (TxState::Mismatch(_) | TxState::Reverted, ObservedStatus::Reverted)
            | (TxState::Replaced, ObservedStatus::Replaced | ObservedStatus::Dropped) => false,
            _ => true,
        }
    }
}
