//! Which installations an account has, who vouched for them, and their key packages.
//!
//! The list may be incomplete, never false: clients check everything in it against wallet signatures.

mod store;

use std::sync::Arc;

use protocol::{Address, AssociationHash, ErrorCode, InstallationId, limits};
use sqlx::PgPool;

use crate::{
    db::DbError,
    push::Notifier,
    time::{Clock, to_db},
};

/// Why the directory refused.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A key package is too large, or there are too many of them.
    #[error("over its limit")]
    TooLarge,
    /// An empty key package.
    #[error("an empty key package")]
    Malformed,
    /// The asking installation is not known, or was revoked.
    #[error("no such installation")]
    NoSuchInstallation,
    /// A stored row is not what it must be: a defect.
    #[error("a stored row is damaged")]
    Damaged,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<sqlx::Error> for DirectoryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbError::from(error))
    }
}

impl From<&DirectoryError> for ErrorCode {
    fn from(error: &DirectoryError) -> Self {
        match error {
            DirectoryError::TooLarge => Self::TooLarge,
            DirectoryError::Malformed => Self::Malformed,
            DirectoryError::NoSuchInstallation => Self::NoSuchInstallation,
            DirectoryError::Damaged => Self::Internal,
            DirectoryError::Database(error) => error.into(),
        }
    }
}

/// The directory of this site. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Directory {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    notifier: Notifier,
}

impl Directory {
    /// The directory in this database.
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>, notifier: Notifier) -> Self {
        Self { pool, clock, notifier }
    }

    /// The live installations of an account, the last seen first, at most [`limits::INSTALLATIONS`]. Empty: it never signed
    /// in here.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn installations_of(
        &self,
        account: Address,
    ) -> Result<Vec<(InstallationId, AssociationHash)>, DirectoryError> {
        let rows = store::installations_of(&self.pool, account.as_slice(), limits::INSTALLATIONS).await?;
        rows.into_iter()
            .map(|row| {
                InstallationId::from_slice(&row.installation)
                    .zip(AssociationHash::from_slice(&row.association))
                    .ok_or(DirectoryError::Damaged)
            })
            .collect()
    }

    /// The bytes of an `identity::Association`, by its hash.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn association(&self, hash: AssociationHash) -> Result<Option<Vec<u8>>, DirectoryError> {
        Ok(store::association(&self.pool, &hash.0).await?)
    }

    /// What proves of these installations that they were revoked: the bytes of an `identity::Revocation` for each that was.
    ///
    /// # Errors
    /// `TooLarge` for more than [`limits::REVOCATIONS`], or if the database is away.
    pub async fn revocations(&self, installations: &[InstallationId]) -> Result<Vec<Vec<u8>>, DirectoryError> {
        if installations.len() > limits::REVOCATIONS {
            return Err(DirectoryError::TooLarge);
        }
        let installations: Vec<&[u8]> = installations.iter().map(|id| &id.0[..]).collect();
        Ok(store::revocations(&self.pool, &installations).await?)
    }

    /// The key (65 bytes, SEC1 uncompressed) of an installation that is not revoked.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn public_key(&self, installation: InstallationId) -> Result<Option<[u8; 65]>, DirectoryError> {
        match store::public_key(&self.pool, &installation.0).await? {
            Some(bytes) => Ok(Some(bytes.try_into().map_err(|_| DirectoryError::Damaged)?)),
            None => Ok(None),
        }
    }

    /// One key package of an installation, used up by this claim; its last resort, which stays, if there is no other.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn claim_key_package(&self, installation: InstallationId) -> Result<Option<Vec<u8>>, DirectoryError> {
        if let Some(bytes) = store::claim(&self.pool, &installation.0).await? {
            return Ok(Some(bytes));
        }
        Ok(store::last_resort(&self.pool, &installation.0).await?)
    }

    /// Keeps these key packages of an installation; gives how many it now has. Over [`limits::KEY_PACKAGES`] the oldest go.
    ///
    /// # Errors
    /// `TooLarge`, `Malformed`, `NoSuchInstallation`; nothing is kept then.
    pub async fn publish_key_packages<B: AsRef<[u8]>>(
        &self,
        installation: InstallationId,
        key_packages: &[B],
        last_resort: Option<&[u8]>,
    ) -> Result<u32, DirectoryError> {
        if key_packages.len() > limits::KEY_PACKAGES_PER_FRAME {
            return Err(DirectoryError::TooLarge);
        }
        let key_packages: Vec<&[u8]> = key_packages.iter().map(AsRef::as_ref).collect();
        for bytes in key_packages.iter().copied().chain(last_resort) {
            if bytes.is_empty() {
                return Err(DirectoryError::Malformed);
            }
            if bytes.len() > limits::KEY_PACKAGE {
                return Err(DirectoryError::TooLarge);
            }
        }
        let mut transaction = self.pool.begin().await?;
        // Locks the installation's row: two frames of one installation are counted one after the other.
        let locked = store::lock_installation(&mut transaction, &installation.0)
            .await?
            .ok_or(DirectoryError::NoSuchInstallation)?;
        let id = locked.id;
        let before = store::count(&mut *transaction, &installation.0).await?;
        store::put_key_packages(&mut transaction, id, &key_packages).await?;
        store::drop_oldest(&mut transaction, id, limits::KEY_PACKAGES).await?;
        if let Some(bytes) = last_resort {
            store::put_last_resort(&mut transaction, id, bytes).await?;
        }
        let kept = store::count(&mut *transaction, &installation.0).await?;
        transaction.commit().await?;
        if (before == 0 && kept > 0) || last_resort.is_some() {
            // Only now can it be added to conversations, or to those that require more than its earlier key packages advertise.
            let address = Address::try_from(&locked.address[..]).map_err(|_| DirectoryError::Damaged)?;
            self.notifier.installations_changed(address);
        }
        Ok(u32::try_from(kept).unwrap_or(u32::MAX))
    }

    /// How many unused key packages an installation has here, the last resort not counted.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn key_packages(&self, installation: InstallationId) -> Result<u32, DirectoryError> {
        Ok(u32::try_from(store::count(&self.pool, &installation.0).await?).unwrap_or(u32::MAX))
    }

    /// Writes that the installation was connected just now.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn touch(&self, installation: InstallationId) -> Result<(), DirectoryError> {
        Ok(store::touch(&self.pool, &installation.0, to_db(self.clock.now())).await?)
    }
}
