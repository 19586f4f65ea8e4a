//! The scheduler: one move after the other, each drawn from the seed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt,
};

use bridge::{ConversationId, Event, MessageState, MessageView, Trouble};
use client::Effect;
use protocol::{Address, Body, ClientFrame, MessageId, codec};
use stage::{World, world::Name};

use super::{
    cast::Cast,
    liar::Liar,
    plan::{Kind, Plan},
    wire::Wire,
};
use crate::random::Random;

/// How many of the last steps a failure tells.
const TOLD: usize = 60;
/// So much of each, in characters.
const WORDS: usize = 160;
/// A run that takes more moves than this does not come to rest.
const MOVES: u64 = 200_000;

/// Something that was said.
#[derive(Debug, Clone)]
pub struct Text {
    /// The message's id.
    pub id: MessageId,
    /// The message's text.
    pub text: String,
    /// At which installation.
    pub by: Name,
    /// By which account.
    pub from: Address,
    /// To which account.
    pub to: Address,
    /// The client took it.
    pub queued: bool,
    /// So many installations were there.
    pub present: usize,
}

/// What happened, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<&'static str, u64>);

impl Counts {
    /// Counts one more event.
    pub fn add(&mut self, what: &'static str) {
        self.many(what, 1);
    }

    /// So many more.
    pub fn many(&mut self, what: &'static str, count: u64) {
        *self.0.entry(what).or_default() += count;
    }
}

/// One thing that can happen next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    Effect(Name),
    Deliver(Name),
    Carry(u32),
    Wake(Name),
}

