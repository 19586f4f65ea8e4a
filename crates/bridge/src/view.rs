//! Conversations and messages as the page shows them.

use protocol::{Address, ErrorCode, MessageId, TipMismatch, TxHash, U256, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::ConversationId;

/// A line of the conversation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    /// The identity of the conversation.
    pub id: ConversationId,
    /// The accounts in it beside our own: one of `Direct`, from its verified association.
    pub participants: Vec<Address>,
    /// Our answer to its first message.
    pub consent: Consent,
    /// The newest message, a text of it in one shortened line. `None`: there is none, or `consent` is `Asked`.
    pub preview: Option<BodyView>,
    /// The newest message is ours.
    pub mine: bool,
    /// The time of the newest message.
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
    /// Declined, the messages of the conversation are deleted, and later ones are not kept.
    Blocked,
}

impl Consent {
    /// Whether the list shows the conversation: it does not show declined and blocked accounts.
    pub const fn is_listed(self) -> bool {
        matches!(self, Self::Asked | Self::Accepted)
    }
}

/// One message of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Drawn by its sender.
    pub id: MessageId,
    /// Who wrote it: verified, not claimed.
    pub author: Address,
    /// When it was written or stored.
    pub at: UnixMillis,
    /// How far the message's delivery is.
    pub state: MessageState,
    /// The message that it answers.
    pub in_reply_to: Option<QuoteView>,
    /// In the order in which each emoji came first.
    pub reactions: Vec<ReactionView>,
    /// What it says.
    pub body: BodyView,
}

impl MessageView {
    /// Whether our account wrote it.
    pub fn is_mine(&self) -> bool {
        self.state != MessageState::Received
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        self.body.text()
    }

    /// The tip, if it is one.
    pub fn tip(&self) -> Option<TipView> {
        match &self.body {
            BodyView::Tip(tip) => Some(*tip),
            _ => None,
        }
    }
}

/// What a message says. The page finds the words for everything that is not text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodyView {
    /// Text in UTF-8.
    Text(String),
    /// A payment of the native coin.
    Tip(TipView),
    /// Something that this build cannot show.
    Unknown {
        /// What its sender wants shown instead; may be empty.
        fallback: String,
    },
}

impl BodyView {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteView {
    /// The id of the quoted message.
    pub id: MessageId,
    /// What it said when it was answered. `None`: it is not in this vault.
    pub quoted: Option<QuotedView>,
}

/// What a quoted message said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedView {
    /// Who wrote it.
    pub author: Address,
    /// What it said, a text in one shortened line.
    pub body: BodyView,
}

/// One emoji at a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionView {
    /// The emoji, in UTF-8.
    pub emoji: String,
    /// Who set it, in order. Their number is the count; our own account may be among them.
    pub by: Vec<Address>,
    /// Our account is among them.
    pub mine: bool,
}

/// A tip in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TipView {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// In the smallest unit of the native coin.
    pub amount: U256,
    /// The transaction, once there is one.
    pub hash: Option<TxHash>,
    /// How far it is.
    pub state: TxState,
    /// Who says so.
    pub witness: Witness,
}

/// A plain transfer of the native coin, by this account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferView {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The account that is paid.
    pub to: Address,
    /// In the smallest unit of the native coin.
    pub amount: U256,
    /// The transaction, once there is one.
    pub hash: Option<TxHash>,
    /// How far it is.
    pub state: TxState,
    /// Who says so.
    pub witness: Witness,
}

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TxState {
    /// Persisted; being simulated before the wallet is asked.
    Draft,
    /// The wallet was asked and has not answered, or its answer was lost with a reload.
    Waiting,
    /// A transaction is on its way.
    Submitted,
    /// In a block.
    Confirming {
        /// Blocks that count, its own included.
        done: u32,
        /// Blocks it takes.
        of: u32,
    },
    /// In a block, with as many on it as the network asks for.
    Confirmed,
    /// In a block, and did not do what it is for.
    Reverted,
    /// Another transaction took its place, and did not do what this one is for.
    Replaced,
    /// The chain's nodes have forgotten it.
    Dropped,
    /// The transaction on the chain is not the payment that it is said to be.
    Mismatch(TipMismatch),
}

/// On whose word a transaction's state stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Witness {
    /// The sender's message, or our own wallet, alone.
    Claim,
    /// The server's report, not checked by this device.
    Server,
    /// This device has read the chain through its own wallet.
    Device,
}

/// The delivery of a message.
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
    /// The other side is a smart account, and its network has not been asked yet whether it vouched for its browser.
    NeedsChainCheck {
        /// The chain that the wallet must be on for that.
        chain_id: u64,
    },
}
