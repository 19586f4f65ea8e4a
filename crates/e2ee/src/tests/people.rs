//! People with wallets and installations, each with a disk that holds what was committed.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use identity::{Association, SignIn, Stated, Vouched, fingerprint, personal_digest};
use k256::ecdsa::SigningKey;
use protocol::{Address, AssociationHash, MessageId, Topic};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use crate::{Associations, Changes, E2eeError, Installation, Member, Processed, Proposed, Randomness, rules::Rules};

pub(super) const DOMAIN: &str = "jackdaw.example";
pub(super) const TOPIC: Topic = Topic([7; 32]);

/// Deterministic, and different for every seed.
pub(super) struct Dice(pub(super) [u8; 32]);

impl Randomness for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.0 = Sha256::digest(self.0).into();
            chunk.copy_from_slice(&self.0[..chunk.len()]);
        }
    }
}

pub(super) fn dice(seed: &str) -> Box<dyn Randomness> {
    Box::new(Dice(Sha256::digest(seed).into()))
}

/// The associations everybody has fetched and verified.
#[derive(Clone, Default)]
pub(super) struct Directory(Rc<RefCell<BTreeMap<AssociationHash, Vouched>>>);

impl Directory {
    pub(super) fn hide(&self, hash: &AssociationHash) -> Option<Vouched> {
        self.0.borrow_mut().remove(hash)
    }

    pub(super) fn show(&self, hash: AssociationHash, vouched: Vouched) {
        self.0.borrow_mut().insert(hash, vouched);
    }
}

impl Associations for Directory {
    fn stated(&self, hash: &AssociationHash) -> Option<Stated> {
        self.0.borrow().get(hash).map(|vouched| (**vouched).clone())
    }
}

/// A wallet's word for a key.
pub(super) fn vouch(wallet: u8, public_key: &[u8; 65], nonce: &str) -> Vouched {
    let wallet = SigningKey::from_slice(&[wallet; 32]).unwrap();
    let point = wallet.verifying_key().to_sec1_point(false);
    let text = SignIn {
        domain: DOMAIN.into(),
        address: Address::from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..]),
        uri: format!("https://{DOMAIN}"),
        chain_id: 1,
        nonce: nonce.into(),
        issued_at: "2026-11-21T09:00:00Z".into(),
        expiration_time: "2026-11-21T09:05:00Z".into(),
        installation: fingerprint(public_key),
    }
    .text();
    let (signature, id) = wallet.sign_prehash_recoverable(&personal_digest(&text));
    let signature = [signature.to_bytes().as_slice(), &[27 + u8::from(id.is_y_odd())]].concat();
    Association {
        text,
        signature,
        public_key: public_key.to_vec(),
    }
    .verify(DOMAIN)
    .unwrap()
}

pub(super) struct Person {
    pub(super) name: String,
    pub(super) it: Installation,
    pub(super) disk: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) vouched: Vouched,
    pub(super) known: Directory,
    /// Restarts after every step.
    pub(super) forgetful: bool,
    messages: u8,
}

/// Writes changes to a disk.
pub(super) fn write(disk: &mut BTreeMap<Vec<u8>, Vec<u8>>, changes: Changes) {
    disk.extend(changes.puts);
    for key in changes.deletes {
        assert!(disk.remove(&key).is_some(), "deletes only what stands there");
    }
}

impl Person {
    /// `wallet` is the account: the same number, the same account.
    pub(super) fn new(name: &str, wallet: u8, known: &Directory) -> Self {
        let mut it = Installation::generate(dice(name)).unwrap();
        let vouched = vouch(wallet, &it.public_key(), "0123456789abcdef");
        it.associate(&vouched).unwrap();
        known.show(vouched.hash, vouched.clone());
        let mut person = Self {
            name: name.into(),
            it,
            disk: BTreeMap::new(),
            vouched,
            known: known.clone(),
            forgetful: false,
            messages: 0,
        };
        person.save();
        person
    }

    /// As [`Person::new`], with a build of the first release.
    pub(super) fn of_the_first_release(name: &str, wallet: u8, known: &Directory) -> Self {
        let mut person = Self::new(name, wallet, known);
        person.it.rules = Rules::First;
        person
    }

    /// The step is durable.
    pub(super) fn save(&mut self) {
        write(&mut self.disk, self.it.take_changes());
        self.it.changes_persisted();
        assert!(self.it.take_changes().is_empty(), "nothing is left to write");
        if self.forgetful {
            self.restart();
        }
    }

    /// Only the disk survives.
    pub(super) fn restart(&mut self) {
        self.messages += 1;
        let seed = format!("{} {}", self.name, self.messages);
        let rules = self.it.rules;
        self.it = Installation::load(self.disk.clone(), dice(&seed)).unwrap();
        self.it.rules = rules;
    }

