//! The conduct of one installation: what it keeps, sends, reads and believes.
//!
//! Sans I/O but for the vault: the owner feeds [`Client`] commands of the page, events of the WebSocket and wake-ups, one
//! after another, and carries out the [`Effect`]s. Everything is kept before it is sent and before it is shown: ratchet
//! state, outbox row, message and cursor go into one [`Vault::commit`], and effects exist only behind it.
//!
//! Never here: a runtime, a browser, a clock, a socket. To add a stored thing: a struct in `records` with its byte
//! snapshot, a [`Space`] if it has keys of its own. To add a command: a variant in `bridge`, an arm in `installation`.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod connection;
mod content;
mod conversations;
mod directory;
mod effect;
pub mod failpoints;
mod groups;
mod inbox;
mod installation;
mod link;
pub mod memory;
mod outbox;
mod pending;
mod people;
mod ports;
mod proofs;
mod records;
mod renewal;
mod revoking;
mod roster;
mod signing_in;
mod step;
mod tabs;
mod tips;
mod tx;
mod upgrade;
mod views;

pub use effect::{Effect, SocketEvent};
pub use installation::Client;
pub use pending::{SendKept, keep_send};
pub use ports::{Batch, Change, Environment, Record, Records, Space, Vault, VaultError};
pub use tabs::Tab;
