//! The frames of the WebSocket. One frame is one binary WebSocket message, see [`crate::codec`].
//!
//! Order: the server sends `Challenge`; the installation answers `Hello`; the server answers `Ready`; then `Subscribe`, `Publish` and `Ask`
//! in any order. The server forwards envelopes in the order of their topic, without gaps.

use serde::{Deserialize, Serialize};

use crate::{
    Address, AssociationHash, Envelope, ErrorCode, Incarnation, InstallationId, MessageId, Publish, Seq, Support,
    TipId, Topic, TxHash, TxReport, UnixMillis, codec::late, unknown::skips_unknown,
};

/// From an installation to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum ClientFrame {
    /// Proves that the installation of the session holds the socket: a cookie alone proves no installation.
    Hello {
        /// The installation of the session.
        installation: InstallationId,
        /// The installation's signature over `identity::challenge_bytes` (ECDSA P-256 with SHA-256, DER).
        #[serde(with = "serde_bytes")]
        signature: Vec<u8>,
        /// What the page understands. Only sent in answer to a challenge that holds the server's; none means level 0.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "late")]
        support: Option<Support>,
    },
    /// Asks for all envelopes of these topics after these cursors, those to come included. Repeating a topic moves its cursor.
    Subscribe {
        /// Each topic with the last place that the client has stored; at most `limits::TOPICS_PER_FRAME`.
        topics: Vec<(Topic, Seq)>,
    },
    /// Appends to a topic. Answered by `Stored` or `Refused`.
    Publish(Publish),
    /// A request. Its `Answer` has the same number.
    Ask {
        /// Chosen by the client, unique on this socket.
        number: u32,
        /// What is asked.
        ask: Ask,
    },
    /// Heartbeat, every `limits::HEARTBEAT_SECONDS`. Answered by `Pong`.
    Ping,
    /// A frame of a newer client. The server ignores it.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(ClientFrame, Frame);

/// From the server to an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum ServerFrame {
    /// The first frame on every socket.
    Challenge {
        /// 32 random bytes to sign, together with the site's domain.
        nonce: [u8; 32],
        /// What the server understands. Only sent to a client whose socket path states a feature level; none means level 0.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "late")]
        support: Option<Support>,
    },
    /// The signature of `Hello` holds: requests are accepted from now on.
    Ready {
        /// The life of the database; another one than before means that a backup was restored.
        incarnation: Incarnation,
        /// How many unused key packages the server still has for this installation.
        key_packages: u32,
        /// The server's clock.
        now: UnixMillis,
    },
    /// The publish is stored durably.
    Stored {
        /// The id of the publish.
        id: MessageId,
        /// The place of the first attempt, if the publish was repeated.
        seq: Seq,
        /// When the server stored it.
        at: UnixMillis,
    },
    /// The publish is not stored.
    Refused {
        /// The id of the publish.
        id: MessageId,
        /// The reason, as a code.
        code: ErrorCode,
    },
    /// The next entries of a topic, in order, each directly behind the one before.
    Envelopes {
        /// The topic they belong to.
        topic: Topic,
        /// At least one, at most `limits::PAGE`.
        envelopes: Vec<Envelope>,
    },
    /// All envelopes of a subscribed topic up to `head` have been forwarded.
    CaughtUp {
        /// The subscribed topic.
        topic: Topic,
        /// The topic's last place.
        head: Seq,
    },
    /// A subscription was refused, or ends.
    NotSubscribed {
        /// The topic it is about.
        topic: Topic,
        /// The reason: `NotAMember`, `NoSuchTopic`, `CursorAhead`, `TooMany`.
        code: ErrorCode,
    },
    /// Answers an `Ask`.
    Answer {
        /// The number of the `Ask`.
        number: u32,
        /// The answer, or why there is none.
        answer: Result<Answer, ErrorCode>,
    },
    /// The answer to `Ping`.
    Pong,
    /// The server is about to close this socket.
    Bye {
        /// The reason, as a code.
        code: ErrorCode,
    },
    /// The observed state of a tip has changed: one that was asked for on this socket, or that is paid to its account. A hint, not a proof.
    Tip {
        /// EIP-155 chain id.
        chain_id: u64,
        /// The account that pays.
        sender: Address,
        /// The tip's id.
        id: TipId,
        /// The state the server observes.
        report: TxReport,
    },
    /// The installations of an account asked about on this socket have changed: one was added or revoked, or has published its first key
    /// package. A hint to ask again before the next message.
    Installations {
        /// The account it is about.
        account: Address,
    },
    /// The observed status of a transaction asked for with `Ask::Transaction` on this socket has changed. A hint, not a proof.
    Transaction {
        /// EIP-155 chain id.
        chain_id: u64,
        /// The transaction that was asked for.
        hash: TxHash,
        /// What the server observes; under another hash if that took its place.
        report: TxReport,
    },
    /// A frame of a newer server. The client ignores it.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(ServerFrame, Frame);

