//! The frames of the WebSocket. One frame is one binary WebSocket message, see [`crate::codec`].
//!
//! The road: the server sends `Challenge`; the installation answers `Hello`; the server says `Ready`; then `Subscribe`,
//! `Publish` and `Ask` in any order. Everything the server forwards comes in the order of its topic and without gaps.

use serde::{Deserialize, Serialize};

use crate::{
    Address, AssociationHash, Envelope, ErrorCode, Incarnation, InstallationId, MessageId, Publish, Seq, Support,
    TipId, TipReport, Topic, TxHash, UnixMillis, codec::late, unknown::skips_unknown,
};

/// From an installation to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum ClientFrame {
    /// Proves which installation speaks: a cookie alone proves none.
    Hello {
        /// Who speaks.
        installation: InstallationId,
        /// The installation's signature over `identity::challenge_bytes` (ECDSA P-256 with SHA-256, DER).
        #[serde(with = "serde_bytes")]
        signature: Vec<u8>,
        /// What the page understands. Only sent in answer to a challenge that holds the server's; none means level 0.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "late")]
        support: Option<Support>,
    },
    /// Forward these topics from behind these cursors on. Repeating a topic moves its cursor.
    Subscribe {
        /// Topic and the last place already stored.
        topics: Vec<(Topic, Seq)>,
    },
    /// Put this into its topic. Answered by `Stored` or `Refused`.
    Publish(Publish),
    /// A question; its answer carries the same number.
    Ask {
        /// Chosen by the asker, unique on this socket.
        number: u32,
        /// What is asked.
        ask: Ask,
    },
    /// Still here. Answered by `Pong`.
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
    /// The installation is believed.
    Ready {
        /// Which life of the database this is.
        incarnation: Incarnation,
        /// How many unused key packages the server still has for this installation.
        key_packages: u32,
        /// The server's clock.
        now: UnixMillis,
    },
    /// The publish stands in its topic, durably.
    Stored {
        /// The id of the publish.
        id: MessageId,
        /// Its place: of the first attempt, if there were several.
        seq: Seq,
        /// When it was stored.
        at: UnixMillis,
    },
    /// The publish stands nowhere. It stays with its sender, with this reason.
    Refused {
        /// The id of the publish.
        id: MessageId,
        /// Why.
        code: ErrorCode,
    },
    /// The next entries of a topic, in order, each directly behind the one before.
    Envelopes {
        /// Whose.
        topic: Topic,
        /// At least one.
        envelopes: Vec<Envelope>,
    },
    /// Everything up to this place of a subscribed topic has been forwarded.
    CaughtUp {
        /// Whose.
        topic: Topic,
        /// The last place there is.
        head: Seq,
    },
    /// A subscription that is not allowed: the installation is no member.
    NotSubscribed {
        /// Whose.
        topic: Topic,
        /// Why.
        code: ErrorCode,
    },
    /// What was asked for, or why not.
    Answer {
        /// The asker's number.
        number: u32,
        /// The answer.
        answer: Result<Answer, ErrorCode>,
    },
    /// Still here too.
    Pong,
    /// The server is about to close this socket, and why.
    Bye {
        /// Why.
        code: ErrorCode,
    },
    /// Something happened to a tip that was asked for on this socket, or that is paid to this account. A hint.
    Tip {
        /// EIP-155 chain id.
        chain_id: u64,
        /// Whose tip.
        sender: Address,
        /// Which.
        id: TipId,
        /// What the server sees now.
        report: TipReport,
    },
    /// The installations of an account that was asked about on this socket are not what they were: one is new, was revoked,
    /// or can be written to only now. A hint: ask again before you write.
    Installations {
        /// Whose.
        account: Address,
    },
    /// A frame of a newer server. The client ignores it.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(ServerFrame, Frame);

/// Questions about people and their installations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Ask {
    /// The live installations of an account, as association hashes. Empty: the account never signed in here.
    Installations {
        /// Whose.
        account: Address,
    },
    /// The association with this hash.
    Association {
        /// Its hash; the asker checks it.
        hash: AssociationHash,
    },
    /// One key package of this installation, used up by the claim (the last resort stays).
    ClaimKeyPackage {
        /// Whose.
        installation: InstallationId,
    },
    /// Keep these for others to claim.
    PublishKeyPackages {
        /// Each used once.
        key_packages: Vec<serde_bytes::ByteBuf>,
        /// Replaces the one that is given when all others are used up.
        last_resort: Option<serde_bytes::ByteBuf>,
    },
    /// What does the server see of this tip? It is watched from then on, and changes come as `ServerFrame::Tip`.
    Tip {
        /// EIP-155 chain id.
        chain_id: u64,
        /// Who paid, or is about to.
        sender: Address,
        /// Which.
        id: TipId,
        /// The transaction by the sender's word, so that one that never reaches a block can be told from none.
        hash: Option<TxHash>,
    },
    /// An installation of the asker's account is revoked: keep this statement, and end what it holds here.
    Revoke {
        /// The bytes of an `identity::Revocation`.
        revocation: serde_bytes::ByteBuf,
    },
    /// What proves of these installations that they were revoked?
    Revocations {
        /// At most `limits::REVOCATIONS`.
        installations: Vec<InstallationId>,
    },
    /// A question of a newer client. It is answered with `ErrorCode::UnknownKind`.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Ask, Frame);

/// Answers, in the order of [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Answer {
    /// To `Installations`.
    Installations(Vec<(InstallationId, AssociationHash)>),
    /// To `Association`: the bytes of an `identity::Association`, if there is one.
    Association(Option<serde_bytes::ByteBuf>),
    /// To `ClaimKeyPackage`: none left is possible.
    KeyPackage(Option<serde_bytes::ByteBuf>),
    /// To `PublishKeyPackages`: how many are kept now.
    KeyPackagesKept(u32),
    /// To `Tip`.
    Tip(TipReport),
    /// To `Revoke`: it is.
    Revoked,
    /// To `Revocations`: the bytes of an `identity::Revocation` for each of those that were; the asker checks them.
    Revocations(Vec<serde_bytes::ByteBuf>),
    /// An answer of a newer server. The client treats it as a refusal.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Answer, Frame);
