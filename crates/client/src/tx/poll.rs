//! When the chain is read: as long as something is unfinished, through the page's wallet, if it is on that chain.

use bridge::{ConversationId, TxState, WalletAnswer, WalletRefusal, WalletRequest};
use chain::tips::CONTRACT;
use protocol::{MessageId, UnixMillis};

use sorted::Map;

use super::{Transition, put_among, runtime::Question};
use crate::{Client, Environment, Vault, VaultError, link::is_due, records::Tx};

/// So many readings are on their way at once.
const AT_ONCE: usize = 4;
/// So many transactions are polled, the newest; others are read once, and when these are final.
const WATCHED: usize = 16;
/// And so many of one payer and payee: somebody who claims payments that never come keeps no others from being read.
const OF_ONE: usize = 4;
/// An answer that takes longer is not waited for, in milliseconds.
const PATIENCE: i64 = 30_000;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    pub(crate) fn request(&self, tx: &Tx, question: Question) -> WalletRequest {
        let chain_id = tx.chain_id;
        match question {
            Question::Try => WalletRequest::Try(tx.call(self.account)),
            Question::Send => WalletRequest::Send(tx.call(self.account)),
            Question::Used | Question::Unpaid { .. } | Question::Stands => WalletRequest::Call {
                chain_id,
                to: Some(CONTRACT),
                data: tx.used_call(self.account),
            },
            Question::Receipt(hash) => WalletRequest::Receipt { chain_id, hash },
            Question::Transaction(hash) => WalletRequest::Transaction { chain_id, hash },
        }
    }

    /// What there is to be asked about a transaction, if the wallet could answer it now.
    fn question(&self, id: MessageId, tx: &Tx) -> Option<Question> {
        let here = self.tx.chain_id == Some(tx.chain_id) && self.tx.account.is_some();
        let hint = self.tx.looks.get(&id).and_then(|look| look.hint);
        let forgotten = tx.gone && hint.is_none();
        if !here || forgotten || self.tx.network(tx.chain_id).is_none() || !self.may_read_tx(tx) {
            return None;
        }
        if let Some(hint) = hint {
            return Some(Question::Receipt(hint.hash));
        }
        match (tx.state, tx.hash) {
            _ if tx.settled => None,
            (TxState::Draft, _) => (self.tx.account == Some(self.account)).then_some(Question::Try),
            (_, Some(hash)) => Some(Question::Receipt(hash)),
            // The prompt is open: its answer says more.
            (TxState::Waiting, None) if self.tx.is_open(id, |question| question == Question::Send) => None,
            (_, None) => tx.counts_once().then_some(Question::Used),
        }
    }

    /// It is ours, or of a conversation that this account reads.
    pub(crate) fn may_read_tx(&self, tx: &Tx) -> bool {
        tx.is_ours() || self.may_read(ConversationId::Direct(tx.other_side()))
    }

    /// The transactions that are to be read, the newest first, and when.
    fn watched(&self) -> Vec<(MessageId, Question, UnixMillis)> {
        let mut sides = Map::<_, Vec<_>>::default();
        let hinted = self.tx.looks.iter().filter(|(_, look)| look.hint.is_some());
        let hinted = hinted.map(|(id, _)| id).filter(|id| !self.state.open_txs.contains(id));
        for id in self.state.open_txs.iter().chain(hinted) {
            let Some(tx) = self.state.txs.get(id) else { continue };
            if self.question(*id, tx).is_some() {
                let look = self.tx.looks.get(id);
                let seen = look.is_some_and(|look| look.last.0 > 0);
                // What may not be final after all has places of its own: neither keeps the other out.
                let doubted = look.is_some_and(|look| look.doubted);
                let side = sides.get_or_default((tx.other_side(), tx.is_ours(), doubted));
                put_among(side, OF_ONE, if seen { tx.at.0 } else { i64::MAX }, *id);
            }
        }
        let mut newest = Vec::new();
        for (key, id) in sides.values().flatten() {
            put_among(&mut newest, WATCHED, *key, *id);
        }
        let reading = |id| self.tx.is_open(id, |question| question != Question::Send);
        let mut watched = Vec::new();
        for (_, id) in newest {
            let next = self.tx.looks.get(&id).map_or(UnixMillis(0), |look| look.next);
            if let Some(question) = self.question(id, &self.state.txs[&id]).filter(|_| !reading(id)) {
                watched.push((id, question, next));
            }
        }
        watched
    }

    fn room_to_read(&self) -> usize {
        let reading = self.tx.open.values().filter(|open| open.question != Question::Send);
        AT_ONCE.saturating_sub(reading.count())
    }

    /// Asks what is due.
    pub(crate) fn read_txs(&mut self) {
        let now = self.environment.now();
        let due: Vec<_> = self
            .watched()
            .into_iter()
            .filter(|(_, _, next)| is_due(*next, now))
            .take(self.room_to_read())
            .collect();
        for (id, question, _) in due {
            self.tx.looks.get_or_default(id).last = now;
            self.ask_wallet(id, question);
        }
    }

    /// When there is something to be done for transactions next.
    pub(crate) fn tx_deadline(&self) -> Option<UnixMillis> {
        let open = self.tx.open.values().filter(|open| open.question != Question::Send);
        let lost = open.map(|open| UnixMillis(open.since.0 + PATIENCE)).min();
        let unkept = self.tx.unkept.last().map(|_| self.environment.now().0 + 1000);
        let next = if self.room_to_read() > 0 {
            self.watched().into_iter().map(|(_, _, next)| next).min()
        } else {
            None
        };
        lost.into_iter().chain(next).chain(unkept.map(UnixMillis)).min()
    }

    /// What is due by the clock.
    pub(crate) async fn tick_txs(&mut self) {
        // A vault that still fails is tried again at the next wake.
        let _ = self.keep_sent().await;
        let now = self.environment.now();
        let lost = |since: UnixMillis| is_due(UnixMillis(since.0 + PATIENCE), now);
        let late: Vec<_> = self
            .tx
            .open
            .iter()
            .filter(|(_, open)| open.question != Question::Send && lost(open.since))
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            let _ = self.wallet_said(number, Err(WalletRefusal::Offline)).await;
        }
    }

    /// Nothing was learned: it stays as it is, and is read later.
    pub(crate) fn later(&mut self, id: MessageId) {
        let now = self.environment.now();
        self.tx.looks.get_or_default(id).later(now);
    }

    /// There may be something to learn.
    pub(crate) fn soon(&mut self, id: MessageId) {
        let now = self.environment.now();
        self.tx.looks.get_or_default(id).soon(now);
    }

    /// `Wallet`.
    pub(crate) async fn wallet_said(
        &mut self,
        number: u32,
        answer: Result<WalletAnswer, WalletRefusal>,
    ) -> Result<(), VaultError> {
        let (id, question) = match self.tx.open.remove(&number) {
            Some(open) => (open.id, open.question),
            None => match self.prompted_as(number) {
                Some(id) => (id, Question::Send),
                None => return Ok(()),
            },
        };
        let then = self.learn(id, question, answer);
        self.carry_out(id, then).await?;
        self.keep_sent().await
    }

    fn learn(&mut self, id: MessageId, question: Question, answer: Result<WalletAnswer, WalletRefusal>) -> Transition {
        match (question, answer) {
            (Question::Try, answer) => self.tried(id, answer),
            (Question::Stands, answer) => self.stands(id, answer),
            (Question::Send, answer) => self.prompted(id, answer),
            _ if !self.state.txs.contains_key(&id) => Transition::Nothing,
            (question, answer) => {
                // Unless there is news.
                self.later(id);
                let tx = self.state.txs[&id];
                match (question, answer) {
                    (Question::Used, Ok(WalletAnswer::Returned(bytes))) => self.learn_used(tx, &bytes),
                    (Question::Unpaid { deep }, Ok(WalletAnswer::Returned(bytes))) => {
                        self.learn_unpaid(id, tx, deep, &bytes)
                    }
                    (Question::Receipt(hash), Ok(WalletAnswer::Receipt { receipt, head })) => {
                        self.learn_receipt(id, tx, hash, receipt, head)
                    }
                    (Question::Transaction(hash), Ok(WalletAnswer::Transaction(found))) => {
                        self.learn_transaction(id, tx, hash, found)
                    }
                    // It could not be read, or the answer is to another question.
                    _ => Transition::Nothing,
                }
            }
        }
    }
}
