//! The way in: from an empty page to the conversations.

mod gate;
mod revoked;
mod shut;
mod welcome;

pub use gate::Gate;
