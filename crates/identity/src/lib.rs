//! Who signed what: the sign-in text (EIP-4361), the association it makes, the revocation that ends it, and the challenge of a
//! socket.
//!
//! Pure functions over bytes: no clock, no network, no chain, no storage. Server and clients use the same code, so that
//! what the server accepts at sign-in is what every other client accepts afterwards.
//!
//! The road: the browser renders a [`Statement`] from the server's nonce and times; the wallet signs it; text, signature and installation key together are
//! an [`Association`]. Its form alone gives what it [states](Stated); that becomes [`Vouched`] by the account's key, or by the
//! word of a chain if code signs for the account. What is said here of a chain, somebody else has asked.
//! Times in the text are checked for their shape only: what is expired is for the server to say, at sign-in.
//!
//! To add a kind of account: a variant of [`AccountKind`] and a way from [`Stated`] to [`Vouched`].

mod association;
mod challenge;
mod error;
mod origin;
mod recover;
mod revocation;
mod siwe;
mod stated;
mod statement;

pub use association::{Association, fingerprint};
pub use challenge::{challenge_bytes, verify_challenge};
pub use error::AssociationError;
pub use origin::Origin;
pub use recover::{SignatureError, personal_digest, recover};
pub use revocation::{Revocation, RevocationError, Revoker};
pub use siwe::{STATEMENT, SignIn, SignInError, time_text};
pub use stated::{AccountKind, Stated, Vouched};
pub use statement::Statement;
