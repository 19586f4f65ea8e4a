//! Tips that messages speak of.

use bridge::{ConversationId, Event, TxState, Witness};
use chain::tips::CONTRACT;
use content::TipReference;
use protocol::{Address, MessageId, TipMismatch, UnixMillis};

use crate::{
    Client, Environment, Vault,
    records::{Conversation, Purpose, Tip, Tx},
    step::Step,
};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// A tip another installation speaks of, in the message that came under this id: a claim, until the chain has said the
    /// same.
    pub(crate) fn claimed_tip(
        &self,
        peer: Address,
        mine: bool,
        said_in: MessageId,
        reference: &TipReference,
        at: UnixMillis,
    ) -> Tx {
        let wrong = if reference.id.message() != said_in {
            // Else one transfer could be spoken of by two messages.
            Some(TipMismatch::Id)
        } else if reference.contract != CONTRACT {
            Some(TipMismatch::Contract)
        } else {
            None
        };
        let unknown = !self.tx.networks.is_empty() && self.tx.network(reference.chain_id).is_none();
        let mismatch = wrong.or(unknown.then_some(TipMismatch::Network));
        let (state, witness) = match mismatch {
            Some(kind) => (TxState::Mismatch(kind), Witness::Device),
            None => (TxState::Submitted, Witness::Claim),
        };
        Tx {
            purpose: Purpose::Tip(Tip {
                peer,
                mine,
                contract: reference.contract,
                id: reference.id,
                told: true,
            }),
            chain_id: reference.chain_id,
            amount: reference.amount,
            at,
            hash: Some(reference.hash),
            nonce: None,
            state,
            witness,
            settled: wrong.is_some(),
            asked: 0,
            gone: false,
        }
    }

    /// Puts it, in this step, behind its message.
    pub(crate) fn take_tip(&self, step: &mut Step, id: MessageId, tx: Tx) {
        step.txs.insert(id, Some(tx));
        let conversation = self.conversation(step, ConversationId::Direct(tx.other_side()));
        if conversation.is_some_and(|known| known.consent == bridge::Consent::Accepted) {
            step.asks.extend(tx.ask(self.account));
        }
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
