use bridge::{Command, Consent, Event, MessageState};
use k256::ecdsa::SigningKey;
use native::{Native, NativeError, Site};
use protocol::{Address, MessageId};

use crate::{
    TestServer,
    installation::{address, sign},
};

/// Somebody whole: a wallet, and the same client that runs in browsers. Must live inside a `LocalSet`.
pub struct Person {
    wallet: SigningKey,
    /// The installation at work.
    pub native: Native,
}

impl Person {
    /// Alice, signed in and live.
    pub async fn alice(server: &TestServer) -> Self {
        Self::new(server, 0xa1).await
    }

    /// Bob, signed in and live.
    pub async fn bob(server: &TestServer) -> Self {
        Self::new(server, 0xb0).await
    }

    /// Somebody with this wallet, in a new browser, signed in and live.
    pub async fn new(server: &TestServer, wallet: u8) -> Self {
        let wallet = SigningKey::from_slice(&[wallet; 32]).unwrap();
        let native = Native::connect(&server.origin(), address(&wallet), server.chain_id(), |text| {
            sign(&wallet, text)
        })
        .await;
        Self {
            native: native.unwrap(),
            wallet,
        }
    }

    /// The person's account.
    pub fn account(&self) -> Address {
        address(&self.wallet)
    }

    /// Closes the browser. What is kept in its vault, and the cookie, stay with who takes them.
    pub fn leave(self) -> Away {
        Away {
            site: self.native.site().clone(),
            vault: self.native.vault(),
            wallet: self.wallet,
        }
    }

    /// Shows the thread with somebody.
    pub fn show(&self, peer: Address) {
        self.native
            .command(Command::Show {
                conversation: Some(peer.into()),
            })
            .unwrap();
    }

    /// Says something, without waiting for anything.
    pub fn say(&self, peer: Address, text: &str) -> MessageId {
        self.native.send(peer, text).unwrap()
    }

    /// Says something in the shown thread and waits until the server has it.
    pub async fn tell(&mut self, peer: Address, text: &str) {
        let id = self.say(peer, text);
        self.native.wait_for_state(id, MessageState::Sent).await.unwrap();
    }

    /// Waits until somebody not yet known asks to talk, and accepts.
    pub async fn accept(&mut self, peer: Address) {
        let asked = |event: &Event| match event {
            Event::Conversation(view) => view.id == peer && view.consent == Consent::Asked,
            Event::Conversations(views) => views
                .iter()
                .any(|view| view.id == peer && view.consent == Consent::Asked),
            _ => false,
        };
        self.native.wait_for(asked).await.unwrap();
        self.native
            .command(Command::Consent {
                conversation: peer.into(),
                consent: Consent::Accepted,
            })
            .unwrap();
    }

    /// Waits until the shown thread has this text of the other side.
    pub async fn hear(&mut self, text: &str) {
        self.try_hear(text)
            .await
            .unwrap_or_else(|error| panic!("did not hear {text:?}: {error}"));
    }

    async fn try_hear(&mut self, text: &str) -> Result<(), NativeError> {
        let said = |event: &Event| match event {
            Event::Thread { messages, .. } | Event::Messages { messages, .. } => messages
                .iter()
                .any(|message| !message.is_mine() && message.text() == Some(text)),
            _ => false,
        };
        self.native.wait_for(said).await.map(drop)
    }
}

/// Somebody whose browser is closed.
#[derive(Clone)]
pub struct Away {
    site: Site,
    vault: client::memory::MemoryVault,
    wallet: SigningKey,
}

impl Away {
    /// Opens the browser again, still signed in, and waits until everything is read.
    pub async fn come_back(self) -> Person {
        let mut native = Native::open_vault(self.site, address(&self.wallet), self.vault)
            .await
            .unwrap();
        native.go_live().await.unwrap();
        Person {
            wallet: self.wallet,
            native,
        }
    }
}
