//! The worker, as the page sees it: started with the first command and restarted when it dies. A new worker receives the state it
//! needs and the unfinished commands. Nothing is lost with a worker: what matters is in the vault, and what is not there yet is
//! still in [`replay`].

mod inbox;
mod replay;
mod task;
mod unsent;
mod worker;

pub use worker::Engine;
