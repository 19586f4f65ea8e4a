//! The loop: one input, one step of the client, its effects; then the next.

use std::time::Duration;

use bridge::{Command, Event, Trouble};
use client::{Client, Effect};
use futures::{FutureExt, channel::oneshot, select_biased};
use gloo_timers::future::sleep;
use protocol::Address;
use wasm_bindgen_futures::spawn_local;

use crate::{
    clock::{Alarm, Browser},
    inputs::{Input, Inputs},
    leader::Lease,
    page::Page,
    place_of,
    transport::Transport,
    vault::{self, IdbVault},
};

/// How long the lock may take before the person hears of another tab: a page that is being reloaded, or a worker that has
/// just died, holds it a moment longer.
const GRACE: Duration = Duration::from_millis(1500);

/// Start the loop. It ends with the worker.
pub fn start() {
    let inputs = Inputs::default();
    let Some(page) = Page::listen(&inputs) else { return };
    spawn_local(
        Worker {
            inputs,
            page,
            online: true,
            open: None,
            held: None,
        }
        .run(),
    );
}

struct Worker {
    inputs: Inputs,
    page: Page,
    /// What the browser said last, for a client that is opened later.
    online: bool,
    open: Option<Open>,
    /// The account whose lock is ours. It stays so if the vault does not open, for the person may want to delete it.
    held: Option<(Address, Lease)>,
}

/// An account whose vault is open here.
struct Open {
    client: Client<IdbVault, Browser>,
    vault: IdbVault,
    transport: Transport,
    alarm: Alarm,
}

impl Worker {
    async fn run(mut self) {
        self.page.event(&Event::Started);
        self.page.flush();
        loop {
            match self.inputs.next().await {
                Input::Command(command) => {
                    self.command(command).await;
                    self.page.done();
                }
                Input::Wake => {
                    if let Some(open) = &mut self.open {
                        let effects = open.client.wake().await;
                        self.perform(effects).await;
                    }
                }
                Input::Socket(number, event) => {
                    if let Some(open) = self.open.as_mut().filter(|open| open.transport.number() == number) {
                        let effects = open.client.socket(event).await;
                        self.perform(effects).await;
                    }
                }
            }
            self.page.flush_unless(!self.inputs.is_empty());
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Open { account, domain } => {
                if let Err(trouble) = self.open(account, domain).await {
                    self.page.event(&Event::Trouble(trouble));
                }
            }
            command => {
                if let Command::Online(online) = command {
                    self.online = online;
                }
                if let Some(open) = &mut self.open {
                    let effects = open.client.command(command).await;
                    self.perform(effects).await;
                } else if command == Command::Forget && self.held.is_some() {
                    // A vault that cannot be opened can still be deleted.
                    self.delete().await;
                    self.page.event(&Event::Forgotten);
                }
                // Anything else needs an open vault: the page opens one first.
            }
        }
    }

    /// Open the vault of this account, in place of the one that may be open, once no other tab holds it.
    async fn open(&mut self, account: Address, domain: String) -> Result<(), Trouble> {
        self.close();
        // The same account again keeps its lock: nobody else may slip in between.
        if self.held.as_ref().is_none_or(|(held, _)| *held != account) {
            self.held = None;
            let (lease, granted) = Lease::request(&place_of(account)).ok_or(Trouble::NoVault)?;
            if !self.granted(account, granted).await {
                // Another account is to be opened instead; that command stands in the queue.
                return Ok(());
            }
            self.held = Some((account, lease));
        }
        let opened = IdbVault::open(&place_of(account)).await;
        let vault = opened.map_err(|error| vault::trouble(&error))?;
        let opened = Client::open(vault.clone(), Browser, account, domain).await;
        let (mut client, mut effects) = opened.inspect_err(|_| vault.close())?;
        if !self.online {
            effects.extend(client.command(Command::Online(false)).await);
        }
        self.open = Some(Open {
            client,
            vault,
            transport: Transport::default(),
            alarm: Alarm::default(),
        });
        self.perform(effects).await;
        Ok(())
    }

    /// Delete what is kept of the account whose lock is held, its vault open or not, and give the lock back.
    async fn delete(&mut self) {
        self.close();
        if let Some((account, lease)) = self.held.take() {
            if IdbVault::delete(&place_of(account)).await.is_err() {
                self.page.event(&Event::Trouble(Trouble::Internal));
            }
            drop(lease);
        }
    }

    /// Wait for the lock; say so if it takes long. False: the page has thought of another account meanwhile.
    async fn granted(&mut self, account: Address, granted: oneshot::Receiver<()>) -> bool {
        let inputs = self.inputs.clone();
        let mut granted = granted.fuse();
        let mut another = std::pin::pin!(inputs.another_open(account).fuse());
        let mut grace = std::pin::pin!(sleep(GRACE).fuse());
        loop {
            select_biased! {
                granted = granted => return granted.is_ok(),
                () = another => return false,
                () = grace => {
                    self.page.event(&Event::Trouble(Trouble::OtherTab));
                    self.page.flush();
                }
            }
        }
    }

    /// Carry out what a step came to, in its order.
    async fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let Some(open) = &mut self.open else {
                // After `DeleteVault` only facts are left.
                if let Effect::Event(event) = effect {
                    self.page.event(&event);
                }
                continue;
            };
            match effect {
                Effect::Event(event) => self.page.event(&event),
                Effect::OpenSocket => open.transport.open(&self.inputs),
                Effect::CloseSocket => open.transport.close(),
                Effect::Frame(frame) => open.transport.send(&frame),
                Effect::WakeIn { milliseconds } => open.alarm.set(milliseconds, &self.inputs),
                Effect::DeleteVault => self.delete().await,
            }
        }
    }

    /// Let go of the open account: socket, alarm and database.
    fn close(&mut self) {
        if let Some(Open {
            client,
            vault,
            mut transport,
            alarm,
        }) = self.open.take()
        {
            transport.close();
            drop((alarm, client));
            vault.close();
            self.inputs.forget_socket_and_wake();
        }
    }
}
