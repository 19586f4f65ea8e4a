use identity::Association;
use protocol::{
    Address, InstallationId, UnixMillis,
    api::{self, Me},
};
use uuid::Uuid;

use super::{error::AccountError, store::SessionRow};
use crate::time::from_db;

/// How long a session lasts, in seconds.
pub(super) const LASTS: i64 = 30 * 24 * 3600;
/// `seen` is written again when it is older than this, in seconds.
pub(super) const SEEN_STEP: i64 = 60;

/// A session of a person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id that the token in the cookie names.
    pub id: Uuid,
    /// The id of the account's row.
    pub account_id: i64,
    /// The address of the signed-in account.
    pub address: Address,
    /// The name it chose, empty for none.
    pub name: String,
    /// The installation it was opened with; the only one its sockets may speak for.
    pub installation: InstallationId,
    /// When it ends by itself.
    pub expires: UnixMillis,
}

impl Session {
    /// As the page sees it.
    pub fn me(&self) -> Me {
        Me {
            address: self.address,
            name: self.name.clone(),
            installation: self.installation,
        }
    }
}

/// A sign-in that worked.
#[derive(Clone)]
pub struct SignedIn {
    /// For the cookie. A secret.
    pub token: String,
    /// The new session.
    pub session: Session,
    /// By which others know its installation: the one of its first sign-in.
    pub association: Association,
}

impl SignedIn {
    /// As the page sees it.
    pub fn answer(self) -> api::SignedIn {
        api::SignedIn {
            me: self.session.me(),
            text: self.association.text,
            signature: self.association.signature,
        }
    }
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl SessionRow {
    /// The reason why it is over.
    pub(super) fn end_reason(&self, now: UnixMillis) -> Option<AccountError> {
        if self.revoked {
            Some(AccountError::Revoked)
        } else if self.ended {
            Some(AccountError::SessionEnded)
        } else {
            (from_db(self.expires_at) <= now).then_some(AccountError::NotSignedIn)
        }
    }

    pub(super) fn into_session(self, id: Uuid) -> Result<Session, AccountError> {
        Ok(Session {
            id,
            account_id: self.account_id,
            address: Address::try_from(self.address.as_slice()).map_err(|_| AccountError::Damaged)?,
            name: self.name,
            installation: InstallationId::from_slice(&self.installation).ok_or(AccountError::Damaged)?,
            expires: from_db(self.expires_at),
        })
    }
}
