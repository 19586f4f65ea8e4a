//! Accounts: sign-in texts, sessions, installations, names.
//!
//! One wallet signature signs in *and* vouches for the installation key named in the text (EIP-4361, `Resources`). A
//! cookie holds a signed token, and behind it stands a row: ending the row ends the session.
//!
//! An account is an address if a key signs for it, and an address on one chain if code does. One address has one account
//! here; see `docs/adr/0011-one-account-per-address.md`.

mod agent;
mod browser;
mod error;
mod name;
mod revoke;
mod session;
mod session_key;
mod sign_in;
mod store;
mod sweep;
mod token;
mod verifier;

use std::{str::FromStr, sync::Arc};

use protocol::{ErrorCode, InstallationId, api};
use sqlx::PgPool;
use uuid::Uuid;

pub use agent::describe_agent;
pub use browser::BrowserId;
pub use error::AccountError;
pub use session::{Session, SignedIn};
pub use session_key::{SessionKey, SessionKeyError};
pub use verifier::{KeyAccounts, NotVerified, WalletVerifier, Wallets};

use crate::{
    db::DbError,
    jobs::Job,
    push::Notifier,
    time::{Clock, Randomness, after, from_db, to_db},
};

/// The settings of accounts.
#[derive(Debug, Clone)]
pub struct AccountsConfig {
    /// The public origin, e.g. `https://chat.example.org`; `uri` of sign-in texts.
    pub origin: String,
    /// Host, and port if it is not the default; `domain` of sign-in texts, audience of tokens.
    pub domain: String,
    /// Chains one may sign in on (EIP-155).
    pub chain_ids: Vec<u64>,
    /// Signs the cookies.
    pub session_key: SessionKey,
}

/// The accounts of this site. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    pool: PgPool,
    config: Arc<AccountsConfig>,
    verifier: Arc<dyn WalletVerifier>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    notifier: Notifier,
}

impl Accounts {
    /// The accounts in this database.
    pub fn new(
        pool: PgPool,
        config: AccountsConfig,
        verifier: Arc<dyn WalletVerifier>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        notifier: Notifier,
    ) -> Self {
        Self {
            pool,
            config: Arc::new(config),
            verifier,
            clock,
            randomness,
            notifier,
        }
    }

    /// The session a token names. It says only that the token was signed here for this site and is not too old: the session may be over.
    ///
    /// # Errors
    /// `NotSignedIn` for any other text.
    pub fn session_id(&self, token: &str) -> Result<Uuid, AccountError> {
        token::read(&self.config.session_key, &self.config.domain, token, self.clock.now())
    }

    /// The session of a token that was signed here for this site, unless it is over.
    ///
    /// # Errors
    /// `NotSignedIn` for what is no token of ours or too old, `SessionEnded` for one that was ended, `Revoked` if its
    /// installation was.
    pub async fn session(&self, token: &str) -> Result<Session, AccountError> {
        let now = self.clock.now();
        let id = self.session_id(token)?;
        let row = store::session(&self.pool, id).await?.ok_or(AccountError::NotSignedIn)?;
        if let Some(error) = row.end_reason(now) {
            return Err(error);
        }
        if from_db(row.seen_at) <= after(now, -session::SEEN_STEP) {
            store::touch_session(&self.pool, id, to_db(now)).await?;
        }
        row.into_session(id)
    }

