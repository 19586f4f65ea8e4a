//! The two steps of signing in.

use identity::{AccountKind, Association, SignIn, Stated, Vouched, fingerprint, time_text};
use protocol::{Address, ErrorCode, UnixMillis, api::Challenge, limits};
use sqlx::PgConnection;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::{
    Accounts,
    agent::describe_agent,
    browser::BrowserId,
    error::AccountError,
    session::{LASTS, Session, SignedIn},
    store::{self, AccountRow},
    token,
    verifier::NotVerified,
};
use crate::time::{after, from_db, to_db};

/// How long a sign-in text may be signed, in seconds.
const CHALLENGE_LASTS: i64 = 5 * 60;
/// How far clocks of our own nodes may be apart, in seconds.
const LEEWAY: i64 = 60;
/// How often a chain is asked about signatures over one text.
const QUESTIONS: i16 = 10;

impl Accounts {
    /// Draws a nonce for this account, bound to the browser that asks, and keeps the one text (EIP-4361) that may be signed with it. The
    /// browser renders the same text by itself. Says nothing about whether the account is known.
    ///
    /// # Errors
    /// `WrongChain`, or `BadKey` for what is not 65 bytes beginning with 4.
    pub async fn challenge(
        &self,
        browser: &BrowserId,
        address: Address,
        chain_id: u64,
        public_key: &[u8],
    ) -> Result<Challenge, AccountError> {
        if !self.config.chain_ids.contains(&chain_id) {
            return Err(AccountError::WrongChain(chain_id));
        }
        if public_key.len() != 65 || public_key[0] != 4 {
            return Err(AccountError::BadKey);
        }
        let mut nonce = [0; 20];
        self.randomness.fill(&mut nonce);
        let issued_at = UnixMillis(self.clock.now().0.div_euclid(1000) * 1000);
        let expires_at = after(issued_at, CHALLENGE_LASTS);
        let time = |at| time_text(at).ok_or(AccountError::Expired);
        let sign_in = SignIn {
            domain: self.config.domain.clone(),
            address,
            uri: self.config.origin.clone(),
            chain_id,
            nonce: hex::encode(nonce),
            issued_at: time(issued_at)?,
            expiration_time: time(expires_at)?,
            installation: fingerprint(public_key),
        };
        let (text, nonce) = (sign_in.text(), sign_in.nonce);
        store::keep_challenge(
            &self.pool,
            &nonce,
            &browser.hash(),
            &text,
            public_key,
            to_db(expires_at),
        )
        .await?;
        Ok(Challenge {
            text,
            nonce,
            issued_at,
            expires_at,
        })
    }

    /// Signs in with the wallet's signature over the text from [`Accounts::challenge`], in the same browser. The nonce is
    /// used up together with the making of session, installation and association, or not at all. Of the browser's
    /// `User-Agent` only [`super::describe_agent`] is kept.
    ///
    /// # Errors
    /// An error of its own for each check that fails: text, nonce, time, signature, account, installation.
    pub async fn sign_in(
        &self,
        browser: &BrowserId,
        text: &str,
        signature: &[u8],
        user_agent: &str,
    ) -> Result<SignedIn, AccountError> {
        if text.len() > limits::SIGN_IN_TEXT || signature.len() > limits::SIGNATURE {
            return Err(AccountError::TooLarge);
        }
        let sign_in = SignIn::parse(text).map_err(|_| AccountError::WrongText)?;
        let now = self.clock.now();
        self.check(&sign_in, now)?;

        let browser = browser.hash();
        let issued = store::challenge(&self.pool, &sign_in.nonce, &browser)
            .await?
            .ok_or(AccountError::NonceSpent)?;
        if issued.text != text {
            return Err(AccountError::WrongText);
        }
        if from_db(issued.expires_at) <= now {
            return Err(AccountError::Expired);
        }

        // Before the transaction: a verifier may have to ask a chain, and no row is held locked for that.
        let association = Association {
            text: text.to_owned(),
            signature: signature.to_vec(),
            public_key: issued.public_key,
        };
        let stated = association
            .stated(&self.config.domain)
            .map_err(|_| AccountError::WrongSignature)?;
        let vouched = self.vouched(&stated, &browser).await?;

        let agent = describe_agent(user_agent);
        let expires = after(now, LASTS);
        let id = self.new_session_id(now);
        let mut transaction = self.pool.begin().await?;
        if !store::spend_nonce(&mut transaction, &sign_in.nonce, &browser).await? {
            return Err(AccountError::NonceSpent);
        }
        let (account, ended) = account_of(&mut transaction, &vouched, to_db(now)).await?;
        store::keep_association(&mut transaction, &vouched.hash.0, &association.to_bytes()).await?;
        let installation = store::installation(
            &mut transaction,
            store::NewInstallation {
                installation: &vouched.installation.0,
                account_id: account.id,
                public_key: &vouched.public_key,
                association: &vouched.hash.0,
                agent: &agent,
                now: to_db(now),
            },
        )
        .await?;
        let Some(installation) = installation else {
            let revoked = store::is_revoked(&mut transaction, &vouched.installation.0).await?;
            return Err(if revoked {
                AccountError::Revoked
            } else {
                AccountError::NotYourInstallation
            });
        };
        store::session_row(
            &mut transaction,
            store::NewSession {
                id,
                account_id: account.id,
                installation_id: installation.id,
                agent: &agent,
                now: to_db(now),
                expires: to_db(expires),
            },
        )
        .await?;
        transaction.commit().await?;
        if installation.new || !ended.is_empty() {
            self.notifier.installations_changed(vouched.address);
        }
        self.end(ended, ErrorCode::SessionEnded);
        let association = Association::from_bytes(&installation.association).map_err(|_| AccountError::Damaged)?;

        let session = Session {
            id,
            account_id: account.id,
            address: vouched.address,
            name: account.name,
            installation: vouched.installation,
            expires,
        };
        let token = token::write(&self.config.session_key, &self.config.domain, &session)?;
        Ok(SignedIn {
            token,
            session,
            association,
        })
    }

