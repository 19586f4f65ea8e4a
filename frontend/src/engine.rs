//! The worker, as the page sees it: started with the first command, started again when it dies, told again what it must
//! know and what it had not finished. Nothing is lost with a worker, because what matters is in the vault, and what is not
//! there yet is still here in [`replay`].

mod inbox;
mod replay;
mod task;
mod unsent;
mod worker;

pub use worker::Engine;
