use protocol::ErrorCode;

use crate::db::DbError;

/// Why the accounts refused.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A text, signature or key is longer than it may be.
    #[error("over its limit")]
    TooLarge,
    /// The public key is not a point of P-256 in its uncompressed form.
    #[error("not an installation's public key")]
    BadKey,
    /// The chain is not served here.
    #[error("the chain {0} is not served here")]
    WrongChain(u64),
    /// Not the text that was given out.
    #[error("not the text that was to be signed")]
    WrongText,
    /// The nonce is unknown, used, or was given to another browser.
    #[error("the nonce is spent")]
    NonceSpent,
    /// Too late, or a clock is wrong.
    #[error("the sign-in text has expired")]
    Expired,
    /// The account named in the text did not sign.
    #[error("the signature is not the account's")]
    WrongSignature,
    /// Whether it signed cannot be told now.
    #[error("the wallet cannot be verified now")]
    CannotVerify,
    /// The account's key did not sign, and whether its code did is never known here.
    #[error("no node of the wallet's chain is known here")]
    NoNode,
    /// Too many signatures over one text.
    #[error("too many tries")]
    TooMany,
    /// Code signs for the account, and it is known here on another chain.
    #[error("the account is known on another chain")]
    OtherNetwork,
    /// A key signs for the account here, and this time code did.
    #[error("the account is known by its key")]
    KeyAccount,
    /// The installation is another account's.
    #[error("the installation is not this account's")]
    NotYourInstallation,
    /// The installation was revoked.
    #[error("the installation was revoked")]
    Revoked,
    /// Not a revocation.
    #[error("not a revocation")]
    BadRevocation,
    /// No valid token.
    #[error("not signed in")]
    NotSignedIn,
    /// The session was ended.
    #[error("the session has ended")]
    SessionEnded,
    /// Too long, not to be seen, or passing for something else.
    #[error("not a name")]
    BadName,
    /// No such session, or installation.
    #[error("not found")]
    NotFound,
    /// A stored row is not what it must be: a defect.
    #[error("a stored row is damaged")]
    Damaged,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<&AccountError> for ErrorCode {
    fn from(error: &AccountError) -> Self {
        match error {
            AccountError::TooLarge => Self::TooLarge,
            AccountError::BadKey | AccountError::BadRevocation => Self::Malformed,
            AccountError::WrongChain(_) => Self::WrongChain,
            AccountError::WrongText => Self::WrongText,
            AccountError::NonceSpent => Self::NonceSpent,
            AccountError::Expired => Self::Expired,
            AccountError::WrongSignature => Self::WrongSignature,
            AccountError::CannotVerify => Self::CannotVerify,
            AccountError::NoNode => Self::NoNode,
            AccountError::TooMany => Self::TooMany,
            AccountError::OtherNetwork => Self::OtherNetwork,
            AccountError::KeyAccount => Self::KeyAccount,
            AccountError::NotYourInstallation => Self::NotYourInstallation,
            AccountError::Revoked => Self::Revoked,
            AccountError::NotSignedIn => Self::NotSignedIn,
            AccountError::SessionEnded => Self::SessionEnded,
            AccountError::BadName => Self::BadName,
            AccountError::NotFound => Self::NotFound,
            AccountError::Damaged => Self::Internal,
            AccountError::Database(error) => error.into(),
        }
    }
}
