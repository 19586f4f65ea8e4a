//! The socket of an installation: `GET /ws`.
//!
//! One task per socket does everything: [`upgrade`] checks where the request comes from and whose session it carries, the
//! [`handshake`] has the installation sign a challenge, the [`session`] reads frames, forwards what is written and watches
//! the [`close_signal`]. [`dispatch`] is the table from a question to its answer; what is written to followed topics comes from
//! `services::delivery`. Nothing is lost with a socket: what it has not got stands in the log.

mod close_signal;
mod connections;
mod dispatch;
mod ending;
mod frame_socket;
mod handshake;
mod session;
mod upgrade;

pub use connections::Connections;
pub use dispatch::ANSWER;
pub use ending::Ending;
pub use session::FRAME;
pub use upgrade::upgrade;
