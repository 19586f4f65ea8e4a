//! What a message's body does to its thread, one file per kind: it becomes a message of its own, or it changes another one.
//!
//! To add a kind: a file here with what it does when it is received, and its arms in [`outcome`] and [`written`].

pub(crate) mod reaction;
mod reply;
pub(crate) mod tip;

use bridge::Draft;
use content::{Body, Content, Known, Malformed, Reaction, Text};
use protocol::{Address, ErrorCode, MessageId, UnixMillis};

use crate::{
    Client, Environment, Vault, VaultError,
    records::{self, Message, Tx, Written},
    step::Step,
};
use bridge::{ConversationId, MessageState};

/// The longest shortened text, in characters.
const SHORT: usize = 120;

/// What a received body does.
enum Outcome {
    /// It is a message of its own, about this tip's transaction, if it is about one.
    Append(Option<Tx>),
    /// It changes what is shown with this message.
    Annotate(MessageId, Reaction),
}

/// A content that was read from a log.
pub(crate) struct Received {
    pub conversation: ConversationId,
    /// Its name in this vault: the id of the content, unless that one is taken.
    pub id: MessageId,
    pub author: Address,
    /// The time of its place in the log.
    pub at: UnixMillis,
    pub content: Content,
}

/// A draft of the page as it is kept and sent.
///
/// # Errors
/// `Malformed`: it is empty, or not what it must be. `TooLarge`.
pub(crate) fn written(draft: &Draft, in_reply_to: Option<MessageId>) -> Result<Written, ErrorCode> {
    let body = match draft {
        Draft::Text(text) if text.is_empty() => return Err(ErrorCode::Malformed),
        Draft::Text(text) => Body::of(&Text(text.clone())),
        Draft::Reaction { emoji, set } => {
            if in_reply_to.is_none() || !content::is_emoji(emoji) {
                return Err(ErrorCode::Malformed);
            }
            let (emoji, set) = (emoji.clone(), *set);
            Body::of(&Reaction { emoji, set })
        }
    };
    let body = body.map_err(|_| ErrorCode::TooLarge)?;
    Ok(Written {
        in_reply_to,
        ..body.into()
    })
}

/// A body as lists and quotes show it: a text in one line of at most 120 characters, of other kinds the number alone.
pub(crate) fn short(body: &Body) -> Body {
    match body.known() {
        Ok(Some(Known::Text(Text(text)))) => records::text(line(&text)),
        _ => Body {
            kind: body.kind,
            bytes: Vec::new(),
            fallback: line(&body.fallback),
        },
    }
}

fn line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(SHORT));
        if line.chars().count() >= SHORT {
            break;
        }
    }
    line.chars().take(SHORT).collect()
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// What a received content does to its thread. An unknown body is a message that shows its fallback.
    fn outcome(&self, received: &Received) -> Result<Outcome, Malformed> {
        Ok(match received.content.body.known()? {
            Some(Known::Reaction(reaction)) => {
                Outcome::Annotate(received.content.in_reply_to.ok_or(Malformed)?, reaction)
            }
            Some(Known::Tip(reference)) => Outcome::Append(self.received_tip(received, &reference)),
            Some(Known::Text(_)) | None => Outcome::Append(None),
        })
    }

    /// Puts a received content into its thread, in this step.
    pub(crate) async fn take_content(&self, step: &mut Step, received: Received) -> Result<(), VaultError> {
        let tip = match self.outcome(&received) {
            Ok(Outcome::Annotate(target, reaction)) => {
                return self.take_reaction(step, &received, target, &reaction).await;
            }
            Ok(Outcome::Append(tip)) => tip,
            // `Content::decode` has refused it already.
            Err(Malformed) => return Ok(()),
        };
        let Received {
            conversation,
            id,
            author,
            at,
            content,
        } = received;
        let mine = author == self.account;
        let quoted = self.quoted(step, conversation, content.in_reply_to).await;
        let message = Message {
            author,
            mine,
            at,
            state: if mine {
                MessageState::Sent
            } else {
                MessageState::Received
            },
            content: Written {
                in_reply_to: content.in_reply_to,
                replaces: content.replaces,
                expires: content.expires,
                body: content.body,
            },
            quoted,
            reactions: Vec::new(),
        };
        let kept = self.receive(step, conversation, id, message);
        if let Some(tip) = tip.filter(|_| kept) {
            self.take_tip(step, id, tip);
        }
        Ok(())
    }

    /// What an intent says, as it is sealed.
    pub(crate) fn content_of(&self, step: &Step, intent: &records::Intent) -> Content {
        let mut body = intent.content.body.clone();
        // The transaction of a tip may have been replaced since.
        if let Some(reference) = self.reference(step, intent.id)
            && let Ok(newest) = Body::of(&reference)
        {
            body = newest;
        }
        Content {
            id: intent.id,
            at: intent.at,
            in_reply_to: intent.content.in_reply_to,
            replaces: intent.content.replaces,
            expires: intent.content.expires,
            body,
        }
    }
}
