//! What was read to the end is read anew when the server speaks of something else: blocks may have been taken back. Its word
//! makes this device read, and nothing else: what is shown stays what was read last, until something else was.

use bridge::TipState;
use chain::tips::{CONTRACT, Claim};
use protocol::{MessageId, TipReport, TipSight};

use crate::records::Tip;

/// So long, in milliseconds, the server is also asked about a tip that was read to the end: an hour. Blocks that are taken back
/// are young.
pub(crate) const FRESH: i64 = 60 * 60 * 1000;

impl Tip {
    /// It was decided without the chain, by what its message (of this id) says: nothing is to be read.
    pub(crate) fn is_hopeless(&self, id: MessageId) -> bool {
        self.contract != CONTRACT || self.id.message() != id
    }

    /// Whether the server's report contradicts our final reading. `of`: the number of blocks that make it final.
    pub(crate) fn is_doubted_by(&self, claim: &Claim, report: TipReport, of: u32) -> bool {
        let right = match report.sight {
            TipSight::Mined { recipient, amount, .. } => recipient == claim.recipient && amount == claim.amount,
            _ => false,
        };
        let same = report.hash.is_none() || report.hash == self.hash;
        match (self.state, report.sight) {
            (TipState::Confirmed, TipSight::Mined { confirmations, .. }) => !(right && same && confirmations >= of),
            // Where the chain shows another tip than the message, or none, the server sees just that.
            (TipState::Mismatch(_), TipSight::Mined { .. }) => right,
            (TipState::Mismatch(_) | TipState::Reverted, TipSight::Reverted)
            | (TipState::Replaced, TipSight::Replaced | TipSight::Dropped) => false,
            _ => true,
        }
    }
}
