//! Why an association is not believed.

use crate::{recover::SignatureError, siwe::SignInError};

/// Why an association is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssociationError {
    /// A field exceeds its limit.
    #[error("the association is too large")]
    TooLarge,
    /// The version byte is of a newer build.
    #[error("association version {0} is not known here")]
    UnknownVersion(u8),
    /// Cut short, of another shape, or not the canonical encoding of its fields.
    #[error("the association does not decode")]
    Malformed,
    /// The text is not a sign-in text.
    #[error("the association's text: {0}")]
    Text(#[from] SignInError),
    /// The text is for another site.
    #[error("the association is of another site")]
    WrongDomain,
    /// The key is not a point of P-256 in its uncompressed form.
    #[error("the installation's key is no key")]
    BadPublicKey,
    /// The text names the fingerprint of another key.
    #[error("the text vouches for another key")]
    WrongInstallation,
    /// The wallet's signature does not have the form of one.
    #[error("the wallet's signature: {0}")]
    Signature(#[from] SignatureError),
    /// The signature is by another account.
    #[error("the text is signed by another account")]
    WrongSigner,
    /// The chain that was asked is not the chain of the text.
    #[error("the text is of another chain")]
    WrongChain,
}
