//! Wishes: what a person wrote in a tab whose worker only visits the vault.
//!
//! Such a worker keeps the wish itself, before the page hears anything and before the owner is told, so that nothing
//! dies with the owner. The owner makes a message and an intent of it and forgets the wish, in one commit: when it is told, and
//! of all it finds when it opens the vault.

use bridge::{Event, MessageState, MessageView};
use protocol::{Address, MessageId, UnixMillis, limits};
use serde::{Deserialize, Serialize};

use crate::{Batch, Client, Effect, Environment, Space, Vault, VaultError, records, step::Step};

/// A wish, by the id of its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Wish {
    peer: Address,
    /// When it was wished for: the order of those that are found together.
    at: UnixMillis,
    text: String,
}

impl records::Stored for Wish {}

/// Whether this can be a message.
pub(crate) fn is_sayable(text: &str) -> bool {
    (1..=limits::TEXT).contains(&text.len())
}

/// Keeps the wish of `account` to send this text, in a vault that may be another worker's. Gives what its page is to
/// show; `None`: it is no message, as the owner will say.
///
/// # Errors
/// Nothing is kept.
pub async fn wish(
    vault: &impl Vault,
    account: Address,
    at: UnixMillis,
    (peer, id, text): (Address, MessageId, &str),
) -> Result<Option<Event>, VaultError> {
    if !is_sayable(text) {
        return Ok(None);
    }
    let text = text.to_owned();
    let wish = Wish { peer, at, text };
    let mut batch = Batch::default();
    batch.put(Space::Wish, id.0, records::write(&wish));
    vault.commit(batch).await?;
    let view = MessageView {
        id,
        author: account,
        mine: true,
        text: wish.text,
        at,
        state: MessageState::Sending,
        tip: None,
    };
    let messages = vec![view];
    Ok(Some(Event::Messages { peer, messages }))
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
        for (_, id, Wish { peer, text, .. }) in wishes {
            self.say_once(peer, id, text).await?;
        }
        Ok(damaged)
    }

    /// Makes a message and an intent of a text, unless the message is there: the command came twice, or was found as a wish.
    pub(crate) async fn say_once(&mut self, peer: Address, id: MessageId, text: String) -> Result<(), VaultError> {
        let mut step = Step::default();
        if self.find_message(&step, id).await?.is_some() {
            if let Some((_, peer, message)) = self.message(&step, id).await {
                // The tab that says it again shows it as it was wished for.
                let messages = vec![self.view(id, message)];
                self.reply(Event::Messages { peer, messages });
            }
            if self.vault.get(Space::Wish, &id.0).await?.is_none() {
                return Ok(());
            }
            step.granted = Some(id);
            return self.finish(step).await;
        }
        step.granted = Some(id);
        let (at, revealed) = self.say(&mut step, peer, id, text.clone());
        self.enqueue(&mut step, peer, id, at, text);
        self.finish(step).await?;
        if revealed {
            self.tell_thread(peer).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_keeps_its_bytes() {
        let wish = Wish {
            peer: Address::repeat_byte(0xaa),
            at: UnixMillis(300),
            text: "hi".into(),
        };
        let bytes = records::write(&wish);
        assert_eq!(
            hex::encode(&bytes),
            "0114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad804026869"
        );
        assert_eq!(records::read::<Wish>(Space::Wish, b"", &bytes), Ok(wish));
    }
}
