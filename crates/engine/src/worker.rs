//! The loop: one input at a time, taken by the seat of the account that is open; and the commands that need no account.

use bridge::{Command, Event, Trouble};
use protocol::Address;
use wasm_bindgen_futures::spawn_local;

use crate::{context::WorkerContext, input::Input, inputs::Inputs, page::Page, seat::Seat};

/// Start the loop. It ends with the worker.
pub fn start() {
    let inputs = Inputs::default();
    let Some(page) = Page::listen(&inputs) else { return };
    let front = WorkerContext::new(inputs, page);
    spawn_local(Worker { front, seat: None }.run());
}

struct Worker {
    front: WorkerContext,
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
        self.front.settle();
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
