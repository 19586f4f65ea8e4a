//! A server in memory.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use identity::{Association, verify_challenge};
use protocol::{
    Address, Answer, Ask, AssociationHash, Body, ClientFrame, Envelope, ErrorCode, Incarnation, InstallationId,
    MessageId, Publish, Seq, ServerFrame, Support, Topic, UnixMillis, codec, limits,
};
use sequencer::{Footprint, Head, Known, Request, Standing, Stored};
use serde_bytes::ByteBuf;

mod transactions;

use crate::{chain::Chain, wallet::DOMAIN};
pub use transactions::{Watched, WatchedTransfer};

#[derive(Default)]
pub struct Log {
    pub members: BTreeSet<InstallationId>,
    pub envelopes: Vec<Envelope>,
    pub last_commit: Seq,
    pub ids: BTreeMap<(InstallationId, MessageId), Seq>,
    /// From which places on they are members, an entry for each invitation; who is not named was from the start.
    pub since: BTreeMap<InstallationId, Vec<Seq>>,
}

impl Log {
    fn head(&self, topic: Topic, is_inbox: bool) -> Head {
        Head {
            topic,
            is_inbox,
            last_seq: Seq(self.envelopes.len() as u64),
            last_commit: self.last_commit,
        }
    }
}

#[derive(Clone)]
pub struct Installed {
    pub address: Address,
    pub association: Association,
    pub key_packages: VecDeque<Vec<u8>>,
    pub last_resort: Option<Vec<u8>>,
    /// What revoked it.
    pub revoked: Option<Vec<u8>>,
}

#[derive(Default)]
pub struct Socket {
    nonce: [u8; 32],
    pub who: Option<InstallationId>,
    subscribed: BTreeMap<Topic, Seq>,
    /// Whose installations it asked for.
    asked: BTreeSet<Address>,
    /// On its way to the client.
    pub out: VecDeque<Vec<u8>>,
    /// On its way to the server.
    pub coming: VecDeque<Vec<u8>>,
    /// The client has hung up.
    pub gone: bool,
    /// Frames that still come through before the socket breaks.
    pub closed: Option<u16>,
}

/// Why a publish is refused, if it is.
pub type Refusal = Box<dyn FnMut(&Publish) -> Option<ErrorCode>>;

/// Changes what the server says before it is said.
pub type Lie = Box<dyn FnMut(ServerFrame) -> Vec<ServerFrame>>;

/// Sees what clients send.
pub type Peek = Box<dyn FnMut(&[u8])>;

#[derive(Default)]
pub struct Server {
    /// The chain it watches.
    pub chain: Option<Rc<RefCell<Chain>>>,
    pub watched: Vec<Watched>,
    pub transfers: Vec<WatchedTransfer>,
    /// It says nothing of the chain any more.
    pub blind: bool,
    pub now: i64,
    pub incarnation: u8,
    pub installed: BTreeMap<InstallationId, Installed>,
    /// Associations given out under these hashes, whatever they are.
    pub forged: BTreeMap<AssociationHash, Option<Vec<u8>>>,
    /// Installations listed for an account, whatever is true.
    pub listed: BTreeMap<Address, Vec<(InstallationId, AssociationHash)>>,
    pub logs: BTreeMap<Topic, Log>,
    pub sockets: BTreeMap<u32, Socket>,
    pub next_socket: u32,
    /// Every publish that arrived, stored or not.
    pub arrived: Vec<(InstallationId, Publish)>,
    /// Publishes are refused with this, if it says so.
    pub refuse: Option<Refusal>,
    /// Given out as revocations, whatever they are.
    pub invented: Vec<Vec<u8>>,
    /// Nobody is told that an account's installations have changed.
    pub silent: bool,
    /// Answers to publishes are lost.
    pub mute: bool,
    pub lie: Option<Lie>,
    /// It greets as the previous release does.
    pub previous: bool,
    /// Sees the bytes of every frame that arrives.
    pub peek: Option<Peek>,
    /// New sockets are closed with this code.
    pub closing: Option<u16>,
}

