//! Events of the worker to the page.

use identity::Statement;
use protocol::{Address, ErrorCode, InstallationId, MessageId};
use serde::{Deserialize, Serialize};

use crate::{BodyView, ConversationId, ConversationView, MessageView, TransferView, WalletRefusal, WalletRequest};

/// A fact for the page to show, or an answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The worker runs and waits for `Open`. Also sent when the page must repeat everything, because the leader has changed.
    Started,
    /// The vault is open.
    Opened {
        /// The account that the vault belongs to.
        account: Address,
        /// The installation in it.
        installation: InstallationId,
        /// The installation's public key (65 bytes, SEC1 uncompressed), for the sign-in.
        #[serde(with = "serde_bytes")]
        public_key: Vec<u8>,
        /// A wallet has vouched for this installation already.
        associated: bool,
    },
    /// Answer to `SignIn`: what the wallet is to sign.
    ToSign(Statement),
    /// Answer to `SignIn`: the wallet must not be asked to sign with this challenge.
    NotToSign(ChallengeRefusal),
    /// The association is kept.
    Associated,
    /// The state of the socket.
    Connection(Connection),
    /// All conversations, newest first. Sent after `Opened`.
    Conversations(Vec<ConversationView>),
    /// One conversation is new or has changed; its place in the list follows from `at`.
    Conversation(ConversationView),
    /// The newest messages of the shown thread, oldest first.
    Thread {
        /// The conversation whose thread is shown.
        conversation: ConversationId,
        /// At most one page.
        messages: Vec<MessageView>,
        /// There are older ones.
        more: bool,
    },
    /// Messages before the ones the page has, oldest first.
    Older {
        /// The conversation that the messages belong to.
        conversation: ConversationId,
        /// At most one page.
        messages: Vec<MessageView>,
        /// There are still older ones.
        more: bool,
    },
    /// Messages of the shown thread that are new or have changed, in order.
    Messages {
        /// The conversation that the messages belong to.
        conversation: ConversationId,
        /// A known id replaces the message, a new one is put in by `at`.
        messages: Vec<MessageView>,
    },
    /// A message was taken back.
    Discarded {
        /// The conversation that the message was in.
        conversation: ConversationId,
        /// The message that was taken back.
        id: MessageId,
    },
    /// Answer to `Find`.
    Found {
        /// The account that was looked up.
        account: Address,
        /// It has an installation here whose association holds. `None`: unknown while offline.
        here: Option<bool>,
    },
    /// How many messages wait to be sent.
    Waiting(u32),
    /// The vault is deleted.
    Forgotten,
    /// Something that the person must know.
    Trouble(Trouble),
    /// Ask the wallet. Answered by `Command::Wallet` with the same number.
    Wallet {
        /// Chosen by the worker.
        number: u32,
        /// What the wallet is asked for.
        request: WalletRequest,
    },
    /// Answer to `Payee`.
    Payee {
        /// The account that can be paid.
        peer: Address,
        /// This account has never paid it, as far as this vault knows.
        first: bool,
        /// The chain id of a smart account, which exists on this chain only: money sent to its address elsewhere may be lost.
        only: Option<u64>,
    },
    /// The wallet did not send it, as far as is known.
    TipRefused {
        /// The account that was to receive the tip.
        peer: Address,
        /// The id of its message.
        id: MessageId,
        /// Why the tip was not sent.
        why: TipRefusal,
        /// The tip may have been sent all the same and is kept as waiting. Otherwise nothing was paid, and the tip is deleted.
        waits: bool,
    },
    /// Answer to `Payee`: nothing can be paid there.
    NoPayee {
        /// The account that cannot be paid.
        peer: Address,
        /// Why the account cannot be paid.
        why: TipRefusal,
    },
    /// All smart accounts whose messages wait, unread, until the wallet has asked their chain (EIP-155 id) whether they signed for
    /// their installation. Empty: none any more.
    NeedsChainCheck(Vec<(Address, u64)>),
    /// Answer to `Revoke`.
    Revoked {
        /// The installation that was to be revoked.
        installation: InstallationId,
        /// Why it is not; `None`: it is.
        refused: Option<ErrorCode>,
    },
    /// Answer to `LeftOver`: the conversation and body of each message, in the order in which they were written.
    LeftOver(Vec<(ConversationId, BodyView)>),
    /// Answer to `Send`, after the `Trouble` that gives the reason: the message is not stored and will not be sent. Also reported for a
    /// reaction that was stored and that the server refused.
    NotKept {
        /// The message that is not stored.
        id: MessageId,
    },
    /// Answer to `Open` or `Forget`: the vault does not open, or could not be deleted. The worker has no vault to use until one of
    /// the two succeeds.
    NotOpened {
        /// The account whose vault it is.
        account: Address,
        /// Why the vault was not opened or deleted.
        why: Trouble,
    },
    /// A plain transfer is new or has changed. After `Opened` every one that was not put away.
    Transfer {
        /// The id of the transfer.
        id: MessageId,
        /// How it is; `None`: put away.
        view: Option<TransferView>,
    },
    /// The wallet did not send a transfer, as far as is known.
    TransferRefused {
        /// The id of the transfer.
        id: MessageId,
        /// Why the transfer was not sent.
        why: TipRefusal,
        /// It may have been sent all the same, and waits. Otherwise nothing was paid and nothing is kept.
        waits: bool,
    },
}

