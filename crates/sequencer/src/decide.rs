//! The decision about a batch.

use std::collections::{BTreeMap, HashMap, HashSet};

use protocol::{Body, Envelope, ErrorCode, InstallationId, Kind, MessageId, Seq, Topic, UnixMillis, Welcome};

use sha2::{Digest, Sha256};

use crate::{Change, Entry, Head, Known, NO_COMPARE_AND_SET, Plan, Request, Standing, Stored};

struct Log {
    head: Head,
    /// A commit of this batch is in it: no sender can have seen that one yet.
    has_new_commit: bool,
    has_grown: bool,
}

struct Planner {
    plan: Plan,
    logs: BTreeMap<Topic, Log>,
    is_live: HashMap<InstallationId, bool>,
    /// What this batch has stored already: the same id may come twice in it.
    stored: HashMap<(InstallationId, MessageId, Topic), Stored>,
    at: UnixMillis,
}

/// The id under which a welcome of this publish enters an inbox: the first 16 bytes of SHA-256 over topic and message id.
///
/// A log holds one entry for a sender and an id, and storage has a constraint for it. Publishes of different topics may have one id and
/// invite one installation; under the publish's own id their welcomes would meet in its inbox, and no answer of [`decide`] would hold.
pub fn welcome_id(topic: Topic, id: MessageId) -> MessageId {
    let digest = Sha256::new()
        .chain_update(b"jackdaw/welcome/1\0")
        .chain_update(topic.0)
        .chain_update(id.0)
        .finalize();
    let mut bytes = [0; MessageId::LEN];
    bytes.copy_from_slice(&digest[..MessageId::LEN]);
    MessageId(bytes)
}

/// Decides about every request in turn.
///
/// `heads` are the topics of [`Footprint::topics`](crate::Footprint::topics) that exist, `standings` has an entry for each request in the
/// same order, `known` has the existing installations of [`Footprint::installations`](crate::Footprint::installations). All of it must be
/// locked against change until the plan is written. `at` is the time that new entries get.
pub fn decide(
    requests: &[Request<'_>],
    heads: impl IntoIterator<Item = Head>,
    standings: &[Standing],
    known: &[Known],
    at: UnixMillis,
) -> Plan {
    let logs = heads.into_iter().map(|head| {
        let log = Log {
            head,
            has_new_commit: false,
            has_grown: false,
        };
        (head.topic, log)
    });
    let mut planner = Planner {
        plan: Plan::default(),
        logs: logs.collect(),
        is_live: known.iter().map(|one| (one.installation, one.is_live)).collect(),
        stored: HashMap::new(),
        at,
    };
    for (request, standing) in requests.iter().zip(standings) {
        let answer = planner.one(*request, *standing);
        planner.plan.answers.push(answer);
    }
    planner.finish()
}

impl Planner {
    fn one(&mut self, request: Request<'_>, standing: Standing) -> Result<Stored, ErrorCode> {
        let Request { sender, publish } = request;
        if !standing.is_live {
            return Err(ErrorCode::NotYourInstallation);
        }
        if let Some(stored) = standing.stored {
            return Ok(stored);
        }
        let key = (sender, publish.id, publish.topic);
        if let Some(stored) = self.stored.get(&key) {
            return Ok(*stored);
        }
        let log = self.logs.get(&publish.topic).ok_or(ErrorCode::NoSuchTopic)?;
        let is_new = !log.head.is_inbox && log.head.last_seq == Seq(0);
        if is_new && matches!(publish.kind, Kind::Application) {
            return Err(ErrorCode::NoSuchTopic);
        }
        if log.head.is_inbox || !(is_new || standing.is_member) {
            return Err(ErrorCode::NotAMember);
        }
        if publish.last_commit > log.head.last_seq {
            return Err(ErrorCode::CursorAhead);
        }
        let is_stale = publish.last_commit != log.head.last_commit || log.has_new_commit;
        if is_stale && !failpoint::is_active(NO_COMPARE_AND_SET) {
            return Err(ErrorCode::StaleEpoch);
        }
        let stored = match &publish.kind {
            Kind::Application => {
                let body = Body::Application(publish.payload.clone());
                self.append(publish.topic, publish.id, sender, body, Vec::new())?
            }
            Kind::Commit { welcomes, removed } => self.commit(request, welcomes, removed, is_new)?,
            Kind::Unknown => return Err(ErrorCode::UnknownKind),
        };
        self.stored.insert(key, stored);
        Ok(stored)
    }

    /// Commit, welcomes and changes of the members: together or not at all.
    fn commit(
        &mut self,
        request: Request<'_>,
        welcomes: &[Welcome],
        removed: &[InstallationId],
        is_new: bool,
    ) -> Result<Stored, ErrorCode> {
        let Request { sender, publish } = request;
        // Everything that can refuse comes before the first change.
        if !welcomes.iter().all(|welcome| self.may_be_invited(welcome.installation)) {
            return Err(ErrorCode::NoSuchInstallation);
        }
        let body = Body::Commit(publish.payload.clone());
        let stored = self.append(publish.topic, publish.id, sender, body, removed.to_vec())?;
        let log = self.logs.get_mut(&publish.topic).ok_or(ErrorCode::Internal)?;
        log.head.last_commit = stored.seq;
        log.has_new_commit = true;
        let change = |installation: InstallationId, place: Seq| Change {
            topic: publish.topic,
            installation,
            place,
        };
        let leaving: HashSet<_> = removed.iter().filter(|one| self.is_live.contains_key(*one)).collect();
        let leaves = leaving.into_iter().map(|one| change(*one, stored.seq));
        self.plan.leaves.extend(leaves);
        if is_new {
            self.plan.joins.push(change(sender, Seq(0)));
        }
        for welcome in welcomes {
            self.plan.joins.push(change(welcome.installation, stored.seq));
            let body = Body::Welcome {
                topic: publish.topic,
                commit: stored.seq,
                message: welcome.message.clone(),
            };
            let id = welcome_id(publish.topic, publish.id);
            self.append(welcome.installation.inbox(), id, sender, body, Vec::new())?;
        }
        Ok(stored)
    }

    fn may_be_invited(&self, installation: InstallationId) -> bool {
        let has_inbox = || {
            let log = self.logs.get(&installation.inbox());
            log.is_some_and(|log| log.head.is_inbox)
        };
        self.is_live.get(&installation).is_some_and(|is_live| *is_live) && has_inbox()
    }

    /// Gives an envelope the next place of its topic.
    fn append(
        &mut self,
        topic: Topic,
        id: MessageId,
        sender: InstallationId,
        body: Body,
        removed: Vec<InstallationId>,
    ) -> Result<Stored, ErrorCode> {
        let log = self.logs.get_mut(&topic).ok_or(ErrorCode::Internal)?;
        log.head.last_seq = log.head.last_seq.next();
        log.has_grown = true;
        let stored = Stored {
            seq: log.head.last_seq,
            at: self.at,
        };
        let envelope = Envelope {
            seq: stored.seq,
            id,
            at: stored.at,
            body,
        };
        self.plan.entries.push(Entry {
            topic,
            sender,
            envelope,
            removed,
        });
        Ok(stored)
    }

    fn finish(mut self) -> Plan {
        for log in self.logs.values() {
            if log.has_grown {
                self.plan.heads.push(log.head);
            } else if log.head.last_seq == Seq(0) && !log.head.is_inbox {
                self.plan.unused.push(log.head.topic);
            }
        }
        self.plan
    }
}
