//! Stories of installations against a server in memory.
#![allow(clippy::unwrap_used, reason = "a broken story may panic")]

use stage as support;

#[path = "../../../protocol/tests/previous/mod.rs"]
mod previous;

mod connecting;
mod consent;
mod copies;
mod crashes;
mod groups;
mod ids;
mod installations;
mod lies;
mod reactions;
mod refusals;
mod releases;
mod replies;
mod signing_in;
mod smart;
mod tabs;
mod talking;
mod tips;
mod tips_crashes;
mod tips_lies;
mod tips_making;
mod tips_reorgs;
mod transfers;
mod vaults;
