//! Whole people over the real server: sign in over HTTP, talk over the WebSocket, live through a restart.
#![allow(clippy::unwrap_used, reason = "a broken story may panic")]

use bridge::{Command, Connection, Consent, Event};
use k256::ecdsa::SigningKey;
use native::{Native, NativeError};
use protocol::{Address, ErrorCode};
use testkit::TestServer;
use tokio::task::LocalSet;

struct Wallet(SigningKey);

impl Wallet {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    fn address(&self) -> Address {
        let point = self.0.verifying_key().to_sec1_point(false);
        Address::from_raw_public_key(&point.as_bytes()[1..])
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let (signature, recovery) = self.0.sign_prehash_recoverable(&identity::personal_digest(text));
        [signature.to_bytes().as_slice(), &[27 + recovery.to_byte()]].concat()
    }

    async fn connect(&self, server: &TestServer) -> Native {
        let native = Native::connect(&server.origin(), self.address(), 1, |text| self.sign(text))
            .await
            .unwrap();
        native.command(Command::Connect).unwrap();
        native
    }
}

async fn hears(native: &mut Native, text: &str) {
    let said = |event: &Event| match event {
        Event::Thread { messages, .. } | Event::Messages { messages, .. } => {
            messages.iter().any(|message| message.text() == Some(text))
        }
        _ => false,
    };
    native.wait_for(said).await.unwrap();
}

async fn shows(native: &Native, peer: Address) {
    native
        .command(Command::Show {
            conversation: Some(peer.into()),
        })
        .unwrap();
}

#[tokio::test]
async fn alice_and_bob_talk_and_the_server_restarts_in_between() {
    let mut server = TestServer::start().await;
    let story = async {
        let (alice, bob) = (Wallet::new(0xa1), Wallet::new(0xb0));
        let (to_alice, to_bob) = (alice.address(), bob.address());
        let (mut alice, mut bob) = (alice.connect(&server).await, bob.connect(&server).await);
        shows(&alice, to_bob).await;
        shows(&bob, to_alice).await;
        alice.send(to_bob, "hello bob").unwrap();
        let asked = |event: &Event| matches!(event, Event::Conversation(view) if view.consent == Consent::Asked && view.id == to_alice);
        bob.wait_for(asked).await.unwrap();
        bob.command(Command::Consent {
            conversation: to_alice.into(),
            consent: Consent::Accepted,
        })
        .unwrap();
        hears(&mut bob, "hello bob").await;
        bob.send(to_alice, "hello alice").unwrap();
        hears(&mut alice, "hello alice").await;

        server.pause().await;
        alice
            .wait_for(|event| matches!(event, Event::Connection(Connection::Waiting { .. })))
            .await
            .unwrap();
        alice.send(to_bob, "written while the server was away").unwrap();
        server.resume().await;
        hears(&mut bob, "written while the server was away").await;
        alice
            .wait_for(|event| matches!(event, Event::Waiting(0)))
            .await
            .unwrap();

        // Bob's worker is started again: everything is still there, and the next message comes.
        let (site, vault) = (bob.site().clone(), bob.vault());
        drop(bob);
        alice.send(to_bob, "while you were away").unwrap();
        let mut bob = Native::open_vault(site, to_bob, vault).await.unwrap();
        shows(&bob, to_alice).await;
        hears(&mut bob, "hello alice").await;
        bob.command(Command::Connect).unwrap();
        hears(&mut bob, "while you were away").await;
        server
    };
    LocalSet::new().run_until(story).await.stop().await;
}

#[tokio::test]
async fn many_messages_arrive_in_order() {
    let server = TestServer::start().await;
    let story = async {
        let (alice, bob) = (Wallet::new(0xa2), Wallet::new(0xb2));
        let (to_alice, to_bob) = (alice.address(), bob.address());
        let (alice, mut bob) = (alice.connect(&server).await, bob.connect(&server).await);
        bob.command(Command::Consent {
            conversation: to_alice.into(),
            consent: Consent::Accepted,
        })
        .unwrap();
        shows(&bob, to_alice).await;
        for number in 0..200 {
            alice.send(to_bob, &number.to_string()).unwrap();
        }
        let mut heard = Vec::new();
        while heard.len() < 200 {
            let event = bob
                .wait_for(|event| matches!(event, Event::Messages { .. }))
                .await
                .unwrap();
            if let Event::Messages { messages, .. } = event {
                heard.extend(messages.iter().filter_map(|message| message.text().map(str::to_owned)));
            }
        }
        let expected: Vec<String> = (0..200).map(|number: u32| number.to_string()).collect();
        assert_eq!(heard, expected);
    };
    LocalSet::new().run_until(story).await;
    server.stop().await;
}

#[tokio::test]
async fn a_wallet_that_signs_for_another_is_refused_and_can_try_again() {
    let server = TestServer::start().await;
    let story = async {
        let (alice, mallory) = (Wallet::new(0xa3), Wallet::new(0x66));
        let site = native::Site::new(&server.origin()).unwrap();
        let mut native = Native::open(site, alice.address()).await.unwrap();
        let refused = native.sign_in(1, |text| mallory.sign(text)).await;
        // Without a node to ask nobody can say that it is not a smart account's.
        assert!(
            matches!(refused, Err(NativeError::Refused(ErrorCode::NoNode))),
            "{refused:?}"
        );
        native.sign_in(1, |text| alice.sign(text)).await.unwrap();
        native.go_live().await.unwrap();
        // Signing in again keeps the installation and its association.
        native.command(Command::Disconnect).unwrap();
        native.sign_in(1, |text| alice.sign(text)).await.unwrap();
        native.go_live().await.unwrap();
    };
    LocalSet::new().run_until(story).await;
    server.stop().await;
}
