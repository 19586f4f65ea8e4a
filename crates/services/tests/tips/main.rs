//! Tips on a real chain over a real database: what stands is counted once, what is taken back is taken back, and whoever waits
//! is told.
#![allow(clippy::unwrap_used, reason = "tests")]

mod minds;
mod node;
mod random;
mod replaced;
mod stories;
mod transfers;
mod trouble;
mod world;
