//! The messages between page and worker: commands in, events out, over `postMessage`, as postcard bytes.
//!
//! Plain data. The page never sees a key or a ratchet; the worker never sees the DOM. A command is answered with events, at
//! once or much later; an event is a fact that the page may show as it is.

mod command;
mod conversation;
mod event;
mod view;
mod wallet;

pub use command::{Command, Draft};
pub use conversation::ConversationId;
pub use event::{ChallengeRefusal, Connection, Event, TipRefusal, Trouble};
pub use identity::Statement;
pub use protocol::{Log, Receipt, TipMismatch, Transaction};
pub use view::{
    BodyView, Consent, ConversationView, MessageState, MessageView, QuoteView, QuotedView, ReactionView, TipView,
    TransferView, TxState, Unsent, Witness,
};
pub use wallet::{Call, WalletAnswer, WalletRefusal, WalletRequest};

use serde::{Serialize, de::DeserializeOwned};

/// Bytes that are no command or event: page and worker are of different builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("page and worker do not understand each other")]
pub struct BridgeError;

/// The bytes of a command or an event.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, BridgeError> {
    postcard::to_stdvec(value).map_err(|_| BridgeError)
}

/// The command or event in `bytes`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BridgeError> {
    postcard::from_bytes(bytes).map_err(|_| BridgeError)
}
