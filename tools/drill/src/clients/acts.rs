//! What people do, and what befalls their machines.

use bridge::{Command, Consent, ConversationId, Event};
use client::{Effect, Space, Vault as _, memory::MemoryVault};
use protocol::{Address, Kind as PublishKind, MessageId, Publish, Topic};
use stage::world::Name;

use super::{
    cast::NAMES,
    plan::Kind,
    play::{Play, Text},
};

/// What goes wrong, with how often.
const FAULTS: [(Fault, u64); 14] = [
    (Fault::Crash, 20),
    (Fault::DieInside, 16),
    (Fault::Cut, 16),
    (Fault::Restart, 3),
    (Fault::Full, 8),
    (Fault::Clock, 8),
    (Fault::Offline, 8),
    (Fault::Freeze, 8),
    (Fault::GarbageCommit, 4),
    (Fault::GarbageMessage, 4),
    (Fault::Doubt, 3),
    (Fault::Look, 3),
    (Fault::Keep, 0),
    (Fault::PutBack, 0),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The worker dies between two effects.
    Crash,
    /// It dies in the middle of an input, before or after any of its commits.
    DieInside,
    /// A socket breaks after any frame, in each direction.
    Cut,
    /// All sockets break.
    Restart,
    /// The vault is full, or has room again.
    Full,
    /// The clock jumps.
    Clock,
    /// The person goes offline, or comes back.
    Offline,
    /// Nothing of it moves for a while.
    Freeze,
    /// A member commits garbage.
    GarbageCommit,
    /// A member says garbage.
    GarbageMessage,
    /// The browser says there is no network.
    Doubt,
    /// The page is looked at anew.
    Look,
    /// The vault is copied.
    Keep,
    /// The copy is put back.
    PutBack,
}

