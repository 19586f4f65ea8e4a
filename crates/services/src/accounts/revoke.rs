//! Revokes an installation.

use identity::{Association, Revocation};
use protocol::{Address, ErrorCode};

use super::{Accounts, error::AccountError, store};
use crate::time::to_db;

impl Accounts {
    /// Keeps this revocation (the bytes of an [`identity::Revocation`]) and ends what the installation has here: sessions,
    /// sockets, key packages. Its word is not ours: it is signed by the account's key or by one of the account's installations,
    /// and everybody else verifies it too. Said twice, nothing changes.
    ///
    /// # Errors
    /// `BadRevocation`; `NotYourInstallation` for another account than the asker's; `NotFound`; `WrongSignature`, also if who
    /// signs was revoked before.
    pub async fn revoke(&self, asker: Address, bytes: &[u8]) -> Result<(), AccountError> {
        let revocation = Revocation::from_bytes(bytes).map_err(|_| AccountError::BadRevocation)?;
        if revocation.account != asker {
            return Err(AccountError::NotYourInstallation);
        }
        let mut transaction = self.pool.begin().await?;
        // Locked: of two installations that revoke each other, one is first.
        let account = store::lock_account(&mut transaction, asker.as_slice())
            .await?
            .ok_or(AccountError::NotFound)?;
        let id = store::installation_of(&mut transaction, account, &revocation.installation.0)
            .await?
            .ok_or(AccountError::NotFound)?;
        let signer = match revocation.association() {
            None => None,
            Some(hash) => {
                let row = store::signer(&mut transaction, account, &hash.0).await?;
                let row = row.filter(|row| !row.revoked || row.id == id);
                let row = row.ok_or(AccountError::WrongSignature)?;
                let association = Association::from_bytes(&row.association).map_err(|_| AccountError::Damaged)?;
                let stated = association.stated(&self.config.domain);
                Some(stated.map_err(|_| AccountError::WrongSignature)?)
            }
        };
        revocation
            .verify(&self.config.domain, signer.as_ref())
            .map_err(|_| AccountError::WrongSignature)?;
        let ended = store::revoke(&mut transaction, id, bytes, to_db(self.clock.now())).await?;
        transaction.commit().await?;
        self.end(ended, ErrorCode::Revoked);
        self.notifier.installations_changed(asker);
        Ok(())
    }
}