    /// Does it, and keeps it only if it went well.
    pub(super) fn step<T>(
        &mut self,
        what: impl FnOnce(&mut Installation) -> Result<T, E2eeError>,
    ) -> Result<T, E2eeError> {
        let result = what(&mut self.it);
        if result.is_ok() {
            self.save();
        } else {
            self.it.roll_back();
            assert!(self.it.take_changes().is_empty(), "a failed step leaves nothing");
        }
        result
    }

    pub(super) fn member(&self) -> Member {
        Member {
            address: self.vouched.address,
            installation: self.vouched.installation,
            association: self.vouched.hash,
        }
    }

    /// The id and the plaintext of its next message.
    pub(super) fn content(&mut self, text: &str) -> (MessageId, Vec<u8>) {
        self.messages += 1;
        let mut id = [self.messages; 16];
        id[0] = self.vouched.installation.0[0];
        (MessageId(id), text.into())
    }

    pub(super) fn say(&mut self, text: &str) -> Vec<u8> {
        let (id, plaintext) = self.content(text);
        self.step(|it| it.encrypt(TOPIC, id, plaintext.clone())).unwrap()
    }

    pub(super) fn process(&mut self, message: &[u8]) -> Result<Processed, E2eeError> {
        let known = self.known.clone();
        self.step(|it| it.process(TOPIC, message, &known))
    }

    /// Reads a message: who wrote it, and what.
    pub(super) fn hear(&mut self, message: &[u8]) -> (Member, String) {
        match self.process(message).unwrap() {
            Processed::Message { from, plaintext, .. } => (from, String::from_utf8(plaintext.to_vec()).unwrap()),
            other => panic!("{} heard {other:?}", self.name),
        }
    }

    pub(super) fn key_package(&mut self) -> Vec<u8> {
        self.step(|it| it.key_packages(1)).unwrap().remove(0)
    }

    /// A commit, pending.
    pub(super) fn propose(&mut self, add: &mut [&mut Person], remove: &[&Person]) -> Proposed {
        let add: Vec<_> = add
            .iter_mut()
            .map(|person| (person.key_package(), person.vouched.clone()))
            .collect();
        let remove: Vec<_> = remove.iter().map(|person| person.vouched.installation).collect();
        self.step(|it| it.commit(TOPIC, &add, &remove)).unwrap()
    }

    pub(super) fn merge(&mut self) {
        self.step(|it| it.merge_pending(TOPIC)).unwrap();
    }

    pub(super) fn join(&mut self, proposed: &Proposed) -> Result<Vec<Member>, E2eeError> {
        let (topic, known) = (TOPIC, self.known.clone());
        let own = self.vouched.installation;
        let welcome = proposed
            .welcomes
            .iter()
            .find(|welcome| welcome.installation == own)
            .unwrap();
        self.step(|it| it.join(topic, &welcome.message, &known))
    }
}

/// Alice and Bob in one conversation that Alice made.
pub(super) fn alice_and_bob(forgetful: bool) -> (Person, Person) {
    let known = Directory::default();
    let (mut alice, mut bob) = (Person::new("alice", 1, &known), Person::new("bob", 2, &known));
    (alice.forgetful, bob.forgetful) = (forgetful, forgetful);
    alice.step(|it| it.create(TOPIC)).unwrap();
    let proposed = alice.propose(&mut [&mut bob], &[]);
    alice.merge();
    let members = bob.join(&proposed).unwrap();
    assert_eq!(members, [alice.member(), bob.member()]);
    (alice, bob)
}

/// As [`alice_and_bob`], and Carol.
pub(super) fn three(forgetful: bool) -> (Person, Person, Person) {
    let (mut alice, mut bob) = alice_and_bob(forgetful);
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    carol.forgetful = forgetful;
    let proposed = bob.propose(&mut [&mut carol], &[]);
    let processed = alice.process(&proposed.commit).unwrap();
    assert_eq!(
        processed,
        Processed::Commit {
            added: vec![carol.member()],
            removed: vec![],
            left: false
        }
    );
    bob.merge();
    carol.join(&proposed).unwrap();
    (alice, bob, carol)
}

/// Everybody hears everybody.
pub(super) fn all_talk(people: &mut [&mut Person]) {
    for speaker in 0..people.len() {
        let text = format!("{} speaks", people[speaker].name);
        let message = people[speaker].say(&text);
        let author = people[speaker].member();
        for (listener, person) in people.iter_mut().enumerate() {
            if listener != speaker {
                assert_eq!(
                    person.hear(&message),
                    (author.clone(), text.clone()),
                    "{} listens",
                    person.name
                );
            }
        }
    }
}
