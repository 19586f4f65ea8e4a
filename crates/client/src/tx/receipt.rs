//! What follows from what the wallet has read.

use bridge::{ConversationId, TxState, Witness};
use chain::{
    tips::is_used,
    verdict::{Reading, Verdict},
};
use protocol::{MessageId, ObservedStatus, Receipt, Transaction, TxHash};

use super::{Transition, runtime::Question};
use crate::{Client, Environment, Vault, records::Tx};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Whether the contract has counted a transaction of ours whose hash is not known.
    pub(crate) fn learn_used(&mut self, tx: Tx, returned: &[u8]) -> Transition {
        let state = match is_used(returned) {
            _ if tx.hash.is_some() => return Transition::Nothing,
            Some(true) => TxState::Submitted,
            Some(false) => TxState::Waiting,
            None => return Transition::Nothing,
        };
        if state == TxState::Submitted {
            // In which transaction, only the server can say.
            self.ask_server(&tx);
        }
        Transition::Keep(Tx { state, ..tx })
    }

    /// What a receipt says: of the transaction we know, or of one that the server has named.
    pub(crate) fn learn_receipt(
        &mut self,
        id: MessageId,
        tx: Tx,
        hash: TxHash,
        receipt: Option<Receipt>,
        head: u64,
    ) -> Transition {
        let own = tx.hash == Some(hash);
        let Some(receipt) = receipt else {
            return self.learn_absence(id, tx, hash, own);
        };
        let Some(network) = self.tx.network(tx.chain_id) else {
            return Transition::Nothing;
        };
        let of = network.confirmations.max(1);
        let Some(depth) = head.checked_sub(receipt.block).map(|above| above.saturating_add(1)) else {
            // The receipt is ahead of its chain.
            return Transition::Nothing;
        };
        let deep = depth >= u64::from(of);
        let reading = Reading {
            chain_id: tx.chain_id,
            hash,
            receipt: &receipt,
            head: head.min(u64::MAX - 1),
        };
        let state = match tx.check(self.account, reading, of) {
            Verdict::Confirming { done, of } => TxState::Confirming { done, of },
            Verdict::Confirmed => TxState::Confirmed,
            Verdict::Reverted => TxState::Reverted,
            Verdict::Mismatch(kind) => TxState::Mismatch(kind),
            Verdict::Garbage => return Transition::Nothing,
        };
        let stands = matches!(state, TxState::Confirming { .. } | TxState::Confirmed);
        // Under another hash only an event that names it is a proof.
        let holds = stands && (own || tx.counts_once());
        if !own && !holds {
            self.learn_other(id, &tx, hash, deep);
            return Transition::Nothing;
        }
        self.forget_hint(id, hash);
        if state == TxState::Reverted && tx.is_ours() && tx.counts_once() {
            // The contract takes back what it has counted before. Only what it has not may be paid another time.
            self.ask_wallet(id, Question::Unpaid { deep });
            return Transition::Nothing;
        }
        if state != tx.state {
            self.is_news(id);
        }
        let known = Tx {
            hash: Some(hash),
            nonce: tx.nonce.filter(|_| own),
            state,
            witness: Witness::Device,
            settled: deep,
            ..tx
        };
        let unsaid = match tx.tip() {
            Some(tip) => (tx.gone || !tip.told) && self.may_read(ConversationId::Direct(tip.peer)),
            None => tx.gone,
        };
        if tx.is_ours() && holds && unsaid {
            // Its answer was lost, or it was given up; now there is something to announce.
            Transition::Announce(known)
        } else {
            Transition::Keep(known)
        }
    }

    /// Whether what a transaction of ours that reverted was to pay was not paid by another one.
    pub(crate) fn learn_unpaid(&mut self, id: MessageId, tx: Tx, deep: bool, returned: &[u8]) -> Transition {
        let (state, witness, settled) = match is_used(returned) {
            Some(false) => (TxState::Reverted, Witness::Device, deep),
            // In which transaction, only the server can say.
            Some(true) => (TxState::Submitted, Witness::Claim, false),
            None => return Transition::Nothing,
        };
        if state != tx.state {
            self.is_news(id);
        }
        Transition::Keep(Tx {
            state,
            witness,
            settled,
            ..tx
        })
    }

    /// The chain has no receipt for it.
    fn learn_absence(&mut self, id: MessageId, tx: Tx, hash: TxHash, own: bool) -> Transition {
        self.forget_hint(id, hash);
        if !own {
            return Transition::Nothing;
        }
        if tx.nonce.is_none() || matches!(tx.state, TxState::Dropped | TxState::Replaced) {
            self.ask_wallet(id, Question::Transaction(hash));
        }
        let read = matches!(
            tx.state,
            TxState::Confirming { .. } | TxState::Confirmed | TxState::Reverted | TxState::Mismatch(_)
        );
        if tx.witness == Witness::Device && read && !tx.settled {
            // Its block is not of this chain any more. What has become of it, the server can say first.
            self.is_news(id);
            self.ask_server(&tx);
            let (state, witness) = (TxState::Submitted, Witness::Claim);
            return Transition::Keep(Tx { state, witness, ..tx });
        }
        Transition::Nothing
    }

    /// A transaction that the server has named does not do the same: of use only if it took the place of ours.
    fn learn_other(&mut self, id: MessageId, tx: &Tx, hash: TxHash, deep: bool) {
        let look = self.tx.looks.get_or_default(id);
        match &mut look.hint {
            Some(hint) if hint.hash == hash && hint.status == ObservedStatus::Replaced && tx.nonce.is_some() => {
                hint.deep = deep;
                self.ask_wallet(id, Question::Transaction(hash));
            }
            _ => self.forget_hint(id, hash),
        }
    }

    /// What the chain's nodes know of a transaction.
    pub(crate) fn learn_transaction(
        &mut self,
        id: MessageId,
        tx: Tx,
        hash: TxHash,
        found: Option<Transaction>,
    ) -> Transition {
        let sender = tx.parties(self.account).0;
        if tx.settled || found.is_some_and(|found| found.hash != hash) {
            return Transition::Nothing;
        }
        // Somebody may have sent it on the sender's behalf: its place says nothing about them.
        let foreign = found.is_some_and(|found| found.from != sender);
        if tx.hash == Some(hash) {
            let dropped = tx.state == TxState::Dropped;
            // Also if this device has seen another in its place: that one's block is not of this chain any more.
            let lost = dropped || tx.state == TxState::Replaced && tx.witness == Witness::Device;
            if lost && found.is_some() {
                self.is_news(id);
            }
            return Transition::Keep(match found {
                Some(found) => Tx {
                    nonce: (!foreign).then_some(found.nonce),
                    state: if lost { TxState::Submitted } else { tx.state },
                    witness: if lost { Witness::Claim } else { tx.witness },
                    ..tx
                },
                None if dropped => Tx {
                    witness: Witness::Device,
                    ..tx
                },
                None => return Transition::Nothing,
            });
        }
        let hint = self.tx.looks.get(&id).and_then(|look| look.hint);
        let hint = hint.filter(|hint| hint.hash == hash);
        self.forget_hint(id, hash);
        let took_its_place = |found: &Transaction| !foreign && found.block.is_some() && Some(found.nonce) == tx.nonce;
        // One transaction pays one transfer: what another of ours has for its own is no repetition of this one.
        let is_taken = (self.state.txs.iter())
            .any(|(other, known)| *other != id && known.chain_id == tx.chain_id && known.hash == Some(hash));
        match (hint, found.filter(took_its_place), tx.hash) {
            // The same again, under another hash: read on under that one.
            (Some(_), Some(found), Some(_)) if !is_taken && tx.is_repeated_by(&found) => {
                self.is_news(id);
                Transition::Keep(Tx {
                    hash: Some(hash),
                    state: TxState::Submitted,
                    witness: Witness::Claim,
                    ..tx
                })
            }
            (Some(hint), Some(_), Some(_)) => Transition::Keep(Tx {
                state: TxState::Replaced,
                witness: Witness::Device,
                settled: hint.deep,
                ..tx
            }),
            _ => Transition::Nothing,
        }
    }

    /// The chain says something else than before: there may be more, soon.
    fn is_news(&mut self, id: MessageId) {
        self.tx.looks.get_or_default(id).doubted = false;
        self.soon(id);
    }

    fn forget_hint(&mut self, id: MessageId, hash: TxHash) {
        let look = self.tx.looks.get_or_default(id);
        look.hint = look.hint.filter(|hint| hint.hash != hash);
    }
}
