//! What both worlds share: every URL as a type, the server functions, the sentences for errors, small parts, and the public pages.
//!
//! Compiled twice. Under `ssr` it is part of the server, which hands it `services` by context and renders the public pages
//! and the shell of `/app`. Under `csr` it is part of the page: there a server function asks the server.
//!
//! To add a place: a variant in [`place::Place`]. A public page: a function in `public/pages.rs`. A server function: a file in
//! `server_fns/`.

// Views are types that contain each other.
#![recursion_limit = "512"]

pub mod coin;
pub mod components;
pub mod error;
pub mod place;
#[cfg(feature = "ssr")]
pub mod public;
pub mod server_fns;
