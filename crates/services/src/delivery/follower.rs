//! Everything of some topics, in order and without gaps: by cursor until caught up, then live, and by cursor again whenever
//! what comes is not exactly the next.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    time::Duration,
};

use futures::FutureExt;
use protocol::{Address, Envelope, ErrorCode, InstallationId, Seq, Topic, limits};
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::{
    Body, Delivery, DeliveryError, Page,
    hub::{Listener, News},
};
use crate::{
    faults::{Fault, broken},
    stumble::Step,
};

/// What an envelope needs in a frame beside its payload, at most.
const OVERHEAD: usize = 96;
/// What the envelopes of one frame may need, so that the frame fits.
const BUDGET: usize = limits::FRAME - 64;
/// How long to wait before reading again what could not be read: doubled from the first to the last.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How often a page that meets a defect is read again, three seconds in all, before its topic is given up.
const DEFECTS: u32 = 5;

/// What is to be sent next; one frame each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forward {
    /// The next entries of a topic. They fit into one frame.
    Envelopes {
        /// Whose.
        topic: Topic,
        /// At least one, at most [`limits::PAGE`].
        envelopes: Vec<Envelope>,
    },
    /// Everything up to here has been given.
    CaughtUp {
        /// Whose.
        topic: Topic,
        /// The last place there is.
        head: Seq,
    },
    /// The topic is not, or no longer, followed.
    NotSubscribed {
        /// Whose.
        topic: Topic,
        /// Why.
        code: ErrorCode,
    },
    /// The installations of a watched account have changed.
    Installations {
        /// Whose.
        account: Address,
    },
}

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

/// Follows topics for one installation. Reads one page at a time, and only when asked for the next: who does not ask costs
/// a bounded queue, nothing else, and loses nothing.
#[derive(Debug)]
pub struct Follower {
    delivery: Delivery,
    installation: InstallationId,
    listener: Listener,
    topics: HashMap<Topic, Tracked>,
    behind: VecDeque<Topic>,
    reading: Option<(Topic, u64, Reading)>,
    ready: VecDeque<Forward>,
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
        self.ready.retain(|forward| forward.topic() != Some(topic));
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

    /// Tells from now on when the installations of this account change; of at most [`limits::ACCOUNTS_WATCHED`] accounts.
    pub fn watch(&mut self, account: Address) {
        self.listener.watch(account);
    }

    /// The next thing to send. Waits while there is none. May be dropped and called again at any time.
    pub async fn next(&mut self) -> Forward {
        loop {
            while let Ok(news) = self.listener.queue.try_recv() {
                self.hear(news);
                if self.ready.len() > 1 {
                    break;
                }
            }
            if let Some(forward) = self.ready.pop_front() {
                return forward;
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
                Some(news) = self.listener.queue.recv() => self.hear(news),
                () = self.listener.lagged.notified() => {
                    let all: Vec<Topic> = self.topics.keys().copied().collect();
                    for topic in all {
                        self.fall_behind(topic);
                    }
                    for account in self.listener.accounts.clone() {
                        self.changed(account);
                    }
                }
            }
        }
    }

    fn changed(&mut self, account: Address) {
        let forward = Forward::Installations { account };
        if !self.ready.contains(&forward) {
            self.ready.push_back(forward);
        }
    }

    /// A page has been read.
    fn turn(&mut self, topic: Topic, page: Result<Page, DeliveryError>) {
        let Some(tracked) = self.topics.get_mut(&topic) else {
            return;
        };
        match page {
            Ok(mut page) => {
                if broken(Fault::NoResume) {
                    page.envelopes.clear();
                    tracked.cursor = page.head;
                }
                self.listener.know(topic, page.head);
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
                    self.ready.push_back(Forward::CaughtUp { topic, head: cursor });
                    if page.closed {
                        self.leave(topic, ErrorCode::NotAMember);
                    }
                }
            }
            Err(error) => self.leave(topic, (&error).into()),
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Look(topic) => self.fall_behind(topic),
            News::Installations(account) => self.changed(account),
            News::Committed(committed) => {
                let (topic, place) = (committed.topic, committed.envelope.seq);
                let Some(tracked) = self.topics.get_mut(&topic) else {
                    return;
                };
                tracked.heard = tracked.heard.max(place);
                if !tracked.live || place <= tracked.cursor {
                    return;
                }
                if place != tracked.cursor.next() && !broken(Fault::NoSequenceCheck) {
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
        self.ready.push_back(Forward::NotSubscribed { topic, code });
    }

    /// Puts an envelope behind the others, into the last frame if it fits there.
    fn push(&mut self, topic: Topic, envelope: Envelope) {
        if let Some(Forward::Envelopes { topic: last, envelopes }) = self.ready.back_mut()
            && *last == topic
            && envelopes.len() < limits::PAGE
            && envelopes.iter().map(size).sum::<usize>() + size(&envelope) <= BUDGET
        {
            envelopes.push(envelope);
        } else {
            self.ready.push_back(Forward::Envelopes {
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

impl Forward {
    fn topic(&self) -> Option<Topic> {
        match self {
            Self::Envelopes { topic, .. } | Self::CaughtUp { topic, .. } | Self::NotSubscribed { topic, .. } => {
                Some(*topic)
            }
            Self::Installations { .. } => None,
        }
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

/// One page, however long the database is away. What meets a defect is tried again as well, if not for ever: nobody would notice that a
/// topic has stood still for ever.
async fn read(
    delivery: Delivery,
    installation: InstallationId,
    topic: Topic,
    after: Seq,
) -> Result<Page, DeliveryError> {
    let (mut pause, mut defects) = (RETRY.0, 0);
    loop {
        let page = async {
            delivery.stumble().step(Step::Page);
            delivery.read(installation, topic, after, limits::PAGE).await
        };
        // A panic's words are logged where it happened.
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
        Body::Application(bytes) | Body::Commit(bytes) | Body::Welcome { message: bytes, .. } => bytes,
    };
    payload.len() + OVERHEAD
}
