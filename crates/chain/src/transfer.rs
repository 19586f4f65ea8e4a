//! Plain transfers of the native coin: what a receipt proves of one that this account has sent.

use protocol::TipMismatch;

use crate::verdict::{Reading, Verdict};

/// What follows from the receipt of a transfer on this chain. Whom and how much it pays was this account's to sign, and is part of its
/// hash: a receipt repeats neither.
pub fn check(chain_id: u64, reading: Reading<'_>, confirmations: u32) -> Verdict {
    if reading.receipt.hash != reading.hash {
        Verdict::Garbage
    } else if reading.chain_id != chain_id {
        Verdict::Mismatch(TipMismatch::Network)
    } else if !reading.receipt.succeeded {
        Verdict::Reverted
    } else {
        reading.depth(confirmations)
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Receipt, TxHash};

    use super::*;

    const HASH: TxHash = TxHash([7; 32]);

    fn checked(hash: TxHash, succeeded: bool, chain_id: u64, head: u64) -> Verdict {
        let receipt = Receipt {
            hash,
            succeeded,
            block: 10,
            logs: Vec::new(),
        };
        let reading = Reading {
            chain_id,
            hash: HASH,
            receipt: &receipt,
            head,
        };
        check(1, reading, 3)
    }

    #[test]
    fn a_receipt_proves_its_own_transaction_only() {
        assert_eq!(checked(TxHash([8; 32]), true, 1, 12), Verdict::Garbage);
        assert_eq!(checked(HASH, true, 2, 12), Verdict::Mismatch(TipMismatch::Network));
        assert_eq!(checked(HASH, false, 1, 12), Verdict::Reverted);
        assert_eq!(checked(HASH, true, 1, 11), Verdict::Confirming { done: 2, of: 3 });
        assert_eq!(checked(HASH, true, 1, 12), Verdict::Confirmed);
    }
}
