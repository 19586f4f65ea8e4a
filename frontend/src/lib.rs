//! The page's side of a browser: the composition root that hands the face its worker and its wallet and lets it draw
//! in the place of the shell of `/app`.
//!
//! It keeps nothing of what is talked about: events of the worker go straight into [`app::state`], commands of the face
//! straight to the worker. It never links the encryption engine; the worker's wasm is loaded when the first command is
//! given. To add an ability of the browser: a port in `app::state`, its implementation here, one line in [`start`].

// The parts that know no browser are tested natively; there, nothing uses them otherwise.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod engine;
mod wallet;

#[cfg(target_arch = "wasm32")]
mod entry;
#[cfg(target_arch = "wasm32")]
pub use entry::start;
