//! Hands what was just committed to those who follow its topic on this node.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{Envelope, InstallationId, Seq, Topic, limits};
use tokio::sync::{Notify, mpsc};

/// An envelope that stands.
#[derive(Debug)]
pub(super) struct Committed {
    pub topic: Topic,
    pub envelope: Envelope,
    /// Who may not read on behind it.
    pub removed: Vec<InstallationId>,
}

/// What a listener is told. Always a hint: the log has everything.
#[derive(Debug, Clone)]
pub(super) enum News {
    /// This was committed.
    Committed(Arc<Committed>),
    /// Something may have been: look.
    Look(Topic),
}

#[derive(Debug)]
struct Ear {
    number: u64,
    queue: mpsc::Sender<News>,
    lagged: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    next: AtomicU64,
    topics: RwLock<HashMap<Topic, Followed>>,
}

/// A topic that somebody on this node follows.
#[derive(Debug, Default)]
struct Followed {
    ears: Vec<Ear>,
    /// The newest place this node knows of.
    newest: AtomicU64,
}

/// All listeners of this node. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Hub(Arc<Inner>);

/// One listener, for any number of topics.
#[derive(Debug)]
pub(super) struct Listener {
    hub: Hub,
    number: u64,
    sender: mpsc::Sender<News>,
    pub queue: mpsc::Receiver<News>,
    /// Something did not fit into the queue: read every topic by its cursor.
    pub lagged: Arc<Notify>,
    topics: Vec<Topic>,
}

impl Hub {
    pub(super) fn listener(&self) -> Listener {
        let (sender, queue) = mpsc::channel(limits::SOCKET_QUEUE);
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        Listener {
            hub: self.clone(),
            number,
            sender,
            queue,
            lagged: Arc::default(),
            topics: Vec::new(),
        }
    }

    pub(super) fn forward(&self, committed: Arc<Committed>) {
        let topic = committed.topic;
        self.know(topic, committed.envelope.seq);
        self.tell(topic, &News::Committed(committed), None);
    }

    /// This place of a topic is there: another node has said so, or the database.
    pub(super) fn heard(&self, topic: Topic, place: Seq) {
        if self.know(topic, place) {
            self.look(topic);
        }
    }

    /// Anything may have happened: everybody looks at everything.
    pub(super) fn look_everywhere(&self) {
        for followed in self.topics().values() {
            for ear in &followed.ears {
                ear.lagged.notify_one();
            }
        }
    }

    /// Every topic that is followed.
    pub(super) fn followed(&self) -> Vec<Topic> {
        self.topics().keys().copied().collect()
    }

    /// Notes a place. True if it is newer than what was known of a topic that is followed.
    fn know(&self, topic: Topic, place: Seq) -> bool {
        self.topics()
            .get(&topic)
            .is_some_and(|followed| followed.newest.fetch_max(place.0, Ordering::SeqCst) < place.0)
    }

    fn topics(&self) -> RwLockReadGuard<'_, HashMap<Topic, Followed>> {
        self.0.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self, topic: Topic) {
        self.tell(topic, &News::Look(topic), None);
    }

    /// Tells everybody who follows the topic, but one.
    fn tell(&self, topic: Topic, news: &News, but: Option<u64>) {
        let topics = self.topics();
        for ear in topics.get(&topic).into_iter().flat_map(|followed| &followed.ears) {
            if but == Some(ear.number) {
                continue;
            }
            // Never waits: a slow listener must not hold the others up.
            if ear.queue.try_send(news.clone()).is_err() {
                ear.lagged.notify_one();
            }
        }
    }
}

impl Listener {
    pub(super) fn listen(&mut self, topic: Topic) {
        let ear = Ear {
            number: self.number,
            queue: self.sender.clone(),
            lagged: self.lagged.clone(),
        };
        let mut topics = self.hub.0.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic).or_default().ears.push(ear);
        self.topics.push(topic);
    }

    /// The log was read up to here. If that is news, the other listeners look too: nobody will tell them again.
    pub(super) fn know(&self, topic: Topic, place: Seq) {
        if self.hub.know(topic, place) {
            self.hub.tell(topic, &News::Look(topic), Some(self.number));
        }
    }

    pub(super) fn ignore(&mut self, topic: Topic) {
        self.topics.retain(|other| *other != topic);
        self.hub.remove(self.number, &[topic]);
    }
}

impl Hub {
    fn remove(&self, number: u64, topics: &[Topic]) {
        let mut all = self.0.topics.write().unwrap_or_else(PoisonError::into_inner);
        for topic in topics {
            if let Some(followed) = all.get_mut(topic) {
                followed.ears.retain(|ear| ear.number != number);
                if followed.ears.is_empty() {
                    all.remove(topic);
                }
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.hub.remove(self.number, &self.topics);
    }
}
