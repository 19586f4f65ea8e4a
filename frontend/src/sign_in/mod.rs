//! The way in: from an empty page to the conversations.

mod elsewhere;
mod gate;
mod key;
mod problem;
mod revoked;
mod shut;
mod welcome;

pub use gate::Gate;
