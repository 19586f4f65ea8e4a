//! What follows from what the wallet has read.

use bridge::{ConversationId, TipState, Witness};
use chain::tips::{Reading, Verdict, check, is_used};
use protocol::{MessageId, Receipt, TipSight, Transaction, TxHash};

use super::{Then, desk::Question};
use crate::{Client, Environment, Vault, records::Tip};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Whether the contract has counted a tip of ours whose transaction is not known.
    pub(crate) fn learn_used(&mut self, tip: Tip, returned: &[u8]) -> Then {
        let state = match is_used(returned) {
            _ if tip.hash.is_some() => return Then::Nothing,
            Some(true) => TipState::Submitted,
            Some(false) => TipState::Waiting,
            None => return Then::Nothing,
        };
        if state == TipState::Submitted {
            // In which transaction, only the server can say.
            self.ask_server(&tip);
        }
        Then::Keep(Tip { state, ..tip })
    }

    /// What a transaction came to: the one we know of, or one the server has spoken of.
    pub(crate) fn learn_receipt(
        &mut self,
        id: MessageId,
        tip: Tip,
        hash: TxHash,
        receipt: Option<Receipt>,
        head: u64,
    ) -> Then {
        let own = tip.hash == Some(hash);
        let Some(receipt) = receipt else {
            return self.learn_absence(id, tip, hash, own);
        };
        let Some(network) = self.desk.network(tip.chain_id) else {
            return Then::Nothing;
        };
        let of = network.confirmations.max(1);
        let Some(depth) = head.checked_sub(receipt.block).map(|above| above.saturating_add(1)) else {
            // The receipt is ahead of its chain.
            return Then::Nothing;
        };
        let deep = depth >= u64::from(of);
        let reading = Reading {
            chain_id: tip.chain_id,
            hash,
            receipt: &receipt,
            head: head.min(u64::MAX - 1),
        };
        let state = match check(&tip.claim(self.account), reading, of) {
            Verdict::Confirming { done, of } => TipState::Confirming { done, of },
            Verdict::Confirmed => TipState::Confirmed,
            Verdict::Reverted => TipState::Reverted,
            Verdict::Mismatch(kind) => TipState::Mismatch(kind),
            Verdict::Garbage => return Then::Nothing,
        };
        let holds = matches!(state, TipState::Confirming { .. } | TipState::Confirmed);
        if !own && !holds {
            self.learn_other(id, &tip, hash, deep);
            return Then::Nothing;
        }
        self.forget_hint(id, hash);
        if state == TipState::Reverted && tip.mine {
            // The contract takes back what it has counted before. Only what it has not may be paid another time.
            self.ask_wallet(id, Question::Unpaid { deep });
            return Then::Nothing;
        }
        if state != tip.state {
            self.is_news(id);
        }
        let known = Tip {
            hash: Some(hash),
            nonce: tip.nonce.filter(|_| own),
            state,
            witness: Witness::Device,
            settled: deep,
            ..tip
        };
        if tip.mine && holds && (tip.gone || !tip.told) && self.may_read(ConversationId::Direct(tip.peer)) {
            // Its answer was lost, or it was given up; now there is something to tell.
            Then::Speak(known)
        } else {
            Then::Keep(known)
        }
    }

    /// Whether a tip of ours, whose transaction was taken back, was not paid by another one.
    pub(crate) fn learn_unpaid(&mut self, id: MessageId, tip: Tip, deep: bool, returned: &[u8]) -> Then {
        let (state, witness, settled) = match is_used(returned) {
            Some(false) => (TipState::Reverted, Witness::Device, deep),
            // In which transaction, only the server can say.
            Some(true) => (TipState::Submitted, Witness::Claim, false),
            None => return Then::Nothing,
        };
        if state != tip.state {
            self.is_news(id);
        }
        Then::Keep(Tip {
            state,
            witness,
            settled,
            ..tip
        })
    }

    /// The chain has no receipt for it.
    fn learn_absence(&mut self, id: MessageId, tip: Tip, hash: TxHash, own: bool) -> Then {
        self.forget_hint(id, hash);
        if !own {
            return Then::Nothing;
        }
        if tip.nonce.is_none() || matches!(tip.state, TipState::Dropped | TipState::Replaced) {
            self.ask_wallet(id, Question::Transaction(hash));
        }
        let read = matches!(
            tip.state,
            TipState::Confirming { .. } | TipState::Confirmed | TipState::Reverted | TipState::Mismatch(_)
        );
        if tip.witness == Witness::Device && read && !tip.settled {
            // Its block is not of this chain any more. What has become of it, the server can say first.
            self.is_news(id);
            self.ask_server(&tip);
            let (state, witness) = (TipState::Submitted, Witness::Claim);
            return Then::Keep(Tip { state, witness, ..tip });
        }
        Then::Nothing
    }

    /// A transaction the server has spoken of holds no such tip: of use only if it took the place of ours.
    fn learn_other(&mut self, id: MessageId, tip: &Tip, hash: TxHash, deep: bool) {
        let look = self.desk.looks.get_or_default(id);
        match &mut look.hint {
            Some(hint) if hint.hash == hash && hint.sight == TipSight::Replaced && tip.nonce.is_some() => {
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
        tip: Tip,
        hash: TxHash,
        found: Option<Transaction>,
    ) -> Then {
        let sender = tip.claim(self.account).sender;
        if tip.settled || found.is_some_and(|found| found.hash != hash) {
            return Then::Nothing;
        }
        // Somebody may have sent it on the sender's behalf: its place says nothing about them.
        let foreign = found.is_some_and(|found| found.from != sender);
        if tip.hash == Some(hash) {
            let dropped = tip.state == TipState::Dropped;
            // Also if this device has seen another in its place: that one's block is not of this chain any more.
            let lost = dropped || tip.state == TipState::Replaced && tip.witness == Witness::Device;
            if lost && found.is_some() {
                self.is_news(id);
            }
            return Then::Keep(match found {
                Some(found) => Tip {
                    nonce: (!foreign).then_some(found.nonce),
                    state: if lost { TipState::Submitted } else { tip.state },
                    witness: if lost { Witness::Claim } else { tip.witness },
                    ..tip
                },
                None if dropped => Tip {
                    witness: Witness::Device,
                    ..tip
                },
                None => return Then::Nothing,
            });
        }
        let hint = self.desk.looks.get(&id).and_then(|look| look.hint);
        let hint = hint.filter(|hint| hint.hash == hash);
        self.forget_hint(id, hash);
        let took_its_place = |found: &Transaction| !foreign && found.block.is_some() && Some(found.nonce) == tip.nonce;
        match (hint, found.filter(took_its_place), tip.hash) {
            (Some(hint), Some(_), Some(_)) => Then::Keep(Tip {
                state: TipState::Replaced,
                witness: Witness::Device,
                settled: hint.deep,
                ..tip
            }),
            _ => Then::Nothing,
        }
    }

    /// The chain says something else than before: there may be more, soon.
    fn is_news(&mut self, id: MessageId) {
        self.desk.looks.get_or_default(id).doubted = false;
        self.soon(id);
    }

    fn forget_hint(&mut self, id: MessageId, hash: TxHash) {
        let look = self.desk.looks.get_or_default(id);
        look.hint = look.hint.filter(|hint| hint.hash != hash);
    }
}