impl Server {
    pub fn connect(&mut self) -> u32 {
        self.next_socket += 1;
        let id = self.next_socket;
        let nonce = [u8::try_from(id % 251).unwrap(); 32];
        let mut socket = Socket {
            nonce,
            ..Socket::default()
        };
        if let Some(code) = self.closing {
            socket.closed = Some(code);
        }
        self.sockets.insert(id, socket);
        if self.closing.is_none() {
            let support = (!self.previous).then_some(Support::OURS);
            self.say(id, ServerFrame::Challenge { nonce, support });
        }
        id
    }

    /// All sockets break.
    pub fn restart(&mut self) {
        for socket in self.sockets.values_mut() {
            socket.out.clear();
            socket.coming.clear();
            socket.closed = Some(1012);
        }
    }

    /// The client has hung up: what is on its way to the server may still arrive.
    pub fn hang_up(&mut self, socket: u32) {
        if let Some(state) = self.sockets.get_mut(&socket) {
            state.gone = true;
            state.out.clear();
            if state.coming.is_empty() {
                self.sockets.remove(&socket);
            }
        }
    }

    /// A frame is on its way to the server.
    pub fn is_sent(&mut self, socket: u32, frame: Vec<u8>) {
        if let Some(socket) = self.sockets.get_mut(&socket) {
            socket.coming.push_back(frame);
        }
    }

    /// Sockets with something on its way to the server.
    pub fn coming(&self) -> Vec<u32> {
        let sockets = self.sockets.iter().filter(|(_, socket)| !socket.coming.is_empty());
        sockets.map(|(id, _)| *id).collect()
    }

    /// The next frame of this socket arrives.
    pub fn take(&mut self, id: u32) -> bool {
        let Some(socket) = self.sockets.get_mut(&id) else {
            return false;
        };
        let Some(frame) = socket.coming.pop_front() else {
            return false;
        };
        // What comes behind the end is lost.
        if socket.closed.is_none() {
            self.receive(id, &frame);
        }
        if self
            .sockets
            .get(&id)
            .is_some_and(|socket| socket.gone && socket.coming.is_empty())
        {
            self.sockets.remove(&id);
        }
        true
    }

    pub fn say(&mut self, socket: u32, frame: ServerFrame) {
        let frames = match &mut self.lie {
            Some(lie) => lie(frame),
            None => vec![frame],
        };
        if let Some(socket) = self.sockets.get_mut(&socket) {
            for frame in frames {
                socket.out.push_back(codec::encode(&frame).unwrap());
            }
        }
    }

    pub fn say_to(&mut self, who: InstallationId, frame: &ServerFrame) {
        let sockets: Vec<_> = self
            .sockets
            .iter()
            .filter(|(_, socket)| socket.who == Some(who))
            .map(|(id, _)| *id)
            .collect();
        for socket in sockets {
            self.say(socket, frame.clone());
        }
    }

    pub fn register(&mut self, address: Address, association: Association) {
        let id = identity::fingerprint(&association.public_key);
        self.logs.entry(id.inbox()).or_default().members.insert(id);
        let known = self.installed.contains_key(&id);
        self.installed.entry(id).or_insert(Installed {
            address,
            association,
            key_packages: VecDeque::new(),
            last_resort: None,
            revoked: None,
        });
        if !known {
            self.installations_changed(address);
        }
    }

    /// Notifies the sockets that asked for the account's installations.
    pub fn installations_changed(&mut self, account: Address) {
        if self.silent {
            return;
        }
        let asked = |socket: &Socket| socket.asked.contains(&account);
        let sockets: Vec<u32> = self
            .sockets
            .iter()
            .filter(|(_, socket)| asked(socket))
            .map(|(id, _)| *id)
            .collect();
        for socket in sockets {
            self.say(socket, ServerFrame::Installations { account });
        }
    }

