//! Topics: what is appended to them, and what is read from them. To the server a payload is opaque bytes.

use serde::{Deserialize, Serialize};

use crate::{InstallationId, MessageId, Seq, Topic, UnixMillis, unknown::skips_unknown};

/// A request to append to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// The conversation. Its first commit creates it.
    pub topic: Topic,
    /// Identifies this publish; a retry repeats it and is stored once.
    pub id: MessageId,
    /// The place of the last commit of this topic that the sender has applied, 0 for none. If the topic has a newer one, the publish is
    /// refused with `StaleEpoch`: the sender reads on and encrypts again.
    pub last_commit: Seq,
    /// How it is ordered.
    pub kind: Kind,
    /// The MLS message (RFC 9420, section 6), at most `limits::PAYLOAD` bytes.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

/// How a publish is ordered in its topic.
///
/// A kind added here holds one byte string: others skip it by its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Kind {
    /// A message to the members: any number in one epoch.
    Application,
    /// A commit, one for each epoch. Commit, welcomes and the change of the member list are stored together or not at all.
    Commit {
        /// One for each installation that joins.
        welcomes: Vec<Welcome>,
        /// Installations that may no longer read or write in the topic.
        removed: Vec<InstallationId>,
    },
    /// A kind of a newer client. The server refuses it with `ErrorCode::UnknownKind`.
    #[serde(skip_serializing)]
    Unknown,
}

skips_unknown!(Kind, Length);

/// An invitation of one installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The installation that joins.
    pub installation: InstallationId,
    /// The MLS `Welcome` (RFC 9420, section 12.4.3.1).
    #[serde(with = "serde_bytes")]
    pub message: Vec<u8>,
}

/// One entry of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The place in the topic.
    pub seq: Seq,
    /// The id of its publish, by which a sender recognises its own. A welcome has another one, which follows from topic and id of its publish.
    pub id: MessageId,
    /// When the server stored it: for display; the order is `seq`.
    pub at: UnixMillis,
    /// What the envelope carries.
    pub body: Body,
}

/// The content of an envelope.
///
/// A kind added here holds one byte string: others skip it by its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Body {
    /// An MLS application message.
    Application(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An MLS commit.
    Commit(#[serde(with = "serde_bytes")] Vec<u8>),
    /// In inboxes only: an invitation into `topic`, made by the commit at `commit`.
    Welcome {
        /// The conversation to join.
        topic: Topic,
        /// The place of the commit that adds this installation, which reads from the next place on.
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
