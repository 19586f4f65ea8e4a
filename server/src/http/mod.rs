//! The HTTP side of the server.

pub mod api;
pub mod assets;
mod dev;
mod documents;
mod health;
pub mod limits;
pub mod listen;
pub mod origin;
mod pages;
mod request;
pub mod routes;
pub mod security;

pub use documents::Documents;