/// The first `WORDS` characters of it. The rest is not even written: frames are long, and every step is noted.
fn brief(words: fmt::Arguments) -> String {
    struct Brief(String, usize);
    impl fmt::Write for Brief {
        fn write_str(&mut self, more: &str) -> fmt::Result {
            let before = self.0.len();
            self.0.extend(more.chars().take(self.1));
            self.1 -= self.0[before..].chars().count();
            if self.1 == 0 { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut brief = Brief(String::new(), WORDS);
    // An error means that it is full.
    let _ = fmt::write(&mut brief, words);
    brief.0
}

/// One run of a plan.
pub struct Play<'a> {
    pub(super) cast: &'a Cast,
    pub(super) plan: Plan,
    pub(super) world: World,
    pub(super) random: Random,
    /// Who is there, with the place of the account.
    pub(super) present: Vec<(usize, Name)>,
    pub(super) texts: Vec<Text>,
    pub(super) by_text: HashMap<String, usize>,
    pub(super) wire: Wire,
    /// How many publishes that arrived were looked at.
    arrived: usize,
    pub(super) liar: Option<Liar>,
    /// Whose queues stand still for so many steps.
    pub(super) frozen: BTreeMap<Name, u64>,
    /// Whose vault is full.
    pub(super) full: BTreeSet<Name>,
    /// Old vaults, to be put back.
    pub(super) kept: BTreeMap<Name, client::memory::MemoryVault>,
    /// Whose vault was put back, or who was copied.
    pub(super) copied: BTreeSet<Name>,
    /// What people were told of that they must know.
    pub(super) troubles: BTreeMap<Name, Vec<Trouble>>,
    /// Who saw that something of its own was not sent.
    pub(super) unsent: BTreeSet<Name>,
    /// What was not sent, and tried again.
    pub(super) again: BTreeSet<MessageId>,
    /// Events looked at.
    seen: BTreeMap<Name, usize>,
    pub(super) counts: Counts,
    steps: VecDeque<String>,
    pub(super) moves: u64,
}

impl<'a> Play<'a> {
    pub(super) fn new(cast: &'a Cast, plan: Plan, seed: u64, random: Random) -> Self {
        let mut world = World::new(seed);
        world.wired = true;
        let mut play = Self {
            cast,
            world,
            present: Vec::new(),
            texts: Vec::new(),
            by_text: HashMap::new(),
            wire: Wire::new(),
            arrived: 0,
            liar: (plan.kind == Kind::Lying).then(|| Liar::new(random.fork(7))),
            random,
            frozen: BTreeMap::new(),
            full: BTreeSet::new(),
            kept: BTreeMap::new(),
            copied: BTreeSet::new(),
            troubles: BTreeMap::new(),
            unsent: BTreeSet::new(),
            again: BTreeSet::new(),
            seen: BTreeMap::new(),
            counts: Counts::default(),
            steps: VecDeque::new(),
            moves: 0,
            plan,
        };
        for (account, name) in play.plan.first.clone() {
            play.cast.register(&play.world, name);
            play.cast.enter(&mut play.world, name);
            play.present.push((account, name));
            play.world.tell(name, bridge::Command::Connect);
        }
        play
    }

    /// Remembers a step for the report of a failure.
    pub(super) fn note(&mut self, words: impl FnOnce() -> String) {
        if self.steps.len() == TOLD {
            self.steps.pop_front();
        }
        self.steps.push_back(brief(format_args!("{}", words())));
    }

    /// The last steps.
    pub(super) fn last_steps(&self) -> Vec<String> {
        self.steps.iter().cloned().collect()
    }

    /// Everything that can happen now.
    fn ready(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        let server = self.world.server.borrow();
        let now = self.world.now.get();
        for (name, person) in &self.world.people {
            if self.frozen.contains_key(name) {
                continue;
            }
            if !person.queue.is_empty() {
                moves.push(Move::Effect(name));
            } else if person
                .socket
                .and_then(|socket| server.sockets.get(&socket))
                .is_some_and(|socket| !socket.out.is_empty() || socket.closed.is_some())
            {
                moves.push(Move::Deliver(name));
            }
            if person.wake.is_some_and(|wake| wake <= now) {
                moves.push(Move::Wake(name));
            }
        }
        moves.extend(server.coming().into_iter().map(Move::Carry));
        moves
    }

    /// One step in the time of faults. `false`: nothing can happen before time passes.
    pub(super) fn step(&mut self) -> Result<bool, String> {
        self.frozen.retain(|_, steps| {
            *steps -= 1;
            *steps > 0
        });
        let ready = self.ready();
        if ready.is_empty() {
            return Ok(false);
        }
        let next = ready[self.random.index(ready.len())];
        self.go(next)?;
        Ok(true)
    }

    /// Time passes until somebody wants to wake, or for so long.
    pub(super) fn idle(&mut self, longest: i64) {
        let now = self.world.now.get();
        let wakes = self.world.people.values().filter_map(|person| person.wake);
        let next = wakes.filter(|wake| *wake > now).min().unwrap_or(now + longest);
        self.world.now.set(next.min(now + longest));
        self.frozen.clear();
    }

    /// Carries a move out, and looks at what it shows.
    pub(super) fn go(&mut self, next: Move) -> Result<(), String> {
        self.moves += 1;
        if self.moves > MOVES {
            return Err("it does not come to rest".into());
        }
        match next {
            Move::Effect(name) => self.effect(name),
            Move::Deliver(name) => {
                self.note(|| format!("{name} hears"));
                self.twist(name);
                self.world.deliver(name);
                Ok(())
            }
            Move::Carry(socket) => {
                self.note(|| format!("the server hears socket {socket}"));
                // No two things come in the same millisecond.
                self.world.now.set(self.world.now.get() + 1);
                self.world.carry(socket);
                self.arrivals()
            }
            Move::Wake(name) => {
                self.note(|| format!("{name} wakes"));
                self.world.wake(name);
                Ok(())
            }
        }
    }

    fn effect(&mut self, name: Name) -> Result<(), String> {
        let Some(effect) = self.world.people[name].queue.front() else {
            return Ok(());
        };
        let words = if let Effect::Frame(bytes) = effect {
            let frame = codec::decode::<ClientFrame>(bytes).map_err(|_| "a frame that is none leaves".to_owned())?;
            if let ClientFrame::Publish(publish) = &frame
                && self.plan.kind != Kind::Copies
            {
                self.wire
                    .leaves(&publish.payload)
                    .map_err(|wrong| format!("{wrong} {name}"))?;
            }
            brief(format_args!("{name} sends {frame:?}"))
        } else {
            brief(format_args!("{name}: {effect:?}"))
        };
        self.note(|| words);
        self.world.effect(name);
        self.events(name)
    }

    /// Of somebody who was copied only what was stored can be known to a person who comes later.
    fn arrivals(&mut self) -> Result<(), String> {
        let server = self.world.server.borrow();
        let new = server.arrived[self.arrived..].iter();
        let stored = new.filter(|(who, publish)| {
            let log = server.logs.get(&publish.topic);
            let place = log.and_then(|log| Some((log, log.ids.get(&(*who, publish.id))?)));
            place.is_some_and(|(log, seq)| {
                let at = usize::try_from(seq.0)
                    .ok()
                    .and_then(|seq| log.envelopes.get(seq.checked_sub(1)?));
                at.is_some_and(|envelope| match &envelope.body {
                    Body::Application(payload) | Body::Commit(payload) => *payload == publish.payload,
                    Body::Welcome { .. } | Body::Unknown => false,
                })
            })
        });
        let stored: Vec<_> = stored.map(|(_, publish)| publish.payload.clone()).collect();
        self.arrived = server.arrived.len();
        drop(server);
        if self.plan.kind == Kind::Copies {
            for payload in stored {
                self.wire.leaves(&payload)?;
            }
        }
        Ok(())
    }

    /// What a page was told.
    fn events(&mut self, name: Name) -> Result<(), String> {
        let from = self.seen.get(name).copied().unwrap_or_default();
        let person = &self.world.people[name];
        let mut shown = false;
        for event in &person.events[from..] {
            match event {
                Event::Trouble(trouble) => {
                    self.troubles.entry(name).or_default().push(*trouble);
                }
                Event::Thread {
                    conversation, messages, ..
                }
                | Event::Messages { conversation, messages } => {
                    shown = true;
                    for view in messages {
                        self.is_true(name, *conversation, view)?;
                        if matches!(view.state, MessageState::NotSent(_)) {
                            self.unsent.insert(name);
                        }
                    }
                }
                _ => {}
            }
        }
        self.seen.insert(name, person.events.len());
        if shown { self.once(name) } else { Ok(()) }
    }

    /// Nothing is shown that was not written by the one it is shown from.
    fn is_true(&self, name: Name, of: ConversationId, view: &MessageView) -> Result<(), String> {
        let said = view.text().unwrap_or_default();
        let Some(text) = self.by_text.get(said).map(|place| &self.texts[*place]) else {
            return Err(format!("{name} is shown {said:?}, which nobody wrote"));
        };
        let own = self.world.address(name);
        let here = (text.from == own && of == text.to) || (of == text.from && text.to == own);
        if !here || view.author != text.from || view.is_mine() != (text.from == own) {
            return Err(format!("{name} is shown {said:?} of {} as a word of another", text.by));
        }
        Ok(())
    }

    /// Nothing is shown twice.
    fn once(&self, name: Name) -> Result<(), String> {
        let mut texts: Vec<&str> = self.world.people[name]
            .thread
            .iter()
            .filter_map(MessageView::text)
            .collect();
        texts.sort_unstable();
        match texts.windows(2).find(|two| two[0] == two[1]) {
            Some(two) => Err(format!("{name} is shown {:?} twice", two[0])),
            None => Ok(()),
        }
    }

    /// A lying server has its way with the next frame.
    fn twist(&mut self, name: Name) {
        let (Some(liar), Some(id)) = (&mut self.liar, self.world.people[name].socket) else {
            return;
        };
        let mut server = self.world.server.borrow_mut();
        if let Some(what) = liar.twist(&mut server, id) {
            drop(server);
            self.counts.add("lies");
            self.note(|| format!("a lie for {name}: {what}"));
        }
    }

    /// Everything that can move moves, until nothing does.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        self.frozen.clear();
        loop {
            let ready = self.ready();
            if ready.is_empty() {
                return Ok(());
            }
            for next in ready {
                self.go(next)?;
            }
        }
    }

    /// Time passes, and everybody who wants to be woken is.
    pub(super) fn pass(&mut self, milliseconds: i64) -> Result<(), String> {
        let end = self.world.now.get() + milliseconds;
        self.settle()?;
        loop {
            let wakes = self.world.people.values().filter_map(|person| person.wake);
            let Some(next) = wakes.min().filter(|wake| *wake <= end) else {
                break;
            };
            self.world.now.set(next.max(self.world.now.get()));
            self.settle()?;
        }
        self.world.now.set(end);
        Ok(())
    }
}
