//! What depends on what a transaction is for: its call, its proof, and the question to the server.

use bridge::{Call, TransferView};
use chain::{
    tips::{ALREADY_TIPPED, CONTRACT, Claim},
    transfer,
    verdict::{Reading, Verdict},
};
use protocol::{Address, Ask, MessageId, Transaction};

use crate::records::{Purpose, Tip, Tx};

impl Tx {
    /// The tip, if it is one.
    pub(crate) fn tip(&self) -> Option<&Tip> {
        match &self.purpose {
            Purpose::Tip(tip) => Some(tip),
            Purpose::Transfer { .. } => None,
        }
    }

    /// The transfer as the page shows it, if it is one.
    pub(crate) fn transfer_view(&self) -> Option<TransferView> {
        let Purpose::Transfer { to } = self.purpose else {
            return None;
        };
        Some(TransferView {
            chain_id: self.chain_id,
            to,
            amount: self.amount,
            hash: self.hash,
            state: self.state,
            witness: self.witness,
        })
    }

    /// This account pays.
    pub(crate) fn is_ours(&self) -> bool {
        self.tip().is_none_or(|tip| tip.mine)
    }

    /// Who pays and who is paid; `account` is ours.
    pub(crate) fn parties(&self, account: Address) -> (Address, Address) {
        match self.purpose {
            Purpose::Tip(Tip { peer, mine: true, .. }) => (account, peer),
            Purpose::Tip(Tip { peer, mine: false, .. }) => (peer, account),
            Purpose::Transfer { to } => (account, to),
        }
    }

    /// The other side of the payment.
    pub(crate) fn other_side(&self) -> Address {
        match self.purpose {
            Purpose::Tip(tip) => tip.peer,
            Purpose::Transfer { to } => to,
        }
    }

    /// Whether a contract counts it once for its sender, however often it is sent, and says whether it has. Otherwise a second prompt
    /// may pay a second time.
    pub(crate) fn counts_once(&self) -> bool {
        self.tip().is_some()
    }

    /// It was decided without the chain, by what its message says: nothing is to be read.
    pub(crate) fn is_hopeless(&self, id: MessageId) -> bool {
        self.tip()
            .is_some_and(|tip| tip.contract != CONTRACT || tip.id.message() != id)
    }

    /// The number under which the wallet is asked to send it. It follows from the transaction, so that the answer is known even to the
    /// next worker.
    pub(crate) fn prompt_number(&self, id: MessageId) -> u32 {
        let bytes = self.tip().map_or(&id.0[..], |tip| &tip.id.0);
        let last = bytes.last_chunk().copied().unwrap_or_default();
        u32::from_le_bytes(last)
    }

    /// The call that does it.
    pub(crate) fn call(&self, account: Address) -> Call {
        let (to, data) = match self.purpose {
            Purpose::Tip(tip) => (CONTRACT, chain::tips::call(tip.id, tip.peer)),
            Purpose::Transfer { to } => (to, Vec::new()),
        };
        Call {
            chain_id: self.chain_id,
            from: account,
            to,
            value: self.amount,
            data,
        }
    }

    /// The input of the question whether its contract has counted it, to [`CONTRACT`].
    pub(crate) fn used_call(&self, account: Address) -> Vec<u8> {
        self.tip()
            .map_or_else(Vec::new, |tip| chain::tips::used_call(account, tip.id))
    }

    /// Whether a simulation that reverted so says that it was paid before.
    pub(crate) fn was_paid(&self, reverted: &[u8]) -> bool {
        self.tip().is_some() && reverted.starts_with(&ALREADY_TIPPED)
    }

    /// What follows from a receipt for it. `account` is ours, `of` the confirmations that the network asks for.
    pub(crate) fn check(&self, account: Address, reading: Reading<'_>, of: u32) -> Verdict {
        match self.purpose {
            Purpose::Tip(tip) => {
                let (sender, recipient) = self.parties(account);
                let claim = Claim {
                    chain_id: self.chain_id,
                    contract: tip.contract,
                    sender,
                    recipient,
                    amount: self.amount,
                    id: tip.id,
                };
                chain::tips::check(&claim, reading, of)
            }
            Purpose::Transfer { .. } => transfer::check(self.chain_id, reading, of),
        }
    }

    /// Whether a transaction that took the place of this one does the same: a wallet that speeds a transfer up sends it again, dearer.
    /// Of a tip only its event says that.
    pub(crate) fn is_repeated_by(&self, other: &Transaction) -> bool {
        match self.purpose {
            Purpose::Tip(_) => false,
            Purpose::Transfer { to } => other.to == Some(to) && other.value == self.amount,
        }
    }

    /// The question to the server, if there is one: of a transfer only its transaction can be asked for.
    pub(crate) fn ask(&self, account: Address) -> Option<Ask> {
        let chain_id = self.chain_id;
        match self.purpose {
            Purpose::Tip(tip) => Some(Ask::Tip {
                chain_id,
                sender: self.parties(account).0,
                id: tip.id,
                hash: self.hash,
            }),
            Purpose::Transfer { .. } => self.hash.map(|hash| Ask::Transaction { chain_id, hash }),
        }
    }
}
