//! The words on the wire: ids, frames, limits and error codes that browser and machine share.
//!
//! Plain data and its encoding, nothing else: no I/O, no clock, no randomness, no other crate of ours. Everything sent
//! over the WebSocket is a [`ClientFrame`] or a [`ServerFrame`], encoded by [`codec`]; the arguments and answers of
//! server functions stand in [`api`].
//!
//! # Peers of another release
//!
//! A page lives longer than a release, and a deployment has servers of two releases at once: every side speaks with the release before
//! and after its own (ADR 18).
//!
//! - **A frame, question or answer**: a variant before `Unknown`, which is always the last (postcard numbers variants by position). Peers
//!   that do not know it skip the frame; a question is answered with [`ErrorCode::UnknownKind`]. Bound what it may hold in [`limits`], add
//!   its bytes to `tests/frames.rs`.
//! - **A kind of [`Body`] or [`Kind`]**: the same, but it holds one byte string, because something follows it in the frame.
//! - **A field**: at the end of a frame, of an answer of [`api`] or of a function's arguments, with [`late`] or [`Late`]: a peer that does
//!   not send it leaves its type's default, one that does not know it ignores the bytes left over. Never in the middle, and never inside
//!   a list's rows unless they are [`api::rows`].
//! - **An error code**: a new number in [`ErrorCode`], and a sentence in `app::error`. Older pages read [`ErrorCode::Unknown`].
//! - **Something the other side must understand**: raise [`FEATURES`] and look at the other side's [`Support`] before sending it.
//! - **A change that none of these allow**: a new [`limits::VERSION`] or [`api::VERSION`], and both spoken for one release.

pub mod api;
pub mod codec;
mod envelope;
mod error_code;
mod frame;
mod id;
pub mod limits;
mod money;
mod support;
mod unknown;

pub use alloy_primitives::{Address, U256};
pub use codec::{Late, late};
pub use envelope::{Body, Envelope, Kind, Publish, Welcome};
pub use error_code::{ErrorClass, ErrorCode};
pub use frame::{Answer, Ask, ClientFrame, ServerFrame};
pub use id::{
    AssociationHash, Incarnation, InstallationId, MessageId, ParseIdError, Seq, TipId, Topic, TxHash, UnixMillis,
};
pub use money::{Log, ObservedStatus, Receipt, TipMismatch, Transaction, TxReport};
pub use support::{FEATURES, Support, features_in, socket_path};
