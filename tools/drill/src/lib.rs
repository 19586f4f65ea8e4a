//! Drills: Jackdaw is broken on purpose, and a checker that knows everything that was said counts what is lost.
//! `docs/reliability.md` tells what is promised and what was counted.
//!
//! *The server* ([`servers`]): real servers and a real Postgres are killed under load, over real sockets. The payloads are no MLS: to the
//! server all bytes are opaque.
//!
//! *The client* ([`clients`]): the real client and the real encryption in a world in memory, in which a seed decides every step.

#[cfg(feature = "client")]
pub mod clients;
mod paper;
pub mod random;
#[cfg(feature = "server")]
pub mod servers;
