//! An installation outside the browser: the same [`client::Client`], with a vault in memory, a socket of tokio's and the
//! machine's clock and randomness. For tests with whole people, benchmarks and bots.
//!
//! Plain http only: it talks to a server on the same machine or behind the same proxy. Everything of one installation
//! runs on one thread: call it inside a [`tokio::task::LocalSet`].
//!
//! Never here: a decision about conversations or keys. That is `client`.

mod clock;
mod error;
mod http;
mod native;
mod owner;
mod socket;

pub use error::NativeError;
pub use http::Site;
pub use native::Native;
