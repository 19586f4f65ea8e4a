//! What the face remembers, and the two ports through which the browser's half of the house is reached.
//!
//! `frontend` makes a [`State`], an [`EngineHandle`] and a [`WalletHandle`] and provides them by context before [`crate::App`]
//! runs; every event of the worker goes into [`apply`], the only writer of what comes from there.

mod apply;
mod engine;
mod store;
mod wallet;

pub use apply::apply;
pub use engine::EngineHandle;
pub use store::{Opened, State};
pub use wallet::{LocalBoxFuture, WalletError, WalletHandle, WalletInfo, WalletPort};