    /// Who signed: the account's key, or else what its chain says now.
    async fn vouched(&self, stated: &Stated, browser: &[u8]) -> Result<Vouched, AccountError> {
        if let Ok(vouched) = stated.by_key() {
            return Ok(vouched);
        }
        if !store::count_question(&self.pool, &stated.sign_in().nonce, browser, QUESTIONS).await? {
            return Err(AccountError::TooMany);
        }
        self.verifier.verify(stated).await.map_err(|error| match error {
            NotVerified::Wrong => AccountError::WrongSignature,
            NotVerified::CannotNow => AccountError::CannotVerify,
            NotVerified::NoNode => AccountError::NoNode,
        })
    }

    /// What the text itself says must hold here and now, whatever the database remembers.
    fn check(&self, sign_in: &SignIn, now: UnixMillis) -> Result<(), AccountError> {
        if sign_in.domain != self.config.domain || sign_in.uri != self.config.origin {
            return Err(AccountError::WrongText);
        }
        if !self.config.chain_ids.contains(&sign_in.chain_id) {
            return Err(AccountError::WrongChain(sign_in.chain_id));
        }
        let issued = read(&sign_in.issued_at)?;
        let expires = read(&sign_in.expiration_time)?;
        if issued > after(now, LEEWAY) || expires <= now || expires > after(issued, CHALLENGE_LASTS) {
            return Err(AccountError::Expired);
        }
        Ok(())
    }

    fn new_session_id(&self, now: UnixMillis) -> Uuid {
        let mut random = [0; 10];
        self.randomness.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.0).unwrap_or_default(), &random).into_uuid()
    }
}

/// Loads or creates the account at this address and checks its kind against what vouched. Returns it with the sessions that this ends.
async fn account_of(
    transaction: &mut PgConnection,
    vouched: &Vouched,
    now: OffsetDateTime,
) -> Result<(AccountRow, Vec<Uuid>), AccountError> {
    let shown = vouched.kind();
    let wrong_chain = || AccountError::WrongChain(shown.chain_id().unwrap_or_default());
    let chain_id = shown.chain_id().map(i64::try_from).transpose();
    let chain_id = chain_id.map_err(|_| wrong_chain())?;
    let account = store::account(transaction, vouched.address.as_slice(), chain_id, now).await?;
    let known = match account.chain_id.map(u64::try_from).transpose() {
        Ok(None) => AccountKind::Key,
        Ok(Some(chain_id)) => AccountKind::Contract { chain_id },
        Err(_) => return Err(AccountError::Damaged),
    };
    match (known, shown) {
        (known, shown) if known == shown => Ok((account, Vec::new())),
        (known, shown) if known.may_become(shown) => {
            let ended = store::give_to_key(transaction, account.id, now).await?;
            Ok((account, ended))
        }
        (AccountKind::Key, _) => Err(AccountError::KeyAccount),
        (AccountKind::Contract { .. }, _) => Err(AccountError::OtherNetwork),
    }
}

fn read(text: &str) -> Result<UnixMillis, AccountError> {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| AccountError::WrongText)?;
    Ok(UnixMillis(at.unix_timestamp().saturating_mul(1000)))
}
