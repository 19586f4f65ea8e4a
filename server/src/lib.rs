//! The server: one process that renders pages, answers server functions and holds the sockets of installations.
//!
//! It is a composition root: it knows `app` (what a person sees) and `services` (what is kept), and neither `e2ee` nor
//! `client`: it cannot read messages because it does not have the words for them.
//!
//! [`http::routes`] is the one table that builds the router; to add a route, add a line there. Server functions come from the list
//! [`app::server_fns::CALLS`], jobs from [`services::Services::jobs`].

pub mod cli;
pub mod config;
mod database;
pub mod error;
pub mod http;
pub mod jobs;
pub mod networks;
mod run;
pub mod shutdown;
pub mod state;
pub mod telemetry;
pub mod ws;

pub use config::Config;
pub use error::StartError;
pub use run::{Running, start};
pub use state::{Patience, Server};
