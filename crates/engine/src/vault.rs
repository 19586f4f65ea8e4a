//! The vault of one account: an `IndexedDB` database, every value encrypted under a key that no script can read out.
//!
//! One object store for each [`client::Space`], and one more for the key. Keys of records are as the client gives them
//! (ids, no secrets); values are a nonce of 12 bytes and the AES-GCM-256 ciphertext, with the space and the record's key as
//! associated data, so that records cannot be swapped. Everything is encrypted **before** the transaction is opened,
//! because a transaction ends when the browser has nothing to do for it; one commit of the client is one transaction with
//! strict durability, so that what is acknowledged survives a loss of power. In the same transaction it is looked up who owns the
//! vault: a worker that slept while another one took over writes nothing any more.

mod cipher;
mod idb;

use std::rc::Rc;

use bridge::Trouble;
use client::{Batch, Change, Records, Space, Vault, VaultError};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use cipher::Cipher;
use idb::Database;

/// An open vault; clones are the same vault.
#[derive(Clone)]
pub struct IdbVault {
    database: Rc<Database>,
    cipher: Cipher,
}

impl IdbVault {
    /// Opens the vault of this name as its owner, creating it if needed. The previous owner's writes fail from then on.
    ///
    /// # Errors
    /// `Newer` if a newer build has made it; `Unavailable` where the browser offers no storage or no encryption.
    pub async fn open(name: &str) -> Result<Self, VaultError> {
        Self::from_database(Database::open(name).await?, true).await
    }

    /// Open the vault of this name, or make one, to leave pending sends in it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn visit(name: &str) -> Result<Self, VaultError> {
        Self::from_database(Database::open(name).await?, false).await
    }

    /// Open or make the vault of this name as the build did that had only the first so many spaces.
    #[cfg(feature = "testing")]
    pub async fn open_older(name: &str, spaces: u32) -> Result<Self, VaultError> {
        Self::from_database(Database::open_version(name, spaces).await?, true).await
    }

    async fn from_database(mut database: Database, own: bool) -> Result<Self, VaultError> {
        if own {
            // Before anything is read: what the one before still writes is in what is read, or is not written.
            database.own().await?;
        }
        let cipher = if let Some(key) = database.key().await? {
            Cipher::with(key)?
        } else {
            let cipher = Cipher::generate().await?;
            match database.keep_key(cipher.key()).await {
                Ok(()) => cipher,
                // Another tab was faster: it is that one's.
                Err(error) => Cipher::with(database.key().await?.ok_or(error)?)?,
            }
        };
        Ok(Self {
            database: Rc::new(database),
            cipher,
        })
    }

    /// Delete the vault of this name, open or not, for ever.
    pub async fn delete(name: &str) -> Result<(), VaultError> {
        Database::delete(name).await
    }

    /// Whether it was closed under us, or has another owner.
    pub fn is_closed(&self) -> bool {
        self.database.is_closed()
    }

    /// Close the database. What is done with the vault afterwards fails with `Closed`.
    pub fn close(&self) {
        self.database.close();
    }

    /// Change a byte of a stored record, of the last one if no key is given.
    #[cfg(feature = "testing")]
    pub async fn damage(name: &str, store: &str, key: Option<&[u8]>) -> Result<(), VaultError> {
        let database = Database::open(name).await?;
        let done = database.damage(store, key).await;
        database.close();
        done
    }

    async fn open_records(&self, space: Space, records: Vec<Record>) -> Records {
        let values = self.cipher.open_many(space, &records).await;
        let mut read = Records::default();
        for (record, value) in records.into_iter().zip(values) {
            match value {
                Some(value) => read.rows.push((record.key, value)),
                None => read.damaged.push(record.key),
            }
        }
        read
    }
}

/// A record as it is stored.
struct Record {
    key: Vec<u8>,
    sealed: Uint8Array,
}

impl Record {
    fn new(key: &JsValue, sealed: JsValue) -> Self {
        // What is no byte string (somebody else has written here) becomes an empty one, which does not decrypt.
        let sealed = sealed.dyn_into().unwrap_or_else(|_| Uint8Array::new_with_length(0));
        Self {
            key: Uint8Array::new(key).to_vec(),
            sealed,
        }
    }
}

impl Vault for IdbVault {
    async fn all(&self, space: Space) -> Result<Records, VaultError> {
        let records = self.database.all(space).await?;
        Ok(self.open_records(space, records).await)
    }

    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(record) = self.database.get(space, key).await? else {
            return Ok(None);
        };
        let opened = self.cipher.open_many(space, &[record]).await.pop().flatten();
        opened.map(Some).ok_or_else(|| VaultError::Damaged {
            space,
            key: key.to_vec(),
        })
    }

    async fn before(
        &self,
        space: Space,
        prefix: &[u8],
        end: Option<&[u8]>,
        limit: usize,
    ) -> Result<Records, VaultError> {
        let records = self.database.before(space, prefix, end, limit).await?;
        Ok(self.open_records(space, records).await)
    }

    async fn commit(&self, batch: Batch) -> Result<(), VaultError> {
        let owned = batch.needs_owner();
        let changes: Vec<Change> = batch.last_of_each_key().collect();
        let sealed = self.cipher.seal_many(&changes).await?;
        self.database.commit(&changes, &sealed, owned).await
    }
}

/// What the page is told when the vault does not open.
pub fn trouble(error: &VaultError) -> Trouble {
    match error {
        VaultError::Full => Trouble::VaultFull,
        VaultError::Damaged { .. } => Trouble::VaultDamaged,
        VaultError::Newer => Trouble::VaultNewer,
        VaultError::Closed => Trouble::OtherTab,
        VaultError::Unavailable(_) => Trouble::NoVault,
    }
}
