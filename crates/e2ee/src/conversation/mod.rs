//! Conversations: creating, joining and changing MLS groups, and sending messages in them.

mod commit;
mod create;
mod message;

pub use message::ciphertext_digest;

use protocol::{MessageId, Topic, Welcome};
use zeroize::Zeroizing;

use crate::{Installation, Member, credential::merged};

/// A pending commit of this installation, to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The MLS commit (RFC 9420, section 12.4).
    pub commit: Vec<u8>,
    /// One welcome for each installation that joins.
    pub welcomes: Vec<Welcome>,
}

/// What an envelope holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    /// A message of a member.
    Message {
        /// The member that sealed the message.
        from: Member,
        /// The id that the message was sealed with.
        id: MessageId,
        /// What was encrypted.
        plaintext: Zeroizing<Vec<u8>>,
    },
    /// A commit of another member, merged: the group is in its next epoch. A pending commit of this installation is dropped.
    Commit {
        /// Members that joined.
        added: Vec<Member>,
        /// Members that were removed.
        removed: Vec<Member>,
        /// This installation was removed, and has deleted the group.
        left: bool,
    },
}

impl Installation {
    /// All members of the group, this installation included; empty if there is no group.
    pub fn members(&self, topic: Topic) -> Vec<Member> {
        self.group(topic).map_or_else(
            |_| Vec::new(),
            |group| {
                group
                    .members()
                    .filter_map(|member| merged(&member.credential, &member.signature_key))
                    .collect()
            },
        )
    }

    /// Whether a commit of this installation waits to be merged or cleared.
    pub fn has_pending(&self, topic: Topic) -> bool {
        self.group(topic).is_ok_and(|group| group.pending_commit().is_some())
    }

    /// The epoch of the group, `None` if there is no group.
    pub fn epoch(&self, topic: Topic) -> Option<u64> {
        self.group(topic).ok().map(|group| group.epoch().as_u64())
    }
}
