//! A small world for stories: people with wallets and vaults, and a server that keeps to the contract of `protocol` unless
//! it is told to lie. Time stands still until it is moved; randomness is seeded.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "every story uses a part of it; a broken one may panic"
)]

pub mod chain;
pub mod page;
pub mod server;
pub mod tipping;
pub mod wallet;
pub mod world;

pub use world::World;
