//! The drill of the server. [`site`] starts the processes, [`talker`] is an installation at work, [`nemesis`] draws what goes wrong from the
//! seed, [`ledger`] is the checker, [`drill`] puts them together. [`figures`] breaks nothing and measures.

pub mod cli;
pub mod disk;
pub mod drill;
pub mod figures;
pub mod ledger;
pub mod nemesis;
pub mod person;
pub mod processes;
pub mod report;
pub mod said;
pub mod site;
pub mod socket;
pub mod talker;
pub mod wire;
