//! Randomness as a parameter, so that tests are deterministic.

use std::convert::Infallible;

use hmac::{Hmac, KeyInit, Mac};
use rand_core::{TryCryptoRng, TryRng};
use sha2::Sha256;
use zeroize::Zeroize;

/// A source of cryptographic randomness: the operating system's, or the browser's.
pub trait Randomness {
    /// Fills `bytes`. Must not fail and must not repeat itself.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The stream OpenMLS and HPKE draw from. Those want a source that is `Send` and `Sync`, which a browser's is not; so each
/// operation seeds this stream with 32 bytes of [`Randomness`]. HMAC-SHA-256 in counter mode (NIST SP 800-108); the key is
/// replaced after every draw, so that earlier output cannot be computed from a later state.
pub(crate) struct Stream {
    key: [u8; 32],
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self { key: [0; 32] }
    }

    /// Mixes in fresh randomness.
    pub(crate) fn seed(&mut self, source: &mut dyn Randomness) {
        let mut fresh = [0; 32];
        source.fill(&mut fresh);
        self.key = self.block(b"seed", &fresh);
        fresh.zeroize();
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for (counter, chunk) in (0u64..).zip(bytes.chunks_mut(32)) {
            let mut block = self.block(b"draw", &counter.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
            block.zeroize();
        }
        self.key = self.block(b"next", &[]);
    }

    fn block(&self, label: &[u8], input: &[u8]) -> [u8; 32] {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of every length");
        hmac.update(label);
        hmac.update(input);
        hmac.finalize().into_bytes().into()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Stream {}
