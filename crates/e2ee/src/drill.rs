//! What only drills see: which key sealed what (`docs/reliability.md`).

use std::{cell::RefCell, collections::HashMap, hash::Hash};

use openmls_traits::types::{CryptoError, HpkeKeyPair};
use sha2::{Digest, Sha256};

/// So many answers of the curve are remembered.
const REMEMBERED: usize = 100_000;

thread_local! {
    static FITS: RefCell<HashMap<[u8; 32], Result<(), CryptoError>>> = RefCell::default();
    static PAIRS: RefCell<HashMap<Vec<u8>, HpkeKeyPair>> = RefCell::default();
    static SEALED: RefCell<Option<Vec<Sealed>>> = const { RefCell::new(None) };
}

/// One encryption. A ratchet key belongs to one generation of one leaf in one epoch of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The AEAD key.
    pub key: Vec<u8>,
    /// The ciphertext, with its AEAD tag.
    pub ciphertext: Vec<u8>,
}

/// Records every encryption on this thread from now on.
pub fn watch() {
    SEALED.with(|sealed| *sealed.borrow_mut() = Some(Vec::new()));
}

/// Takes the recorded encryptions.
pub fn sealed() -> Vec<Sealed> {
    SEALED.with(|sealed| sealed.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default())
}

pub(crate) fn note(key: &[u8], ciphertext: &[u8]) {
    SEALED.with(|sealed| {
        if let Some(sealed) = sealed.borrow_mut().as_mut() {
            sealed.push(Sealed {
                key: key.to_vec(),
                ciphertext: ciphertext.to_vec(),
            });
        }
    });
}

/// Whether a signature fits. All members of a drill live in one thread and verify the same ones: what the curve has said before
/// it would say again.
pub(crate) fn fits(parts: [&[u8]; 3], verify: impl FnOnce() -> Result<(), CryptoError>) -> Result<(), CryptoError> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    FITS.with(|known| remembered(known, hash.finalize().into(), verify))
}

/// The key pair of a path secret, which every member derives.
pub(crate) fn pair(secret: &[u8], derive: impl FnOnce() -> HpkeKeyPair) -> HpkeKeyPair {
    PAIRS.with(|known| remembered(known, secret.to_vec(), derive))
}

fn remembered<K: Hash + Eq, V: Clone>(known: &RefCell<HashMap<K, V>>, key: K, find: impl FnOnce() -> V) -> V {
    if let Some(found) = known.borrow().get(&key) {
        return found.clone();
    }
    let found = find();
    let mut known = known.borrow_mut();
    if known.len() == REMEMBERED {
        known.clear();
    }
    known.insert(key, found.clone());
    found
}
