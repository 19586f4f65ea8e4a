//! Commands of the page to the worker.

use protocol::{
    Address, InstallationId, MessageId, U256,
    api::{Challenge, Network},
};
use serde::{Deserialize, Serialize};

use crate::{ConversationId, WalletAnswer, WalletRefusal};

/// What a message is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Draft {
    /// Text, 1 to `limits::TEXT` bytes of UTF-8.
    Text(String),
    /// An emoji at the message `in_reply_to`.
    Reaction {
        /// One emoji (UTF-8), which the worker validates.
        emoji: String,
        /// Set it; otherwise take it back.
        set: bool,
    },
}

/// A command of the person at the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Open this account's vault, or make one. Answered by `Opened` or `NotOpened`. Any other open vault is closed first.
    Open {
        /// The account whose vault is opened.
        account: Address,
    },
    /// Render the sign-in text for the wallet. Answered by `ToSign` or `NotToSign`.
    SignIn {
        /// On which chain the wallet is (EIP-155).
        chain_id: u64,
        /// From the server, not yet believed.
        challenge: Challenge,
    },
    /// The wallet has signed the sign-in text and the server has accepted it: keep the association. Answered by `Associated`.
    Associate {
        /// The signed EIP-4361 text.
        text: String,
        /// The wallet's signature.
        #[serde(with = "serde_bytes")]
        signature: Vec<u8>,
    },
    /// Open the WebSocket and keep it open. Needs an association and a session.
    Connect,
    /// Close the WebSocket and stay away: signed out.
    Disconnect,
    /// The browser says whether there is a network; retried at once when it comes back.
    Online(bool),
    /// Is this account here, and can it be written to? Answered by `Found`.
    Find {
        /// The account to look for.
        account: Address,
    },
    /// Show this thread. Answered by `Thread`, then by `Messages` for everything that changes it, until another one is
    /// shown.
    Show {
        /// `None`: no thread is visible.
        conversation: Option<ConversationId>,
    },
    /// More of the shown thread: messages before this one. Answered by `Older`.
    Older {
        /// The conversation whose thread is shown.
        conversation: ConversationId,
        /// The oldest message the page has.
        before: MessageId,
    },
    /// Send this. Persisted before anything else happens; the id makes a repeated command harmless.
    Send {
        /// The conversation. A `Direct` one is made if there is none.
        conversation: ConversationId,
        /// The id of the message, drawn at random by the page.
        id: MessageId,
        /// The message that it answers or annotates.
        in_reply_to: Option<MessageId>,
        /// What the message says.
        body: Draft,
    },
    /// Try a message again that was not sent.
    Retry {
        /// The message to send again.
        id: MessageId,
    },
    /// Take a message back that was not sent.
    Discard {
        /// The message to take back.
        id: MessageId,
    },
    /// The person has seen the thread up to now.
    Seen {
        /// The conversation whose messages were seen.
        conversation: ConversationId,
    },
    /// Answer a stranger's first message.
    Consent {
        /// The conversation to accept, decline or block.
        conversation: ConversationId,
        /// `Accepted`, `Declined` or `Blocked`.
        consent: crate::Consent,
    },
    /// Delete this account's vault in this browser, keys and history, for ever. If there is a connection, this installation is
    /// revoked first. A vault that does not open can be deleted too. Answered by `Forgotten` or `NotOpened`.
    Forget,
    /// The networks of this site. After every `Open`, and when they change.
    Networks(Vec<Network>),
    /// The account and chain of the page's wallet: what it can read and send. When the page starts, and at every change.
    WalletAt {
        /// Its account, if it is connected.
        account: Option<Address>,
        /// EIP-155 id of the wallet's chain, if it is known.
        chain_id: Option<u64>,
    },
    /// The wallet's answer to `Event::Wallet`.
    Wallet {
        /// The number of the request.
        number: u32,
        /// The wallet's answer.
        answer: Result<WalletAnswer, WalletRefusal>,
    },
    /// Can this account be paid? Answered by `Payee` or `NoPayee`.
    Payee {
        /// The account to be paid.
        peer: Address,
    },
    /// Pay an account, and say so in the conversation. Persisted before each step; the id makes a repeated command harmless.
    Tip {
        /// The account that receives the tip.
        peer: Address,
        /// The id of the message that speaks of it, drawn at random by the page.
        id: MessageId,
        /// EIP-155 chain id.
        chain_id: u64,
        /// In the smallest unit of the native coin.
        amount: U256,
    },
    /// Ask the wallet again for a transaction that it has not sent. A tip keeps its id, which its contract counts once. A transfer
    /// is asked for again only while no earlier prompt can have been answered.
    TxAgain {
        /// The id of the transfer, or of the message that carries the tip.
        id: MessageId,
    },
    /// Give up a transaction that was not sent, or that came to nothing.
    TxDrop {
        /// The id of the transfer, or of the message that carries the tip.
        id: MessageId,
    },
    /// Pay an account, without a message. Persisted before each step; the id makes a repeated command harmless. Followed by
    /// `Event::Transfer`, or `TransferRefused`.
    Transfer {
        /// Drawn by the page.
        id: MessageId,
        /// EIP-155 chain id.
        chain_id: u64,
        /// The account to pay.
        to: Address,
        /// In the smallest unit of the native coin.
        amount: U256,
    },
    /// Revoke an installation of this account, for ever, signed by this installation. Answered by `Revoked`.
    Revoke {
        /// The installation to revoke.
        installation: InstallationId,
    },
    /// Asks for the messages that wait here and will not be sent any more. Answered by `LeftOver`.
    LeftOver,
}

impl Command {
    /// Send a text that answers no other message.
    pub fn text(conversation: impl Into<ConversationId>, id: MessageId, text: impl Into<String>) -> Self {
        Self::Send {
            conversation: conversation.into(),
            id,
            in_reply_to: None,
            body: Draft::Text(text.into()),
        }
    }
}
