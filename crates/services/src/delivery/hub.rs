//! Hands what was just committed to the followers of its topic on this node.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{Seq, Topic, limits};
use sequencer::Entry;
use tokio::sync::{Notify, mpsc};

/// What a follower is told. Always a hint: the log has everything.
#[derive(Debug, Clone)]
pub(super) enum Notification {
    /// This was committed.
    Committed(Arc<Entry>),
    /// The topic may have grown: read it.
    Look(Topic),
}

/// Where notifications for one follower are put.
#[derive(Debug)]
struct Recipient {
    number: u64,
    queue: mpsc::Sender<Notification>,
    lagged: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    next: AtomicU64,
    topics: RwLock<HashMap<Topic, Followed>>,
}

/// A topic that is followed on this node.
#[derive(Debug, Default)]
struct Followed {
    recipients: Vec<Recipient>,
    /// The newest place this node knows of.
    newest: AtomicU64,
}

/// The followed topics of this node. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Hub(Arc<Inner>);

/// What one follower hears, of any number of topics.
#[derive(Debug)]
pub(super) struct TopicListener {
    hub: Hub,
    number: u64,
    sender: mpsc::Sender<Notification>,
    pub queue: mpsc::Receiver<Notification>,
    /// Something did not fit into the queue: read every topic by its cursor.
    pub lagged: Arc<Notify>,
    topics: Vec<Topic>,
}

impl Hub {
    pub(super) fn listener(&self) -> TopicListener {
        let (sender, queue) = mpsc::channel(limits::SOCKET_QUEUE);
        TopicListener {
            hub: self.clone(),
            number: self.0.next.fetch_add(1, Ordering::Relaxed),
            sender,
            queue,
            lagged: Arc::default(),
            topics: Vec::new(),
        }
    }

    pub(super) fn forward(&self, entry: Arc<Entry>) {
        let topic = entry.topic;
        self.note(topic, entry.envelope.seq);
        self.tell(topic, &Notification::Committed(entry), None);
    }

    /// The log of a topic reaches this place: another node has said so, or the database.
    pub(super) fn grew(&self, topic: Topic, head: Seq) {
        if self.note(topic, head) {
            self.look(topic);
        }
    }

    /// Notices of other nodes may have been missed: every follower reads every topic.
    pub(super) fn look_everywhere(&self) {
        for followed in self.topics().values() {
            for recipient in &followed.recipients {
                recipient.lagged.notify_one();
            }
        }
    }

    /// Every topic that is followed.
    pub(super) fn followed(&self) -> Vec<Topic> {
        self.topics().keys().copied().collect()
    }

    /// Tells the followers of a topic to read it.
    pub(super) fn look(&self, topic: Topic) {
        self.tell(topic, &Notification::Look(topic), None);
    }

    /// Notes a place. True if it is newer than what was known of a followed topic.
    fn note(&self, topic: Topic, head: Seq) -> bool {
        self.topics()
            .get(&topic)
            .is_some_and(|followed| followed.newest.fetch_max(head.0, Ordering::SeqCst) < head.0)
    }

    fn topics(&self) -> RwLockReadGuard<'_, HashMap<Topic, Followed>> {
        self.0.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells all followers of the topic, or all but the one with this number.
    fn tell(&self, topic: Topic, notification: &Notification, but: Option<u64>) {
        let topics = self.topics();
        let recipients = topics.get(&topic).into_iter().flat_map(|followed| &followed.recipients);
        for recipient in recipients.filter(|recipient| but != Some(recipient.number)) {
            recipient.tell(notification.clone());
        }
    }

    fn remove(&self, number: u64, topics: &[Topic]) {
        let mut all = self.0.topics.write().unwrap_or_else(PoisonError::into_inner);
        for topic in topics {
            if let Some(followed) = all.get_mut(topic) {
                followed.recipients.retain(|recipient| recipient.number != number);
                if followed.recipients.is_empty() {
                    all.remove(topic);
                }
            }
        }
    }
}

impl Recipient {
    /// Never waits: a slow follower must not hold the others up.
    fn tell(&self, notification: Notification) {
        if self.queue.try_send(notification).is_err() {
            self.lagged.notify_one();
        }
    }
}

impl TopicListener {
    pub(super) fn listen(&mut self, topic: Topic) {
        let recipient = Recipient {
            number: self.number,
            queue: self.sender.clone(),
            lagged: self.lagged.clone(),
        };
        let mut topics = self.hub.0.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic).or_default().recipients.push(recipient);
        self.topics.push(topic);
    }

    /// The log was read up to here. If that is new to this node, the other followers are told to read too: nobody else will tell them.
    pub(super) fn read_up_to(&self, topic: Topic, head: Seq) {
        if self.hub.note(topic, head) {
            self.hub.tell(topic, &Notification::Look(topic), Some(self.number));
        }
    }

    pub(super) fn ignore(&mut self, topic: Topic) {
        self.topics.retain(|other| *other != topic);
        self.hub.remove(self.number, &[topic]);
    }
}

impl Drop for TopicListener {
    fn drop(&mut self) {
        self.hub.remove(self.number, &self.topics);
    }
}