/// Why a server's challenge is not taken into a text that a wallet signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeRefusal {
    /// This device's clock and the server's are too far apart.
    Clock,
    /// It is no challenge of Jackdaw: the nonce has another form, or the text would be valid for too long.
    Malformed,
}

/// Why a tip or a transfer was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TipRefusal {
    /// The wallet did not send it.
    Wallet(WalletRefusal),
    /// It would revert: what the recipient or the contract said, in words, if it said something.
    WouldRevert(Option<String>),
    /// There is not enough for amount and fee.
    NotEnough,
    /// No tips on this network, or its contract is not the one this build knows.
    NoContract,
    /// The recipient is a smart account of another chain.
    OtherChain(u64),
    /// The recipient's association is not verified.
    Unverified,
    /// An amount of nothing.
    Nothing,
    /// The recipient is the payer.
    OwnAccount,
}

/// The state of the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connection {
    /// Not wanted: signed out, or not yet signed in.
    Off,
    /// Trying, for the first time or again.
    Connecting,
    /// Up, and everything up to now has been read.
    Live,
    /// Down; tried again in so many seconds.
    Waiting {
        /// Until the next try.
        seconds: u32,
    },
    /// The server does not accept this session any more: sign in again.
    SignedOut,
    /// This installation was revoked: it receives and sends nothing any more, also after another sign-in.
    Revoked,
}

/// What keeps the worker from doing its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// The browser offers no storage or no encryption (private mode, plain http).
    NoVault,
    /// The vault is full; nothing was lost, nothing new can be kept.
    VaultFull,
    /// A record of the vault cannot be read. What can be read is shown.
    VaultDamaged,
    /// The vault is of a newer version of Jackdaw: reload.
    VaultNewer,
    /// Another tab, of another version of Jackdaw, has taken over: reload. What is sent here is kept all the same.
    OtherTab,
    /// The signed text is not of this installation, account or site.
    WrongAssociation,
    /// The server refused something; nothing is lost.
    Refused(ErrorCode),
    /// A defect of Jackdaw.
    Internal,
    /// Something in a conversation could not be read: the server, or somebody in it, has changed it, left something out, or
    /// shown something twice. What is shown may not be all.
    Unreadable,
    /// This installation has sent messages that this vault does not know of: an old vault was restored, or the vault exists twice.
    /// The installation's keys are renewed before it sends more.
    Copied,
    /// The server withholds the association of a new installation in a conversation: messages from then on wait, unread.
    Withheld,
}
