//! When the chain is read: as long as something is unfinished, through the page's wallet, if it is on that chain.

use bridge::{ConversationId, TipState, WalletAnswer, WalletRefusal, WalletRequest};
use chain::tips::CONTRACT;
use protocol::{MessageId, UnixMillis};

use super::{Then, desk::Question, put_among};
use sorted::Map;

use crate::{Client, Environment, Vault, VaultError, link::is_due, records::Tip};

/// So many readings are on their way at once.
const AT_ONCE: usize = 4;
/// So many tips are looked at again and again, the newest; others once, and when these are finished.
const WATCHED: usize = 16;
/// And so many of one side of one conversation: whoever speaks of tips that never come keeps nobody from the others.
const OF_ONE: usize = 4;
/// An answer that takes longer is not waited for, in milliseconds.
const PATIENCE: i64 = 30_000;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    pub(crate) fn request(&self, tip: &Tip, question: Question) -> WalletRequest {
        let chain_id = tip.chain_id;
        match question {
            Question::Try => WalletRequest::Try(self.call_of(tip)),
            Question::Send => WalletRequest::Send(self.call_of(tip)),
            Question::Used | Question::Unpaid { .. } | Question::Stands => WalletRequest::Call {
                chain_id,
                to: Some(CONTRACT),
                data: chain::tips::used_call(self.account, tip.id),
            },
            Question::Receipt(hash) => WalletRequest::Receipt { chain_id, hash },
            Question::Transaction(hash) => WalletRequest::Transaction { chain_id, hash },
        }
    }

    /// What there is to be asked about a tip, if the wallet could answer it now.
    fn question(&self, id: MessageId, tip: &Tip) -> Option<Question> {
        let here = self.desk.chain_id == Some(tip.chain_id) && self.desk.account.is_some();
        let hint = self.desk.looks.get(&id).and_then(|look| look.hint);
        let forgotten = tip.gone && hint.is_none();
        if !here
            || forgotten
            || self.desk.network(tip.chain_id).is_none()
            || !(tip.mine || self.may_read(ConversationId::Direct(tip.peer)))
        {
            return None;
        }
        if let Some(hint) = hint {
            return Some(Question::Receipt(hint.hash));
        }
        match (tip.state, tip.hash) {
            _ if tip.settled => None,
            (TipState::Draft, _) => (self.desk.account == Some(self.account)).then_some(Question::Try),
            (_, Some(hash)) => Some(Question::Receipt(hash)),
            // The prompt is open: its answer says more.
            (TipState::Waiting, None) if self.desk.is_open(id, |question| question == Question::Send) => None,
            (_, None) => Some(Question::Used),
        }
    }

    /// The tips that are to be looked at, the newest first, and when.
    fn watched(&self) -> Vec<(MessageId, Question, UnixMillis)> {
        let mut sides = Map::<_, Vec<_>>::default();
        let hinted = self.desk.looks.iter().filter(|(_, look)| look.hint.is_some());
        let hinted = hinted.map(|(id, _)| id).filter(|id| !self.state.open_tips.contains(id));
        for id in self.state.open_tips.iter().chain(hinted) {
            let Some(tip) = self.state.tips.get(id) else { continue };
            if self.question(*id, tip).is_some() {
                let look = self.desk.looks.get(id);
                let seen = look.is_some_and(|look| look.last.0 > 0);
                // What may not be final after all has places of its own: neither keeps the other out.
                let doubted = look.is_some_and(|look| look.doubted);
                let side = sides.get_or_default((tip.peer, tip.mine, doubted));
                put_among(side, OF_ONE, if seen { tip.at.0 } else { i64::MAX }, *id);
            }
        }
        let mut newest = Vec::new();
        for (key, id) in sides.values().flatten() {
            put_among(&mut newest, WATCHED, *key, *id);
        }
        let reading = |id| self.desk.is_open(id, |question| question != Question::Send);
        let mut watched = Vec::new();
        for (_, id) in newest {
            let next = self.desk.looks.get(&id).map_or(UnixMillis(0), |look| look.next);
            if let Some(question) = self.question(id, &self.state.tips[&id]).filter(|_| !reading(id)) {
                watched.push((id, question, next));
            }
        }
        watched
    }

    fn room_to_read(&self) -> usize {
        let reading = self.desk.open.values().filter(|open| open.question != Question::Send);
        AT_ONCE.saturating_sub(reading.count())
    }

    /// Asks what is due.
    pub(crate) fn look_at_tips(&mut self) {
        let now = self.environment.now();
        let due: Vec<_> = self
            .watched()
            .into_iter()
            .filter(|(_, _, next)| is_due(*next, now))
            .take(self.room_to_read())
            .collect();
        for (id, question, _) in due {
            self.desk.looks.get_or_default(id).last = now;
            self.ask_wallet(id, question);
        }
    }

    /// When there is something to be done for tips next.
    pub(crate) fn tip_deadline(&self) -> Option<UnixMillis> {
        let open = self.desk.open.values().filter(|open| open.question != Question::Send);
        let lost = open.map(|open| UnixMillis(open.since.0 + PATIENCE)).min();
        let unkept = self.desk.unkept.last().map(|_| self.environment.now().0 + 1000);
        let next = if self.room_to_read() > 0 {
            self.watched().into_iter().map(|(_, _, next)| next).min()
        } else {
            None
        };
        lost.into_iter().chain(next).chain(unkept.map(UnixMillis)).min()
    }

    /// What is due by the clock.
    pub(crate) async fn tick_tips(&mut self) {
        // A vault that still fails is tried again at the next wake.
        let _ = self.keep_sent().await;
        let now = self.environment.now();
        let lost = |since: UnixMillis| is_due(UnixMillis(since.0 + PATIENCE), now);
        let late: Vec<_> = self
            .desk
            .open
            .iter()
            .filter(|(_, open)| open.question != Question::Send && lost(open.since))
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            let _ = self.wallet_said(number, Err(WalletRefusal::Offline)).await;
        }
    }

    /// Nothing was learned: the tip stays as it is, and is looked at later.
    pub(crate) fn later(&mut self, id: MessageId) {
        let now = self.environment.now();
        self.desk.looks.get_or_default(id).later(now);
    }

    /// There may be something to learn.
    pub(crate) fn soon(&mut self, id: MessageId) {
        let now = self.environment.now();
        self.desk.looks.get_or_default(id).soon(now);
    }

    /// `Wallet`.
    pub(crate) async fn wallet_said(
        &mut self,
        number: u32,
        answer: Result<WalletAnswer, WalletRefusal>,
    ) -> Result<(), VaultError> {
        let (id, question) = match self.desk.open.remove(&number) {
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

    fn learn(&mut self, id: MessageId, question: Question, answer: Result<WalletAnswer, WalletRefusal>) -> Then {
        match (question, answer) {
            (Question::Try, answer) => self.tried(id, answer),
            (Question::Stands, answer) => self.stands(id, answer),
            (Question::Send, answer) => self.prompted(id, answer),
            _ if !self.state.tips.contains_key(&id) => Then::Nothing,
            (question, answer) => {
                // Unless there is news.
                self.later(id);
                let tip = self.state.tips[&id];
                match (question, answer) {
                    (Question::Used, Ok(WalletAnswer::Returned(bytes))) => self.learn_used(tip, &bytes),
                    (Question::Unpaid { deep }, Ok(WalletAnswer::Returned(bytes))) => {
                        self.learn_unpaid(id, tip, deep, &bytes)
                    }
                    (Question::Receipt(hash), Ok(WalletAnswer::Receipt { receipt, head })) => {
                        self.learn_receipt(id, tip, hash, receipt, head)
                    }
                    (Question::Transaction(hash), Ok(WalletAnswer::Transaction(found))) => {
                        self.learn_transaction(id, tip, hash, found)
                    }
                    // It could not be read, or the answer is to another question.
                    _ => Then::Nothing,
                }
            }
        }
    }
}
