//! Pushes: what the server tells a socket without being asked.
//!
//! Every area publishes through the one [`Notifier`]; every socket has one [`Subscription`] to it. A subscription holds a mailbox in which
//! a newer push replaces an older one of the same subject, so that a socket that reads slowly costs a bounded amount of memory and still
//! gets the newest state. What was lost with a node is made up for by looking: a push is always a hint, the database has everything.
//!
//! The pushes of a log are not kept in mailboxes: [`Follower`](crate::delivery::Follower) reads them by cursor, in order and without gaps.
//! [`Pushes`](crate::pushes::Pushes) joins both for a socket.
//!
//! To add a push: a variant of [`Push`] with its subject in [`Push::replaces`], a method of [`Notifier`] or a call of
//! [`Subscriber::push`] where it happens, and its frame in `server/src/ws`. If other nodes must hear of it, a [`Notice`] as well.

mod notifier;
mod peers;
mod registry;
mod store;
mod subscriber;
mod subscription;

use protocol::{Address, Envelope, ErrorCode, Seq, TipId, Topic, TxHash, TxReport};

pub use notifier::Notifier;
pub use subscriber::Subscriber;
pub use subscription::Subscription;

pub(crate) use peers::{Heard, Notice};

/// What a socket is told; one frame each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// The next entries of a topic. They fit into one frame.
    Envelopes {
        /// The topic that the entries belong to.
        topic: Topic,
        /// At least one, at most [`protocol::limits::PAGE`].
        envelopes: Vec<Envelope>,
    },
    /// Everything up to `head` has been given.
    CaughtUp {
        /// The topic that has been read to its end.
        topic: Topic,
        /// The topic's last sequence number.
        head: Seq,
    },
    /// The topic is not, or no longer, followed.
    NotSubscribed {
        /// The topic that is not followed.
        topic: Topic,
        /// The reason as a code of the protocol.
        code: ErrorCode,
    },
    /// The installations of a watched account have changed.
    Installations {
        /// The account whose installations have changed.
        account: Address,
    },
    /// What is seen of a tip has changed.
    Tip {
        /// Its chain (EIP-155).
        chain_id: u64,
        /// The account that pays the tip.
        sender: Address,
        /// The tip of this sender.
        id: TipId,
        /// What is observed of it now.
        report: TxReport,
    },
    /// What is observed of a transaction has changed.
    Transaction {
        /// Its chain (EIP-155).
        chain_id: u64,
        /// The transaction that was asked for.
        hash: TxHash,
        /// What is observed of it now.
        report: TxReport,
    },
}

impl Push {
    /// Whether this is news of the same subject, which makes `older` superfluous. Entries of a log never are.
    fn replaces(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Installations { account }, Self::Installations { account: other }) => account == other,
            (
                Self::Tip {
                    chain_id, sender, id, ..
                },
                Self::Tip {
                    chain_id: other_chain,
                    sender: other_sender,
                    id: other_id,
                    ..
                },
            ) => (chain_id, sender, id) == (other_chain, other_sender, other_id),
            (
                Self::Transaction { chain_id, hash, .. },
                Self::Transaction {
                    chain_id: other_chain,
                    hash: other_hash,
                    ..
                },
            ) => (chain_id, hash) == (other_chain, other_hash),
            _ => false,
        }
    }
}
