//! What becomes of a batch, decided in memory against rows that are locked: no I/O here.

use std::collections::{HashMap, HashSet};

use protocol::{Body, Envelope, ErrorCode, InstallationId, Kind, MessageId, Publish, Topic, UnixMillis, limits};

use super::{
    Stored,
    hub::Committed,
    seq,
    store::{APPLICATION, COMMIT, Changes, Found, Known, Rows, TopicRow, WELCOME},
};
use crate::{
    faults::{Fault, broken},
    time::from_db,
};

/// What could never be stored, whatever the database says.
pub(super) fn check(publish: &Publish, sender: InstallationId) -> Result<(), ErrorCode> {
    if publish.payload.len() > limits::PAYLOAD {
        return Err(ErrorCode::TooLarge);
    }
    if publish.payload.is_empty() {
        return Err(ErrorCode::Malformed);
    }
    let Kind::Commit { welcomes, removed } = &publish.kind else {
        return Ok(());
    };
    if welcomes.len() > limits::WELCOMES
        || removed.len() > limits::FRAME / InstallationId::LEN
        || welcomes.iter().any(|welcome| welcome.message.len() > limits::PAYLOAD)
    {
        return Err(ErrorCode::TooLarge);
    }
    let mut invited = HashSet::from([sender]);
    if welcomes
        .iter()
        .all(|welcome| !welcome.message.is_empty() && invited.insert(welcome.installation))
    {
        Ok(())
    } else {
        Err(ErrorCode::Malformed)
    }
}

/// One publish of a batch.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub sender: InstallationId,
    pub publish: &'a Publish,
}

/// What is to be written, and the answers once it is.
pub(super) struct Plan<'a> {
    pub answers: Vec<Result<Stored, ErrorCode>>,
    pub rows: Rows<'a>,
    pub leave: Changes,
    pub join: Changes,
    pub empty: Vec<i64>,
    pub committed: Vec<Committed>,
}

struct State {
    id: i64,
    inbox: bool,
    last_seq: i64,
    last_commit: i64,
    /// A commit of this batch stands here: nobody can have seen it yet.
    committed: bool,
    touched: bool,
}

struct Planner<'a> {
    plan: Plan<'a>,
    topics: HashMap<Topic, State>,
    installations: HashMap<InstallationId, (i64, bool)>,
    first: HashMap<(InstallationId, MessageId, Topic), Stored>,
    at: UnixMillis,
}

/// Decides about every item in turn. `topics` are locked, `found` stands in the order of `items`, `known` are the
/// installations named by commits.
pub(super) fn decide<'a>(
    items: &[Item<'a>],
    topics: Vec<TopicRow>,
    found: &[Found],
    known: &[Known],
    at: UnixMillis,
) -> Plan<'a> {
    let topics = topics.into_iter().filter_map(|row| {
        let state = State {
            id: row.id,
            inbox: row.inbox,
            last_seq: row.last_seq,
            last_commit: row.last_commit,
            committed: false,
            touched: false,
        };
        Some((Topic::from_slice(&row.topic)?, state))
    });
    let installations = known
        .iter()
        .filter_map(|row| Some((InstallationId::from_slice(&row.installation)?, (row.id, row.live))));
    let mut planner = Planner {
        topics: topics.collect(),
        installations: installations.collect(),
        first: HashMap::new(),
        at,
        plan: Plan {
            answers: Vec::with_capacity(items.len()),
            rows: Rows::default(),
            leave: Changes::default(),
            join: Changes::default(),
            empty: Vec::new(),
            committed: Vec::new(),
        },
    };
    for (item, found) in items.iter().zip(found) {
        let answer = planner.one(*item, found);
        planner.plan.answers.push(answer);
    }
    planner.finish()
}

