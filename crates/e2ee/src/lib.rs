//! End-to-end encryption: MLS (RFC 9420) with suite 2 (P-256, AES-128-GCM, SHA-256), and the validation of credentials.
//!
//! Everything here is synchronous and does no I/O: no network, no storage, no clock that decides anything, randomness only through
//! [`Randomness`]. An [`Installation`] holds the whole state in memory; every operation leaves its effects in pending [`Changes`]. The caller
//! takes them ([`Installation::take_changes`]), stores them in one transaction with whatever belongs to the same step, and then calls
//! [`Installation::changes_persisted`] or [`Installation::roll_back`]. **Nothing an operation returned may leave the machine before its
//! changes are durable**: after a roll-back the same keys are used again.
//!
//! Credentials: a leaf of a group is a pair of credential and signature key. The credential names an account and the hash of an association;
//! the association (`identity`) is signed by the account's wallet and names the key. Both are compared for every leaf before a commit is
//! merged. OpenMLS leaves that to the application: it accepts a stolen credential with another key.
//!
//! What a group's context may hold, and how groups move from one form to the next: ADR 18.
//!
//! What this crate never does: fetch an association (it says [`E2eeError::MissingAssociations`]), decide whom to talk to,
//! keep messages, read what they say: plaintexts are bytes here (crate `content`).

#![expect(clippy::doc_markdown, reason = "OpenMLS and RustCrypto are names, not code")]

mod changes;
mod conversation;
mod credential;
#[cfg(feature = "drill")]
pub mod drill;
mod error;
mod installation;
mod key_package;
mod provider;
mod randomness;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use changes::Changes;
pub use conversation::{Processed, Proposed, ciphertext_digest};
pub use credential::{Associations, Member};
pub use error::E2eeError;
pub use installation::Installation;
pub use randomness::Randomness;
#[cfg(feature = "releases")]
pub use rules::of_the_first_release;