    pub fn receive(&mut self, socket: u32, bytes: &[u8]) {
        if let Some(peek) = &mut self.peek {
            peek(bytes);
        }
        let frame: ClientFrame = codec::decode(bytes).expect("clients send whole frames");
        let Some(state) = self.sockets.get_mut(&socket) else {
            return;
        };
        match (frame, state.who) {
            (
                ClientFrame::Hello {
                    installation,
                    signature,
                    ..
                },
                None,
            ) => {
                let known = self.installed.get(&installation);
                if known.is_some_and(|known| known.revoked.is_some()) {
                    state.closed = Some(4401);
                    let code = ErrorCode::Revoked;
                    return self.say(socket, ServerFrame::Bye { code });
                }
                let key = known
                    .map(|known| known.association.public_key.clone())
                    .unwrap_or_default();
                if !verify_challenge(&key, DOMAIN, &state.nonce, &signature) {
                    state.closed = Some(4401);
                    return;
                }
                state.who = Some(installation);
                self.supersede(installation, socket);
                let known = self.installed.get(&installation);
                let key_packages = u32::try_from(known.unwrap().key_packages.len()).unwrap();
                let ready = ServerFrame::Ready {
                    incarnation: Incarnation([self.incarnation; 16]),
                    key_packages,
                    now: UnixMillis(self.now),
                };
                self.say(socket, ready);
            }
            (ClientFrame::Subscribe { topics }, Some(who)) => {
                assert!(topics.len() <= limits::TOPICS_PER_FRAME);
                for (topic, cursor) in topics {
                    self.subscribe(socket, who, topic, cursor);
                }
            }
            (ClientFrame::Publish(publish), Some(who)) => self.publish(socket, who, publish),
            (ClientFrame::Ask { number, ask }, Some(who)) => {
                if let Ask::Installations { account } = ask {
                    state.asked.insert(account);
                }
                let answer = Ok(self.answer(who, ask));
                self.say(socket, ServerFrame::Answer { number, answer });
            }
            (ClientFrame::Ping, Some(_)) => self.say(socket, ServerFrame::Pong),
            (frame, who) => panic!("{frame:?} out of its turn ({who:?})"),
        }
    }

    /// One socket for one installation: the earlier ones end.
    fn supersede(&mut self, who: InstallationId, by: u32) {
        let sockets = self.sockets.iter();
        let earlier = sockets.filter(|(id, socket)| **id != by && socket.who == Some(who) && socket.closed.is_none());
        for id in earlier.map(|(id, _)| *id).collect::<Vec<_>>() {
            let code = ErrorCode::Superseded;
            self.say(id, ServerFrame::Bye { code });
            if let Some(socket) = self.sockets.get_mut(&id) {
                socket.closed = Some(4409);
            }
        }
    }

    fn subscribe(&mut self, socket: u32, who: InstallationId, topic: Topic, cursor: Seq) {
        let log = self.logs.get(&topic).filter(|log| log.members.contains(&who));
        let head = log.map(|log| Seq(log.envelopes.len() as u64));
        let code = match head {
            None => Some(ErrorCode::NotAMember),
            Some(head) if cursor > head => Some(ErrorCode::CursorAhead),
            Some(_) => None,
        };
        if let Some(code) = code {
            return self.say(socket, ServerFrame::NotSubscribed { topic, code });
        }
        self.sockets.get_mut(&socket).unwrap().subscribed.insert(topic, cursor);
        self.forward(topic);
        self.say(
            socket,
            ServerFrame::CaughtUp {
                topic,
                head: head.unwrap(),
            },
        );
    }

    fn forward(&mut self, topic: Topic) {
        let mut frames = Vec::new();
        for (id, socket) in &mut self.sockets {
            let Some(cursor) = socket.subscribed.get_mut(&topic) else {
                continue;
            };
            let new = &self.logs[&topic].envelopes[usize::try_from(cursor.0).unwrap()..];
            for page in new.chunks(limits::PAGE) {
                frames.push((
                    *id,
                    ServerFrame::Envelopes {
                        topic,
                        envelopes: page.to_vec(),
                    },
                ));
                *cursor = page.last().unwrap().seq;
            }
        }
        for (socket, frame) in frames {
            self.say(socket, frame);
        }
    }

