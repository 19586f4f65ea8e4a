//! Everything of some topics, in order and without gaps: by cursor until caught up, then live, and by cursor again whenever
//! what comes is not exactly the next.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    time::Duration,
};

use failpoint::{is_active, panic_point};
use futures::FutureExt;
use protocol::{Envelope, ErrorCode, InstallationId, Seq, Topic, limits};
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::{
    Body, Delivery, DeliveryError, Page,
    hub::{Notification, TopicListener},
};
use crate::{
    failpoints::{NO_RESUME, NO_SEQUENCE_CHECK, PAGE},
    push::Push,
};

/// What an envelope needs in a frame beside its payload, at most.
const OVERHEAD: usize = 96;
/// What the envelopes of one frame may need, so that the frame fits.
const BUDGET: usize = limits::FRAME - 64;
/// How long to wait before reading again what could not be read: doubled from the first to the last.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How often a page that meets a defect is read again, three seconds in all, before its topic is given up.
const DEFECTS: u32 = 5;

#[derive(Debug)]
struct Tracked {
    cursor: Seq,
    /// The newest place heard of.
    heard: Seq,
    /// Caught up: the next live one is forwarded.
    live: bool,
    /// Waits in `behind` or is being read.
    queued: bool,
    /// What is being read may be too old already: read once more.
    stale: bool,
    /// Differs for every new cursor: a page read for an older one is dropped.
    round: u64,
}

type Reading = JoinHandle<Result<Page, DeliveryError>>;

/// Follows topics for one installation. Reads one page at a time, and only when asked for the next: a follower that is not asked costs a
/// bounded queue and loses nothing.
#[derive(Debug)]
pub struct Follower {
    delivery: Delivery,
    installation: InstallationId,
    listener: TopicListener,
    topics: HashMap<Topic, Tracked>,
    behind: VecDeque<Topic>,
    reading: Option<(Topic, u64, Reading)>,
    ready: VecDeque<Push>,
    rounds: u64,
}

impl Follower {
    pub(super) fn new(delivery: Delivery, installation: InstallationId) -> Self {
        let listener = delivery.hub.listener();
        Self {
            delivery,
            installation,
            listener,
            topics: HashMap::new(),
            behind: VecDeque::new(),
            reading: None,
            ready: VecDeque::new(),
            rounds: 0,
        }
    }

