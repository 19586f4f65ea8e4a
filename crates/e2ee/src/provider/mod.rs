//! The provider of OpenMLS: RustCrypto for suite 2, and records in memory with pending changes.

mod crypto;
mod described;
mod storage;
mod store;

use openmls_traits::OpenMlsProvider;

pub(crate) use crypto::{Crypto, is_hpke_key};
pub(crate) use store::{Store, StoreError};

/// Crypto, randomness and storage for OpenMLS.
#[derive(Default)]
pub(crate) struct Provider {
    pub(crate) crypto: Crypto,
    pub(crate) store: Store,
}

impl OpenMlsProvider for Provider {
    type CryptoProvider = Crypto;
    type RandProvider = Crypto;
    type StorageProvider = Store;

    fn storage(&self) -> &Store {
        &self.store
    }

    fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    fn rand(&self) -> &Crypto {
        &self.crypto
    }
}
