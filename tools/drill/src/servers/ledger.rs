//! The checker: knows what was acknowledged and what everybody has read, and says what is wrong as soon as it is.
//!
//! What must hold, for every topic and every recipient, whatever is killed:
//! a place holds one message, for everybody the same; a message has one place, whatever its sender repeats; what was
//! acknowledged stands there, with bytes its sender wrote; recipients get every place once, in order; one sender's
//! messages stand in the order in which they were first said, however many were open at once and whatever was said again;
//! nothing stands on an older commit than the newest before it.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use protocol::{Body, Envelope, MessageId};
use serde::Serialize;

use super::said::Said;

/// How many violations are kept with their words; all are counted.
const WORDS: usize = 40;

/// What was wrong, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Acknowledged, and not there, or never delivered.
    Lost,
    /// There, or delivered, more than once.
    Doubled,
    /// Delivered or stored in another order than it must be, with something left out.
    OutOfOrder,
    /// Other bytes than were sent.
    Bytes,
    /// Stored on top of a commit that was not the newest.
    Stale,
    /// An answer that must not be.
    Answer,
}

/// Counts and words.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Findings {
    /// How often each kind was found.
    pub counts: std::collections::BTreeMap<Wrong, u64>,
    /// The first of them in words.
    pub words: Vec<String>,
}

impl Findings {
    /// Nothing is wrong.
    pub fn none(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many of this kind.
    pub fn of(&self, wrong: Wrong) -> u64 {
        self.counts.get(&wrong).copied().unwrap_or_default()
    }
}

/// A place of a topic, as far as anybody has told of it.
#[derive(Debug, Clone, Copy)]
struct Place {
    said: (u16, u32),
    /// Somebody has read it.
    read: bool,
    commit: bool,
    /// What it was stored on; known from reading.
    last_commit: u64,
    acknowledged: bool,
}

#[derive(Debug, Default)]
struct TopicLog {
    /// By place, from 1: place 1 is the commit that made the conversation, which is not of the drill.
    places: Vec<Option<Place>>,
    /// The last number of each sender that was read, in order of places, and up to where.
    read_to: u64,
    newest: HashMap<u16, u32>,
    newest_commit: u64,
}

#[derive(Debug, Default)]
struct Inner {
    topics: Vec<TopicLog>,
    /// Where each message stands.
    stands: HashMap<(u16, u32), (usize, u64)>,
    /// Up to where each recipient has read each topic.
    cursors: HashMap<(u16, usize), u64>,
    findings: Findings,
    acknowledged: u64,
    delivered: u64,
    commits: u64,
    last_ack: HashMap<u16, Instant>,
}

/// The totals of a drill.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    /// Messages the server has said stand durably, commits among them.
    pub acknowledged: u64,
    /// Commits among them.
    pub commits: u64,
    /// Envelopes that recipients got, each checked.
    pub delivered: u64,
}

/// Shared by everybody in the drill.
#[derive(Debug)]
pub struct Ledger {
    seed: u64,
    inner: Mutex<Inner>,
    wrong: AtomicBool,
}

