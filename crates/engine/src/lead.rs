//! What the leading worker does: the client of the account, its effects, and the other tabs that are served.

use bridge::{Command, Event, Trouble};
use client::{Client, Effect, Tab};
use js_sys::Array;
use protocol::Address;
use wasm_bindgen::JsValue;

use crate::{
    channel::Channel,
    clock::{Browser, Timer},
    context::WorkerContext,
    input::{Input, Lock, Word},
    leader::{By, Lease, life_of},
    origin, page, place_of,
    transport::Transport,
    vault::{self, IdbVault},
};

/// The leader's work.
pub struct Lead {
    account: Address,
    /// The tab of this worker's own page.
    me: Tab,
    open: Option<Open>,
    others: Vec<Other>,
    /// Pairs for the other tabs: see [`Channel::say`].
    parts: Array,
    over: bool,
}

/// The vault is open here.
struct Open {
    client: Client<IdbVault, Browser>,
    vault: IdbVault,
    transport: Transport,
    timer: Timer,
}

/// A tab that is served.
struct Other {
    tab: Tab,
    /// So many of its commands are done with.
    done: u32,
    /// Waits for the end of its worker.
    _life: Option<Lease>,
}

impl Lead {
    pub fn new(account: Address, me: Tab) -> Self {
        Self {
            account,
            me,
            open: None,
            others: Vec::new(),
            parts: Array::new(),
            over: false,
        }
    }

    /// The account is forgotten.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Another one owns the vault, or somebody has closed it.
    pub fn is_ousted(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.vault.is_closed())
    }

    /// Say what the other tabs are to hear.
    pub fn flush(&mut self, channel: &Channel) {
        if self.parts.length() > 0 {
            channel.say(&std::mem::take(&mut self.parts));
        }
    }

    /// A command of a tab's page.
    pub async fn command(&mut self, context: &mut WorkerContext, tab: Tab, command: Command) {
        let effects = match (&mut self.open, command) {
            (Some(open), command) => open.client.command(tab, command).await,
            (None, Command::Open { .. }) => match self.open(context).await {
                // Who comes later is told when it opens.
                Ok(effects) => effects.into_iter().map(|effect| for_tab(tab, effect)).collect(),
                Err(why) => vec![Effect::Tell {
                    tab,
                    event: self.not_opened(why),
                }],
            },
            // A vault that cannot be opened can still be deleted.
            (None, Command::Forget) => vec![Effect::DeleteVault, Effect::Event(Event::Forgotten)],
            // Anything else needs an open vault: the page opens one first.
            (None, _) => Vec::new(),
        };
        self.perform(context, effects).await;
    }

    pub async fn input(&mut self, context: &mut WorkerContext, input: Input) {
        if let Input::Asked(tab, command) = input {
            self.welcome(context, tab);
            self.command(context, tab, command).await;
            let ousted = self.is_ousted();
            if let Some(other) = self.others.iter_mut().find(|other| other.tab == tab && !ousted) {
                other.done += 1;
                let done = other.done;
                self.parts.push(&tab.0.into());
                self.parts.push(&done.into());
            }
            return;
        }
        let Some(open) = &mut self.open else { return };
        let effects = match input {
            Input::Wake => open.client.wake().await,
            Input::Socket(number, event) if open.transport.number() == number => open.client.socket(event).await,
            Input::Word(Word::PendingSends) => open.client.pending_sends().await,
            Input::Lock(life, Lock::Granted) => {
                let tab = Tab(life);
                self.others.retain(|other| other.tab != tab);
                open.client.closed(tab)
            }
            _ => Vec::new(),
        };
        self.perform(context, effects).await;
    }

    /// A tab that has not spoken before is watched from now on.
    fn welcome(&mut self, context: &WorkerContext, tab: Tab) {
        if self.others.iter().all(|other| other.tab != tab) {
            self.others.push(Other {
                tab,
                done: 0,
                _life: Lease::request(&life_of(tab), By::Waiting, tab.0, &context.inputs),
            });
        }
    }

    async fn open(&mut self, context: &WorkerContext) -> Result<Vec<Effect>, Trouble> {
        let origin = origin().ok_or(Trouble::Internal)?;
        let opened = IdbVault::open(&place_of(self.account)).await;
        let vault = opened.map_err(|error| vault::trouble(&error))?;
        let opened = Client::open(vault.clone(), Browser, self.account, origin).await;
        let (mut client, mut effects) = opened.inspect_err(|_| vault.close())?;
        if !context.online {
            effects.extend(client.command(self.me, Command::Online(false)).await);
        }
        self.open = Some(Open {
            client,
            vault,
            transport: Transport::default(),
            timer: Timer::default(),
        });
        Ok(effects)
    }

    /// Carry out what a step came to, in its order.
    async fn perform(&mut self, context: &mut WorkerContext, effects: Vec<Effect>) {
        if self.is_ousted() {
            // No change of this step was stored: the current owner of the vault repeats it and its effects.
            return;
        }
        for effect in effects {
            match (effect, &mut self.open) {
                (Effect::Event(event), _) => self.tell(context, None, &event),
                (Effect::Tell { tab, event }, _) => self.tell(context, Some(tab), &event),
                (Effect::DeleteVault, _) => {
                    if let Err(why) = self.delete(context).await {
                        // It is still there: nobody is told that it is forgotten.
                        return self.tell(context, None, &self.not_opened(why));
                    }
                }
                (Effect::OpenSocket, Some(open)) => open.transport.open(&context.inputs),
                (Effect::CloseSocket, Some(open)) => open.transport.close(),
                (Effect::Frame(frame), Some(open)) => open.transport.send(&frame),
                (Effect::WakeIn { milliseconds }, Some(open)) => open.timer.set(milliseconds, &context.inputs),
                // After `DeleteVault` only facts are left.
                (_, None) => {}
            }
        }
    }

    fn tell(&mut self, context: &mut WorkerContext, to: Option<Tab>, event: &Event) {
        if to.is_none_or(|tab| tab == self.me) {
            context.page.event(event);
        }
        if to != Some(self.me)
            && !self.others.is_empty()
            && let Some(bytes) = page::encode(event)
        {
            self.parts.push(&to.map_or(JsValue::NULL, |tab| tab.0.into()));
            self.parts.push(&bytes);
        }
    }

    /// Delete what is kept of the account, its vault open or not.
    async fn delete(&mut self, context: &WorkerContext) -> Result<(), Trouble> {
        self.close();
        self.over = true;
        context.inputs.forget_lead();
        let deleted = IdbVault::delete(&place_of(self.account)).await;
        deleted.map_err(|error| vault::trouble(&error))
    }

    const fn not_opened(&self, why: Trouble) -> Event {
        Event::NotOpened {
            account: self.account,
            why,
        }
    }

    /// Let go of the open vault: socket, timer and database.
    fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.transport.close();
            open.vault.close();
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.close();
    }
}

fn for_tab(tab: Tab, effect: Effect) -> Effect {
    match effect {
        Effect::Event(event) => Effect::Tell { tab, event },
        effect => effect,
    }
}
