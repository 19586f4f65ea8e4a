//! References of others, hints of the server, and which networks there are.

use bridge::{ConversationId, Event, TipState, Witness};
use chain::tips::CONTRACT;
use content::TipReference;
use protocol::{Address, Ask, MessageId, TipId, TipMismatch, TipReport, TipSight, UnixMillis, api::Network, limits};

use super::{Then, desk::Hint, doubt::FRESH, put_among};
use crate::{
    Client, Environment, Vault, VaultError,
    records::{Conversation, Tip},
    step::Step,
};

/// A tip that was given up is asked for so long, in milliseconds: seven days.
const REMEMBERED: i64 = 7 * 24 * 60 * 60 * 1000;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Networks`.
    pub(crate) async fn networks(&mut self, networks: Vec<Network>) -> Result<(), VaultError> {
        self.desk.networks = networks;
        let mut step = Step::default();
        for (id, tip) in self.state.tips.iter().filter(|(_, tip)| !tip.settled && !tip.gone) {
            let unknown = TipState::Mismatch(TipMismatch::Network);
            let known = self.desk.network(tip.chain_id).is_some();
            let (state, witness) = match (known, tip.state == unknown) {
                (false, false) if tip.hash.is_some() => (unknown, Witness::Device),
                (true, true) => (TipState::Submitted, Witness::Claim),
                _ => continue,
            };
            step.put_tip(*id, Tip { state, witness, ..*tip });
        }
        self.finish(step).await
    }

    /// A tip another installation speaks of, in the message that came under this id: a claim, until the chain has said the
    /// same.
    pub(crate) fn claimed_tip(
        &self,
        peer: Address,
        mine: bool,
        said_in: MessageId,
        reference: &TipReference,
        at: UnixMillis,
    ) -> Tip {
        let wrong = if reference.id.message() != said_in {
            // Else one transfer could be spoken of by two messages.
            Some(TipMismatch::Id)
        } else if reference.contract != CONTRACT {
            Some(TipMismatch::Contract)
        } else {
            None
        };
        let unknown = !self.desk.networks.is_empty() && self.desk.network(reference.chain_id).is_none();
        let mismatch = wrong.or(unknown.then_some(TipMismatch::Network));
        let (state, witness) = match mismatch {
            Some(kind) => (TipState::Mismatch(kind), Witness::Device),
            None => (TipState::Submitted, Witness::Claim),
        };
        Tip {
            peer,
            mine,
            chain_id: reference.chain_id,
            contract: reference.contract,
            id: reference.id,
            amount: reference.amount,
            at,
            hash: Some(reference.hash),
            nonce: None,
            state,
            witness,
            settled: wrong.is_some(),
            asked: 0,
            told: true,
            gone: false,
        }
    }

    /// Puts it, in this step, behind its message.
    pub(crate) fn take_tip(&self, step: &mut Step, id: MessageId, tip: Tip) {
        step.tips.insert(id, Some(tip));
        let conversation = self.conversation(step, ConversationId::Direct(tip.peer));
        if conversation.is_some_and(|known| known.consent == bridge::Consent::Accepted) {
            step.asks.push(self.ask_of(&tip));
        }
    }

    fn ask_of(&self, tip: &Tip) -> Ask {
        Ask::Tip {
            chain_id: tip.chain_id,
            sender: tip.claim(self.account).sender,
            id: tip.id,
            hash: tip.hash,
        }
    }

    /// Asks the server what it sees of this tip, now and later.
    pub(crate) fn ask_server(&mut self, tip: &Tip) {
        let ask = self.ask_of(tip);
        self.ask(ask);
    }

    /// Asks the server about every tip that is not finished, and about those that were finished lately.
    pub(crate) fn watch_tips(&mut self) {
        let now = self.environment.now();
        let (mut newest, mut fresh) = (Vec::new(), Vec::new());
        for (id, tip) in self.state.tips.iter() {
            let age = now.0 - tip.at.0;
            if tip.state == TipState::Draft || !(tip.mine || self.may_read(ConversationId::Direct(tip.peer))) {
                continue;
            }
            if tip.settled {
                if age < FRESH && !tip.is_hopeless(*id) {
                    put_among(&mut fresh, limits::TIPS_WATCHED, tip.at.0, *id);
                }
            } else if !tip.gone || age < REMEMBERED {
                put_among(&mut newest, limits::TIPS_WATCHED, tip.at.0, *id);
            }
        }
        for (_, id) in newest.into_iter().chain(fresh).take(limits::TIPS_WATCHED) {
            let tip = self.state.tips[&id];
            self.ask_server(&tip);
        }
    }

    /// The server says something of a tip.
    pub(crate) async fn hear(
        &mut self,
        chain_id: u64,
        sender: Address,
        id: TipId,
        report: TipReport,
    ) -> Result<(), VaultError> {
        let then = self.hint(chain_id, sender, id, report);
        self.carry_out(id.message(), then).await
    }

    /// What follows from it. It makes this device look; what it has read itself stands.
    fn hint(&mut self, chain_id: u64, sender: Address, tip_id: TipId, report: TipReport) -> Then {
        let id = tip_id.message();
        let Some(tip) = self.state.tips.get(&id).copied() else {
            return Then::Nothing;
        };
        let claim = tip.claim(self.account);
        let same = tip.id == tip_id && tip.chain_id == chain_id && claim.sender == sender;
        if !same || tip.is_hopeless(id) || report.sight == TipSight::Unknown {
            return Then::Nothing;
        }
        let of = self
            .desk
            .network(chain_id)
            .map_or(1, |network| network.confirmations.max(1));
        if tip.settled && !tip.is_doubted_by(&claim, report, of) {
            return Then::Nothing;
        }
        // What was taken away is read only if it is spoken of, then under its own hash too.
        let other = report.hash.filter(|hash| tip.gone || tip.hash != Some(*hash));
        let now = self.environment.now();
        let look = self.desk.looks.get_or_default(id);
        if let (Some(hash), TipSight::Mined { .. } | TipSight::Replaced) = (other, report.sight) {
            let sight = report.sight;
            look.hint = Some(Hint {
                hash,
                sight,
                deep: false,
            });
        }
        if tip.settled {
            look.doubt(now);
            return Then::Keep(Tip { settled: false, ..tip });
        }
        look.soon(now);
        if tip.witness == Witness::Device || tip.hash.is_none() || tip.gone {
            return Then::Nothing;
        }
        let state = match report.sight {
            TipSight::Mined { recipient, .. } if recipient != claim.recipient => {
                TipState::Mismatch(TipMismatch::Recipient)
            }
            TipSight::Mined { amount, .. } if amount != claim.amount => TipState::Mismatch(TipMismatch::Amount),
            TipSight::Mined { confirmations, .. } if confirmations >= of => TipState::Confirmed,
            TipSight::Mined { confirmations, .. } => TipState::Confirming {
                done: confirmations,
                of,
            },
            TipSight::Reverted => TipState::Reverted,
            TipSight::Replaced => TipState::Replaced,
            TipSight::Dropped => TipState::Dropped,
            TipSight::Pending | TipSight::Unknown => TipState::Submitted,
        };
        let witness = Witness::Server;
        Then::Keep(Tip { state, witness, ..tip })
    }

    /// Shows the conversations anew whose newest message is one of these tips.
    pub(crate) fn tell_of_tips(&mut self, ids: &[MessageId]) {
        let newest = |known: &Conversation| known.latest.as_ref().is_some_and(|latest| ids.contains(&latest.id));
        let changed = self.state.conversations.iter();
        let changed = changed.filter(|(_, known)| known.consent.is_listed() && newest(known));
        let views: Vec<_> = changed.map(|(id, known)| self.conversation_view(*id, known)).collect();
        for view in views {
            self.tell(Event::Conversation(view));
        }
    }
}
