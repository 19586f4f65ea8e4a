//! Hands what was just committed to those who follow its topic on this node, and says which sessions are over.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{Address, Envelope, ErrorCode, InstallationId, Seq, Topic, limits};
use tokio::sync::{Notify, broadcast, mpsc};
use uuid::Uuid;

/// How many ended sessions may wait for a slow listener. One that lags must look at all its sessions again.
const ENDED: usize = 1024;

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
    /// The installations of this account have changed.
    Installations(Address),
}

#[derive(Debug)]
struct Ear {
    number: u64,
    queue: mpsc::Sender<News>,
    lagged: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    next: AtomicU64,
    topics: RwLock<HashMap<Topic, Followed>>,
    accounts: RwLock<HashMap<Address, Vec<Ear>>>,
    ended: broadcast::Sender<(Uuid, ErrorCode)>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            next: AtomicU64::default(),
            topics: RwLock::default(),
            accounts: RwLock::default(),
            ended: broadcast::Sender::new(ENDED),
        }
    }
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
    /// Whose installations it is told of, the one asked about last at the end.
    pub accounts: VecDeque<Address>,
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
            accounts: VecDeque::new(),
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

    /// The installations of an account have changed: whoever asked about them is told.
    pub(super) fn changed(&self, account: Address) {
        let accounts = self.0.accounts.read().unwrap_or_else(PoisonError::into_inner);
        for ear in accounts.get(&account).into_iter().flatten() {
            ear.tell(News::Installations(account));
        }
    }

    /// This session is over, here or on another node: whoever holds a socket of it is told.
    pub(super) fn over(&self, session: Uuid, why: ErrorCode) {
        // Nobody listening is fine.
        let _ = self.0.ended.send((session, why));
    }

    /// Sessions as they end.
    pub(super) fn ended(&self) -> broadcast::Receiver<(Uuid, ErrorCode)> {
        self.0.ended.subscribe()
    }

    /// Anything may have happened: everybody looks at everything.
    pub(super) fn look_everywhere(&self) {
        let accounts = self.0.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let topics = self.topics();
        let ears = topics.values().flat_map(|followed| &followed.ears);
        for ear in ears.chain(accounts.values().flatten()) {
            ear.lagged.notify_one();
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
            ear.tell(news.clone());
        }
    }
}

impl Ear {
    /// Never waits: a slow listener must not hold the others up.
    fn tell(&self, news: News) {
        if self.queue.try_send(news).is_err() {
            self.lagged.notify_one();
        }
    }
}

impl Listener {
    fn ear(&self) -> Ear {
        Ear {
            number: self.number,
            queue: self.sender.clone(),
            lagged: self.lagged.clone(),
        }
    }

    /// Of the installations of this account from now on; of the account asked about longest ago not any more, if they are
    /// too many.
    pub(super) fn watch(&mut self, account: Address) {
        let known = self.accounts.len();
        self.accounts.retain(|other| *other != account);
        if self.accounts.len() == known {
            let mut all = self.hub.0.accounts.write().unwrap_or_else(PoisonError::into_inner);
            all.entry(account).or_default().push(self.ear());
        }
        self.accounts.push_back(account);
        if self.accounts.len() > limits::ACCOUNTS_WATCHED
            && let Some(oldest) = self.accounts.pop_front()
        {
            self.hub.unwatch(self.number, &[oldest]);
        }
    }

    pub(super) fn listen(&mut self, topic: Topic) {
        let ear = self.ear();
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

    fn unwatch<'a>(&self, number: u64, accounts: impl IntoIterator<Item = &'a Address>) {
        let mut all = self.0.accounts.write().unwrap_or_else(PoisonError::into_inner);
        for account in accounts {
            if let Some(ears) = all.get_mut(account) {
                ears.retain(|ear| ear.number != number);
                if ears.is_empty() {
                    all.remove(account);
                }
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.hub.remove(self.number, &self.topics);
        self.hub.unwatch(self.number, &self.accounts);
    }
}