    fn publish(&mut self, socket: u32, who: InstallationId, publish: Publish) {
        self.arrived.push((who, publish.clone()));
        let id = publish.id;
        let refusal = self.refuse.as_mut().and_then(|refuse| refuse(&publish));
        let stored = match refusal {
            Some(code) => Err(code),
            None => self.store(who, &publish),
        };
        if self.mute {
            return;
        }
        let answer = match stored {
            Ok(Stored { seq, at }) => ServerFrame::Stored { id, seq, at },
            Err(code) => ServerFrame::Refused { id, code },
        };
        self.say(socket, answer);
    }

    /// Appends whatever it is.
    pub fn append(&mut self, topic: Topic, id: MessageId, body: Body) -> Seq {
        let log = self.logs.entry(topic).or_default();
        let seq = Seq(log.envelopes.len() as u64 + 1);
        if matches!(body, Body::Commit(_)) {
            log.last_commit = seq;
        }
        log.envelopes.push(Envelope {
            seq,
            id,
            at: UnixMillis(self.now),
            body,
        });
        self.forward(topic);
        seq
    }

    /// Puts a publish into its topic, by the rules of the real server.
    pub fn store(&mut self, sender: InstallationId, publish: &Publish) -> Result<Stored, ErrorCode> {
        sequencer::check(publish, sender)?;
        let request = Request { sender, publish };
        let footprint = Footprint::of([request]);
        let heads = footprint.topics.iter().filter_map(|topic| match self.logs.get(topic) {
            Some(log) => Some(log.head(*topic, self.is_inbox(*topic))),
            None => footprint.opened.contains(topic).then(|| Head::empty(*topic)),
        });
        let heads: Vec<Head> = heads.collect();
        let known = footprint.installations.iter().filter_map(|installation| {
            Some(Known {
                installation: *installation,
                is_live: self.installed.get(installation)?.revoked.is_none(),
            })
        });
        let known: Vec<Known> = known.collect();
        let standing = self.standing(sender, publish);
        let mut plan = sequencer::decide(&[request], heads, &[standing], &known, UnixMillis(self.now));
        for entry in plan.entries {
            let log = self.logs.entry(entry.topic).or_default();
            if entry.topic == publish.topic {
                log.ids.insert((sender, publish.id), entry.envelope.seq);
            }
            log.envelopes.push(entry.envelope);
        }
        for change in plan.leaves {
            let log = self.logs.entry(change.topic).or_default();
            log.members.remove(&change.installation);
        }
        for change in plan.joins {
            let log = self.logs.entry(change.topic).or_default();
            log.members.insert(change.installation);
            log.since.entry(change.installation).or_default().push(change.place);
        }
        for head in plan.heads {
            self.logs.entry(head.topic).or_default().last_commit = head.last_commit;
            self.forward(head.topic);
        }
        plan.answers.pop().unwrap_or(Err(ErrorCode::Internal))
    }

    fn standing(&self, sender: InstallationId, publish: &Publish) -> Standing {
        let log = self.logs.get(&publish.topic);
        let stored = log.and_then(|log| {
            let seq = *log.ids.get(&(sender, publish.id))?;
            let at = log.envelopes.iter().find(|envelope| envelope.seq == seq)?.at;
            Some(Stored { seq, at })
        });
        Standing {
            is_live: self.installed.get(&sender).is_some_and(|one| one.revoked.is_none()),
            is_member: log.is_some_and(|log| log.members.contains(&sender)),
            stored,
        }
    }

    fn is_inbox(&self, topic: Topic) -> bool {
        self.installed.keys().any(|installation| installation.inbox() == topic)
    }

