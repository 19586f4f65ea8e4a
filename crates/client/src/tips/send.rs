//! Tips of ours: to whom, and what is said of them.

use bridge::{ConversationId, Event, TipRefusal};
use chain::tips::CONTRACT;
use content::TipReference;
use protocol::{Address, MessageId, TipId, U256};

use crate::{
    Client, Environment, Vault, VaultError,
    content::tip,
    records::{Membership, Purpose, Tip, Tx},
    step::Step,
};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Payee`.
    pub(crate) fn payee(&mut self, peer: Address) {
        let why = if peer == self.account {
            TipRefusal::OwnAccount
        } else if self.is_verified(peer) {
            let tips = self.state.txs.values();
            let paid = |tx: &Tx| tx.is_paid() && tx.tip().is_some_and(|tip| tip.mine && tip.peer == peer);
            let first = !tips.clone().any(paid);
            let only = self.only(peer);
            return self.reply(Event::Payee { peer, first, only });
        } else if self.is_connecting() {
            self.people.lists.remove(&peer);
            if !self.payees.contains(&peer) {
                self.payees.push(peer);
            }
            return;
        } else {
            TipRefusal::Unverified
        };
        self.reply(Event::NoPayee { peer, why });
    }

    /// Answers every `Payee` that can be answered.
    pub(crate) fn answer_payees(&mut self) {
        for peer in std::mem::take(&mut self.payees) {
            match self.is_here(peer) {
                None => self.payees.push(peer),
                Some(true) => self.payee(peer),
                Some(false) => {
                    let why = TipRefusal::Unverified;
                    self.tell(Event::NoPayee { peer, why });
                }
            }
        }
    }

    /// Nobody answers any more.
    pub(crate) fn give_up_payees(&mut self) {
        for peer in std::mem::take(&mut self.payees) {
            let why = TipRefusal::Unverified;
            self.tell(Event::NoPayee { peer, why });
        }
    }

    /// A wallet has vouched for this account, and we have checked it: as a member of our conversation, or as listed.
    fn is_verified(&self, peer: Address) -> bool {
        let mut logs = self.state.logs.iter();
        let ours = |topic| {
            self.installation
                .members(topic)
                .iter()
                .any(|member| member.address == peer && self.directory.get(&member.association).is_some())
        };
        logs.any(|(topic, log)| {
            log.conversation == Some(peer.into()) && log.stage == Membership::Joined && ours(*topic)
        }) || self.holds_listed(peer)
    }

    fn why_not(&self, peer: Address, chain_id: u64, amount: U256) -> Option<TipRefusal> {
        let stands = |network: &protocol::api::Network| network.tips == Some(CONTRACT);
        if amount.is_zero() {
            Some(TipRefusal::Nothing)
        } else if peer == self.account {
            Some(TipRefusal::OwnAccount)
        } else if !self.tx.network(chain_id).is_some_and(stands) {
            // Also where a contract stands at another address: it would only pretend.
            Some(TipRefusal::NoContract)
        } else if !self.is_verified(peer) {
            Some(TipRefusal::Unverified)
        } else {
            let only = self.only(peer).filter(|only| *only != chain_id);
            only.map(TipRefusal::OtherChain)
        }
    }

    /// `Tip`.
    pub(crate) async fn tip(
        &mut self,
        peer: Address,
        id: MessageId,
        chain_id: u64,
        amount: U256,
    ) -> Result<(), VaultError> {
        let mut step = Step::default();
        if self.state.txs.contains_key(&id) || self.find_message(&step, id).await?.is_some() {
            // The command came twice, the second time perhaps to another worker.
            self.prompt_again(id);
            return Ok(());
        }
        if let Some(why) = self.why_not(peer, chain_id, amount) {
            self.reply(Event::TipRefused {
                peer,
                id,
                why,
                waits: false,
            });
            return Ok(());
        }
        let conversation = ConversationId::Direct(peer);
        let (at, revealed) = self.append(&mut step, conversation, id, tip::body().into()).await;
        let mut tip_id = [0; 32];
        tip_id[..16].copy_from_slice(&id.0);
        tip_id[16..].copy_from_slice(&self.random::<16>());
        let tip = Tip {
            peer,
            mine: true,
            contract: CONTRACT,
            id: TipId(tip_id),
            told: false,
        };
        let draft = Tx::draft(Purpose::Tip(tip), chain_id, amount, at);
        step.txs.insert(id, Some(draft));
        self.finish(step).await?;
        if revealed {
            self.tell_thread(conversation).await;
        }
        self.prompt(id);
        Ok(())
    }

    /// Takes the message of a tip out of its thread, in this step.
    pub(crate) async fn take_back_tip(&self, step: &mut Step, id: MessageId, peer: Address) -> Result<(), VaultError> {
        if let Some((order, _)) = self.find_intent(id) {
            step.outbox.insert(order, None);
        }
        self.take_back(step, ConversationId::Direct(peer), id).await
    }

    /// The tips of a thread that is forgotten: theirs too; ours only from the thread.
    pub(crate) fn forget_tips(&self, step: &mut Step, peer: Address) {
        let of_thread = |tx: &Tx| tx.tip().is_some_and(|tip| tip.peer == peer);
        for (id, tx) in self.state.txs.iter().filter(|(_, tx)| of_thread(tx)) {
            let kept = tx.is_ours() && (tx.asked > 0 || tx.hash.is_some());
            step.txs.insert(*id, kept.then_some(Tx { gone: true, ..*tx }));
        }
    }

    /// Puts a tip of ours whose transaction is known, and the wish to tell the other side of it, in this step.
    pub(crate) async fn speak_of(
        &mut self,
        step: &mut Step,
        id: MessageId,
        tx: Tx,
        tip: Tip,
    ) -> Result<(), VaultError> {
        let tell = !tip.told;
        let tx = Tx {
            purpose: Purpose::Tip(Tip { told: true, ..tip }),
            gone: false,
            ..tx
        };
        if self.find_message(step, id).await?.is_none() {
            // It was taken back, and paid all the same.
            let conversation = ConversationId::Direct(tip.peer);
            self.append(step, conversation, id, tip::body().into()).await;
            step.txs.insert(id, Some(tx));
        } else {
            step.put_tx(id, tx);
        }
        if let (true, Some((_, conversation, message))) = (tell, self.message(step, id).await) {
            self.enqueue(step, conversation, id, message.at, message.content);
        }
        Ok(())
    }

    /// What the message says of its tip, if it speaks of one.
    pub(crate) fn reference(&self, step: &Step, id: MessageId) -> Option<TipReference> {
        let tx = step.txs.get(&id).copied().flatten();
        let tx = tx.or_else(|| self.state.txs.get(&id).copied())?;
        let tip = tx.tip()?;
        Some(TipReference {
            chain_id: tx.chain_id,
            contract: tip.contract,
            id: tip.id,
            hash: tx.hash?,
            amount: tx.amount,
        })
    }
}