    /// Ends this session and its sockets, on whichever server of the site they are.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sign_out(&self, session: &Session) -> Result<(), AccountError> {
        let ended = store::end_session(&self.pool, session.account_id, session.id, to_db(self.clock.now())).await?;
        self.end(ended, ErrorCode::SessionEnded);
        Ok(())
    }

    /// This account's sessions, the last used first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sessions(&self, session: &Session) -> Result<Vec<api::Session>, AccountError> {
        let rows = store::sessions(&self.pool, session.account_id, to_db(self.clock.now())).await?;
        Ok(rows
            .into_iter()
            .map(|row| api::Session {
                id: row.id.to_string(),
                agent: row.agent,
                since: from_db(row.created_at),
                seen: from_db(row.seen_at),
                is_current: row.id == session.id,
            })
            .collect())
    }

    /// Ends another session of the same account.
    ///
    /// # Errors
    /// `NotFound` if there is none of this id, or it has ended.
    pub async fn end_session(&self, session: &Session, id: &str) -> Result<(), AccountError> {
        let id = Uuid::from_str(id).map_err(|_| AccountError::NotFound)?;
        let ended = store::end_session(&self.pool, session.account_id, id, to_db(self.clock.now())).await?;
        if ended.is_empty() {
            return Err(AccountError::NotFound);
        }
        self.end(ended, ErrorCode::SessionEnded);
        Ok(())
    }

    /// Ends all other sessions of the same account; gives how many.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn end_others(&self, session: &Session) -> Result<usize, AccountError> {
        let now = to_db(self.clock.now());
        let ended = store::end_other_sessions(&self.pool, session.account_id, session.id, now).await?;
        let count = ended.len();
        self.end(ended, ErrorCode::SessionEnded);
        Ok(count)
    }

    /// This account's browsers that hold keys, the last seen first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn installations(&self, session: &Session) -> Result<Vec<api::InstallationRow>, AccountError> {
        let rows = store::installations(&self.pool, session.account_id).await?;
        rows.into_iter()
            .map(|row| {
                let id = InstallationId::from_slice(&row.installation).ok_or(AccountError::Damaged)?;
                Ok(api::InstallationRow {
                    id,
                    name: row.name,
                    agent: row.agent,
                    since: from_db(row.created_at),
                    seen: from_db(row.seen_at),
                    is_current: id == session.installation,
                })
            })
            .collect()
    }

    /// Calls a browser of this account so, for nobody but the account; an empty name takes it away. Returns what was stored, see
    /// `name`.
    ///
    /// # Errors
    /// `BadName` as for the account's own; `NotFound` if the account has no such browser, or it is revoked.
    pub async fn name_installation(
        &self,
        session: &Session,
        installation: InstallationId,
        name: &str,
    ) -> Result<String, AccountError> {
        let name = name::checked(name).ok_or(AccountError::BadName)?;
        if store::name_installation(&self.pool, session.account_id, &installation.0, &name).await? {
            Ok(name)
        } else {
            Err(AccountError::NotFound)
        }
    }

    /// Gives the account this name; an empty one takes it away. Returns what was stored, see `name`.
    ///
    /// # Errors
    /// `BadName` for one that is too long ([`protocol::limits::NAME`]), is not seen, or passes for something else.
    pub async fn set_name(&self, session: &Session, name: &str) -> Result<String, AccountError> {
        let name = name::checked(name).ok_or(AccountError::BadName)?;
        store::set_name(&self.pool, session.account_id, &name).await?;
        Ok(name)
    }

    /// The reason why this session is over; `None`: it is not.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn end_reason(&self, id: Uuid) -> Result<Option<ErrorCode>, AccountError> {
        let Some(row) = store::session(&self.pool, id).await? else {
            return Ok(Some(ErrorCode::NotSignedIn));
        };
        Ok(row.end_reason(self.clock.now()).as_ref().map(ErrorCode::from))
    }

    /// The task that deletes what has expired.
    pub fn jobs(&self) -> Vec<Job> {
        vec![sweep::job(self.clone())]
    }

    /// Deletes what has expired: sign-in texts after five minutes, sessions after their time.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sweep(&self) -> Result<(), AccountError> {
        let now = to_db(self.clock.now());
        store::sweep_challenges(&self.pool, now).await?;
        self.end(store::sweep_sessions(&self.pool, now).await?, ErrorCode::SessionEnded);
        Ok(())
    }

    fn end(&self, ids: Vec<Uuid>, reason: ErrorCode) {
        for id in ids {
            self.notifier.session_ended(id, reason);
        }
    }
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbError::from(error))
    }
}
