//! Simulation, prompt, and the wallet's answers to both.

use bridge::{Event, TipRefusal, TxState, WalletAnswer, WalletRefusal, Witness};
use chain::tips::is_used;
use protocol::{MessageId, U256};

use super::{
    Transition,
    runtime::{Open, Question},
};
use crate::{
    Client, Environment, Vault, VaultError,
    records::{Purpose, Tip, Tx},
    step::Step,
};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// The person at the tab that asks wants this transaction sent now: it is simulated, then the wallet is asked.
    pub(crate) fn prompt(&mut self, id: MessageId) {
        let tab = self.tabs.asking.unwrap_or_default();
        self.tx.user_initiated.insert(id, tab);
        self.ask_wallet(id, Question::Try);
    }

    /// `TxAgain`. Simulated first: if a tip was paid meanwhile, the contract says so. What no contract counts is not asked for a second
    /// time if the first may have been answered with yes.
    pub(crate) fn prompt_again(&mut self, id: MessageId) {
        let again = self.unsent(id).filter(|tx| tx.counts_once() || tx.asked == 0);
        if again.is_some() && !self.tx.is_open(id, is_trial) {
            self.prompt(id);
        }
    }

    /// One of ours of which no hash is known.
    fn unsent(&self, id: MessageId) -> Option<Tx> {
        let tx = self.state.txs.get(&id).copied()?;
        let open = matches!(tx.state, TxState::Draft | TxState::Waiting);
        (tx.is_ours() && !tx.gone && open).then_some(tx)
    }

    /// `TxDrop`.
    pub(crate) fn put_away_by_hand(&self, id: MessageId) -> Transition {
        let nothing = |tx: &Tx| {
            matches!(
                tx.state,
                TxState::Draft | TxState::Waiting | TxState::Reverted | TxState::Replaced | TxState::Dropped
            )
        };
        match self.state.txs.get(&id) {
            Some(tx) if tx.is_ours() && !tx.gone && nothing(tx) => Transition::PutAway(*tx, None),
            _ => Transition::Nothing,
        }
    }

    /// Persists what follows, and does it.
    pub(crate) async fn carry_out(&mut self, id: MessageId, transition: Transition) -> Result<(), VaultError> {
        let mut step = Step::default();
        let prompt = matches!(transition, Transition::Prompt(_));
        match transition {
            Transition::Nothing => return Ok(()),
            Transition::Keep(tx) if self.state.txs.get(&id) == Some(&tx) => return Ok(()),
            Transition::Keep(tx) | Transition::Prompt(tx) => step.put_tx(id, tx),
            Transition::Announce(tx) => match tx.purpose {
                Purpose::Tip(tip) => self.speak_of(&mut step, id, tx, tip).await?,
                Purpose::Transfer { .. } => step.put_tx(id, Tx { gone: false, ..tx }),
            },
            Transition::Wait(tx, why) => {
                step.put_tx(id, tx);
                step.events.push(refused(&tx, id, why, true));
                self.tx.user_initiated.remove(&id);
            }
            Transition::PutAway(tx, why) => self.put_away(&mut step, id, tx, why).await?,
        }
        self.finish(step).await?;
        if prompt {
            self.ask_wallet(id, Question::Send);
        }
        Ok(())
    }

    /// Puts a transaction away, in this step. What may have been sent all the same is remembered.
    async fn put_away(
        &mut self,
        step: &mut Step,
        id: MessageId,
        tx: Tx,
        why: Option<TipRefusal>,
    ) -> Result<(), VaultError> {
        let harmless = tx.asked == 0 && tx.hash.is_none();
        step.txs.insert(id, (!harmless).then_some(Tx { gone: true, ..tx }));
        match tx.purpose {
            Purpose::Tip(tip) => self.take_back_tip(step, id, tip.peer).await?,
            Purpose::Transfer { .. } => step.events.push(Event::Transfer { id, view: None }),
        }
        step.events.extend(why.map(|why| refused(&tx, id, why, false)));
        self.tx.user_initiated.remove(&id);
        self.tx
            .open
            .retain(|_, open| open.id != id || open.question == Question::Send);
        Ok(())
    }

    /// The wallet's answer to `Try`.
    pub(crate) fn tried(&mut self, id: MessageId, answer: Result<WalletAnswer, WalletRefusal>) -> Transition {
        let Some(tx) = self.unsent(id) else {
            return Transition::Nothing;
        };
        let initiated = self.tx.user_initiated.contains_key(&id);
        let waiting = Tx {
            state: TxState::Waiting,
            ..tx
        };
        let why = match answer {
            Ok(WalletAnswer::Tried {
                gas,
                gas_price,
                balance,
            }) => {
                let fee = U256::from(gas).checked_mul(gas_price);
                let all = fee.and_then(|fee| fee.checked_add(tx.amount));
                if all.is_some_and(|all| all <= balance) {
                    if !initiated {
                        // Left over from before a reload: the next prompt is the person's to initiate.
                        return Transition::Keep(waiting);
                    }
                    if !tx.counts_once() {
                        self.tx.user_initiated.remove(&id);
                        return prompt(tx);
                    }
                    // Without code at the contract's address all this goes well too, and the money is lost.
                    self.ask_wallet(id, Question::Stands);
                    return Transition::Nothing;
                }
                TipRefusal::NotEnough
            }
            Ok(WalletAnswer::Reverts(reason)) if tx.was_paid(&reason) => return self.paid_before(id, tx),
            Ok(WalletAnswer::Reverts(reason)) => TipRefusal::WouldRevert(chain::tips::reason(&reason)),
            Ok(_) => TipRefusal::Wallet(WalletRefusal::Garbage),
            Err(WalletRefusal::NotEnough) => TipRefusal::NotEnough,
            Err(refusal) => TipRefusal::Wallet(refusal),
        };
        if !initiated && matches!(why, TipRefusal::Wallet(_)) {
            // Nobody waits for it now.
            self.later(id);
            return Transition::Nothing;
        }
        unpaid(tx, why)
    }

    /// The wallet's answer to `Stands`: only our contract answers this question. Otherwise its existence is the server's word, and a
    /// call to an address without code pays that address.
    pub(crate) fn stands(&mut self, id: MessageId, answer: Result<WalletAnswer, WalletRefusal>) -> Transition {
        let initiated = self.tx.user_initiated.remove(&id).is_some();
        let Some(tx) = self.unsent(id).filter(|_| initiated) else {
            return Transition::Nothing;
        };
        let why = match answer {
            Ok(WalletAnswer::Returned(bytes)) => match is_used(&bytes) {
                Some(false) => return prompt(tx),
                Some(true) => return self.paid_before(id, tx),
                None => TipRefusal::NoContract,
            },
            Ok(WalletAnswer::Reverts(_)) => TipRefusal::NoContract,
            Ok(_) => TipRefusal::Wallet(WalletRefusal::Garbage),
            Err(refusal) => TipRefusal::Wallet(refusal),
        };
        unpaid(tx, why)
    }

    /// Paid already: only where is not known. The server is asked, and the chain itself.
    fn paid_before(&mut self, id: MessageId, tx: Tx) -> Transition {
        self.tx.user_initiated.remove(&id);
        self.ask_server(&tx);
        self.soon(id);
        let state = TxState::Waiting;
        Transition::Keep(Tx { state, ..tx })
    }

    /// The wallet's answer to `Send`.
    pub(crate) fn prompted(&mut self, id: MessageId, answer: Result<WalletAnswer, WalletRefusal>) -> Transition {
        let refusal = match answer {
            Ok(WalletAnswer::Sent(hash)) => {
                // Whatever the vault says to it now: this must not be lost.
                self.tx.unkept.insert(id, hash);
                return Transition::Nothing;
            }
            Ok(_) => WalletRefusal::Garbage,
            Err(refusal) => refusal,
        };
        let Some(tx) = self.unsent(id) else {
            return Transition::Nothing;
        };
        // Without a connection, in words of its own, or without sense it may have sent it all the same: then it is looked for.
        let unclear = matches!(
            refusal,
            WalletRefusal::Garbage | WalletRefusal::Offline | WalletRefusal::Other(_)
        );
        let asked = tx.asked.saturating_sub(u8::from(!unclear));
        let why = match refusal {
            WalletRefusal::NotEnough => TipRefusal::NotEnough,
            refusal => TipRefusal::Wallet(refusal),
        };
        unpaid(Tx { asked, ..tx }, why)
    }

    /// The transaction that was prompted for under this number, if its answer is not known: perhaps by the worker before this one.
    pub(crate) fn prompted_as(&self, number: u32) -> Option<MessageId> {
        let unanswered = |tx: &Tx| tx.is_ours() && tx.hash.is_none() && tx.asked > 0;
        let mut all = self.state.txs.iter();
        let prompted = all.find(|(id, tx)| unanswered(tx) && tx.prompt_number(**id) == number);
        prompted.map(|(id, _)| *id)
    }

    /// Persists what the wallet has sent.
    pub(crate) async fn keep_sent(&mut self) -> Result<(), VaultError> {
        while let Some((id, hash)) = self.tx.unkept.last().copied() {
            let unknown = |tx: &&Tx| tx.is_ours() && tx.hash.is_none();
            if let Some(tx) = self.state.txs.get(&id).filter(unknown).copied() {
                let sent = Tx {
                    hash: Some(hash),
                    state: TxState::Submitted,
                    witness: Witness::Claim,
                    asked: tx.asked.saturating_sub(1),
                    ..tx
                };
                self.carry_out(id, Transition::Announce(sent)).await?;
                self.ask_server(&sent);
                self.soon(id);
            }
            self.tx.unkept.remove(&id);
        }
        Ok(())
    }

    /// A number under which the wallet is not being asked anything.
    pub(crate) fn free_number(&mut self) -> u32 {
        loop {
            self.tx.next = self.tx.next.wrapping_add(1);
            let number = self.tx.next;
            if !self.tx.open.contains_key(&number) && !self.proofs.is_open(number) {
                return number;
            }
        }
    }

    /// Asks the wallet, by way of the page.
    pub(crate) fn ask_wallet(&mut self, id: MessageId, question: Question) {
        let Some(tx) = self.state.txs.get(&id).copied() else {
            return;
        };
        let request = self.request(&tx, question);
        let number = match question {
            Question::Send => tx.prompt_number(id),
            _ => self.free_number(),
        };
        // A prompt follows an answer of the tab that wished, and so appears there.
        let initiator = self.tx.user_initiated.get(&id).copied();
        let tab = self.put_to_wallet(initiator, number, request);
        let since = self.environment.now();
        let open = Open {
            id,
            question,
            tab,
            since,
        };
        self.tx.open.insert(number, open);
    }
}

/// Persists that the wallet is asked, then asks it.
fn prompt(tx: Tx) -> Transition {
    let (state, asked) = (TxState::Waiting, tx.asked.saturating_add(1));
    Transition::Prompt(Tx { state, asked, ..tx })
}

/// A try came to nothing. Nothing was sent, unless an earlier prompt may have been answered with yes.
fn unpaid(tx: Tx, why: TipRefusal) -> Transition {
    let state = TxState::Waiting;
    if tx.asked > 0 {
        Transition::Wait(Tx { state, ..tx }, why)
    } else {
        Transition::PutAway(tx, Some(why))
    }
}

fn refused(tx: &Tx, id: MessageId, why: TipRefusal, waits: bool) -> Event {
    match tx.purpose {
        Purpose::Tip(Tip { peer, .. }) => Event::TipRefused { peer, id, why, waits },
        Purpose::Transfer { .. } => Event::TransferRefused { id, why, waits },
    }
}

/// It is being found out whether it would go through.
fn is_trial(question: Question) -> bool {
    matches!(question, Question::Try | Question::Stands)
}
