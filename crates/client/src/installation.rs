//! One installation of one account: opened, associated, driven.

use bridge::{Command, Trouble};
use protocol::Address;

use crate::{Effect, Environment, SocketEvent, Vault};

/// An installation at work. One owner feeds it one input after another and carries out the effects it answers with.
pub struct Client<V, E> {
    vault: V,
    environment: E,
    account: Address,
    domain: String,
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Opens the vault of `account`, or makes its first contents. The effects hold `Opened`, `Conversations`, `Waiting`.
    ///
    /// # Errors
    /// What the person must know when there is no vault to work with.
    pub async fn open(
        vault: V,
        environment: E,
        account: Address,
        domain: String,
    ) -> Result<(Self, Vec<Effect>), Trouble> {
        Ok((
            Self {
                vault,
                environment,
                account,
                domain,
            },
            Vec::new(),
        ))
    }

    /// A wish of the page. `Open` is not for here: see [`Client::open`].
    pub async fn command(&mut self, command: Command) -> Vec<Effect> {
        let _ = command;
        Vec::new()
    }

    /// Something happened to the WebSocket.
    pub async fn socket(&mut self, event: SocketEvent) -> Vec<Effect> {
        let _ = event;
        Vec::new()
    }

    /// The time asked for by `WakeIn` has come.
    pub async fn wake(&mut self) -> Vec<Effect> {
        let _ = (&self.vault, self.environment.now(), self.account, &self.domain);
        Vec::new()
    }
}
