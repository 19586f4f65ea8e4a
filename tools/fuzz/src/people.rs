//! Wallets, installations and what everybody knows of them; the same in every run.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use e2ee::{Associations, Installation, Randomness};
use identity::{Association, SignIn, Stated, Vouched, fingerprint, personal_digest};
use k256::ecdsa::SigningKey;
use protocol::{Address, AssociationHash};
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

/// The domain of the site.
pub(crate) const DOMAIN: &str = "jackdaw.example";

/// Randomness that repeats itself from run to run.
pub(crate) struct Dice([u8; 32]);

impl Dice {
    pub(crate) fn of(name: &str) -> Self {
        Self(Sha256::digest(name).into())
    }
}

impl Randomness for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.0 = Sha256::digest(self.0).into();
            chunk.copy_from_slice(&self.0[..chunk.len()]);
        }
    }
}

/// What an account says of this key: the account whose wallet has this secret.
pub(crate) fn association(wallet: u8, public_key: &[u8]) -> Association {
    let wallet = SigningKey::from_slice(&[wallet; 32]).expect("a secret under the order");
    let point = wallet.verifying_key().to_sec1_point(false);
    let text = SignIn {
        domain: DOMAIN.into(),
        address: Address::from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..]),
        uri: format!("https://{DOMAIN}"),
        chain_id: 1,
        nonce: "0123456789abcdef".into(),
        issued_at: "2026-11-21T09:00:00Z".into(),
        expiration_time: "2026-11-21T09:05:00Z".into(),
        installation: fingerprint(public_key),
    }
    .text();
    let (signature, id) = wallet.sign_prehash_recoverable(&personal_digest(&text));
    Association {
        text,
        signature: [signature.to_bytes().as_slice(), &[27 + u8::from(id.is_y_odd())]].concat(),
        public_key: public_key.to_vec(),
    }
}

/// The associations everybody knows.
#[derive(Clone, Default)]
pub(crate) struct Directory(Rc<RefCell<BTreeMap<AssociationHash, Vouched>>>);

impl Associations for Directory {
    fn stated(&self, hash: &AssociationHash) -> Option<Stated> {
        self.0.borrow().get(hash).map(|vouched| (**vouched).clone())
    }
}

/// One installation, and who vouches for it.
pub(crate) struct Person {
    pub(crate) it: Installation,
    pub(crate) vouched: Vouched,
}

impl Person {
    pub(crate) fn new(name: &str, wallet: u8, known: &Directory) -> Self {
        let mut it = Installation::generate(Box::new(Dice::of(name))).expect("a new installation");
        let vouched = association(wallet, &it.public_key())
            .verify(DOMAIN)
            .expect("an honest association");
        it.associate(&vouched).expect("our own association");
        known.0.borrow_mut().insert(vouched.hash, vouched.clone());
        it.changes_persisted();
        Self { it, vouched }
    }

    /// Does it, for good.
    pub(crate) fn step<T, E: std::fmt::Debug>(&mut self, what: impl FnOnce(&mut Installation) -> Result<T, E>) -> T {
        let result = what(&mut self.it).expect("an honest step");
        self.it.changes_persisted();
        result
    }

    /// A key package and who vouches for it: all it takes to be invited.
    pub(crate) fn invitable(&mut self) -> (Vec<u8>, Vouched) {
        let key_package = self.step(|it| it.key_packages(1)).remove(0);
        (key_package, self.vouched.clone())
    }
}
