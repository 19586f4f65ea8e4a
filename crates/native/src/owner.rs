//! The owner of a client: feeds it one input after another and carries out its effects.

use std::time::Duration;

use bridge::{Command, Event};
use client::{Client, Effect, SocketEvent, Tab, memory::MemoryVault};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{Site, clock::Machine, socket::Socket};

pub(crate) struct Owner {
    pub client: Client<MemoryVault, Machine>,
    pub site: Site,
    pub inputs: mpsc::UnboundedReceiver<Input>,
    pub events: mpsc::UnboundedSender<Event>,
    pub socket: Option<Socket>,
    pub wake: Option<Instant>,
}

/// What its handle asks for.
pub(crate) enum Input {
    /// A command of the page.
    Command(Command),
    /// New cookies for the next socket.
    Site(Site),
}

enum Happened {
    Input(Option<Input>),
    Socket(Option<SocketEvent>),
    Wake,
}

impl Owner {
    /// Runs until the handle is dropped.
    pub async fn run(mut self, first: Vec<Effect>) {
        self.carry_out(first);
        loop {
            let happened = self.next().await;
            let effects = match happened {
                Happened::Input(None) => return,
                Happened::Input(Some(Input::Site(site))) => {
                    self.site = site;
                    continue;
                }
                Happened::Input(Some(Input::Command(command))) => self.client.command(Tab::default(), command).await,
                Happened::Socket(event) => {
                    let event = event.unwrap_or(SocketEvent::Closed { code: None });
                    if matches!(event, SocketEvent::Closed { .. }) {
                        self.socket = None;
                    }
                    self.client.socket(event).await
                }
                Happened::Wake => {
                    self.wake = None;
                    self.client.wake().await
                }
            };
            self.carry_out(effects);
        }
    }

    async fn next(&mut self) -> Happened {
        let (socket, wake) = (&mut self.socket, self.wake);
        let heard = async {
            match socket {
                Some(socket) => socket.events.recv().await,
                None => std::future::pending().await,
            }
        };
        let woken = async {
            match wake {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = self.inputs.recv() => Happened::Input(input),
            event = heard => Happened::Socket(event),
            () = woken => Happened::Wake,
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Event(event) | Effect::Tell { event, .. } => {
                    let _ = self.events.send(event);
                }
                Effect::OpenSocket => self.socket = Some(Socket::open(&self.site)),
                Effect::CloseSocket => self.socket = None,
                Effect::Frame(frame) => {
                    if let Some(socket) = &self.socket {
                        // A socket that is closed says so by itself.
                        let _ = socket.frames.send(frame);
                    }
                }
                Effect::WakeIn { milliseconds } => {
                    self.wake = Some(Instant::now() + Duration::from_millis(u64::from(milliseconds)));
                }
                // The vault in memory goes with its last handle.
                Effect::DeleteVault => {}
            }
        }
    }
}
