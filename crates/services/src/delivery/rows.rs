//! Between the rows of Postgres and the ids of the protocol, which the rules of [`sequencer`] are written in.

use std::collections::HashMap;

use protocol::{Body, InstallationId, Seq, Topic};
use sequencer::{Change, Head, Plan, Request, Standing, Stored};
use sqlx::Error;

use super::{
    seq,
    store::{APPLICATION, COMMIT, Changes, Found, Known, Rows, TopicRow, WELCOME},
};
use crate::time::from_db;

/// The row numbers of what a batch names.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    topics: HashMap<Topic, i64>,
    installations: HashMap<InstallationId, i64>,
}

impl Numbers {
    pub(super) fn topics(rows: &[TopicRow]) -> Self {
        let topics = rows
            .iter()
            .filter_map(|row| Some((Topic::from_slice(&row.topic)?, row.id)));
        Self {
            topics: topics.collect(),
            installations: HashMap::new(),
        }
    }

    pub(super) fn add_installations(&mut self, requests: &[Request<'_>], found: &[Found], known: &[Known]) {
        let senders = requests.iter().zip(found);
        let senders = senders.filter_map(|(request, found)| Some((request.sender, found.sender?)));
        let named = known.iter();
        let named = named.filter_map(|row| Some((InstallationId::from_slice(&row.installation)?, row.id)));
        self.installations.extend(senders.chain(named));
    }

    /// 0, which no row has, for a topic that does not exist.
    pub(super) fn topic_or_none(&self, topic: Topic) -> i64 {
        self.topics.get(&topic).copied().unwrap_or_default()
    }

    fn topic(&self, topic: &Topic) -> Result<i64, Error> {
        self.topics.get(topic).copied().ok_or(Error::RowNotFound)
    }

    fn installation(&self, installation: &InstallationId) -> Result<i64, Error> {
        self.installations.get(installation).copied().ok_or(Error::RowNotFound)
    }

    /// The new envelopes and the topics they are in.
    ///
    /// # Errors
    /// `RowNotFound` if the plan names what was not read: a defect.
    pub(super) fn rows<'a>(&self, plan: &'a Plan) -> Result<Rows<'a>, Error> {
        let mut rows = Rows::default();
        for entry in &plan.entries {
            let envelope = &entry.envelope;
            let (kind, payload, welcome) = match &envelope.body {
                Body::Application(bytes) => (APPLICATION, bytes, None),
                Body::Commit(bytes) => (COMMIT, bytes, None),
                Body::Welcome { topic, commit, message } => (WELCOME, message, Some((topic, *commit))),
                // A defect: the sequencer makes none.
                Body::Unknown => return Err(Error::RowNotFound),
            };
            rows.topic_id.push(self.topic(&entry.topic)?);
            rows.seq.push(number(envelope.seq));
            rows.sender.push(self.installation(&entry.sender)?);
            rows.message_id.push(&envelope.id.0);
            rows.kind.push(kind);
            rows.payload.push(payload);
            rows.welcome_topic.push(welcome.map(|(topic, _)| &topic.0[..]));
            rows.welcome_commit.push(welcome.map(|(_, commit)| number(commit)));
        }
        for head in &plan.heads {
            rows.topics.push(self.topic(&head.topic)?);
            rows.last_seq.push(number(head.last_seq));
            rows.last_commit.push(number(head.last_commit));
        }
        Ok(rows)
    }

    /// # Errors
    /// As [`Numbers::rows`].
    pub(super) fn changes(&self, changes: &[Change]) -> Result<Changes, Error> {
        let mut columns = Changes::default();
        for change in changes {
            columns.topic_id.push(self.topic(&change.topic)?);
            columns.installation.push(self.installation(&change.installation)?);
            columns.place.push(number(change.place));
        }
        Ok(columns)
    }

    /// # Errors
    /// As [`Numbers::rows`].
    pub(super) fn of_topics(&self, topics: &[Topic]) -> Result<Vec<i64>, Error> {
        topics.iter().map(|topic| self.topic(topic)).collect()
    }
}

pub(super) fn head(row: &TopicRow) -> Option<Head> {
    Some(Head {
        topic: Topic::from_slice(&row.topic)?,
        is_inbox: row.inbox,
        last_seq: seq(row.last_seq),
        last_commit: seq(row.last_commit),
    })
}

pub(super) fn standing(found: &Found) -> Standing {
    let stored = found.seq.zip(found.at).map(|(place, at)| Stored {
        seq: seq(place),
        at: from_db(at),
    });
    Standing {
        is_live: found.sender.is_some(),
        is_member: found.member,
        stored,
    }
}

pub(super) fn known(row: &Known) -> Option<sequencer::Known> {
    Some(sequencer::Known {
        installation: InstallationId::from_slice(&row.installation)?,
        is_live: row.live,
    })
}

/// A place as the database keeps it. The rules count up from places of the database: it always fits.
fn number(place: Seq) -> i64 {
    i64::try_from(place.0).unwrap_or(i64::MAX)
}
