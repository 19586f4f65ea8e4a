//! The loop: one input at a time, taken by the seat of the account that is open; and the commands that need no account.

use std::rc::Rc;

use bridge::{Command, Event, Trouble};
use protocol::Address;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::WorkerGlobalScope;

use crate::{
    inputs::{Input, Inputs},
    page::Page,
    seat::{Role, Seat},
};

/// Start the loop. It ends with the worker.
pub fn start() {
    let inputs = Inputs::default();
    let Some(page) = Page::listen(&inputs) else { return };
    let front = Front {
        inputs,
        page,
        build: build(),
        taken: 0,
        settled: 0,
        online: true,
        outdated: false,
    };
    spawn_local(Worker { front, seat: None }.run());
}

/// What there is of a worker whatever account is open.
pub struct Front {
    pub inputs: Inputs,
    pub page: Page,
    /// The name of this build: the address of its script, which carries its hash.
    pub build: Rc<str>,
    /// How many commands of our page were taken since it last started over.
    pub taken: u32,
    /// So many of these were for accounts that are not open any more: they are not said again.
    settled: u32,
    /// What the browser said last, for a client that is opened later.
    pub online: bool,
    /// A worker of another build has taken over.
    pub outdated: bool,
}

impl Front {
    /// Has the page say everything again, if it has said anything of this account to whoever led until now.
    pub fn start_over(&mut self) {
        if self.taken > self.settled {
            self.taken = 0;
            self.settled = 0;
            self.inputs.start_over();
            self.page.start_over();
        }
    }
}

struct Worker {
    front: Front,
    seat: Option<Seat>,
}

impl Worker {
    async fn run(mut self) {
        self.front.page.event(&Event::Started);
        self.front.page.flush();
        loop {
            let led = self.seat.as_ref().is_none_or(Seat::is_led);
            match self.front.inputs.next(led).await {
                Input::Command(command) => self.command(command).await,
                input => {
                    if let Some(seat) = &mut self.seat {
                        seat.input(&mut self.front, input).await;
                    }
                }
            }
            if let Some(seat) = &mut self.seat {
                seat.flush();
                if seat.is_left() {
                    self.seat = None;
                }
            }
            let more = !self.front.inputs.is_empty();
            self.front.page.flush_unless(more);
        }
    }

    async fn command(&mut self, command: Command) {
        if let Command::Online(online) = command {
            self.front.online = online;
        }
        if let Command::Open { account, .. } = &command
            && self.seat.as_ref().is_none_or(|seat| seat.account() != *account)
        {
            return self.sit_down(*account, command);
        }
        self.front.taken += 1;
        match &mut self.seat {
            Some(seat) => seat.command(&mut self.front, command).await,
            // The page opens an account first; without one there is nothing to do for it.
            None => self.front.page.done(self.front.taken),
        }
    }

    /// Takes a seat at this account, in the place of the one there was. The command waits until it is known who leads.
    fn sit_down(&mut self, account: Address, open: Command) {
        // What was handed to another leader is kept as far as it must be; nobody waits for it here any more.
        self.seat = None;
        self.front.inputs.forget_lead();
        self.front.page.done(self.front.taken);
        self.front.settled = self.front.taken;
        if let Some(seat) = Seat::take(account, &self.front) {
            self.seat = Some(seat);
            self.front.inputs.put_back(open);
        } else {
            self.front.taken += 1;
            self.front.page.done(self.front.taken);
            self.front.page.event(&Event::NotOpened {
                account,
                why: Trouble::NoVault,
            });
        }
    }
}

impl Seat {
    /// Whether commands can be taken: there is a leader, or there will be none for us.
    fn is_led(&self) -> bool {
        !matches!(self.role, Role::Joining)
    }
}

fn build() -> Rc<str> {
    let scope: Option<WorkerGlobalScope> = js_sys::global().dyn_into().ok();
    scope.map_or_else(String::new, |scope| scope.location().href()).into()
}
