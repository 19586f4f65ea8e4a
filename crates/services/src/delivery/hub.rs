//! Hands what was just committed to those who follow its topic on this node.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{Envelope, InstallationId, Topic, limits};
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
    ears: RwLock<HashMap<Topic, Vec<Ear>>>,
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
        self.tell(topic, &News::Committed(committed));
    }

    pub(super) fn look(&self, topic: Topic) {
        self.tell(topic, &News::Look(topic));
    }

    fn tell(&self, topic: Topic, news: &News) {
        let ears = self.0.ears.read().unwrap_or_else(PoisonError::into_inner);
        for ear in ears.get(&topic).into_iter().flatten() {
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
        let mut ears = self.hub.0.ears.write().unwrap_or_else(PoisonError::into_inner);
        ears.entry(topic).or_default().push(ear);
        self.topics.push(topic);
    }

    pub(super) fn ignore(&mut self, topic: Topic) {
        self.topics.retain(|other| *other != topic);
        self.hub.remove(self.number, &[topic]);
    }
}

impl Hub {
    fn remove(&self, number: u64, topics: &[Topic]) {
        let mut ears = self.0.ears.write().unwrap_or_else(PoisonError::into_inner);
        for topic in topics {
            if let Some(here) = ears.get_mut(topic) {
                here.retain(|ear| ear.number != number);
                if here.is_empty() {
                    ears.remove(topic);
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
