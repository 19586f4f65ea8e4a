//! Prints how long things take and how large they are, natively:
//! `cargo run --release -p e2ee --example figures`
#![expect(clippy::unwrap_used, reason = "an example")]

use std::{collections::BTreeMap, time::Instant};

use e2ee::{Associations, Installation, Randomness};
use identity::{Association, SignIn, Stated, Vouched, fingerprint, personal_digest};
use protocol::{Address, AssociationHash, MessageId, Topic};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

const TOPIC: Topic = Topic([7; 32]);

/// Repeatable, for figures only.
struct Dice([u8; 32]);

impl Randomness for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.0 = Sha256::digest(self.0).into();
            chunk.copy_from_slice(&self.0[..chunk.len()]);
        }
    }
}

#[derive(Default)]
struct Known(BTreeMap<AssociationHash, Vouched>);

impl Associations for Known {
    fn stated(&self, hash: &AssociationHash) -> Option<Stated> {
        self.0.get(hash).map(|vouched| (**vouched).clone())
    }
}

fn person(number: u8, known: &mut Known) -> (Installation, Vouched) {
    let mut it = Installation::generate(Box::new(Dice([number; 32]))).unwrap();
    let wallet = k256::ecdsa::SigningKey::from_slice(&[number; 32]).unwrap();
    let point = wallet.verifying_key().to_sec1_point(false);
    let text = SignIn {
        domain: "localhost:3000".into(),
        address: Address::from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..]),
        uri: "http://localhost:3000".into(),
        chain_id: 1,
        nonce: "0123456789abcdef".into(),
        issued_at: "2026-11-21T09:00:00Z".into(),
        expiration_time: "2026-11-21T09:05:00Z".into(),
        installation: fingerprint(&it.public_key()),
    }
    .text();
    let (signature, id) = wallet.sign_prehash_recoverable(&personal_digest(&text));
    let signature = [signature.to_bytes().as_slice(), &[u8::from(id.is_y_odd())]].concat();
    let vouched = Association {
        text,
        signature,
        public_key: it.public_key().to_vec(),
    }
    .verify("localhost:3000")
    .unwrap();
    it.associate(&vouched).unwrap();
    it.changes_persisted();
    known.0.insert(vouched.hash, vouched.clone());
    (it, vouched)
}

fn timed<T>(what: &str, times: u32, mut action: impl FnMut(u32) -> T) -> Vec<T> {
    let start = Instant::now();
    let results = (0..times).map(&mut action).collect();
    println!(
        "{what:<42} {:>9.3} ms",
        start.elapsed().as_secs_f64() * 1000.0 / f64::from(times)
    );
    results
}

fn main() {
    let mut known = Known::default();
    let (mut alice, _) = person(1, &mut known);
    let (mut bob, of_bob) = person(2, &mut known);

    let key_package = timed("key package", 100, |_| bob.key_packages(1).unwrap().remove(0)).remove(0);
    bob.changes_persisted();
    println!("{:<42} {:>9} B", "key package", key_package.len());
    let proposed = timed("create and add one", 1, |_| {
        alice.create(TOPIC).unwrap();
        let proposed = alice
            .commit(TOPIC, &[(key_package.clone(), of_bob.clone())], &[])
            .unwrap();
        alice.merge_pending(TOPIC).unwrap();
        proposed
    });
    alice.changes_persisted();
    let welcome = &proposed[0].welcomes[0].message;
    println!("{:<42} {:>9} B", "welcome", welcome.len());
    timed("join", 1, |_| bob.join(TOPIC, welcome, &known).unwrap());
    bob.changes_persisted();

    let content = |n: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        (MessageId(id), vec![b'x'; 200])
    };
    let messages = timed("encrypt 200 B, and the changes", 1000, |n| {
        let (id, plaintext) = content(n);
        let message = alice.encrypt(TOPIC, id, plaintext).unwrap();
        alice.take_changes();
        alice.changes_persisted();
        message
    });
    timed("decrypt, and the changes", 1000, |n| {
        bob.process(TOPIC, &messages[n as usize], &known).unwrap();
        bob.take_changes();
        bob.changes_persisted();
    });
    println!("{:<42} {:>9} B", "message of 200 B", messages[0].len());

    let mut others = Vec::new();
    for number in 3..=27 {
        let (mut it, vouched) = person(number, &mut known);
        let key_package = it.key_packages(1).unwrap().remove(0);
        let proposed = alice.commit(TOPIC, &[(key_package, vouched)], &[]).unwrap();
        alice.merge_pending(TOPIC).unwrap();
        bob.process(TOPIC, &proposed.commit, &known).unwrap();
        bob.changes_persisted();
        alice.changes_persisted();
        others.push(proposed);
    }
    println!(
        "{:<42} {:>9} B",
        "welcome into 27",
        others.last().unwrap().welcomes[0].message.len()
    );
    let update = timed("self-update in a group of 27", 1, |_| {
        alice.commit(TOPIC, &[], &[]).unwrap()
    });
    timed("process it", 1, |_| {
        bob.process(TOPIC, &update[0].commit, &known).unwrap()
    });
    println!("{:<42} {:>9} B", "commit", update[0].commit.len());
}
