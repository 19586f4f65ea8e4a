//! The words on the wire: ids, frames, limits and error codes that browser and machine share.
//!
//! Plain data and its encoding, nothing else: no I/O, no clock, no randomness, no other crate of ours. Everything sent
//! over the WebSocket is a [`ClientFrame`] or a [`ServerFrame`], encoded by [`codec`]; the arguments and answers of
//! server functions stand in [`api`].
//!
//! To add a frame: add a variant **at the end** of the enum (postcard numbers variants by position), bound what it may
//! hold in [`limits`], and add its bytes to `tests/snapshots.rs`.

pub mod api;
pub mod codec;
mod envelope;
mod error_code;
mod frame;
mod id;
pub mod limits;
mod money;

pub use alloy_primitives::{Address, U256};
pub use envelope::{Body, Envelope, Kind, Publish, Welcome};
pub use error_code::{ErrorClass, ErrorCode};
pub use frame::{Answer, Ask, ClientFrame, ServerFrame};
pub use id::{
    AssociationHash, Incarnation, InstallationId, MessageId, ParseIdError, Seq, TipId, Topic, TxHash, UnixMillis,
};
pub use money::{Log, Receipt, TipMismatch, TipReport, TipSight, Transaction};
