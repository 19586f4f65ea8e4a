//! End-to-end encryption: MLS (RFC 9420) with suite 2 (P-256, AES-128-GCM, SHA-256), and who may be believed in it.
//!
//! Everything here is synchronous and does no I/O: no network, no storage, no clock that decides anything, randomness
//! only through [`Randomness`]. An [`Installation`] holds the whole state in memory; every operation leaves its effects in
//! a diff. The caller takes the diff ([`Installation::take_changes`]), writes it down together with whatever belongs to
//! the same step, and then says [`Installation::committed`] or [`Installation::discard`]. **Nothing an operation
//! returned may leave the machine before its changes are durable**: after a discard the same keys are used again.
//!
//! What is believed: a leaf of a group is a pair of credential and signature key. The credential names an account and the
//! hash of an association; the association (`identity`) was signed by the account's wallet and names the key. Both are
//! compared for every leaf before anything is merged. OpenMLS alone does not do that: it accepts a stolen credential with
//! another key.
//!
//! What this crate never does: fetch an association (it says [`E2eeError::MissingAssociations`]), decide whom to talk to,
//! keep messages, read what they say: plaintexts are bytes here (crate `content`).

#![expect(clippy::doc_markdown, reason = "OpenMLS and RustCrypto are names, not code")]

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

pub use conversation::{Processed, Proposed, mark};
pub use credential::{Associations, Member};
pub use error::E2eeError;
pub use installation::{Changes, Installation};
pub use randomness::Randomness;
