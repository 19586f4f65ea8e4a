use bridge::Connection;
use leptos::prelude::*;
use protocol::{Address, InstallationId, api::Site};

/// The vault that is open in the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Whose.
    pub account: Address,
    /// The installation in it.
    pub installation: InstallationId,
    /// Its public key, for the sign-in.
    pub public_key: Vec<u8>,
    /// A wallet has vouched for it.
    pub associated: bool,
}

/// Everything the face remembers. Copy: all of it are signals.
#[derive(Clone, Copy)]
pub struct State {
    /// What the server said about itself and who is signed in.
    pub site: RwSignal<Option<Site>>,
    /// The open vault.
    pub opened: RwSignal<Option<Opened>>,
    /// How the socket is.
    pub connection: RwSignal<Connection>,
}

impl State {
    /// Nothing yet. Needs a reactive owner: call it where `App` is made.
    pub fn new() -> Self {
        Self {
            site: RwSignal::new(None),
            opened: RwSignal::new(None),
            connection: RwSignal::new(Connection::Off),
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
