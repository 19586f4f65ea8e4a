//! Tips on the machine: the contract's events, kept as the chain has them. Everything else of a tip's transaction is [`tx`](crate::tx)'s.
//!
//! The event of the contract at its one address is all that counts; to whom a transaction was addressed says nothing.

mod events;
mod examine;
mod store;

use std::sync::Arc;

pub use chain::tips::CONTRACT;
pub use examine::{Examined, examine};

use crate::tx::Area;

/// What is kept of chains for tips.
pub fn area() -> Area {
    Area(Arc::new(events::TipEvents))
}
