//! A small world for stories and drills: people with wallets and vaults, and a server that keeps to the contract of `protocol`
//! unless it is told to lie. Time stands still until it is moved; randomness is seeded.
#![expect(missing_docs, reason = "a stage, not a library: its names say what things are")]
#![expect(clippy::unwrap_used, reason = "a broken story may panic")]

pub mod chain;
pub mod page;
pub mod person;
pub mod server;
pub mod tipping;
pub mod wallet;
pub mod world;

pub use world::World;