    fn answer(&mut self, who: InstallationId, ask: Ask) -> Answer {
        match ask {
            Ask::Installations { account } => Answer::Installations(match self.listed.get(&account) {
                Some(listed) => listed.clone(),
                None => self
                    .installed
                    .iter()
                    .filter(|(_, installed)| installed.address == account && installed.revoked.is_none())
                    .map(|(id, installed)| (*id, installed.association.hash()))
                    .collect(),
            }),
            Ask::Association { hash } => Answer::Association(match self.forged.get(&hash) {
                Some(forged) => forged.clone().map(ByteBuf::from),
                None => self
                    .installed
                    .values()
                    .find(|installed| installed.association.hash() == hash)
                    .map(|installed| ByteBuf::from(installed.association.to_bytes())),
            }),
            Ask::Revoke { revocation } => {
                let stated = identity::Revocation::from_bytes(&revocation).expect("clients sign whole revocations");
                self.revoke(stated.installation, revocation.into_vec());
                self.installations_changed(stated.account);
                Answer::Revoked
            }
            Ask::Revocations { installations } => {
                let revoked = installations
                    .iter()
                    .filter_map(|id| self.installed.get(id)?.revoked.clone());
                Answer::Revocations(revoked.chain(self.invented.clone()).map(ByteBuf::from).collect())
            }
            Ask::ClaimKeyPackage { installation } => {
                let installed = self.installed.get_mut(&installation);
                let package = installed.and_then(|installed| {
                    installed
                        .key_packages
                        .pop_front()
                        .or_else(|| installed.last_resort.clone())
                });
                Answer::KeyPackage(package.map(ByteBuf::from))
            }
            Ask::PublishKeyPackages {
                key_packages,
                last_resort,
            } => {
                assert!(key_packages.len() <= limits::KEY_PACKAGES_PER_FRAME);
                let installed = self.installed.get_mut(&who).unwrap();
                let first = installed.key_packages.is_empty() || last_resort.is_some();
                installed
                    .key_packages
                    .extend(key_packages.into_iter().map(ByteBuf::into_vec));
                let over = installed.key_packages.len().saturating_sub(limits::KEY_PACKAGES);
                installed.key_packages.drain(..over);
                if let Some(last_resort) = last_resort {
                    installed.last_resort = Some(last_resort.into_vec());
                }
                let (kept, address) = (installed.key_packages.len(), installed.address);
                if first && kept > 0 {
                    self.installations_changed(address);
                }
                Answer::KeyPackagesKept(u32::try_from(kept).unwrap())
            }
            Ask::Tip {
                chain_id,
                sender,
                id,
                hash,
            } => {
                let told = self.report(chain_id, sender, id, hash);
                self.watched.retain(|known| (known.who, known.id) != (who, id));
                self.watched.push(Watched {
                    who,
                    chain_id,
                    sender,
                    id,
                    hash,
                    told,
                });
                Answer::Tip(told)
            }
            Ask::Transaction { chain_id, hash } => {
                let told = self.report_transfer(chain_id, hash);
                self.transfers.retain(|known| (known.who, known.hash) != (who, hash));
                self.transfers.push(WatchedTransfer {
                    who,
                    chain_id,
                    hash,
                    told,
                });
                Answer::Transaction(told)
            }
            Ask::Unknown => unreachable!("nobody sends an unknown question"),
        }
    }

    fn revoke(&mut self, installation: InstallationId, proof: Vec<u8>) {
        let installed = self.installed.get_mut(&installation).expect("it is here");
        installed.revoked = Some(proof);
        installed.key_packages.clear();
        installed.last_resort = None;
        let bye = ServerFrame::Bye {
            code: ErrorCode::Revoked,
        };
        self.say_to(installation, &bye);
        for socket in self
            .sockets
            .values_mut()
            .filter(|socket| socket.who == Some(installation))
        {
            socket.closed = Some(4401);
        }
    }
}
