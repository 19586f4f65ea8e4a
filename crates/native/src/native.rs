//! The handle of an installation outside the browser.

use std::time::Duration;

use bridge::{Command, Connection, Event, MessageState};
use client::{Client, memory::MemoryVault};
use identity::Origin;
use protocol::{Address, InstallationId, MessageId, api};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    NativeError, Site,
    clock::Machine,
    owner::{Input, Owner},
};

/// How long [`Native::wait_for`] waits, in seconds.
const PATIENCE: u64 = 30;

/// An installation at work. Dropping it ends it; its vault is what survives.
pub struct Native {
    account: Address,
    installation: InstallationId,
    public_key: Vec<u8>,
    site: Site,
    inputs: mpsc::UnboundedSender<Input>,
    events: mpsc::UnboundedReceiver<Event>,
    vault: MemoryVault,
}

impl Native {
    /// An installation of `account` with a new vault. Must be called inside a `LocalSet`.
    ///
    /// # Errors
    /// `Vault`.
    pub async fn open(site: Site, account: Address) -> Result<Self, NativeError> {
        Self::open_vault(site, account, MemoryVault::new()).await
    }

    /// As [`Native::open`], with the vault of an earlier one.
    ///
    /// # Errors
    /// `Vault`.
    pub async fn open_vault(site: Site, account: Address, vault: MemoryVault) -> Result<Self, NativeError> {
        let origin = Origin::parse(site.origin()).map_err(|_| NativeError::BadSite(site.origin().to_owned()))?;
        let opened = Client::open(vault.clone(), Machine, account, origin).await;
        let (client, effects) = opened.map_err(NativeError::Vault)?;
        let (inputs, inputs_out) = mpsc::unbounded_channel();
        let (events_in, events) = mpsc::unbounded_channel();
        let owner = Owner {
            client,
            site: site.clone(),
            inputs: inputs_out,
            events: events_in,
            socket: None,
            wake: None,
        };
        tokio::task::spawn_local(owner.run(effects));
        let mut native = Self {
            account,
            installation: InstallationId([0; 32]),
            public_key: Vec::new(),
            site,
            inputs,
            events,
            vault,
        };
        let opened = native.wait_for(|event| matches!(event, Event::Opened { .. })).await?;
        if let Event::Opened {
            installation,
            public_key,
            ..
        } = opened
        {
            native.installation = installation;
            native.public_key = public_key;
        }
        Ok(native)
    }

    /// Opens, signs in with the wallet that `sign` asks for a signature over the text (EIP-191, 65 bytes), connects, and
    /// waits until everything is read.
    ///
    /// # Errors
    /// Whatever went wrong on the way.
    pub async fn connect(
        origin: &str,
        account: Address,
        chain_id: u64,
        sign: impl FnOnce(&str) -> Vec<u8>,
    ) -> Result<Self, NativeError> {
        let mut native = Self::open(Site::new(origin)?, account).await?;
        native.sign_in(chain_id, sign).await?;
        native.go_live().await?;
        Ok(native)
    }

    /// Signs in and keeps the association.
    ///
    /// # Errors
    /// Whatever went wrong on the way.
    pub async fn sign_in(&mut self, chain_id: u64, sign: impl FnOnce(&str) -> Vec<u8>) -> Result<api::Me, NativeError> {
        let key = self.public_key.clone();
        let challenge = self.site.challenge(self.account, chain_id, key).await?;
        self.command(Command::SignIn { chain_id, challenge })?;
        let is_answer = |event: &Event| matches!(event, Event::ToSign(_) | Event::NotToSign(_));
        let Event::ToSign(statement) = self.wait_for(is_answer).await? else {
            return Err(NativeError::Strange("its challenge is not to be signed"));
        };
        let text = statement.text();
        let signature = sign(&text);
        let signed_in = self.site.sign_in(&text, &signature).await?;
        self.associate(self.site.clone(), signed_in.text, signed_in.signature)
            .await?;
        Ok(signed_in.me)
    }

    /// Takes a session (its cookie is in `site`) and an association that came about by other means.
    ///
    /// # Errors
    /// `Refused`-like troubles come as `Strange`.
    pub async fn associate(&mut self, site: Site, text: String, signature: Vec<u8>) -> Result<(), NativeError> {
        self.site = site.clone();
        self.input(Input::Site(site))?;
        self.command(Command::Associate { text, signature })?;
        match self
            .wait_for(|event| matches!(event, Event::Associated | Event::Trouble(_)))
            .await?
        {
            Event::Associated => Ok(()),
            _ => Err(NativeError::Strange("the association is not kept")),
        }
    }

    /// Connects and waits until everything is read.
    ///
    /// # Errors
    /// `TooLate`, `Ended`.
    pub async fn go_live(&mut self) -> Result<(), NativeError> {
        self.command(Command::Connect)?;
        self.wait_for(|event| matches!(event, Event::Connection(Connection::Live)))
            .await
            .map(drop)
    }

    /// The account of this installation.
    pub fn account(&self) -> Address {
        self.account
    }

    /// This installation's id.
    pub fn installation(&self) -> InstallationId {
        self.installation
    }

    /// The site, with this installation's cookies.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What survives: for [`Native::open_vault`].
    pub fn vault(&self) -> MemoryVault {
        self.vault.clone()
    }

    /// Gives a command, as a page would.
    ///
    /// # Errors
    /// `Ended`.
    pub fn command(&self, command: Command) -> Result<(), NativeError> {
        self.input(Input::Command(command))
    }

    fn input(&self, input: Input) -> Result<(), NativeError> {
        self.inputs.send(input).map_err(|_| NativeError::Ended)
    }

    /// Sends a text, without waiting for anything.
    ///
    /// # Errors
    /// `Ended`.
    pub fn send(&self, peer: Address, text: &str) -> Result<MessageId, NativeError> {
        let mut id = [0; 16];
        client::Environment::fill(&Machine, &mut id);
        let id = MessageId(id);
        self.command(Command::text(peer, id, text))?;
        Ok(id)
    }

    /// Waits until a message of the shown thread (see [`Command::Show`]) is in this state.
    ///
    /// # Errors
    /// `TooLate`, `Ended`.
    pub async fn wait_for_state(&mut self, id: MessageId, state: MessageState) -> Result<(), NativeError> {
        let reached = move |event: &Event| match event {
            Event::Thread { messages, .. } | Event::Messages { messages, .. } => messages
                .iter()
                .any(|message| message.id == id && message.state == state),
            _ => false,
        };
        self.wait_for(reached).await.map(drop)
    }

    /// The next event that is like this; events before it are dropped.
    ///
    /// # Errors
    /// `TooLate` after 30 seconds, `Ended`.
    pub async fn wait_for(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<Event, NativeError> {
        let found = async {
            loop {
                let event = self.events.recv().await.ok_or(NativeError::Ended)?;
                if wanted(&event) {
                    return Ok(event);
                }
            }
        };
        timeout(Duration::from_secs(PATIENCE), found)
            .await
            .unwrap_or(Err(NativeError::TooLate(PATIENCE)))
    }

    /// Everything that was told and not waited for.
    pub fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            events.push(event);
        }
        events
    }
}