impl Ledger {
    /// For so many topics, of this seed.
    pub fn new(seed: u64, topics: usize) -> Self {
        let inner = Inner {
            topics: (0..topics).map(|_| TopicLog::default()).collect(),
            ..Inner::default()
        };
        Self {
            seed,
            inner: Mutex::new(inner),
            wrong: AtomicBool::new(false),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A recipient reads this topic from behind this place on.
    pub fn join(&self, reader: u16, topic: usize, cursor: u64) {
        let mut inner = self.inner();
        inner.cursors.insert((reader, topic), cursor);
        let log = &mut inner.topics[topic];
        // The founding commit.
        log.newest_commit = log.newest_commit.max(1);
        log.read_to = log.read_to.max(1);
    }

    /// Up to where it has read.
    pub fn cursor(&self, reader: u16, topic: usize) -> u64 {
        self.inner().cursors.get(&(reader, topic)).copied().unwrap_or_default()
    }

    /// The server said that this stands here. True if it is the first time.
    pub fn acknowledged(&self, sender: u16, number: u32, commit: bool, topic: usize, place: u64) -> bool {
        let mut inner = self.inner();
        inner.last_ack.insert(sender, Instant::now());
        let first = match inner.place(topic, place) {
            Some(known) if known.said != (sender, number) => {
                let words = format!(
                    "topic {topic} place {place}: acknowledged to {sender}/{number}, but {}/{} stands there{}",
                    known.said.0,
                    known.said.1,
                    if known.acknowledged { ", acknowledged too" } else { "" }
                );
                drop(inner);
                self.wrong(Wrong::Lost, words);
                return true;
            }
            Some(known) => !known.acknowledged,
            None => true,
        };
        if let Some(other) = inner.stand(sender, number, topic, place) {
            drop(inner);
            let words = format!("topic {topic}: {sender}/{number} stands at {other}, and was acknowledged at {place}");
            self.wrong(Wrong::Doubled, words);
            return true;
        }
        let slot = inner.slot(topic, place);
        let known = slot.get_or_insert(Place {
            said: (sender, number),
            read: false,
            commit,
            last_commit: 0,
            acknowledged: false,
        });
        known.acknowledged = true;
        if first {
            inner.acknowledged += 1;
            inner.commits += u64::from(commit);
        }
        first
    }

    /// A recipient got this. Gives the place of a commit.
    pub fn delivered(&self, reader: u16, topic: usize, envelope: &Envelope) {
        let place = envelope.seq.0;
        let mut inner = self.inner();
        let cursor = inner.cursors.get(&(reader, topic)).copied().unwrap_or_default();
        if place <= cursor {
            drop(inner);
            let words = format!("topic {topic}: {reader} got place {place} again, behind {cursor}");
            return self.wrong(Wrong::Doubled, words);
        }
        inner.cursors.insert((reader, topic), place);
        inner.delivered += 1;
        if place != cursor + 1 {
            drop(inner);
            let words = format!("topic {topic}: {reader} got place {place} directly behind {cursor}");
            self.wrong(Wrong::OutOfOrder, words);
            inner = self.inner();
        }
        if place == 1 {
            return;
        }
        let (bytes, commit) = match &envelope.body {
            Body::Application(bytes) => (bytes, false),
            Body::Commit(bytes) => (bytes, true),
            Body::Welcome { .. } | Body::Unknown => {
                drop(inner);
                return self.wrong(Wrong::Bytes, format!("topic {topic} place {place}: no message"));
            }
        };
        drop(inner);
        let Some(said) =
            Said::read(bytes, self.seed).filter(|said| said.commit == commit && said.id(self.seed) == envelope.id)
        else {
            let words = format!("topic {topic} place {place}: {reader} got bytes nobody wrote");
            return self.wrong(Wrong::Bytes, words);
        };
        // The lock is given back before the finding is noted.
        let found = self.inner().read(topic, place, &said);
        if let Some((wrong, words)) = found {
            self.wrong(wrong, words);
        }
    }

    /// Something else that must not be.
    pub fn answer(&self, words: impl std::fmt::Display) {
        self.wrong(Wrong::Answer, words);
    }

    fn wrong(&self, wrong: Wrong, words: impl std::fmt::Display) {
        let mut inner = self.inner();
        *inner.findings.counts.entry(wrong).or_default() += 1;
        if inner.findings.words.len() < WORDS {
            inner.findings.words.push(format!("{wrong:?}: {words}"));
        }
        self.wrong.store(true, Ordering::SeqCst);
    }

    /// Whether anything is wrong.
    pub fn is_wrong(&self) -> bool {
        self.wrong.load(Ordering::SeqCst)
    }

    /// What the ledger has found so far.
    pub fn findings(&self) -> Findings {
        self.inner().findings.clone()
    }

    /// The totals of a drill.
    pub fn totals(&self) -> Totals {
        let inner = self.inner();
        Totals {
            acknowledged: inner.acknowledged,
            commits: inner.commits,
            delivered: inner.delivered,
        }
    }

    /// Whether all of these senders were answered since.
    pub fn all_answered_since(&self, senders: u16, then: Instant) -> bool {
        let inner = self.inner();
        (0..senders).all(|sender| inner.last_ack.get(&sender).is_some_and(|last| *last > then))
    }

    /// Whether any sender was.
    pub fn any_answered_since(&self, then: Instant) -> bool {
        self.inner().last_ack.values().any(|last| *last > then)
    }

    /// Every recipient has read everything that anybody knows of.
    pub fn all_read(&self) -> bool {
        let inner = self.inner();
        inner
            .cursors
            .iter()
            .all(|((_, topic), cursor)| *cursor >= inner.topics[*topic].places.len() as u64)
    }

    /// For the end of a cycle in which not everybody got everything: who lacks what.
    pub fn missing(&self) {
        let inner = self.inner();
        let mut lacks = Vec::new();
        for ((reader, topic), cursor) in &inner.cursors {
            let end = inner.topics[*topic].places.len() as u64;
            if *cursor < end {
                lacks.push(format!("topic {topic}: {reader} has nothing behind {cursor} of {end}"));
            }
        }
        drop(inner);
        lacks.sort();
        for words in lacks {
            self.wrong(Wrong::Lost, words);
        }
    }

    /// At rest: every acknowledged place has been read, and no place is empty.
    pub fn check_at_rest(&self) {
        let mut found = Vec::new();
        for (topic, log) in self.inner().topics.iter().enumerate() {
            for (index, place) in log.places.iter().enumerate().skip(1) {
                match place {
                    Some(place) if place.acknowledged && !place.read => {
                        let (sender, number) = place.said;
                        found.push((
                            Wrong::Lost,
                            format!(
                                "topic {topic} place {}: {sender}/{number} was read by nobody",
                                index + 1
                            ),
                        ));
                    }
                    Some(_) => {}
                    None => found.push((Wrong::OutOfOrder, format!("topic {topic} place {}: empty", index + 1))),
                }
            }
        }
        for (wrong, words) in found {
            self.wrong(wrong, words);
        }
    }

    /// A name for a message in words.
    pub fn name(id: MessageId) -> String {
        id.0[..4].iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl Inner {
    fn place(&mut self, topic: usize, place: u64) -> Option<Place> {
        *self.slot(topic, place)
    }

    fn slot(&mut self, topic: usize, place: u64) -> &mut Option<Place> {
        let places = &mut self.topics[topic].places;
        let index = usize::try_from(place.saturating_sub(1)).unwrap_or_default();
        if places.len() <= index {
            places.resize(index + 1, None);
        }
        &mut places[index]
    }

    /// Notes where a message stands; gives the other place if it stands elsewhere already.
    fn stand(&mut self, sender: u16, number: u32, topic: usize, place: u64) -> Option<u64> {
        let (other_topic, other) = *self.stands.entry((sender, number)).or_insert((topic, place));
        ((other_topic, other) != (topic, place)).then_some(other)
    }

    fn read(&mut self, topic: usize, place: u64, said: &Said) -> Option<(Wrong, String)> {
        let key = (said.sender, said.number);
        if let Some(known) = self.place(topic, place)
            && known.said != key
        {
            let (sender, number) = known.said;
            let words = format!(
                "topic {topic} place {place}: {sender}/{number} stood there{}, now {}/{} does",
                if known.acknowledged { " (acknowledged)" } else { "" },
                key.0,
                key.1
            );
            return Some((Wrong::Lost, words));
        }
        if let Some(other) = self.stand(said.sender, said.number, topic, place) {
            let words = format!("topic {topic}: {}/{} stands at {other} and at {place}", key.0, key.1);
            return Some((Wrong::Doubled, words));
        }
        let slot = self.slot(topic, place);
        let known = slot.get_or_insert(Place {
            said: key,
            read: false,
            commit: said.commit,
            last_commit: said.last_commit,
            acknowledged: false,
        });
        known.read = true;
        known.last_commit = said.last_commit;
        self.follow(topic)
    }

    /// Goes on over what has been read without a gap: the order of senders and of commits.
    fn follow(&mut self, topic: usize) -> Option<(Wrong, String)> {
        let log = &mut self.topics[topic];
        loop {
            let index = usize::try_from(log.read_to).unwrap_or(usize::MAX);
            let Some(Some(next)) = log.places.get(index).copied() else {
                return None;
            };
            if !next.read {
                return None;
            }
            log.read_to += 1;
            let place = log.read_to;
            let (sender, number) = next.said;
            let newest_commit = log.newest_commit;
            if next.commit {
                log.newest_commit = place;
            }
            let before = log.newest.insert(sender, number);
            if next.last_commit != newest_commit {
                let words = format!(
                    "topic {topic} place {place}: {sender}/{number} was made on commit {}, the newest was {newest_commit}",
                    next.last_commit
                );
                return Some((Wrong::Stale, words));
            }
            if let Some(before) = before.filter(|before| *before >= number) {
                let words = format!("topic {topic} place {place}: {sender}/{number} stands behind {sender}/{before}");
                return Some((Wrong::OutOfOrder, words));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Seq, UnixMillis};

    const SEED: u64 = 11;

    fn said(number: u32) -> Said {
        Said {
            sender: 0,
            number,
            attempt: 0,
            commit: false,
            last_commit: 1,
        }
    }

    fn envelope(place: u64, said: Said) -> Envelope {
        let bytes = said.bytes(SEED);
        Envelope {
            seq: Seq(place),
            id: said.id(SEED),
            at: UnixMillis(0),
            body: if said.commit {
                Body::Commit(bytes)
            } else {
                Body::Application(bytes)
            },
        }
    }

    fn ledger() -> Ledger {
        let ledger = Ledger::new(SEED, 1);
        ledger.join(0, 0, 1);
        ledger.join(1, 0, 1);
        ledger
    }

    fn found(ledger: &Ledger) -> Vec<Wrong> {
        ledger.findings().counts.into_keys().collect()
    }

    #[test]
    fn what_is_right_is_not_blamed() {
        let ledger = ledger();
        assert!(ledger.acknowledged(0, 0, false, 0, 2));
        ledger.delivered(0, 0, &envelope(2, said(0)));
        assert!(!ledger.all_read());
        ledger.delivered(1, 0, &envelope(2, said(0)));
        assert!(!ledger.acknowledged(0, 0, false, 0, 2), "the same again is the same");
        let commit = Said {
            commit: true,
            ..said(1)
        };
        ledger.delivered(0, 0, &envelope(3, commit));
        ledger.delivered(1, 0, &envelope(3, commit));
        let on = Said {
            last_commit: 3,
            attempt: 4,
            ..said(2)
        };
        ledger.delivered(0, 0, &envelope(4, on));
        ledger.delivered(1, 0, &envelope(4, on));
        ledger.check_at_rest();
        assert!(ledger.all_read() && ledger.findings().none(), "{:?}", ledger.findings());
        assert_eq!(ledger.totals().acknowledged, 1);
    }

    #[test]
    fn every_kind_of_wrong_is_seen() {
        let wrong = |tell: &dyn Fn(&Ledger)| {
            let ledger = ledger();
            tell(&ledger);
            found(&ledger)
        };
        let lost = |ledger: &Ledger| {
            ledger.acknowledged(0, 0, false, 0, 2);
            ledger.delivered(0, 0, &envelope(2, said(1)));
        };
        assert_eq!(wrong(&lost), [Wrong::Lost]);
        let never_delivered = |ledger: &Ledger| {
            ledger.acknowledged(0, 0, false, 0, 2);
            assert!(!ledger.all_read());
            ledger.missing();
        };
        assert_eq!(wrong(&never_delivered), [Wrong::Lost]);
        let stored_twice = |ledger: &Ledger| {
            ledger.delivered(0, 0, &envelope(2, said(0)));
            ledger.delivered(0, 0, &envelope(3, said(0)));
        };
        assert_eq!(wrong(&stored_twice), [Wrong::Doubled]);
        let delivered_twice = |ledger: &Ledger| {
            ledger.delivered(0, 0, &envelope(2, said(0)));
            ledger.delivered(0, 0, &envelope(2, said(0)));
        };
        assert_eq!(wrong(&delivered_twice), [Wrong::Doubled]);
        let answered_elsewhere = |ledger: &Ledger| {
            ledger.acknowledged(0, 0, false, 0, 2);
            ledger.acknowledged(0, 0, false, 0, 3);
        };
        assert_eq!(wrong(&answered_elsewhere), [Wrong::Doubled]);
        let gap = |ledger: &Ledger| ledger.delivered(0, 0, &envelope(3, said(0)));
        assert_eq!(wrong(&gap), [Wrong::OutOfOrder]);
        let overtaken = |ledger: &Ledger| {
            ledger.delivered(0, 0, &envelope(2, said(1)));
            ledger.delivered(0, 0, &envelope(3, said(0)));
        };
        assert_eq!(wrong(&overtaken), [Wrong::OutOfOrder]);
        let two_commits = |ledger: &Ledger| {
            for number in 0..2 {
                let commit = Said {
                    commit: true,
                    ..said(number)
                };
                ledger.delivered(0, 0, &envelope(u64::from(number) + 2, commit));
            }
        };
        assert_eq!(wrong(&two_commits), [Wrong::Stale]);
        let bytes = |ledger: &Ledger| {
            let mut other = envelope(2, said(0));
            other.body = Body::Application(b"something else".to_vec());
            ledger.delivered(0, 0, &other);
        };
        assert_eq!(wrong(&bytes), [Wrong::Bytes]);
    }
}
