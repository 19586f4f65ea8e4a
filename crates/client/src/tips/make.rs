//! Wishes: whom, how much, and what the wallet answers.

use bridge::{Call, ConversationId, Event, TipRefusal, TipState, WalletAnswer, WalletRefusal, Witness};
use chain::tips::{ALREADY_TIPPED, CONTRACT, is_used};
use content::TipReference;
use protocol::{Address, MessageId, TipId, U256};

use super::{
    Then,
    desk::{Question, prompt_number},
};
use crate::{
    Client, Environment, Vault, VaultError,
    content::tip,
    records::{Membership, Tip},
    step::Step,
};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Payee`.
    pub(crate) fn payee(&mut self, peer: Address) {
        let why = if peer == self.account {
            TipRefusal::OwnAccount
        } else if self.is_verified(peer) {
            let tips = self.state.tips.values();
            let first = !tips.clone().any(|tip| tip.mine && tip.peer == peer && tip.is_paid());
            let only = self.only(peer);
            return self.reply(Event::Payee { peer, first, only });
        } else if self.is_connecting() {
            self.people.lists.remove(&peer);
            if !self.desk.payees.contains(&peer) {
                self.desk.payees.push(peer);
            }
            return;
        } else {
            TipRefusal::Unverified
        };
        self.reply(Event::NoPayee { peer, why });
    }

    /// Answers every `Payee` that can be answered.
    pub(crate) fn answer_payees(&mut self) {
        for peer in std::mem::take(&mut self.desk.payees) {
            match self.is_here(peer) {
                None => self.desk.payees.push(peer),
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
        for peer in std::mem::take(&mut self.desk.payees) {
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
        } else if !self.desk.network(chain_id).is_some_and(stands) {
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
        if self.state.tips.contains_key(&id) || self.find_message(&step, id).await?.is_some() {
            // The command came twice, the second time perhaps to another worker.
            self.tip_again(id);
            return Ok(());
        }
        if let Some(why) = self.why_not(peer, chain_id, amount) {
            self.reply(refused(peer, id, why, false));
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
            chain_id,
            contract: CONTRACT,
            id: TipId(tip_id),
            amount,
            at,
            hash: None,
            nonce: None,
            state: TipState::Draft,
            witness: Witness::Claim,
            settled: false,
            asked: 0,
            told: false,
            gone: false,
        };
        step.tips.insert(id, Some(tip));
        self.finish(step).await?;
        if revealed {
            self.tell_thread(conversation).await;
        }
        self.wish_for(id);
        Ok(())
    }

    /// `TipAgain`. Tried out first: if it was paid meanwhile, the contract says so.
    pub(crate) fn tip_again(&mut self, id: MessageId) {
        if self.unsent_tip(id).is_some() && !self.desk.is_open(id, is_trial) {
            self.wish_for(id);
        }
    }

    /// The person at the tab that asks wants it paid now.
    fn wish_for(&mut self, id: MessageId) {
        let tab = self.tabs.asking.unwrap_or_default();
        self.desk.wished.insert(id, tab);
        self.ask_wallet(id, Question::Try);
    }

    /// A tip of ours of which no transaction is known.
    fn unsent_tip(&self, id: MessageId) -> Option<Tip> {
        let tip = self.state.tips.get(&id).copied()?;
        let open = matches!(tip.state, TipState::Draft | TipState::Waiting);
        (tip.mine && !tip.gone && open).then_some(tip)
    }

    /// `TipDrop`.
    pub(crate) fn tip_drop(&self, id: MessageId) -> Then {
        let nothing = |tip: &Tip| {
            matches!(
                tip.state,
                TipState::Draft | TipState::Waiting | TipState::Reverted | TipState::Replaced | TipState::Dropped
            )
        };
        match self.state.tips.get(&id) {
            Some(tip) if tip.mine && !tip.gone && nothing(tip) => Then::PutAway(*tip, None),
            _ => Then::Nothing,
        }
    }

    /// Makes what follows durable and true.
    pub(crate) async fn carry_out(&mut self, id: MessageId, then: Then) -> Result<(), VaultError> {
        let mut step = Step::default();
        let prompt = matches!(then, Then::Prompt(_));
        match then {
            Then::Nothing => return Ok(()),
            Then::Keep(tip) if self.state.tips.get(&id) == Some(&tip) => return Ok(()),
            Then::Keep(tip) | Then::Prompt(tip) => step.put_tip(id, tip),
            Then::Speak(tip) => self.speak_of(&mut step, id, tip).await?,
            Then::Wait(tip, why) => {
                step.put_tip(id, tip);
                step.events.push(refused(tip.peer, id, why, true));
                self.desk.wished.remove(&id);
            }
            Then::PutAway(tip, why) => self.put_away(&mut step, id, tip, why).await?,
        }
        self.finish(step).await?;
        if prompt {
            self.ask_wallet(id, Question::Send);
        }
        Ok(())
    }

    /// Takes a tip out of its thread, in this step. What may have been sent all the same is remembered.
    async fn put_away(
        &mut self,
        step: &mut Step,
        id: MessageId,
        tip: Tip,
        why: Option<TipRefusal>,
    ) -> Result<(), VaultError> {
        let harmless = tip.asked == 0 && tip.hash.is_none();
        step.tips.insert(id, (!harmless).then_some(Tip { gone: true, ..tip }));
        if let Some((order, _)) = self.find_intent(id) {
            step.outbox.insert(order, None);
        }
        let peer = tip.peer;
        self.take_back(step, ConversationId::Direct(peer), id).await?;
        step.events.extend(why.map(|why| refused(peer, id, why, false)));
        self.desk.wished.remove(&id);
        self.desk
            .open
            .retain(|_, open| open.id != id || open.question == Question::Send);
        Ok(())
    }

    /// The tips of a thread that is forgotten: theirs too; ours only from the thread.
    pub(crate) fn forget_tips(&self, step: &mut Step, peer: Address) {
        for (id, tip) in self.state.tips.iter().filter(|(_, tip)| tip.peer == peer) {
            let kept = tip.mine && (tip.asked > 0 || tip.hash.is_some());
            step.tips.insert(*id, kept.then_some(Tip { gone: true, ..*tip }));
        }
    }

    /// The call that pays this tip.
    pub(crate) fn call_of(&self, tip: &Tip) -> Call {
        Call {
            chain_id: tip.chain_id,
            from: self.account,
            to: CONTRACT,
            value: tip.amount,
            data: chain::tips::call(tip.id, tip.peer),
        }
    }

    /// The wallet's answer to `Try`.
    pub(crate) fn tried(&mut self, id: MessageId, answer: Result<WalletAnswer, WalletRefusal>) -> Then {
        let Some(tip) = self.unsent_tip(id) else {
            return Then::Nothing;
        };
        let wished = self.desk.wished.contains_key(&id);
        let waiting = Tip {
            state: TipState::Waiting,
            ..tip
        };
        let why = match answer {
            Ok(WalletAnswer::Tried {
                gas,
                gas_price,
                balance,
            }) => {
                let fee = U256::from(gas).checked_mul(gas_price);
                let all = fee.and_then(|fee| fee.checked_add(tip.amount));
                if all.is_some_and(|all| all <= balance) {
                    if !wished {
                        // Left over from before a reload: the next prompt is the person's to wish for.
                        return Then::Keep(waiting);
                    }
                    // Where no code stands, all this goes well too, and the money is lost.
                    self.ask_wallet(id, Question::Stands);
                    return Then::Nothing;
                }
                TipRefusal::NotEnough
            }
            Ok(WalletAnswer::Reverts(reason)) if reason.starts_with(&ALREADY_TIPPED) => {
                return self.paid_before(id, tip);
            }
            Ok(WalletAnswer::Reverts(reason)) => TipRefusal::WouldRevert(chain::tips::reason(&reason)),
            Ok(_) => TipRefusal::Wallet(WalletRefusal::Garbage),
            Err(WalletRefusal::NotEnough) => TipRefusal::NotEnough,
            Err(refusal) => TipRefusal::Wallet(refusal),
        };
        if !wished && matches!(why, TipRefusal::Wallet(_)) {
            // Nobody waits for it now.
            self.later(id);
            return Then::Nothing;
        }
        unpaid(tip, why)
    }

    /// The wallet's answer to `Stands`: only our contract answers this question. That it stands there is else the server's word,
    /// and a call to an address without code pays that address.
    pub(crate) fn stands(&mut self, id: MessageId, answer: Result<WalletAnswer, WalletRefusal>) -> Then {
        let wished = self.desk.wished.remove(&id).is_some();
        let Some(tip) = self.unsent_tip(id).filter(|_| wished) else {
            return Then::Nothing;
        };
        let why = match answer {
            Ok(WalletAnswer::Returned(bytes)) => match is_used(&bytes) {
                Some(false) => {
                    let (state, asked) = (TipState::Waiting, tip.asked.saturating_add(1));
                    return Then::Prompt(Tip { state, asked, ..tip });
                }
                Some(true) => return self.paid_before(id, tip),
                None => TipRefusal::NoContract,
            },
            Ok(WalletAnswer::Reverts(_)) => TipRefusal::NoContract,
            Ok(_) => TipRefusal::Wallet(WalletRefusal::Garbage),
            Err(refusal) => TipRefusal::Wallet(refusal),
        };
        unpaid(tip, why)
    }

    /// Paid already: only where is not known. The server is asked, and the chain itself.
    fn paid_before(&mut self, id: MessageId, tip: Tip) -> Then {
        self.desk.wished.remove(&id);
        self.ask_server(&tip);
        self.soon(id);
        let state = TipState::Waiting;
        Then::Keep(Tip { state, ..tip })
    }

    /// The wallet's answer to `Send`.
    pub(crate) fn prompted(&mut self, id: MessageId, answer: Result<WalletAnswer, WalletRefusal>) -> Then {
        let refusal = match answer {
            Ok(WalletAnswer::Sent(hash)) => {
                // Whatever the vault says to it now: this must not be lost.
                self.desk.unkept.insert(id, hash);
                return Then::Nothing;
            }
            Ok(_) => WalletRefusal::Garbage,
            Err(refusal) => refusal,
        };
        let Some(tip) = self.unsent_tip(id) else {
            return Then::Nothing;
        };
        // Without a connection, in words of its own, or without sense it may have sent it all the same: then it is looked for.
        let unclear = matches!(
            refusal,
            WalletRefusal::Garbage | WalletRefusal::Offline | WalletRefusal::Other(_)
        );
        let asked = tip.asked.saturating_sub(u8::from(!unclear));
        let why = match refusal {
            WalletRefusal::NotEnough => TipRefusal::NotEnough,
            refusal => TipRefusal::Wallet(refusal),
        };
        unpaid(Tip { asked, ..tip }, why)
    }

    /// The tip that was prompted for under this number, if its answer is not known: perhaps by the worker before this one.
    pub(crate) fn prompted_as(&self, number: u32) -> Option<MessageId> {
        let prompted = |tip: &Tip| tip.mine && tip.hash.is_none() && tip.asked > 0 && prompt_number(tip.id) == number;
        let mut tips = self.state.tips.iter();
        tips.find(|(_, tip)| prompted(tip)).map(|(id, _)| *id)
    }

    /// Keeps what the wallet has sent.
    pub(crate) async fn keep_sent(&mut self) -> Result<(), VaultError> {
        while let Some((id, hash)) = self.desk.unkept.last().copied() {
            let unknown = |tip: &&Tip| tip.mine && tip.hash.is_none();
            if let Some(tip) = self.state.tips.get(&id).filter(unknown).copied() {
                let sent = Tip {
                    hash: Some(hash),
                    state: TipState::Submitted,
                    witness: Witness::Claim,
                    asked: tip.asked.saturating_sub(1),
                    ..tip
                };
                self.carry_out(id, Then::Speak(sent)).await?;
                self.ask_server(&sent);
                self.soon(id);
            }
            self.desk.unkept.remove(&id);
        }
        Ok(())
    }

    /// Puts a tip of ours whose transaction is known, and the wish to tell the other side of it, in this step.
    async fn speak_of(&mut self, step: &mut Step, id: MessageId, tip: Tip) -> Result<(), VaultError> {
        let tell = !tip.told;
        let tip = Tip {
            told: true,
            gone: false,
            ..tip
        };
        if self.find_message(step, id).await?.is_none() {
            // It was taken back, and paid all the same.
            let conversation = ConversationId::Direct(tip.peer);
            self.append(step, conversation, id, tip::body().into()).await;
            step.tips.insert(id, Some(tip));
        } else {
            step.put_tip(id, tip);
        }
        if let (true, Some((_, conversation, message))) = (tell, self.message(step, id).await) {
            self.enqueue(step, conversation, id, message.at, message.content);
        }
        Ok(())
    }

    /// What the message says of its tip, if it speaks of one.
    pub(crate) fn reference(&self, step: &Step, id: MessageId) -> Option<TipReference> {
        let tip = step.tips.get(&id).copied().flatten();
        let tip = tip.or_else(|| self.state.tips.get(&id).copied())?;
        Some(TipReference {
            chain_id: tip.chain_id,
            contract: tip.contract,
            id: tip.id,
            hash: tip.hash?,
            amount: tip.amount,
        })
    }

    /// A number under which the wallet is not being asked anything.
    pub(crate) fn free_number(&mut self) -> u32 {
        loop {
            self.desk.next = self.desk.next.wrapping_add(1);
            let number = self.desk.next;
            if !self.desk.open.contains_key(&number) && !self.proofs.is_open(number) {
                return number;
            }
        }
    }

    /// Asks the wallet, by way of the page.
    pub(crate) fn ask_wallet(&mut self, id: MessageId, question: Question) {
        let Some(tip) = self.state.tips.get(&id).copied() else {
            return;
        };
        let request = self.request(&tip, question);
        let number = match question {
            Question::Send => prompt_number(tip.id),
            _ => self.free_number(),
        };
        // A prompt follows an answer of the tab that wished, and so appears there.
        let wisher = self.desk.wished.get(&id).copied();
        let tab = self.put_to_wallet(wisher, number, request);
        let since = self.environment.now();
        let open = super::desk::Open {
            id,
            question,
            tab,
            since,
        };
        self.desk.open.insert(number, open);
    }
}

/// A try came to nothing. Only if no other may have been answered with yes, nothing was sent.
fn unpaid(tip: Tip, why: TipRefusal) -> Then {
    let state = TipState::Waiting;
    if tip.asked > 0 {
        Then::Wait(Tip { state, ..tip }, why)
    } else {
        Then::PutAway(tip, Some(why))
    }
}

fn refused(peer: Address, id: MessageId, why: TipRefusal, waits: bool) -> Event {
    Event::TipRefused { peer, id, why, waits }
}

/// It is being found out whether it would go through.
fn is_trial(question: Question) -> bool {
    matches!(question, Question::Try | Question::Stands)
}
