//! A worker's place at one account, among the workers of other tabs: it leads, it follows, or it was ousted by another build.
//!
//! The one that holds the Web Lock leads. The others hand it their page's commands and hand its events to their page, and ask
//! again and again whether it is there; one that does not answer is asleep, and its lock is stolen. It may wake up and
//! believe that it leads: the vault knows better (see `vault`). ADR 13.

use bridge::{Command, Event, Trouble};
use client::{SendKept, Tab};
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
    /// This worker leads the account's tabs.
    Leading(Box<Lead>),
    /// A worker of another build: there is nothing to do here until the page is loaded again.
    Ousted,
}

/// This worker's part in the election of the one worker that leads the account's tabs.
pub struct TabElection {
    account: Address,
    tab: Tab,
    channel: Channel,
    role: Role,
    /// The lock that says who leads, or the request for it.
    lease: Option<Lease>,
    /// Held as long as this place is: by it the leader hears of our end.
    _life: Lease,
    _look: Interval,
    misses: u32,
    /// The lock is being stolen.
    takes_over: bool,
    /// This worker has just started: any current leader is older.
    is_new: bool,
    leases: u32,
    visit: Option<IdbVault>,
    /// When the last message was kept here: the next one is later.
    wished: UnixMillis,
}

impl TabElection {
    /// Come to this account. `None` where the browser lacks what is needed for it.
    pub fn take(account: Address, context: &WorkerContext) -> Option<Self> {
        let name = place_of(account);
        let tab = Tab(random() | TABS);
        let channel = Channel::join(&name, context.build.clone(), &context.inputs)?;
        let look = {
            let inputs = context.inputs.clone();
            Interval::new(LOOK, move || inputs.look())
        };
        let mut election = Self {
            account,
            tab,
            channel,
            role: Role::Joining,
            lease: None,
            // Under no number of ours: nobody listens to it.
            _life: Lease::request(&life_of(tab), By::Waiting, 0, &context.inputs)?,
            _look: look,
            misses: 0,
            takes_over: false,
            is_new: !context.outdated,
            leases: 0,
            visit: None,
            wished: UnixMillis(0),
        };
        election.request(By::Waiting, context);
        election.lease.as_ref()?;
        election.channel.ask_who();
        Some(election)
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

    fn request(&mut self, by: By, context: &WorkerContext) {
        self.leases += 1;
        self.misses = 0;
        self.takes_over = by == By::Stealing;
        self.lease = Lease::request(&place_of(self.account), by, self.leases, &context.inputs);
    }

    /// A command of our page.
    pub async fn command(&mut self, context: &mut WorkerContext, command: Command) {
        match &mut self.role {
            Role::Leading(lead) => {
                lead.command(context, self.tab, command).await;
                if lead.is_ousted() {
                    // The command was not carried out: the page repeats it to the current leader.
                    self.stop(context);
                } else {
                    context.page.done(context.taken);
                }
            }
            Role::Following { term, .. } => {
                let term = *term;
                // If it cannot be kept here, the leader will say what the matter is.
                let _ = self.keep(context, &command).await;
                if let Ok(bytes) = bridge::encode(&command) {
                    self.channel.ask(term, self.tab, &bytes);
                }
            }
            Role::Ousted | Role::Joining => {
                match (self.keep(context, &command).await, command) {
                    (Ok(true), _) => self.channel.tell_pending_sends(),
                    (Err(why), Command::Send { id, .. }) => {
                        context.page.event(&Event::Trouble(why));
                        context.page.event(&Event::NotKept { id });
                    }
                    _ => {}
                }
                context.page.done(context.taken);
            }
        }
    }

    /// Keeps what the person sends in the vault before anything else happens to it. Returns whether it was a message, and is
    /// kept.
    async fn keep(&mut self, context: &mut WorkerContext, command: &Command) -> Result<bool, Trouble> {
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
        let kept = client::keep_send(vault, self.account, self.wished, place, said).await;
        match kept.map_err(|error| vault::trouble(&error))? {
            SendKept::Refused => Ok(false),
            SendKept::Kept(event) => {
                if let Some(event) = event {
                    context.page.event(&event);
                }
                Ok(true)
            }
        }
    }

    pub async fn input(&mut self, context: &mut WorkerContext, input: Input) {
        match input {
            Input::Lock(number, lock) if self.lease.as_ref().is_some_and(|lease| lease.number() == number) => {
                match lock {
                    Lock::Granted => self.lead(context),
                    Lock::Lost => self.stop(context),
                }
            }
            Input::Word(Word::Leads { build, term }) => self.hear_leader(context, &build, term).await,
            Input::Word(Word::Say { term: of, parts }) => match self.role {
                Role::Following { term, before } if term == of => {
                    self.misses = 0;
                    self.hand_over(context, before, &parts);
                }
                _ => {}
            },
            Input::Look => self.look(context),
            input => {
                if let Role::Leading(lead) = &mut self.role {
                    lead.input(context, input).await;
                    if lead.is_ousted() {
                        self.stop(context);
                    }
                }
            }
        }
    }

    fn look(&mut self, context: &WorkerContext) {
        if matches!(self.role, Role::Joining | Role::Following { .. }) {
            self.misses += 1;
            if self.misses > MISSES {
                self.request(By::Stealing, context);
            } else {
                self.channel.ask_who();
            }
        }
    }

    /// The lock is ours.
    fn lead(&mut self, context: &mut WorkerContext) {
        if matches!(self.role, Role::Leading(_)) {
            return;
        }
        self.visit = None;
        self.takes_over = false;
        self.is_new = false;
        context.start_over();
        context.inputs.forget_lead();
        self.role = Role::Leading(Box::new(Lead::new(self.account, self.tab)));
        self.channel.lead(random());
    }

    /// Another one leads: it has stolen the lock, or the vault.
    fn stop(&mut self, context: &mut WorkerContext) {
        self.channel.stop_leading();
        self.role = Role::Joining;
        context.inputs.forget_lead();
        context.start_over();
        self.request(By::Waiting, context);
        self.channel.ask_who();
    }

    async fn hear_leader(&mut self, context: &mut WorkerContext, build: &str, term: u32) {
        if self.takes_over {
            // Said before it heard of it.
            return;
        }
        self.misses = 0;
        let of_ours = *build == *context.build;
        match self.role {
            // The one that has just stolen it: we shall hear of that in time.
            Role::Leading(_) | Role::Ousted => {}
            Role::Joining if !of_ours && self.is_new => self.oust(context).await,
            _ if !of_ours => self.give_way(context, Trouble::OtherTab),
            Role::Following { term: known, .. } if known == term => {}
            Role::Following { .. } => {
                context.start_over();
                self.follow(context, term);
            }
            Role::Joining => self.follow(context, term),
        }
    }

    fn follow(&mut self, context: &WorkerContext, term: u32) {
        self.is_new = false;
        self.role = Role::Following {
            term,
            before: context.taken,
        };
    }

    /// The leader is of another build, and we are newer here: unless the vault is newer than we are, we take over.
    async fn oust(&mut self, context: &mut WorkerContext) {
        self.is_new = false;
        match IdbVault::visit(&place_of(self.account)).await {
            Ok(_) => self.request(By::Stealing, context),
            Err(error) => self.give_way(context, vault::trouble(&error)),
        }
    }

    /// There is nothing to do here until the page is loaded again.
    fn give_way(&mut self, context: &mut WorkerContext, trouble: Trouble) {
        self.lease = None;
        context.outdated = true;
        self.role = Role::Ousted;
        context.page.done(context.taken);
        context.page.event(&Event::Trouble(trouble));
    }

    /// The leader's words to our page: pairs of a tab (or null: all) and an event, or how many of its commands are done with.
    fn hand_over(&self, context: &mut WorkerContext, before: u32, parts: &js_sys::Array) {
        use wasm_bindgen::JsCast;

        for at in (0..parts.length()).step_by(2) {
            let to = parts.get(at);
            if !to.is_null() && number(&to) != Some(self.tab.0) {
                continue;
            }
            let said = parts.get(at + 1);
            if let Some(done) = number(&said) {
                context.page.done(before + done);
            } else if let Ok(bytes) = said.dyn_into() {
                context.page.bytes(&bytes);
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
