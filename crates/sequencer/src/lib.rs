//! Which publishes enter the log of a topic, and at which place: the server's rules as pure functions.
//!
//! `services::delivery` applies them to rows that are locked in Postgres, `tools/stage` to logs in memory, so that the stories of the
//! client run against the rules of the real server. The crate does no I/O and reads no clock.
//!
//! A batch of publishes takes four steps:
//! 1. [`check`] refuses what could never be stored.
//! 2. [`Footprint::of`] names the topics and installations that the decision depends on; storage locks and reads them.
//! 3. [`decide`] answers each publish in order and plans what is to be written.
//! 4. Storage writes the [`Plan`] in one transaction; the answers hold once it is committed.

mod check;
mod decide;

use std::collections::HashSet;

use protocol::{Envelope, ErrorCode, InstallationId, Kind, Publish, Seq, Topic, UnixMillis};

pub use check::check;
pub use decide::{decide, welcome_id};

/// Failpoint: a publish is accepted on top of any commit.
pub const NO_COMPARE_AND_SET: &str = "no-compare-and-set";

/// The place of a stored publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the topic: of the first attempt, if there were several.
    pub seq: Seq,
    /// When it was stored.
    pub at: UnixMillis,
}

/// One publish of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The installation that the connection has proved.
    pub sender: InstallationId,
    /// What it wants stored.
    pub publish: &'a Publish,
}

/// The head of a topic's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The topic it belongs to.
    pub topic: Topic,
    /// It is the inbox of an installation: only welcomes enter it.
    pub is_inbox: bool,
    /// The last place that is taken; 0 for an empty log.
    pub last_seq: Seq,
    /// The place of the last commit; 0 for none.
    pub last_commit: Seq,
}

impl Head {
    /// The head of a topic that does not exist yet.
    pub const fn empty(topic: Topic) -> Self {
        Self {
            topic,
            is_inbox: false,
            last_seq: Seq(0),
            last_commit: Seq(0),
        }
    }
}

/// What storage knows about one publish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// The sender exists and is not revoked.
    pub is_live: bool,
    /// The sender may write to the topic.
    pub is_member: bool,
    /// Where an earlier attempt under the same id was stored.
    pub stored: Option<Stored>,
}

/// An installation that a commit of the batch names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The id of the installation.
    pub installation: InstallationId,
    /// It is not revoked: it may be invited. A revoked one may still be removed.
    pub is_live: bool,
}

/// A new entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The topic it enters.
    pub topic: Topic,
    /// Who sent it.
    pub sender: InstallationId,
    /// The entry, with its place.
    pub envelope: Envelope,
    /// The installations that may not read on after it.
    pub removed: Vec<InstallationId>,
}

/// A change of who is a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The topic it belongs to.
    pub topic: Topic,
    /// Who joins or leaves.
    pub installation: InstallationId,
    /// The place after which a new member reads, or up to which a former one may.
    pub place: Seq,
}

/// What is to be written, and the answers that hold once it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// An answer for each request, in order.
    pub answers: Vec<Result<Stored, ErrorCode>>,
    /// New entries, in order of their places.
    pub entries: Vec<Entry>,
    /// The topics that have grown, as they are afterwards.
    pub heads: Vec<Head>,
    /// Who leaves. Applied before [`Plan::joins`].
    pub leaves: Vec<Change>,
    /// The installations that join.
    pub joins: Vec<Change>,
    /// Topics that were made for this batch and stayed empty.
    pub unused: Vec<Topic>,
}

/// The topics and installations that a batch touches.
#[derive(Debug, Default)]
pub struct Footprint {
    /// Every topic that may grow; [`decide`] is given the heads of those that exist.
    pub topics: HashSet<Topic>,
    /// The ones among them that a first commit may open. Storage makes their empty logs.
    pub opened: HashSet<Topic>,
    /// Every installation that a commit names.
    pub installations: HashSet<InstallationId>,
}

impl Footprint {
    /// Of these requests together.
    pub fn of<'a>(requests: impl IntoIterator<Item = Request<'a>>) -> Self {
        let mut footprint = Self::default();
        for Request { publish, .. } in requests {
            footprint.topics.insert(publish.topic);
            if let Kind::Commit { welcomes, removed } = &publish.kind {
                if publish.last_commit == Seq(0) {
                    footprint.opened.insert(publish.topic);
                }
                for welcome in welcomes {
                    footprint.topics.insert(welcome.installation.inbox());
                    footprint.installations.insert(welcome.installation);
                }
                footprint.installations.extend(removed);
            }
        }
        footprint
    }
}
