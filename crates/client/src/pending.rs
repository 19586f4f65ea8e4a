//! Messages written in a tab whose worker only visits the vault.
//!
//! Such a worker stores the message as a pending send before the page shows it and before the owner is told, so that nothing
//! is lost with the owner. The owner turns it into a message and an intent and deletes it, in one commit: when it is told of
//! it, and for all that it finds when it opens the vault.

use bridge::{BodyView, ConversationId, Draft, Event, MessageState, MessageView, QuoteView};
use protocol::{Address, MessageId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, Client, Effect, Environment, Space, Vault, VaultError,
    content::written,
    records::{self, Written},
};

/// A message that the owner is to send, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PendingSend {
    conversation: ConversationId,
    /// When it was written: the order of those that are found together.
    at: UnixMillis,
    content: Written,
}

/// [`PendingSend`] before messages had typed bodies.
#[derive(Serialize, Deserialize)]
struct PendingSendV1 {
    peer: Address,
    at: UnixMillis,
    text: String,
}

impl records::Stored for PendingSend {
    const VERSION: u8 = 2;

    fn older(_: u8, bytes: &[u8]) -> Option<Self> {
        let old: PendingSendV1 = records::whole(bytes)?;
        Some(Self {
            conversation: ConversationId::Direct(old.peer),
            at: old.at,
            content: records::text(old.text).into(),
        })
    }
}

/// Whether a message was stored for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendKept {
    /// It is empty or too large, and not stored; the owner will refuse the same command.
    Refused,
    /// It is stored, and the page is to show this. `None`: it changes another message, which the owner will show.
    Kept(Option<Box<Event>>),
}

/// Stores a message of `account` for the owner of this vault, which may be another worker.
///
/// # Errors
/// Nothing is kept.
pub async fn keep_send(
    vault: &impl Vault,
    account: Address,
    at: UnixMillis,
    (conversation, id): (ConversationId, MessageId),
    (in_reply_to, body): (Option<MessageId>, &Draft),
) -> Result<SendKept, VaultError> {
    let Ok(content) = written(body, in_reply_to) else {
        return Ok(SendKept::Refused);
    };
    let pending = PendingSend {
        conversation,
        at,
        content,
    };
    let mut batch = Batch::default();
    batch.put(Space::PendingSend, id.0, records::write(&pending));
    vault.commit(batch).await?;
    let Draft::Text(text) = body else {
        return Ok(SendKept::Kept(None));
    };
    let view = MessageView {
        id,
        author: account,
        at,
        state: MessageState::Sending,
        in_reply_to: in_reply_to.map(|id| QuoteView { id, quoted: None }),
        reactions: Vec::new(),
        body: BodyView::Text(text.clone()),
    };
    let messages = vec![view];
    let event = Event::Messages { conversation, messages };
    Ok(SendKept::Kept(Some(Box::new(event))))
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Sends what visitors of the vault have stored.
    pub async fn pending_sends(&mut self) -> Vec<Effect> {
        // A failure of the vault has been reported, and the pending sends stay.
        let _ = self.take_pending_sends().await;
        self.pump().await;
        self.hand_out()
    }

    /// Makes messages of all pending sends, in their order. Returns whether some cannot be read.
    pub(crate) async fn take_pending_sends(&mut self) -> Result<bool, VaultError> {
        let found = self.vault.all(Space::PendingSend).await?;
        let mut damaged = !found.damaged.is_empty();
        let mut found_sends: Vec<(UnixMillis, MessageId, PendingSend)> = Vec::new();
        for (key, value) in found.rows {
            match (
                MessageId::from_slice(&key),
                records::read::<PendingSend>(Space::PendingSend, &key, &value),
            ) {
                (Some(id), Ok(pending)) => {
                    let place = found_sends.partition_point(|(at, other, _)| (*at, *other) < (pending.at, id));
                    found_sends.insert(place, (pending.at, id, pending));
                }
                (_, Err(VaultError::Newer)) => return Err(VaultError::Newer),
                _ => damaged = true,
            }
        }
        for (_, id, pending) in found_sends {
            self.send_once(pending.conversation, id, pending.content).await?;
        }
        Ok(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_send_keeps_its_bytes() {
        let old = hex::decode("0114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad804026869").unwrap();
        let pending = PendingSend {
            conversation: ConversationId::Direct(Address::repeat_byte(0xaa)),
            at: UnixMillis(300),
            content: records::text("hi".into()).into(),
        };
        assert_eq!(
            records::read::<PendingSend>(Space::PendingSend, b"", &old).as_ref(),
            Ok(&pending)
        );
        let bytes = records::write(&pending);
        assert_eq!(
            hex::encode(&bytes),
            "020014aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad8040000000002686900"
        );
        assert_eq!(
            records::read::<PendingSend>(Space::PendingSend, b"", &bytes),
            Ok(pending)
        );
    }
}
