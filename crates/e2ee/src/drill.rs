//! What only drills see: which key sealed what, and on what a group has agreed (`docs/reliability.md`).

use std::cell::RefCell;

use protocol::Topic;

use crate::Installation;

thread_local! {
    static SEALED: RefCell<Option<Vec<Sealed>>> = const { RefCell::new(None) };
}

/// Something that was encrypted. A key of a ratchet belongs to one generation of one leaf in one epoch of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key.
    pub key: Vec<u8>,
    /// What came of it.
    pub ciphertext: Vec<u8>,
}

/// From now on, on this thread, everything that is sealed is noted.
pub fn watch() {
    SEALED.with(|sealed| *sealed.borrow_mut() = Some(Vec::new()));
}

/// What was sealed since this was asked last.
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

impl Installation {
    /// What all members of an epoch have in common, and nobody else (RFC 9420, section 8.7).
    pub fn authenticator(&self, topic: Topic) -> Option<Vec<u8>> {
        let group = self.group(topic).ok()?;
        Some(group.epoch_authenticator().as_slice().to_vec())
    }
}
