//! What conversations and messages look like to the face.

use protocol::{Address, ErrorCode, MessageId, UnixMillis};
use serde::{Deserialize, Serialize};

/// A line of the conversation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    /// The account on the other side, from its verified association.
    pub peer: Address,
    /// What we said to its first message.
    pub consent: Consent,
    /// The newest message in one line; empty while `consent` is `Asked`.
    pub preview: String,
    /// The newest message is ours.
    pub mine: bool,
    /// When something last happened.
    pub at: UnixMillis,
    /// Messages not seen yet.
    pub unread: u32,
}

/// Whether somebody may talk to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consent {
    /// They wrote first, we have not answered: the text stays hidden.
    Asked,
    /// We wrote first, or accepted.
    Accepted,
    /// We declined: out of the list; they are not told. A later message of theirs stays unseen.
    Declined,
    /// As declined, and nothing of them is kept any more.
    Blocked,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Drawn by its sender.
    pub id: MessageId,
    /// Who wrote it: verified, not claimed.
    pub author: Address,
    /// We wrote it.
    pub mine: bool,
    /// What it says.
    pub text: String,
    /// When it was written or stored.
    pub at: UnixMillis,
    /// How far it is.
    pub state: MessageState,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageState {
    /// Kept here, on its way.
    Sending,
    /// Stored by the server.
    Sent,
    /// Stays here until tried again or taken back.
    NotSent(Unsent),
    /// From somebody else.
    Received,
}

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsent {
    /// The other side never signed in here.
    NotHere,
    /// The other side's association or key is not what it must be: nothing was sent to it.
    Unverified,
    /// The server refused it.
    Refused(ErrorCode),
}
