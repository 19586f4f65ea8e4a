//! What travels through a topic: opaque bytes with a place in an order.

use serde::{Deserialize, Serialize};

use crate::{InstallationId, MessageId, Seq, Topic, UnixMillis, unknown::skips_unknown};

/// What an installation asks to be put into a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// The conversation. It comes to be with its first commit.
    pub topic: Topic,
    /// Names this publish for ever; a retry repeats it.
    pub id: MessageId,
    /// The place of the last commit of this topic that the sender has applied, 0 for none. If the topic has a newer one
    /// the publish is refused with `StaleEpoch`: the sender reads on and encrypts again.
    pub last_commit: Seq,
    /// What it is.
    pub kind: Kind,
    /// The MLS message: ciphertext, as far as the server is concerned.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

/// What a publish is to the order of its topic.
///
/// A kind added here holds one byte string: others skip it by its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Kind {
    /// A message to the members.
    Application,
    /// A new epoch. Commit, welcomes and the change of the member list are stored together or not at all.
    Commit {
        /// For every installation that joins.
        welcomes: Vec<Welcome>,
        /// Installations that may no longer read or write here.
        removed: Vec<InstallationId>,
    },
    /// A kind of a newer client. The server refuses it with `ErrorCode::UnknownKind`.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Kind, Length);

/// An invitation for one installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Who may join.
    pub installation: InstallationId,
    /// The MLS `Welcome` (RFC 9420, section 12.4.3.1).
    #[serde(with = "serde_bytes")]
    pub message: Vec<u8>,
}

/// One entry of a topic's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Its place.
    pub seq: Seq,
    /// The id its sender drew: one's own echo is recognised by it.
    pub id: MessageId,
    /// When the server stored it. For people's eyes; the order is `seq`.
    pub at: UnixMillis,
    /// What it holds.
    pub body: Body,
}

/// What an envelope holds.
///
/// A kind added here holds one byte string: others skip it by its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Body {
    /// An MLS application message.
    Application(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An MLS commit.
    Commit(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Only in inboxes: an invitation into `topic`, made by the commit at `commit`.
    Welcome {
        /// The conversation to join.
        topic: Topic,
        /// The place of the commit that added this installation: reading starts behind it.
        commit: Seq,
        /// The MLS `Welcome`.
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
    /// A kind of a newer server. The client reads on behind it.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Body, Length);