    /// How many topics are followed.
    pub fn len(&self) -> usize {
        self.topics.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Follows a topic from behind `after` on. Repeated: from the new cursor on.
    pub fn add(&mut self, topic: Topic, after: Seq) {
        if !self.topics.contains_key(&topic) {
            // Listening begins before reading does, so that nothing falls between the two.
            self.listener.listen(topic);
        }
        self.rounds += 1;
        self.ready.retain(|push| topic_of(push) != Some(topic));
        self.behind.retain(|other| *other != topic);
        self.behind.push_back(topic);
        self.topics.insert(
            topic,
            Tracked {
                cursor: after,
                heard: Seq(0),
                live: false,
                queued: true,
                stale: false,
                round: self.rounds,
            },
        );
    }

    /// The next thing to send. Waits while there is none. May be dropped and called again at any time.
    pub async fn next(&mut self) -> Push {
        loop {
            while let Ok(notification) = self.listener.queue.try_recv() {
                self.hear(notification);
                if self.ready.len() > 1 {
                    break;
                }
            }
            if let Some(push) = self.ready.pop_front() {
                return push;
            }
            if self.reading.is_none()
                && let Some(topic) = self.behind.pop_front()
                && let Some(tracked) = self.topics.get(&topic)
            {
                let read = read(self.delivery.clone(), self.installation, topic, tracked.cursor);
                let reading = tokio::spawn(read.in_current_span());
                self.reading = Some((topic, tracked.round, reading));
            }
            tokio::select! {
                (topic, round, page) = finished(&mut self.reading) => {
                    if self.topics.get(&topic).is_some_and(|tracked| tracked.round == round) {
                        self.turn(topic, page);
                    }
                }
                Some(notification) = self.listener.queue.recv() => self.hear(notification),
                () = self.listener.lagged.notified() => {
                    let all: Vec<Topic> = self.topics.keys().copied().collect();
                    for topic in all {
                        self.fall_behind(topic);
                    }
                }
            }
        }
    }

    /// A page has been read.
    fn turn(&mut self, topic: Topic, page: Result<Page, DeliveryError>) {
        let Some(tracked) = self.topics.get_mut(&topic) else {
            return;
        };
        match page {
            Ok(mut page) => {
                if is_active(NO_RESUME) {
                    page.envelopes.clear();
                    tracked.cursor = page.head;
                }
                self.listener.read_up_to(topic, page.head);
                let last = page.envelopes.last().map_or(tracked.cursor, |envelope| envelope.seq);
                tracked.cursor = tracked.cursor.max(last);
                // A page that ends before the head is followed by another; so is one behind which more was heard of.
                let done = tracked.cursor >= page.head || page.envelopes.is_empty();
                let more = !page.closed && (tracked.heard > tracked.cursor || tracked.stale);
                let (cursor, again) = (tracked.cursor, !done || more);
                tracked.stale = false;
                tracked.live = !again;
                tracked.queued = again;
                if again {
                    self.behind.push_back(topic);
                }
                for envelope in page.envelopes {
                    self.push(topic, envelope);
                }
                if !again {
                    self.ready.push_back(Push::CaughtUp { topic, head: cursor });
                    if page.closed {
                        self.leave(topic, ErrorCode::NotAMember);
                    }
                }
            }
            Err(error) => self.leave(topic, (&error).into()),
        }
    }

    fn hear(&mut self, notification: Notification) {
        match notification {
            Notification::Look(topic) => self.fall_behind(topic),
            Notification::Committed(committed) => {
                let (topic, place) = (committed.topic, committed.envelope.seq);
                let Some(tracked) = self.topics.get_mut(&topic) else {
                    return;
                };
                tracked.heard = tracked.heard.max(place);
                if !tracked.live || place <= tracked.cursor {
                    return;
                }
                if place != tracked.cursor.next() && !is_active(NO_SEQUENCE_CHECK) {
                    self.fall_behind(topic);
                    return;
                }
                tracked.cursor = place;
                self.push(topic, committed.envelope.clone());
                if committed.removed.contains(&self.installation) {
                    self.leave(topic, ErrorCode::NotAMember);
                }
            }
        }
    }

    fn fall_behind(&mut self, topic: Topic) {
        let Some(tracked) = self.topics.get_mut(&topic) else {
            return;
        };
        tracked.live = false;
        if tracked.queued {
            tracked.stale = true;
        } else {
            tracked.queued = true;
            self.behind.push_back(topic);
        }
    }

    fn leave(&mut self, topic: Topic, code: ErrorCode) {
        self.listener.ignore(topic);
        self.topics.remove(&topic);
        self.behind.retain(|other| *other != topic);
        self.ready.push_back(Push::NotSubscribed { topic, code });
    }

    /// Puts an envelope behind the others, into the last frame if it fits there.
    fn push(&mut self, topic: Topic, envelope: Envelope) {
        if let Some(Push::Envelopes { topic: last, envelopes }) = self.ready.back_mut()
            && *last == topic
            && envelopes.len() < limits::PAGE
            && envelopes.iter().map(size).sum::<usize>() + size(&envelope) <= BUDGET
        {
            envelopes.push(envelope);
        } else {
            self.ready.push_back(Push::Envelopes {
                topic,
                envelopes: vec![envelope],
            });
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some((_, _, reading)) = &self.reading {
            reading.abort();
        }
    }
}

fn topic_of(push: &Push) -> Option<Topic> {
    match push {
        Push::Envelopes { topic, .. } | Push::CaughtUp { topic, .. } | Push::NotSubscribed { topic, .. } => {
            Some(*topic)
        }
        _ => None,
    }
}

/// Waits for what is being read, if anything is; may be dropped and called again.
async fn finished(reading: &mut Option<(Topic, u64, Reading)>) -> (Topic, u64, Result<Page, DeliveryError>) {
    let Some((topic, round, task)) = reading else {
        return std::future::pending().await;
    };
    let page = task.await.unwrap_or(Err(DeliveryError::Damaged));
    let finished = (*topic, *round, page);
    *reading = None;
    finished
}

/// Reads one page, however long the database is away. Retries after an error of ours too, but gives up after [`DEFECTS`] attempts:
/// otherwise a topic could stop for ever without anybody noticing.
async fn read(
    delivery: Delivery,
    installation: InstallationId,
    topic: Topic,
    after: Seq,
) -> Result<Page, DeliveryError> {
    let (mut pause, mut defects) = (RETRY.0, 0);
    loop {
        let page = async {
            panic_point(PAGE);
            delivery.read(installation, topic, after, limits::PAGE).await
        };
        // The panic hook has logged the message.
        let page = AssertUnwindSafe(page).catch_unwind().await;
        match page.unwrap_or(Err(DeliveryError::Damaged)) {
            Err(DeliveryError::Database(error)) if error.is_unavailable() => {
                tracing::debug!(%error, "a page could not be read yet");
            }
            Err(error @ (DeliveryError::Database(_) | DeliveryError::Damaged)) => {
                defects += 1;
                tracing::error!(%error, defects, "a page could not be read");
                if defects > DEFECTS {
                    return Err(error);
                }
            }
            page => return page,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY.1);
    }
}

fn size(envelope: &Envelope) -> usize {
    let payload = match &envelope.body {
        Body::Application(bytes) | Body::Commit(bytes) | Body::Welcome { message: bytes, .. } => bytes.len(),
        Body::Unknown => 0,
    };
    payload + OVERHEAD
}