/// Requests about accounts, installations and tips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Ask {
    /// Lists the installations of an account that are not revoked, as association hashes. Empty if it never signed in here.
    Installations {
        /// The account it is about.
        account: Address,
    },
    /// Fetches an association.
    Association {
        /// Its SHA-256, which the client checks.
        hash: AssociationHash,
    },
    /// Takes one key package of an installation. It is given once; the last resort is given whenever there is no other.
    ClaimKeyPackage {
        /// The installation that owns the key package.
        installation: InstallationId,
    },
    /// Stores key packages of this installation for others to claim.
    PublishKeyPackages {
        /// Each is given once; at most `limits::KEY_PACKAGES_PER_FRAME`.
        key_packages: Vec<serde_bytes::ByteBuf>,
        /// Replaces the one that is given when no other is left.
        last_resort: Option<serde_bytes::ByteBuf>,
    },
    /// Asks for the observed state of a tip and subscribes to its changes, which come as `ServerFrame::Tip`.
    Tip {
        /// EIP-155 chain id.
        chain_id: u64,
        /// The account that pays.
        sender: Address,
        /// The tip's id.
        id: TipId,
        /// The transaction as the sender names it, so that the server can tell a pending or dropped one from none.
        hash: Option<TxHash>,
    },
    /// Revokes an installation of the account of this socket: its sessions, sockets and key packages end.
    Revoke {
        /// The bytes of an `identity::Revocation`.
        revocation: serde_bytes::ByteBuf,
    },
    /// Asks for the revocations of these installations, as far as they were revoked.
    Revocations {
        /// At most `limits::REVOCATIONS`.
        installations: Vec<InstallationId>,
    },
    /// Asks for the observed status of a transaction and subscribes to its changes, which come as `ServerFrame::Transaction`.
    Transaction {
        /// EIP-155 chain id.
        chain_id: u64,
        /// The hash of the transaction.
        hash: TxHash,
    },
    /// A question of a newer client. It is answered with `ErrorCode::UnknownKind`.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Ask, Frame);

/// Answers, in the order of [`Ask`]'s variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Answer {
    /// To `Installations`: those that are not revoked, with their associations.
    Installations(Vec<(InstallationId, AssociationHash)>),
    /// To `Association`: the bytes of an `identity::Association`, if there is one.
    Association(Option<serde_bytes::ByteBuf>),
    /// To `ClaimKeyPackage`: `None` if none was ever published.
    KeyPackage(Option<serde_bytes::ByteBuf>),
    /// To `PublishKeyPackages`: how many unused ones are stored now.
    KeyPackagesKept(u32),
    /// To `Tip`: the state the server observes now.
    Tip(TxReport),
    /// To `Revoke`: the installation is revoked.
    Revoked,
    /// To `Revocations`: the bytes of one `identity::Revocation` for each installation that was revoked. The client checks them.
    Revocations(Vec<serde_bytes::ByteBuf>),
    /// To `Transaction`: the status the server observes now.
    Transaction(TxReport),
    /// An answer of a newer server. The client treats it as a refusal.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Answer, Frame);
