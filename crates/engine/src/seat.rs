//! A worker's place at one account, among the workers of other tabs: it leads, it follows, or it was ousted by another build.
//!
//! The one that holds the Web Lock leads. The others hand it their page's commands and hand its events to their page, and ask
//! again and again whether it is there; one that does not answer is asleep, and its lock is stolen. It may wake up and
//! believe that it leads: the vault knows better (see `vault`). ADR 13.

use bridge::{Command, Event, Trouble};
use client::{Tab, Wished};
use gloo_timers::callback::Interval;
use protocol::{Address, UnixMillis};

use crate::{
    channel::{Channel, number},
    clock,
    context::WorkerContext,
    input::{Input, Lock, Word},
    lead::Lead,
    leader::{By, Lease, life_of},
    place_of,
    vault::{self, IdbVault},
};

/// How often it is looked whether there is a leader, in milliseconds.
const LOOK: u32 = 120;
/// After so many looks without an answer there is none.
const MISSES: u32 = 4;

/// Tabs' numbers begin here, so that a lock's number says whether it is the life of a tab.
const TABS: u32 = 1 << 31;

/// What this worker is to the account.
enum Role {
    /// It is not known yet who leads.
    Joining,
    /// The leader of this term leads; before it was followed, so many of our page's commands were done with.
    Following { term: u32, before: u32 },
    /// This one.
    Leading(Box<Lead>),
    /// A worker of another build: there is nothing to do here until the page is loaded again.
    Ousted,
}

/// The place.
pub struct Seat {
    account: Address,
    tab: Tab,
    channel: Channel,
    role: Role,
    /// The lock that says who leads, or the wish for it.
    lease: Option<Lease>,
    /// Held as long as this place is: by it the leader hears of our end.
    _life: Lease,
    _look: Interval,
    misses: u32,
    /// The lock is being stolen.
    takes_over: bool,
    /// It has just come: whoever leads is older.
    is_new: bool,
    leases: u32,
    visit: Option<IdbVault>,
    /// When the last wish was kept here: the next one is later.
    wished: UnixMillis,
}

impl Seat {
    /// Come to this account. `None` where the browser lacks what is needed for it.
    pub fn take(account: Address, front: &WorkerContext) -> Option<Self> {
        let name = place_of(account);
        let tab = Tab(random() | TABS);
        let channel = Channel::join(&name, front.build.clone(), &front.inputs)?;
        let look = {
            let inputs = front.inputs.clone();
            Interval::new(LOOK, move || inputs.look())
        };
        let mut seat = Self {
            account,
            tab,
            channel,
            role: Role::Joining,
            lease: None,
            // Under no number of ours: nobody listens to it.
            _life: Lease::request(&life_of(tab), By::Waiting, 0, &front.inputs)?,
            _look: look,
            misses: 0,
            takes_over: false,
            is_new: !front.outdated,
            leases: 0,
            visit: None,
            wished: UnixMillis(0),
        };
        seat.request(By::Waiting, front);
        seat.lease.as_ref()?;
        seat.channel.ask_who();
        Some(seat)
    }

    pub fn account(&self) -> Address {
        self.account
    }

    /// Whether commands can be taken: there is a leader, or there will be none for us.
    pub fn is_led(&self) -> bool {
        !matches!(self.role, Role::Joining)
    }

    /// It led, and the account is forgotten.
    pub fn is_left(&self) -> bool {
        matches!(&self.role, Role::Leading(lead) if lead.is_over())
    }

    /// Send what the others are to hear.
    pub fn flush(&mut self) {
        if let Role::Leading(lead) = &mut self.role {
            lead.flush(&self.channel);
        }
    }

    fn request(&mut self, by: By, front: &WorkerContext) {
        self.leases += 1;
        self.misses = 0;
        self.takes_over = by == By::Stealing;
        self.lease = Lease::request(&place_of(self.account), by, self.leases, &front.inputs);
    }

    /// A command of our page.
    pub async fn command(&mut self, front: &mut WorkerContext, command: Command) {
        match &mut self.role {
            Role::Leading(lead) => {
                lead.command(front, self.tab, command).await;
                if lead.is_ousted() {
                    // Not done: it is said again to whoever leads now.
                    self.stop(front);
                } else {
                    front.page.done(front.taken);
                }
            }
            Role::Following { term, .. } => {
                let term = *term;
                // If it cannot be kept here, the leader will say what the matter is.
                let _ = self.keep(front, &command).await;
                if let Ok(bytes) = bridge::encode(&command) {
                    self.channel.ask(term, self.tab, &bytes);
                }
            }
            Role::Ousted | Role::Joining => {
                match (self.keep(front, &command).await, command) {
                    (Ok(true), _) => self.channel.tell_wishes(),
                    (Err(why), Command::Send { id, .. }) => {
                        front.page.event(&Event::Trouble(why));
                        front.page.event(&Event::NotKept { id });
                    }
                    _ => {}
                }
                front.page.done(front.taken);
            }
        }
    }

