//! The face: what a person sees, compiled twice. Under `ssr` the server renders the public pages and the shell of `/app`;
//! under `csr` the browser draws everything below `/app` in the shell's place. It knows nothing of sockets, keys or wallets: the server hands it
//! `services` by context, the browser an [`state::EngineHandle`] and a [`state::WalletHandle`].
//!
//! To add a page: a variant in [`place::Place`], a file in `pages/`, a line in the match of `pages/frame.rs`. A public page:
//! a function in `public/pages.rs`.

// Views are types that contain each other.
#![recursion_limit = "512"]
#![expect(
    clippy::large_types_passed_by_value,
    reason = "the state is a handful of ids; what makes it large are the file names of development builds"
)]

mod account;
mod amount;
mod app;
mod browser;
mod components;
mod conversation;
pub mod error;
mod later;
mod navigate;
pub mod pages;
pub mod place;
#[cfg(feature = "ssr")]
pub mod public;
pub mod server_fns;
pub mod signal;
pub mod state;
mod time;
mod tips;

pub use app::App;
/// The words of money, for whoever speaks to a wallet on the face's behalf.
pub use chain;
