//! Drills: Jackdaw is broken on purpose, and a checker that knows everything that was said counts what is lost.
//! `docs/reliability.md` tells what is promised and what was counted.
//!
//! *The server* ([`cli`]): real servers and a real Postgres are killed under load, over real sockets. [`site`] starts the processes,
//! [`talker`] is an installation at work, [`nemesis`] draws what goes wrong from the seed, [`ledger`] is the checker, [`drill`] puts
//! them together. The payloads are no MLS: to the server all bytes are opaque.
//!
//! *The client* ([`clients`]): the real client and the real encryption in a world in memory, in which a seed decides every step.

#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "client")]
pub mod clients;
#[cfg(feature = "server")]
pub mod disk;
#[cfg(feature = "server")]
pub mod drill;
#[cfg(feature = "server")]
pub mod ledger;
#[cfg(feature = "server")]
pub mod nemesis;
#[cfg(feature = "server")]
pub mod person;
#[cfg(feature = "server")]
pub mod processes;
pub mod random;
#[cfg(feature = "server")]
pub mod report;
#[cfg(feature = "server")]
pub mod said;
#[cfg(feature = "server")]
pub mod site;
#[cfg(feature = "server")]
pub mod socket;
#[cfg(feature = "server")]
pub mod talker;
#[cfg(feature = "server")]
pub mod wire;
