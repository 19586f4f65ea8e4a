//! Stories of installations against a server in memory.
#![allow(clippy::unwrap_used, reason = "a broken story may panic")]

#[path = "../support/mod.rs"]
mod support;

mod talking;
