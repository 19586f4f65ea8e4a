//! What follows from what the wallet has read.

use bridge::{TipState, Witness};
use chain::tips::{Reading, Verdict, check, is_used};
use protocol::{MessageId, Receipt, TipSight, Transaction, TxHash};

use super::desk::Question;
use crate::{Client, Environment, Vault, VaultError, records::Tip, step::Step};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Whether the contract has counted a tip of ours whose transaction is not known.
    pub(crate) async fn learn_used(&mut self, id: MessageId, returned: &[u8]) -> Result<(), VaultError> {
        self.later(id);
        let Some(tip) = self.state.tips.get(&id).copied().filter(|tip| tip.hash.is_none()) else {
            return Ok(());
        };
        let state = match is_used(returned) {
            Some(true) => TipState::Submitted,
            Some(false) => TipState::Waiting,
            None => return Ok(()),
        };
        if state == TipState::Submitted {
            // In which transaction, only the server can say.
            self.ask_server(&tip);
        }
        self.change(id, Tip { state, ..tip }).await
    }

    /// What a transaction came to: the one we know of, or one the server has spoken of.
    pub(crate) async fn learn_receipt(
        &mut self,
        id: MessageId,
        hash: TxHash,
        receipt: Option<Receipt>,
        head: u64,
    ) -> Result<(), VaultError> {
        self.later(id);
        let Some(tip) = self.state.tips.get(&id).copied() else {
            return Ok(());
        };
        let own = tip.hash == Some(hash);
        let Some(receipt) = receipt else {
            return self.learn_absence(id, tip, hash, own).await;
        };
        let Some(network) = self.desk.network(tip.chain_id) else {
            return Ok(());
        };
        let of = network.confirmations.max(1);
        let Some(depth) = head.checked_sub(receipt.block).map(|above| above.saturating_add(1)) else {
            // The receipt is ahead of its chain.
            return Ok(());
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
            Verdict::Garbage => return Ok(()),
        };
        let holds = matches!(state, TipState::Confirming { .. } | TipState::Confirmed);
        if !own && !holds {
            self.learn_other(id, &tip, hash, deep);
            return Ok(());
        }
        let look = self.desk.looks.get_or_default(id);
        look.hint = look.hint.filter(|hint| hint.hash != hash);
        let known = Tip {
            hash: Some(hash),
            nonce: tip.nonce.filter(|_| own),
            state,
            witness: Witness::Device,
            settled: deep,
            ..tip
        };
        if known.state != tip.state {
            let now = self.environment.now();
            self.desk.looks.get_or_default(id).soon(now);
        }
        if tip.mine && holds && (tip.gone || !tip.told) && self.may_read(tip.peer) {
            // Its answer was lost, or it was given up; now there is something to tell.
            let mut step = Step::default();
            self.speak_of(&mut step, id, known).await?;
            return self.finish(step).await;
        }
        self.change(id, known).await
    }

    /// The chain has no receipt for it.
    async fn learn_absence(&mut self, id: MessageId, tip: Tip, hash: TxHash, own: bool) -> Result<(), VaultError> {
        if !own {
            self.forget_hint(id, hash);
            return Ok(());
        }
        let read = matches!(
            tip.state,
            TipState::Confirming { .. } | TipState::Confirmed | TipState::Reverted | TipState::Mismatch(_)
        );
        if tip.nonce.is_none() || matches!(tip.state, TipState::Dropped | TipState::Replaced) {
            self.ask_wallet(id, Question::Transaction(hash));
        }
        if tip.witness == Witness::Device && read && !tip.settled {
            // Its block is not of this chain any more.
            let (state, witness) = (TipState::Submitted, Witness::Claim);
            return self.change(id, Tip { state, witness, ..tip }).await;
        }
        Ok(())
    }

    /// A transaction the server has spoken of holds no such tip: of use only if it took the place of ours.
    fn learn_other(&mut self, id: MessageId, tip: &Tip, hash: TxHash, deep: bool) {
        let look = self.desk.looks.get_or_default(id);
        let replaced = |sight| matches!(sight, TipSight::Replaced);
        match &mut look.hint {
            Some(hint) if hint.hash == hash && replaced(hint.sight) && tip.nonce.is_some() => {
                hint.deep = deep;
                self.ask_wallet(id, Question::Transaction(hash));
            }
            _ => self.forget_hint(id, hash),
        }
    }

    /// What the chain's nodes know of a transaction.
    pub(crate) async fn learn_transaction(
        &mut self,
        id: MessageId,
        hash: TxHash,
        found: Option<Transaction>,
    ) -> Result<(), VaultError> {
        let Some(tip) = self.state.tips.get(&id).copied().filter(|tip| !tip.settled) else {
            return Ok(());
        };
        let sender = tip.claim(self.account).sender;
        let found = match found {
            Some(found) if found.hash != hash => return Ok(()),
            // Somebody may have sent it on the sender's behalf: its place says nothing about them.
            Some(found) if found.from != sender => {
                self.forget_hint(id, hash);
                return Ok(());
            }
            found => found,
        };
        if tip.hash == Some(hash) {
            let lost = matches!(tip.state, TipState::Dropped);
            return match found {
                Some(found) => {
                    let nonce = Some(found.nonce);
                    let back = lost.then_some((TipState::Submitted, Witness::Claim));
                    let (state, witness) = back.unwrap_or((tip.state, tip.witness));
                    let known = Tip {
                        nonce,
                        state,
                        witness,
                        ..tip
                    };
                    self.change(id, known).await
                }
                None if lost => {
                    let witness = Witness::Device;
                    self.change(id, Tip { witness, ..tip }).await
                }
                None => Ok(()),
            };
        }
        let hint = self.desk.looks.get(&id).and_then(|look| look.hint);
        self.forget_hint(id, hash);
        match (hint, found) {
            (Some(hint), Some(found))
                if hint.hash == hash
                    && found.block.is_some()
                    && Some(found.nonce) == tip.nonce
                    && tip.hash.is_some() =>
            {
                let replaced = Tip {
                    state: TipState::Replaced,
                    witness: Witness::Device,
                    settled: hint.deep,
                    ..tip
                };
                self.change(id, replaced).await
            }
            _ => Ok(()),
        }
    }

    fn forget_hint(&mut self, id: MessageId, hash: TxHash) {
        let look = self.desk.looks.get_or_default(id);
        look.hint = look.hint.filter(|hint| hint.hash != hash);
    }

    /// Keeps and shows a tip, if it is another one than before.
    pub(crate) async fn change(&mut self, id: MessageId, tip: Tip) -> Result<(), VaultError> {
        if self.state.tips.get(&id) == Some(&tip) {
            return Ok(());
        }
        let mut step = Step::default();
        self.set_tip(&mut step, id, tip).await;
        self.finish(step).await
    }
}
