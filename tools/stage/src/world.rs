//! People, their clients, and the time.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use bridge::{
    BodyView, Command, Connection, ConversationId, ConversationView, Draft, Event, MessageState, MessageView,
    TipMismatch, Trouble, TxState,
};
use client::{Client, Effect, SocketEvent, Tab, memory::MemoryVault};
use futures::executor::block_on;
use identity::Association;
use protocol::{Address, InstallationId, MessageId};

pub use crate::person::{Env, Name, Person};
use crate::{
    server::Server,
    wallet::{Wallet, origin},
};

pub struct World {
    pub now: Rc<Cell<i64>>,
    pub server: Rc<RefCell<Server>>,
    pub people: BTreeMap<Name, Person>,
    /// Who dies takes the page along, and what it waited for.
    pub reloads: bool,
    /// Frames to the server take their time ([`World::carry`]), and those that are on their way outlive their sender.
    pub wired: bool,
    pub seed: u64,
    next_id: u8,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let server = Server {
            now: 1_000_000,
            ..Server::default()
        };
        Self {
            now: Rc::new(Cell::new(1_000_000)),
            server: Rc::new(RefCell::new(server)),
            people: BTreeMap::new(),
            reloads: true,
            wired: false,
            seed,
            next_id: 0,
        }
    }

    /// Time and randomness of this world.
    pub fn environment(&self) -> Env {
        Env {
            now: self.now.clone(),
            offset: Rc::default(),
            seed: Rc::new(Cell::new(self.seed)),
        }
    }

    /// A world in which these are signed in and live.
    pub fn with(seed: u64, names: &[Name]) -> Self {
        let mut world = Self::new(seed);
        for name in names {
            world.join(name);
        }
        world
    }

    /// A new person with a new vault, not signed in.
    pub fn arrive(&mut self, name: Name) {
        self.arrive_with(name, Wallet::of(name));
    }

    pub fn arrive_with(&mut self, name: Name, wallet: Wallet) {
        self.enter(name, wallet, MemoryVault::new());
        self.run();
    }

    /// Somebody opens this vault.
    pub fn enter(&mut self, name: Name, wallet: Wallet, vault: MemoryVault) {
        let seed = Rc::new(Cell::new(
            self.seed.wrapping_add(
                name.bytes()
                    .fold(0u64, |sum, byte| sum.rotate_left(8) ^ u64::from(byte)),
            ),
        ));
        let offset = Rc::default();
        let env = Env {
            now: self.now.clone(),
            offset: Rc::clone(&offset),
            seed: seed.clone(),
        };
        let opened = block_on(Client::open(vault.clone(), env, wallet.address(), origin()));
        let (client, effects) = opened.unwrap();
        let person = Person {
            wallet,
            vault,
            client,
            events: Vec::new(),
            queue: effects.into(),
            page: None,
            answers: VecDeque::new(),
            socket: None,
            wake: None,
            steps: 0,
            crash_at: None,
            offset,
            seed,
            shown: None,
            thread: Vec::new(),
        };
        self.people.insert(name, person);
    }

    /// Another browser of somebody who is here, with a vault of its own.
    pub fn arrive_again(&mut self, name: Name, browser: Name) {
        let wallet = self.people[name].wallet.clone();
        self.arrive_with(browser, wallet);
    }

    /// Arrives, signs in, connects.
    pub fn join(&mut self, name: Name) {
        self.arrive(name);
        self.sign_in(name);
    }

    pub fn sign_in(&mut self, name: Name) {
        let person = &self.people[name];
        let (id, key) = (self.installation(name), self.public_key(name));
        let (text, signature) = person.wallet.vouch(id);
        let association = Association {
            text: text.clone(),
            signature: signature.clone(),
            public_key: key,
        };
        self.server.borrow_mut().register(self.address(name), association);
        self.tell(name, Command::Associate { text, signature });
        self.tell(name, Command::Connect);
        self.run();
    }

    pub fn address(&self, name: Name) -> Address {
        self.people[name].wallet.address()
    }

    fn opened(&self, name: Name) -> (InstallationId, Vec<u8>, bool) {
        self.people[name]
            .events
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::Opened {
                    installation,
                    public_key,
                    associated,
                    ..
                } => Some((*installation, public_key.clone(), *associated)),
                _ => None,
            })
            .unwrap()
    }

    pub fn installation(&self, name: Name) -> InstallationId {
        self.opened(name).0
    }

    pub fn public_key(&self, name: Name) -> Vec<u8> {
        self.opened(name).1
    }

    pub fn is_associated(&self, name: Name) -> bool {
        self.opened(name).2
    }

    pub fn fresh_id(&mut self) -> MessageId {
        self.next_id += 1;
        MessageId([self.next_id; 16])
    }

    /// Gives a command and queues its effects.
    pub fn tell(&mut self, name: Name, command: Command) {
        let person = self.people.get_mut(name).unwrap();
        if let Command::Show { conversation } = &command {
            person.shown = *conversation;
        }
        let effects = block_on(person.client.command(Tab::default(), command));
        person.queue.extend(effects);
    }

    /// Gives a command and lets the world come to rest.
    pub fn command(&mut self, name: Name, command: Command) {
        self.tell(name, command);
        self.run();
    }

    pub fn send(&mut self, from: Name, to: Name, text: &str) -> MessageId {
        let id = self.fresh_id();
        let peer = self.address(to);
        self.command(from, Command::text(peer, id, text));
        id
    }

    /// Sends this into a conversation, as an answer to another message if there is one.
    pub fn say(
        &mut self,
        from: Name,
        conversation: impl Into<ConversationId>,
        in_reply_to: Option<MessageId>,
        body: Draft,
    ) -> MessageId {
        let id = self.fresh_id();
        let send = Command::Send {
            conversation: conversation.into(),
            id,
            in_reply_to,
            body,
        };
        self.command(from, send);
        id
    }

    /// Sets an emoji at a message, or takes it back.
    pub fn react(&mut self, from: Name, to: Name, target: MessageId, emoji: &str, set: bool) -> MessageId {
        let (peer, emoji) = (self.address(to), emoji.to_owned());
        self.say(from, peer, Some(target), Draft::Reaction { emoji, set })
    }

    /// What is shown at a message: each emoji with who set it.
    pub fn reactions(&mut self, who: Name, with: Name, target: MessageId) -> Vec<(String, Vec<Name>)> {
        let thread = self.thread(who, with);
        let message = thread.into_iter().find(|message| message.id == target).unwrap();
        let name = |address: Address| *self.people.keys().find(|name| self.address(name) == address).unwrap();
        let reactions = message.reactions.into_iter();
        reactions
            .map(|reaction| (reaction.emoji, reaction.by.into_iter().map(name).collect()))
            .collect()
    }

    pub fn accept(&mut self, who: Name, whom: Name) {
        let peer = self.address(whom);
        self.command(
            who,
            Command::Consent {
                conversation: peer.into(),
                consent: bridge::Consent::Accepted,
            },
        );
    }

    /// Dies before its n-th effect from the beginning.
    pub fn crash_at(&mut self, name: Name, step: usize) {
        self.people.get_mut(name).unwrap().crash_at = Some(step);
    }

    /// The worker is gone; what the vault has is what there is.
    pub fn crash(&mut self, name: Name) {
        let vault = self.people[name].vault.snapshot();
        self.reopen(name, vault);
    }

    /// The worker is gone, and opens again with what is in this vault.
    pub fn reopen(&mut self, name: Name, vault: MemoryVault) {
        if let Some(socket) = self.people.get_mut(name).unwrap().socket.take() {
            self.server.borrow_mut().hang_up(socket);
        }
        let person = self.people.get_mut(name).unwrap();
        person.queue.clear();
        person.wake = None;
        person.thread.clear();
        person.vault = vault;
        let env = Env {
            now: self.now.clone(),
            offset: person.offset.clone(),
            seed: person.seed.clone(),
        };
        let opened = block_on(Client::open(
            person.vault.clone(),
            env,
            person.wallet.address(),
            origin(),
        ));
        let (client, effects) = opened.unwrap();
        person.client = client;
        person.queue.extend(effects);
        let shown = person.shown;
        self.plug(name);
        self.tell(name, Command::Show { conversation: shown });
        self.tell(name, Command::Connect);
    }

    /// The effects of a command, not carried out.
    pub fn effects_of(&mut self, name: Name, command: Command) -> Vec<Effect> {
        self.effects_at(name, Tab::default(), command)
    }

    /// The effects of a command that is given in this tab, not carried out.
    pub fn effects_at(&mut self, name: Name, tab: Tab, command: Command) -> Vec<Effect> {
        block_on(self.people.get_mut(name).unwrap().client.command(tab, command))
    }

    /// Carries effects out and lets the world come to rest.
    pub fn carry_out(&mut self, name: Name, effects: impl IntoIterator<Item = Effect>) {
        self.people.get_mut(name).unwrap().queue.extend(effects);
        self.run();
    }

    /// Whether the death that was planned has happened.
    pub fn is_crash_over(&self, name: Name) -> bool {
        self.people[name].crash_at.is_none()
    }

    /// A publish that is tried again in the same epoch comes with the same bytes: no key encrypts twice.
    pub fn are_keys_used_once(&self) -> bool {
        let server = self.server.borrow();
        let mut seen = BTreeMap::new();
        server.arrived.iter().all(|(who, publish)| {
            let key = (*who, publish.id, publish.last_commit);
            seen.entry(key).or_insert(&publish.payload) == &&publish.payload
        })
    }

    /// Until nothing moves any more.
    pub fn run(&mut self) {
        for _ in 0..100_000 {
            let names: Vec<Name> = self.people.keys().copied().collect();
            let mut moved = false;
            for name in names {
                moved |= self.effect(name) || self.answer(name) || self.deliver(name);
            }
            let coming = self.server.borrow().coming();
            for socket in coming {
                moved |= self.carry(socket);
            }
            if !moved {
                return;
            }
        }
        panic!("the world does not come to rest");
    }

    /// Whether it dies now, as was planned.
    fn dies(&mut self, name: Name) -> bool {
        let person = self.people.get_mut(name).unwrap();
        let dies = person.crash_at.is_some_and(|at| person.steps >= at);
        if dies {
            person.crash_at = None;
            self.crash(name);
        }
        dies
    }

    /// Brings the wallet's next answer to the worker.
    fn answer(&mut self, name: Name) -> bool {
        let person = self.people.get_mut(name).unwrap();
        if !person.queue.is_empty() || person.answers.is_empty() {
            return false;
        }
        if self.dies(name) {
            return true;
        }
        let person = self.people.get_mut(name).unwrap();
        person.steps += 1;
        if let Some((number, answer)) = person.answers.pop_front() {
            self.tell(name, Command::Wallet { number, answer });
        }
        true
    }

    /// Brings the next frame of this socket to the server.
    pub fn carry(&mut self, socket: u32) -> bool {
        let mut server = self.server.borrow_mut();
        server.now = self.now.get();
        server.take(socket)
    }

    /// Does the next thing this worker wants done.
    pub fn effect(&mut self, name: Name) -> bool {
        if self.people[name].queue.is_empty() {
            return false;
        }
        if self.dies(name) {
            return true;
        }
        let person = self.people.get_mut(name).unwrap();
        let Some(effect) = person.queue.pop_front() else {
            return false;
        };
        person.steps += 1;
        let mut server = self.server.borrow_mut();
        server.now = self.now.get();
        match effect {
            Effect::Event(event) | Effect::Tell { event, .. } => {
                if let (Event::Wallet { number, request }, Some(page)) = (&event, &mut person.page)
                    && let Some(answer) = page.put(*number, request)
                {
                    person.answers.push_back((*number, answer));
                }
                person.note(event);
            }
            Effect::OpenSocket => {
                assert!(person.socket.is_none(), "one socket at a time");
                person.socket = Some(server.connect());
            }
            Effect::CloseSocket => {
                let socket = person.socket.take().expect("an open socket is closed");
                server.hang_up(socket);
            }
            Effect::Frame(frame) => {
                if std::env::var("TALK").is_ok() {
                    let text = format!("{:?}", protocol::codec::decode::<protocol::ClientFrame>(&frame));
                    eprintln!("{name} > {text:.200}");
                }
                if let Some(socket) = person.socket {
                    if self.wired {
                        server.is_sent(socket, frame);
                    } else {
                        server.receive(socket, &frame);
                    }
                }
            }
            Effect::WakeIn { milliseconds } => person.wake = Some(self.now.get() + i64::from(milliseconds)),
            Effect::DeleteVault => person.vault = MemoryVault::new(),
        }
        server.tell_of_tips();
        true
    }

    /// Brings the next frame, or the end, of its socket to this worker.
    pub fn deliver(&mut self, name: Name) -> bool {
        let person = self.people.get_mut(name).unwrap();
        if !person.queue.is_empty() {
            return false;
        }
        let Some(id) = person.socket else { return false };
        let mut server = self.server.borrow_mut();
        let Some(socket) = server.sockets.get_mut(&id) else {
            return false;
        };
        let event = if let Some(frame) = socket.out.pop_front() {
            if std::env::var("TALK").is_ok() {
                let text = format!("{:?}", protocol::codec::decode::<protocol::ServerFrame>(&frame));
                eprintln!("{name} < {text:.200}");
            }
            SocketEvent::Frame(frame)
        } else if let Some(code) = socket.closed {
            server.sockets.remove(&id);
            person.socket = None;
            SocketEvent::Closed { code: Some(code) }
        } else {
            return false;
        };
        drop(server);
        let effects = block_on(person.client.socket(event));
        person.queue.extend(effects);
        true
    }

    /// Wakes this worker, if its time has come.
    pub fn wake(&mut self, name: Name) -> bool {
        let person = self.people.get_mut(name).unwrap();
        let due = person.wake.is_some_and(|wake| wake <= self.now.get());
        if due {
            person.wake = None;
            let effects = block_on(person.client.wake());
            person.queue.extend(effects);
        }
        due
    }

    /// Time passes; everybody who wanted to be woken is.
    pub fn pass(&mut self, milliseconds: i64) {
        let end = self.now.get() + milliseconds;
        self.run();
        loop {
            let next = self
                .people
                .values()
                .filter_map(|person| person.wake)
                .min()
                .filter(|wake| *wake <= end);
            let Some(next) = next else { break };
            self.now.set(next.max(self.now.get()));
            for name in self.people.keys().copied().collect::<Vec<_>>() {
                self.wake(name);
            }
            self.run();
        }
        self.now.set(end);
    }

    /// The thread as the page has it.
    pub fn thread(&mut self, who: Name, with: Name) -> Vec<MessageView> {
        self.thread_of(who, self.address(with).into())
    }

    /// The thread of this conversation as the page has it.
    pub fn thread_of(&mut self, who: Name, conversation: ConversationId) -> Vec<MessageView> {
        let conversation = Some(conversation);
        if self.people[who].shown != conversation {
            self.command(who, Command::Show { conversation });
        }
        self.run();
        self.people[who].thread.clone()
    }

    pub fn texts(&mut self, who: Name, with: Name) -> Vec<String> {
        let thread = self.thread(who, with).into_iter();
        thread.map(|message| words(&message.body)).collect()
    }

    pub fn state(&mut self, who: Name, with: Name, id: MessageId) -> Option<MessageState> {
        self.thread(who, with)
            .into_iter()
            .find(|message| message.id == id)
            .map(|message| message.state)
    }

    /// The list as a newly opened page gets it.
    pub fn list(&mut self, who: Name) -> Vec<ConversationView> {
        let account = self.address(who);
        self.command(who, Command::Open { account });
        let mut lists = self.people[who].events.iter().rev();
        lists
            .find_map(|event| match event {
                Event::Conversations(list) => Some(list.clone()),
                _ => None,
            })
            .unwrap()
    }

    pub fn connection(&self, who: Name) -> Option<Connection> {
        self.people[who].events.iter().rev().find_map(|event| match event {
            Event::Connection(connection) => Some(*connection),
            _ => None,
        })
    }

    pub fn waiting(&self, who: Name) -> u32 {
        let mut events = self.people[who].events.iter().rev();
        events
            .find_map(|event| match event {
                Event::Waiting(count) => Some(*count),
                _ => None,
            })
            .unwrap()
    }

    pub fn troubles(&self, who: Name) -> Vec<Trouble> {
        let events = self.people[who].events.iter();
        events
            .filter_map(|event| match event {
                Event::Trouble(trouble) => Some(*trouble),
                _ => None,
            })
            .collect()
    }

    pub fn go_offline(&mut self, who: Name) {
        self.command(who, Command::Disconnect);
    }

    pub fn go_online(&mut self, who: Name) {
        self.command(who, Command::Connect);
    }
}

/// What a vault in memory answers: it never waits.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    block_on(future)
}

/// A body in the words of a page.
pub fn words(body: &BodyView) -> String {
    match body {
        BodyView::Text(text) => text.clone(),
        BodyView::Tip(tip) => match tip.state {
            TxState::Mismatch(TipMismatch::Network) => "Tip on another network".to_owned(),
            TxState::Mismatch(_) => "Tip that does not match".to_owned(),
            _ => format!("Tip of {} ETH", chain::amount::format(tip.amount, 18)),
        },
        BodyView::Unknown { fallback } => fallback.clone(),
    }
}

/// The line under a conversation in the list.
pub fn preview(view: &ConversationView) -> String {
    view.preview.as_ref().map(words).unwrap_or_default()
}
