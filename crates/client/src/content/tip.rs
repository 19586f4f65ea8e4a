use content::{Body, Kind, TipReference};

use super::Received;
use crate::{Client, Environment, Vault, records::Tx};

/// The body of a tip of ours: its reference is added when it is sealed.
pub(crate) fn body() -> Body {
    Body {
        kind: TipReference::NUMBER,
        bytes: Vec::new(),
        fallback: String::new(),
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// The tip that a received message speaks of. A reference names no recipient: in a group it says nothing.
    pub(super) fn received_tip(&self, received: &Received, reference: &TipReference) -> Option<Tx> {
        let peer = received.conversation.peer()?;
        let mine = received.author == self.account;
        Some(self.claimed_tip(peer, mine, received.content.id, reference, received.at))
    }
}
