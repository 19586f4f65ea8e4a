//! What transactions are for.

use chain::tips;
use protocol::{Address, Log, TipId, TxHash, TxReport};

use crate::push::Push;

/// What a transaction is for. A tip is identified by its event, whichever transaction emits it; a transfer by its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A tip: the event of the contract for tips with this sender and id.
    Tip {
        /// The account that pays the tip.
        sender: Address,
        /// The tip's id, which the contract accepts once for each sender.
        id: TipId,
    },
    /// A transfer of the native coin: this very transaction.
    Transfer {
        /// The hash of the transaction.
        hash: TxHash,
    },
}

impl Purpose {
    /// The transaction, if the purpose is one transaction's alone.
    pub fn hash(&self) -> Option<TxHash> {
        match self {
            Self::Tip { .. } => None,
            Self::Transfer { hash } => Some(*hash),
        }
    }

    /// Whether this transaction, which was carried out, did what it is for, by these logs of its receipt.
    pub(super) fn is_met_by(&self, logs: &[Log]) -> bool {
        match self {
            Self::Tip { sender, id } => logs
                .iter()
                .filter_map(tips::tipped)
                .any(|tip| (tip.sender, tip.id) == (*sender, *id)),
            Self::Transfer { .. } => true,
        }
    }

    /// Whether an area keeps its events with the blocks: then what is mined is the area's to say.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Tip { .. })
    }

    /// What a socket is told.
    pub(super) fn push(self, chain_id: u64, report: TxReport) -> Push {
        match self {
            Self::Tip { sender, id } => Push::Tip {
                chain_id,
                sender,
                id,
                report,
            },
            Self::Transfer { hash } => Push::Transaction { chain_id, hash, report },
        }
    }
}