    /// Keeps what the person sends in the vault before anything else happens to it. Returns whether it was a message, and is
    /// kept.
    async fn keep(&mut self, front: &mut WorkerContext, command: &Command) -> Result<bool, Trouble> {
        let Command::Send {
            conversation,
            id,
            in_reply_to,
            body,
        } = command
        else {
            return Ok(false);
        };
        if self.visit.as_ref().is_none_or(IdbVault::is_closed) {
            let visited = IdbVault::visit(&place_of(self.account)).await;
            self.visit = Some(visited.map_err(|error| vault::trouble(&error))?);
        }
        let Some(vault) = &self.visit else { return Ok(false) };
        self.wished = UnixMillis(clock::now().0.max(self.wished.0 + 1));
        let (place, said) = ((*conversation, *id), (*in_reply_to, body));
        let kept = client::wish(vault, self.account, self.wished, place, said).await;
        match kept.map_err(|error| vault::trouble(&error))? {
            Wished::Refused => Ok(false),
            Wished::Kept(event) => {
                if let Some(event) = event {
                    front.page.event(&event);
                }
                Ok(true)
            }
        }
    }

    pub async fn input(&mut self, front: &mut WorkerContext, input: Input) {
        match input {
            Input::Lock(number, lock) if self.lease.as_ref().is_some_and(|lease| lease.number() == number) => {
                match lock {
                    Lock::Granted => self.lead(front),
                    Lock::Lost => self.stop(front),
                }
            }
            Input::Word(Word::Leads { build, term }) => self.hear_leader(front, &build, term).await,
            Input::Word(Word::Say { term: of, parts }) => match self.role {
                Role::Following { term, before } if term == of => {
                    self.misses = 0;
                    self.hand_over(front, before, &parts);
                }
                _ => {}
            },
            Input::Look => self.look(front),
            input => {
                if let Role::Leading(lead) = &mut self.role {
                    lead.input(front, input).await;
                    if lead.is_ousted() {
                        self.stop(front);
                    }
                }
            }
        }
    }

    fn look(&mut self, front: &WorkerContext) {
        if matches!(self.role, Role::Joining | Role::Following { .. }) {
            self.misses += 1;
            if self.misses > MISSES {
                self.request(By::Stealing, front);
            } else {
                self.channel.ask_who();
            }
        }
    }

    /// The lock is ours.
    fn lead(&mut self, front: &mut WorkerContext) {
        if matches!(self.role, Role::Leading(_)) {
            return;
        }
        self.visit = None;
        self.takes_over = false;
        self.is_new = false;
        front.start_over();
        front.inputs.forget_lead();
        self.role = Role::Leading(Box::new(Lead::new(self.account, self.tab)));
        self.channel.lead(random());
    }

    /// Another one leads: it has stolen the lock, or the vault.
    fn stop(&mut self, front: &mut WorkerContext) {
        self.channel.stop_leading();
        self.role = Role::Joining;
        front.inputs.forget_lead();
        front.start_over();
        self.request(By::Waiting, front);
        self.channel.ask_who();
    }

    async fn hear_leader(&mut self, front: &mut WorkerContext, build: &str, term: u32) {
        if self.takes_over {
            // Said before it heard of it.
            return;
        }
        self.misses = 0;
        let of_ours = *build == *front.build;
        match self.role {
            // The one that has just stolen it: we shall hear of that in time.
            Role::Leading(_) | Role::Ousted => {}
            Role::Joining if !of_ours && self.is_new => self.oust(front).await,
            _ if !of_ours => self.give_way(front, Trouble::OtherTab),
            Role::Following { term: known, .. } if known == term => {}
            Role::Following { .. } => {
                front.start_over();
                self.follow(front, term);
            }
            Role::Joining => self.follow(front, term),
        }
    }

    fn follow(&mut self, front: &WorkerContext, term: u32) {
        self.is_new = false;
        self.role = Role::Following {
            term,
            before: front.taken,
        };
    }

    /// The leader is of another build, and we are newer here: unless the vault is newer than we are, we take over.
    async fn oust(&mut self, front: &mut WorkerContext) {
        self.is_new = false;
        match IdbVault::visit(&place_of(self.account)).await {
            Ok(_) => self.request(By::Stealing, front),
            Err(error) => self.give_way(front, vault::trouble(&error)),
        }
    }

    /// There is nothing to do here until the page is loaded again.
    fn give_way(&mut self, front: &mut WorkerContext, trouble: Trouble) {
        self.lease = None;
        front.outdated = true;
        self.role = Role::Ousted;
        front.page.done(front.taken);
        front.page.event(&Event::Trouble(trouble));
    }

    /// The leader's words to our page: pairs of a tab (or null: all) and an event, or how many of its commands are done with.
    fn hand_over(&self, front: &mut WorkerContext, before: u32, parts: &js_sys::Array) {
        use wasm_bindgen::JsCast;

        for at in (0..parts.length()).step_by(2) {
            let to = parts.get(at);
            if !to.is_null() && number(&to) != Some(self.tab.0) {
                continue;
            }
            let said = parts.get(at + 1);
            if let Some(done) = number(&said) {
                front.page.done(before + done);
            } else if let Ok(bytes) = said.dyn_into() {
                front.page.bytes(&bytes);
            }
        }
    }
}

/// A number that nobody else has drawn.
fn random() -> u32 {
    let mut bytes = [0; 4];
    client::Environment::fill(&clock::Browser, &mut bytes);
    u32::from_le_bytes(bytes)
}
