//! What the face remembers, and the two ports through which the browser's half of the house is reached.
//!
//! `frontend` makes a [`State`], an [`EngineHandle`] and a [`WalletHandle`] and provides them by context before [`crate::shell::App`]
//! runs; every event of the worker goes into [`apply`], the only writer of what comes from there.

mod apply;
pub(crate) mod drafts;
mod engine;
pub(crate) mod flow;
mod store;
pub(crate) mod timeline;
pub(crate) mod tips;
mod wallet;

pub use apply::apply;
pub use engine::EngineHandle;
pub use flow::Stage;
pub use store::{ConversationLine, MessageLine, Opened, State};
pub use tips::{Payee, Tips};
pub use wallet::{LocalBoxFuture, WalletError, WalletHandle, WalletInfo, WalletPort};
