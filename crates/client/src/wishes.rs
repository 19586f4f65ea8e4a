//! Wishes: what a person wrote in a tab whose worker only visits the vault.
//!
//! Such a worker keeps the wish itself, before the page hears anything and before the owner is told, so that nothing
//! dies with the owner. The owner makes a message and an intent of it and forgets the wish, in one commit: when it is told, and
//! of all it finds when it opens the vault.

use bridge::{BodyView, ConversationId, Draft, Event, MessageState, MessageView, QuoteView};
use protocol::{Address, MessageId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, Client, Effect, Environment, Space, Vault, VaultError,
    content::written,
    records::{self, Written},
};

/// A wish, by the id of its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Wish {
    conversation: ConversationId,
    /// When it was wished for: the order of those that are found together.
    at: UnixMillis,
    content: Written,
}

/// [`Wish`] before messages had typed bodies.
#[derive(Serialize, Deserialize)]
struct WishV1 {
    peer: Address,
    at: UnixMillis,
    text: String,
}

impl records::Stored for Wish {
    const VERSION: u8 = 2;

    fn older(_: u8, bytes: &[u8]) -> Option<Self> {
        let old: WishV1 = records::whole(bytes)?;
        Some(Self {
            conversation: ConversationId::Direct(old.peer),
            at: old.at,
            content: records::text(old.text).into(),
        })
    }
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wished {
    /// It is no message, and not kept, as the owner will say.
    Refused,
    /// It is kept, and the page is to show this. `None`: it changes another message, which the owner will show.
    Kept(Option<Box<Event>>),
}

/// Keeps the wish of `account` to send this, in a vault that may be another worker's.
///
/// # Errors
/// Nothing is kept.
pub async fn wish(
    vault: &impl Vault,
    account: Address,
    at: UnixMillis,
    (conversation, id): (ConversationId, MessageId),
    (in_reply_to, body): (Option<MessageId>, &Draft),
) -> Result<Wished, VaultError> {
    let Ok(content) = written(body, in_reply_to) else {
        return Ok(Wished::Refused);
    };
    let wish = Wish {
        conversation,
        at,
        content,
    };
    let mut batch = Batch::default();
    batch.put(Space::Wish, id.0, records::write(&wish));
    vault.commit(batch).await?;
    let Draft::Text(text) = body else {
        return Ok(Wished::Kept(None));
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
    Ok(Wished::Kept(Some(Box::new(event))))
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Somebody has left wishes.
    pub async fn wishes(&mut self) -> Vec<Effect> {
        // A vault that fails has said so, and the wishes stay.
        let _ = self.take_wishes().await;
        self.pump().await;
        self.hand_out()
    }

    /// Makes messages of all wishes there are, in their order. Gives whether some cannot be read.
    pub(crate) async fn take_wishes(&mut self) -> Result<bool, VaultError> {
        let found = self.vault.all(Space::Wish).await?;
        let mut damaged = !found.damaged.is_empty();
        let mut wishes: Vec<(UnixMillis, MessageId, Wish)> = Vec::new();
        for (key, value) in found.rows {
            match (
                MessageId::from_slice(&key),
                records::read::<Wish>(Space::Wish, &key, &value),
            ) {
                (Some(id), Ok(wish)) => {
                    let place = wishes.partition_point(|(at, other, _)| (*at, *other) < (wish.at, id));
                    wishes.insert(place, (wish.at, id, wish));
                }
                (_, Err(VaultError::Newer)) => return Err(VaultError::Newer),
                _ => damaged = true,
            }
        }
        for (_, id, wish) in wishes {
            self.send_once(wish.conversation, id, wish.content).await?;
        }
        Ok(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_keeps_its_bytes() {
        let old = hex::decode("0114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad804026869").unwrap();
        let wish = Wish {
            conversation: ConversationId::Direct(Address::repeat_byte(0xaa)),
            at: UnixMillis(300),
            content: records::text("hi".into()).into(),
        };
        assert_eq!(records::read::<Wish>(Space::Wish, b"", &old).as_ref(), Ok(&wish));
        let bytes = records::write(&wish);
        assert_eq!(
            hex::encode(&bytes),
            "020014aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad8040000000002686900"
        );
        assert_eq!(records::read::<Wish>(Space::Wish, b"", &bytes), Ok(wish));
    }
}
