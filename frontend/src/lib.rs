//! The page's side of a browser: the composition root that hands the face its worker and its wallet and lets it draw
//! in the place of the shell of `/app`.
//!
//! It keeps nothing of what is talked about: events of the worker go straight into [`app::state`], commands of the face
//! straight to the worker. It never links the encryption engine; the worker's wasm is loaded when the first command is
//! given. To add an ability of the browser: a port in `app::state`, its implementation here, one line in [`start`].

// Views are types that contain each other.
#![recursion_limit = "512"]
#![expect(
    clippy::large_types_passed_by_value,
    reason = "the state is a handful of ids; what makes it large are the file names of development builds"
)]

mod account;
mod amount;
mod browser;
mod components;
mod conversation;
mod engine;
mod entry;
mod lazy;
mod navigate;
mod settings;
mod shell;
mod sign_in;
mod signal;
mod state;
mod time;
mod tips;
mod tx;
mod wallet;

pub use entry::start;