impl Play<'_> {
    pub(super) fn someone(&mut self) -> (usize, Name) {
        let place = self.random.index(self.present.len());
        self.present[place]
    }

    fn account(&self, place: usize) -> Address {
        stage::wallet::Wallet::of(NAMES[place][0]).address()
    }

    /// Whom this account talks with.
    pub(super) fn peers(&self, account: usize) -> Vec<Address> {
        let pairs = self.plan.pairs.iter().filter_map(|(one, other)| match account {
            it if it == *one => Some(*other),
            it if it == *other => Some(*one),
            _ => None,
        });
        pairs.map(|place| self.account(place)).collect()
    }

    /// Somebody says something.
    pub(super) fn say(&mut self) {
        let (account, name) = self.someone();
        let peers = self.peers(account);
        if !peers.is_empty() {
            let peer = peers[self.random.index(peers.len())];
            let dies = self.random.percent(4);
            self.say_to(name, peer, dies);
        }
    }

    /// This one says something, and dies of it, or not.
    pub(super) fn say_to(&mut self, name: Name, peer: Address, dies: bool) {
        let number = self.texts.len();
        let id = MessageId(self.random.bytes());
        let text = format!("{number} of {name}");
        self.note(|| format!("{name} writes {text:?}"));
        self.counts.add("texts");
        let dies = dies.then(|| u32::try_from(self.random.below(3)).unwrap_or_default());
        let vault = self.world.people[name].vault.clone();
        vault.fail_after(dies);
        let known = self.world.people[name].queue.len();
        let command = Command::text(peer, id, text.clone());
        self.world.tell(name, command);
        vault.fail_after(None);
        let refused = self.world.people[name].queue.iter().skip(known).any(is_not_kept);
        let queued = if dies.is_some() { is_kept(&vault, id) } else { !refused };
        self.by_text.insert(text.clone(), number);
        self.texts.push(Text {
            id,
            text,
            by: name,
            from: self.world.address(name),
            to: peer,
            queued,
            present: self.present.len(),
        });
        if dies.is_some() {
            self.crash(name);
        }
    }

    /// Accepts every account that has written.
    pub(super) fn accept(&mut self, name: Name) {
        let asked: Vec<ConversationId> = self.world.people[name]
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Conversation(view) if view.consent == Consent::Asked => Some(vec![view.id]),
                Event::Conversations(list) => Some(
                    list.iter()
                        .filter(|view| view.consent == Consent::Asked)
                        .map(|view| view.id)
                        .collect(),
                ),
                _ => None,
            })
            .flatten()
            .collect();
        for conversation in asked {
            let consent = Consent::Accepted;
            self.world.tell(name, Command::Consent { conversation, consent });
        }
    }

    /// A new installation comes.
    pub(super) fn arrive(&mut self) {
        let Some((account, name)) = self.plan.later.pop() else {
            return;
        };
        self.note(|| format!("{name} arrives"));
        self.counts.add("arrivals");
        self.cast.register(&self.world, name);
        self.cast.enter(&mut self.world, name);
        self.present.push((account, name));
        self.world.tell(name, Command::Connect);
    }

    fn crash(&mut self, name: Name) {
        self.note(|| format!("{name} dies"));
        self.counts.add("crashes");
        self.world.crash(name);
        let full = self.full.contains(name);
        self.world.people[name].vault.set_full(full);
        if self.random.percent(20) {
            // Sometimes nothing of what was on its way arrives.
            self.lose();
        }
    }

    /// What is on its way from those that have hung up does not arrive.
    fn lose(&mut self) {
        let mut server = self.world.server.borrow_mut();
        for socket in server.sockets.values_mut().filter(|socket| socket.gone) {
            socket.coming.clear();
        }
    }

    /// Something goes wrong.
    pub(super) fn fault(&mut self) {
        let copies = self.plan.kind == Kind::Copies;
        let weight = |(fault, weight): &(Fault, u64)| match fault {
            Fault::Keep if copies => 25,
            Fault::PutBack if copies => 25,
            _ => *weight,
        };
        let mut place = self.random.below(FAULTS.iter().map(weight).sum());
        let mut fault = Fault::Crash;
        for row in &FAULTS {
            if place < weight(row) {
                fault = row.0;
                break;
            }
            place -= weight(row);
        }
        let (_, name) = self.someone();
        self.befall(fault, name);
    }

    fn befall(&mut self, fault: Fault, name: Name) {
        match fault {
            Fault::Crash => self.crash(name),
            Fault::DieInside => {
                let vault = self.world.people[name].vault.clone();
                let commits = self.random.below(4);
                self.note(|| format!("{name} dies after {commits} commits of what it hears next"));
                self.counts.add("deaths within a step");
                vault.fail_after(u32::try_from(commits).ok());
                if self.world.people[name].queue.is_empty() && !self.world.deliver(name) {
                    self.world.tell(name, Command::Online(true));
                }
                vault.fail_after(None);
                self.crash(name);
            }
            Fault::Cut => {
                let (down, up) = (self.random.index(4), self.random.index(3));
                let Some(id) = self.world.people[name].socket else {
                    return;
                };
                self.note(|| format!("the socket of {name} breaks after {down} and {up} more frames"));
                self.counts.add("broken sockets");
                for _ in 0..up {
                    self.world.carry(id);
                }
                let mut server = self.world.server.borrow_mut();
                if let Some(socket) = server.sockets.get_mut(&id) {
                    socket.out.truncate(down);
                    socket.coming.clear();
                    socket.closed = Some(1006);
                }
            }
            Fault::Restart => {
                self.note(|| "the server starts again".into());
                self.counts.add("restarts");
                self.world.server.borrow_mut().restart();
            }
            Fault::Full => {
                let full = self.full.insert(name) || !self.full.remove(name);
                self.note(|| format!("the vault of {name} is full: {full}"));
                self.counts.add("full vaults");
                self.world.people[name].vault.set_full(full);
            }
            Fault::Clock => {
                const JUMPS: [i64; 8] = [0, 0, 30_000, -30_000, 3_600_000, -3_600_000, 2_592_000_000, -900_000];
                let jump = JUMPS[self.random.index(JUMPS.len())];
                self.note(|| format!("the clock of {name} is off by {jump} ms"));
                self.counts.add("clock jumps");
                self.world.people[name].offset.set(jump);
            }
            Fault::Offline => {
                self.note(|| format!("{name} goes, or comes back"));
                self.counts.add("disconnects");
                let gone = self.world.people[name].socket.is_some();
                let command = if gone { Command::Disconnect } else { Command::Connect };
                self.world.tell(name, command);
            }
            Fault::Freeze => {
                let steps = self.random.between(5, 60);
                self.note(|| format!("{name} stands still"));
                self.counts.add("delays");
                self.frozen.insert(name, steps);
            }
            Fault::GarbageCommit => self.garbage(name, true),
            Fault::GarbageMessage => self.garbage(name, false),
            Fault::Doubt => self.world.tell(name, Command::Online(false)),
            Fault::Look => {
                let account = self.world.address(name);
                self.world.tell(name, Command::Open { account });
            }
            Fault::Keep => {
                self.note(|| format!("the vault of {name} is copied"));
                let vault = self.world.people[name].vault.snapshot();
                self.kept.insert(name, vault);
            }
            Fault::PutBack => {
                if let Some(vault) = self.kept.get(name).map(MemoryVault::snapshot) {
                    self.note(|| format!("the old vault of {name} is put back"));
                    self.counts.add("vaults put back");
                    self.copied.insert(name);
                    self.world.reopen(name, vault);
                    // Nothing is on its way for as long as it takes to put a profile back.
                    self.lose();
                }
            }
        }
    }

    /// A member says or commits what nobody can read.
    fn garbage(&mut self, name: Name, commit: bool) {
        let who = self.cast.id(name);
        let mut server = self.world.server.borrow_mut();
        let logs = server
            .logs
            .iter()
            .filter(|(topic, log)| log.members.contains(&who) && **topic != who.inbox() && !log.envelopes.is_empty());
        let logs: Vec<(Topic, _)> = logs.map(|(topic, log)| (*topic, log.last_commit)).collect();
        if logs.is_empty() {
            return;
        }
        let (topic, last_commit) = logs[self.random.index(logs.len())];
        let mut payload: Vec<u8> = self.random.bytes::<40>().to_vec();
        if self.random.percent(60) {
            // As good as one of the log, but for one byte.
            let envelopes = &server.logs[&topic].envelopes;
            let (protocol::Body::Commit(bytes) | protocol::Body::Application(bytes)) =
                &envelopes[self.random.index(envelopes.len())].body
            else {
                return;
            };
            payload.clone_from(bytes);
            let place = self.random.index(payload.len().max(1));
            if let Some(byte) = payload.get_mut(place) {
                *byte ^= 1;
            }
        }
        let kind = if commit {
            PublishKind::Commit {
                welcomes: Vec::new(),
                removed: Vec::new(),
            }
        } else {
            PublishKind::Application
        };
        let publish = Publish {
            topic,
            id: MessageId(self.random.bytes()),
            last_commit,
            kind,
            payload,
        };
        let _ = server.store(who, &publish);
        drop(server);
        self.counts
            .add(if commit { "garbage commits" } else { "garbage messages" });
        self.note(|| format!("{name} publishes garbage"));
    }
}

/// The person is told that nothing was kept.
fn is_not_kept(effect: &Effect) -> bool {
    let (Effect::Event(event) | Effect::Tell { event, .. }) = effect else {
        return false;
    };
    matches!(event, Event::NotKept { .. })
}

/// Whether a message is in the vault.
pub(super) fn is_kept(vault: &MemoryVault, id: MessageId) -> bool {
    let found = stage::world::now(vault.get(Space::Index, &id.0));
    matches!(found, Ok(Some(_)))
}
