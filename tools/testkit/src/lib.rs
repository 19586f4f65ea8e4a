//! For tests: a whole server on a free port over a fresh database, and people with wallets who talk to it.
//!
//! [`TestServer`] is the real server in this process. [`Visitor`] is a browser without a mind: it keeps cookies and calls
//! server functions over real HTTP. [`Installation`] holds a wallet and an installation key and opens raw [`Socket`]s,
//! so that a test can say what no good client would say. [`Person`] is somebody whole: the client that runs in browsers,
//! outside of one.
//!
//! [`Anvil`] is a chain with the contract for tips; a server is told of it by its settings.
//!
//! `DATABASE_URL` names a Postgres in which databases may be made; `cargo xtask test` starts one.
//! Everything here panics where something is not as it must be: a test has failed then.
#![expect(clippy::missing_panics_doc, reason = "a test that cannot go on panics")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod http;
mod installation;
mod log;
mod person;
mod proxy;
mod server;
mod socket;
mod speaking;
pub mod store;

/// A development chain of a test's own, the transactions sent to it, and where the contract for tips stands.
pub use chain::{
    anvil::{Anvil, Transfer},
    tips::CONTRACT as TIPS,
};
pub use http::{Answer, Visitor, request, request_chunked, request_to};
pub use installation::Installation;
pub use log::Captured;
pub use person::{Away, Person};
pub use proxy::Wire;
pub use server::{TestServer, eventually};
pub use socket::{Heard, Socket, random_id};
