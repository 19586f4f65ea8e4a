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
}

/// An account whose vault is open here.
struct Open {
    account: Address,
    client: Client<IdbVault, Browser>,
    vault: IdbVault,
    transport: Transport,
    alarm: Alarm,
    lease: Lease,
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
                // Without a vault there is nothing to do: the page opens one first.
                if let Some(open) = &mut self.open {
                    let effects = open.client.command(command).await;
                    self.perform(effects).await;
                }
            }
        }
    }

    /// Open the vault of this account, in place of the one that may be open, once no other tab holds it.
    async fn open(&mut self, account: Address, domain: String) -> Result<(), Trouble> {
        let before = self.close();
        let lease = match before {
            // The same account again: nobody else may slip in between.
            Some((held, lease)) if held == account => lease,
            before => {
                drop(before);
                let (lease, granted) = Lease::request(&place_of(account)).ok_or(Trouble::NoVault)?;
                if !self.granted(account, granted).await {
                    // Another account is to be opened instead; that command stands in the queue.
                    return Ok(());
                }
                lease
            }
        };
        let vault = IdbVault::open(&place_of(account))
            .await
            .map_err(|error| vault::trouble(&error))?;
        let (mut client, mut effects) = Client::open(vault.clone(), Browser, account, domain).await?;
        if !self.online {
            effects.extend(client.command(Command::Online(false)).await);
        }
        let (transport, alarm) = (Transport::default(), Alarm::default());
        self.open = Some(Open {
            account,
            client,
            vault,
            transport,
            alarm,
            lease,
        });
        self.perform(effects).await;
        Ok(())
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
                Effect::DeleteVault => {
                    let account = open.account;
                    let kept = self.close();
                    if IdbVault::delete(&place_of(account)).await.is_err() {
                        self.page.event(&Event::Trouble(Trouble::Internal));
                    }
                    drop(kept);
                }
            }
        }
    }

    /// Let go of the open account: socket, alarm and database. The lock is handed back.
    fn close(&mut self) -> Option<(Address, Lease)> {
        let Open {
            account,
            client,
            vault,
            mut transport,
            alarm,
            lease,
        } = self.open.take()?;
        transport.close();
        drop((alarm, client));
        vault.close();
        self.inputs.forget_socket_and_wake();
        Some((account, lease))
    }
}
