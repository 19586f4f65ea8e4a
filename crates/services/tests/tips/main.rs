//! Tips on a real chain over a real database: a final tip is counted once, a reorganised one is taken back, and every waiting socket is
//! told.
#![allow(clippy::unwrap_used, reason = "tests")]

mod minds;
mod node;
mod random;
mod replaced;
mod stories;
mod transfers;
mod trouble;
mod world;
