//! People with wallets and installations, over a fresh database each.
#![allow(dead_code, clippy::unwrap_used, reason = "every test file uses its own part; tests")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use identity::personal_digest;
use k256::ecdsa::{RecoveryId, Signature, SigningKey};
use protocol::{Address, InstallationId, Kind, MessageId, Publish, Seq, Topic, UnixMillis, Welcome, api::Network};
use services::{
    Config, Services,
    accounts::{BrowserId, KeyAccounts, Session, SessionKey, SignedIn, WalletVerifier},
    time::{Clock, SystemRandomness},
};
use sha3::{Digest, Keccak256};
use sqlx::PgPool;
use tokio_util::sync::{CancellationToken, DropGuard};

pub const DOMAIN: &str = "localhost:3000";
pub const CHAIN: u64 = 31_337;
pub const OTHER_CHAIN: u64 = 10;
pub const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct Hand(AtomicI64);

impl Hand {
    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// A site over this database.
pub struct Here {
    pub services: Services,
    pub clock: Arc<Hand>,
    end: DropGuard,
}

impl Here {
    /// Tells the other servers of this database what is written here, and hears from them.
    pub fn share(&self) {
        for job in self.services.delivery.jobs() {
            tokio::spawn(job.run(self.end.token().clone()));
        }
    }
}

pub async fn site(pool: PgPool) -> Here {
    site_of(pool, DOMAIN).await
}

pub async fn site_of(pool: PgPool, domain: &str) -> Here {
    site_with(pool, domain, Arc::new(KeyAccounts)).await
}

pub async fn site_with(pool: PgPool, domain: &str, verifier: Arc<dyn WalletVerifier>) -> Here {
    let clock = Arc::new(Hand(AtomicI64::new(1_795_000_000_123)));
    let config = Config {
        origin: format!("http://{domain}"),
        domain: domain.to_owned(),
        networks: vec![
            chain::network::development("http://127.0.0.1:8545"),
            Network {
                chain_id: OTHER_CHAIN,
                ..chain::network::development("http://127.0.0.1:8546")
            },
        ],
        endpoints: std::collections::HashMap::new(),
        development_rpc: None,
        session_key: SessionKey::draw(&SystemRandomness),
        shared: true,
    };
    let services = Services::open_with(pool, config, verifier, clock.clone(), Arc::new(SystemRandomness))
        .await
        .unwrap();
    Here {
        services,
        clock,
        end: CancellationToken::new().drop_guard(),
    }
}

/// Alice, Bob and a conversation of the two; the commit that added Bob stands at 1.
pub async fn alice_and_bob(pool: PgPool) -> (Here, Person, Person, Topic) {
    let here = site(pool).await;
    let (alice, bob) = (person(1), person(2));
    alice.sign_in(&here).await;
    bob.sign_in(&here).await;
    let first = commit(topic(9), 1, 0, &[bob.installation()], &[]);
    let stored = here
        .services
        .delivery
        .publish(alice.installation(), first)
        .await
        .unwrap();
    assert_eq!(stored.seq, Seq(1));
    (here, alice, bob, topic(9))
}

/// Somebody with a wallet and one browser.
#[derive(Clone)]
pub struct Person {
    pub wallet: SigningKey,
    pub key: Vec<u8>,
    pub browser: BrowserId,
}

/// The person with this number; the same every time.
pub fn person(number: u8) -> Person {
    person_with(number, number)
}

/// The person with this number at another browser.
pub fn person_with(number: u8, installation: u8) -> Person {
    let key = p256::ecdsa::SigningKey::from_slice(&[installation; 32]).unwrap();
    Person {
        wallet: SigningKey::from_slice(&[number; 32]).unwrap(),
        key: key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        browser: BrowserId::from([installation; 32]),
    }
}

impl Person {
    pub fn address(&self) -> Address {
        let point = self.wallet.verifying_key().to_sec1_point(false);
        Address::from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..])
    }

    pub fn installation(&self) -> InstallationId {
        identity::fingerprint(&self.key)
    }

    pub fn sign(&self, text: &str) -> Vec<u8> {
        let (signature, id) = self.wallet.sign_prehash_recoverable(&personal_digest(text));
        joined(&signature, id)
    }

    /// The other signature over the same text: of the same key, with `s` in the upper half.
    pub fn sign_high(&self, text: &str) -> Vec<u8> {
        let (signature, id) = self.wallet.sign_prehash_recoverable(&personal_digest(text));
        let (r, s) = signature.split_scalars();
        let high = Signature::from_scalars(*r, -*s).unwrap();
        joined(&high, RecoveryId::new(!id.is_y_odd(), id.is_x_reduced()))
    }

    pub async fn challenge(&self, here: &Here) -> String {
        let accounts = &here.services.accounts;
        accounts
            .challenge(&self.browser, self.address(), CHAIN, &self.key)
            .await
            .unwrap()
            .text
    }

    pub async fn sign_in(&self, here: &Here) -> SignedIn {
        let text = self.challenge(here).await;
        here.services
            .accounts
            .sign_in(&self.browser, &text, &self.sign(&text), AGENT)
            .await
            .unwrap()
    }

    pub async fn session(&self, here: &Here) -> Session {
        self.sign_in(here).await.session
    }
}

fn joined(signature: &Signature, id: RecoveryId) -> Vec<u8> {
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + u8::from(id.is_y_odd()));
    bytes
}

pub fn topic(number: u8) -> Topic {
    Topic([number; 32])
}

pub fn id(number: u64) -> MessageId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    MessageId(bytes)
}

pub fn message(topic: Topic, number: u64, last_commit: u64, payload: &[u8]) -> Publish {
    Publish {
        topic,
        id: id(number),
        last_commit: Seq(last_commit),
        kind: Kind::Application,
        payload: payload.to_vec(),
    }
}

pub fn commit(
    topic: Topic,
    number: u64,
    last_commit: u64,
    add: &[InstallationId],
    remove: &[InstallationId],
) -> Publish {
    let welcomes = add.iter().map(|installation| Welcome {
        installation: *installation,
        message: b"welcome".to_vec(),
    });
    Publish {
        topic,
        id: id(number),
        last_commit: Seq(last_commit),
        kind: Kind::Commit {
            welcomes: welcomes.collect(),
            removed: remove.to_vec(),
        },
        payload: b"commit".to_vec(),
    }
}
