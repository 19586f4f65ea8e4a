//! Conversations: MLS groups, made, joined, changed and talked in.

mod commit;
mod create;
mod message;

pub use message::mark;

use protocol::{MessageId, Topic, Welcome};
use zeroize::Zeroizing;

use crate::{Installation, Member, credential::merged};

/// A commit of ours that waits for the server's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The MLS commit, for the conversation's topic.
    pub commit: Vec<u8>,
    /// One invitation for every installation that joins.
    pub welcomes: Vec<Welcome>,
}

/// What an envelope held.
#[cfg_attr(
    target_arch = "wasm32",
    expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once")
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    /// Somebody said something.
    Message {
        /// Who.
        from: Member,
        /// The id that the message was sealed with.
        id: MessageId,
        /// What was encrypted.
        plaintext: Zeroizing<Vec<u8>>,
    },
    /// The conversation is in its next epoch. A commit of ours that was pending is gone.
    Commit {
        /// Who came.
        added: Vec<Member>,
        /// Who went.
        removed: Vec<Member>,
        /// We went: nothing of the group is left here.
        left: bool,
    },
}

impl Installation {
    /// Everybody in the conversation, ourselves included; empty if there is none.
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

    /// A commit of ours waits to be merged or cleared.
    pub fn has_pending(&self, topic: Topic) -> bool {
        self.group(topic).is_ok_and(|group| group.pending_commit().is_some())
    }

    /// The conversation's epoch.
    pub fn epoch(&self, topic: Topic) -> Option<u64> {
        self.group(topic).ok().map(|group| group.epoch().as_u64())
    }
}