impl<'a> Planner<'a> {
    fn one(&mut self, item: Item<'a>, found: &Found) -> Result<Stored, ErrorCode> {
        let Publish {
            topic,
            id,
            last_commit,
            kind,
            payload,
        } = item.publish;
        let sender = found.sender.ok_or(ErrorCode::NotYourInstallation)?;
        if let (Some(place), Some(at)) = (found.seq, found.at) {
            return Ok(Stored {
                seq: seq(place),
                at: from_db(at),
            });
        }
        let key = (item.sender, *id, *topic);
        if let Some(stored) = self.first.get(&key) {
            return Ok(*stored);
        }
        let state = self.topics.get(topic).ok_or(ErrorCode::NoSuchTopic)?;
        let new = !state.inbox && state.last_seq == 0;
        if new && matches!(kind, Kind::Application) {
            return Err(ErrorCode::NoSuchTopic);
        }
        if state.inbox || !(new || found.member) {
            return Err(ErrorCode::NotAMember);
        }
        let seen = i64::try_from(last_commit.0).map_err(|_| ErrorCode::CursorAhead)?;
        if seen > state.last_seq {
            return Err(ErrorCode::CursorAhead);
        }
        if (seen != state.last_commit || state.committed) && !broken(Fault::NoCompareAndSet) {
            return Err(ErrorCode::StaleEpoch);
        }
        let stored = match kind {
            Kind::Application => self.append(*topic, sender, item.publish, payload, None, Vec::new())?,
            Kind::Commit { welcomes, removed } => {
                // Everything that can refuse comes before the first change.
                let mut invited = Vec::with_capacity(welcomes.len());
                for welcome in welcomes {
                    let known = self.installations.get(&welcome.installation);
                    let (id, _) = known.filter(|(_, live)| *live).ok_or(ErrorCode::NoSuchInstallation)?;
                    let inbox = self
                        .topics
                        .get(&welcome.installation.inbox())
                        .filter(|state| state.inbox);
                    inbox.ok_or(ErrorCode::NoSuchInstallation)?;
                    invited.push(*id);
                }
                let leaving = removed
                    .iter()
                    .filter_map(|installation| self.installations.get(installation));
                let leaving: HashSet<i64> = leaving.map(|(id, _)| *id).collect();
                let stored = self.append(*topic, sender, item.publish, payload, None, removed.clone())?;
                let state = self.topics.get_mut(topic).ok_or(ErrorCode::Internal)?;
                state.last_commit = state.last_seq;
                state.committed = true;
                let (conversation, place) = (state.id, state.last_seq);
                for installation in leaving {
                    self.plan.leave.push(conversation, installation, place);
                }
                if new {
                    self.plan.join.push(conversation, sender, 0);
                }
                for (welcome, installation) in welcomes.iter().zip(invited) {
                    self.plan.join.push(conversation, installation, place);
                    let of = Some((topic, place));
                    self.append(
                        welcome.installation.inbox(),
                        sender,
                        item.publish,
                        &welcome.message,
                        of,
                        Vec::new(),
                    )?;
                }
                stored
            }
        };
        self.first.insert(key, stored);
        Ok(stored)
    }

    /// Gives an envelope the next place of its topic.
    fn append(
        &mut self,
        topic: Topic,
        sender: i64,
        publish: &'a Publish,
        payload: &'a [u8],
        welcome: Option<(&'a Topic, i64)>,
        removed: Vec<InstallationId>,
    ) -> Result<Stored, ErrorCode> {
        let state = self.topics.get_mut(&topic).ok_or(ErrorCode::Internal)?;
        state.last_seq += 1;
        state.touched = true;
        let stored = Stored {
            seq: seq(state.last_seq),
            at: self.at,
        };
        let (kind, body) = match (welcome, &publish.kind) {
            (Some((of, commit)), _) => (
                WELCOME,
                Body::Welcome {
                    topic: *of,
                    commit: seq(commit),
                    message: payload.to_vec(),
                },
            ),
            (None, Kind::Application) => (APPLICATION, Body::Application(payload.to_vec())),
            (None, Kind::Commit { .. }) => (COMMIT, Body::Commit(payload.to_vec())),
        };
        let rows = &mut self.plan.rows;
        rows.topic_id.push(state.id);
        rows.seq.push(state.last_seq);
        rows.sender.push(sender);
        rows.message_id.push(&publish.id.0);
        rows.kind.push(kind);
        rows.payload.push(payload);
        rows.welcome_topic.push(welcome.map(|(of, _)| &of.0[..]));
        rows.welcome_commit.push(welcome.map(|(_, commit)| commit));
        let envelope = Envelope {
            seq: stored.seq,
            id: publish.id,
            at: self.at,
            body,
        };
        self.plan.committed.push(Committed {
            topic,
            envelope,
            removed,
        });
        Ok(stored)
    }

    fn finish(mut self) -> Plan<'a> {
        for state in self.topics.values() {
            if state.touched {
                self.plan.rows.topics.push(state.id);
                self.plan.rows.last_seq.push(state.last_seq);
                self.plan.rows.last_commit.push(state.last_commit);
            } else if state.last_seq == 0 && !state.inbox {
                self.plan.empty.push(state.id);
            }
        }
        self.plan
    }
}

impl Changes {
    fn push(&mut self, topic: i64, installation: i64, place: i64) {
        self.topic_id.push(topic);
        self.installation.push(installation);
        self.place.push(place);
    }
}
