//! The drill of the server: real servers and a real Postgres are killed under load, over real sockets, and a checker that
//! knows every acknowledged message counts what is lost, doubled or out of order.
//!
//! [`site`] starts the processes, [`talker`] is an installation at work, [`nemesis`] draws what goes wrong from the seed,
//! [`ledger`] is the checker, [`drill`] puts them together. The payloads are no MLS: to the server all bytes are opaque.
//! `docs/reliability.md` tells what is promised and what was counted.

pub mod cli;
pub mod disk;
pub mod drill;
pub mod ledger;
pub mod nemesis;
pub mod person;
pub mod processes;
pub mod random;
pub mod report;
pub mod said;
pub mod site;
pub mod socket;
pub mod talker;
pub mod wire;
