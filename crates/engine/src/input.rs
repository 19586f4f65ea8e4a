//! What a worker is told: by its page, by the browser's locks, by other workers, by the clock and by the socket. The sources put it into
//! the queue ([`crate::inputs`]), which knows none of them.

use bridge::Command;
use client::{SocketEvent, Tab};
use js_sys::Array;

/// One thing to do.
pub enum Input {
    /// Something happened to the lock that was asked for under this number.
    Lock(u32, Lock),
    /// A word of another worker.
    Word(Word),
    /// It is time to look whether there is a leader.
    Look,
    /// A command of our page.
    Command(Command),
    /// A command of another tab's page.
    Asked(Tab, Command),
    /// The timer went off.
    Wake,
    /// An event of the socket with this number.
    Socket(u32, SocketEvent),
}

/// What happened to a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// It is ours.
    Granted,
    /// It was stolen.
    Lost,
}

/// What another worker says over the channel.
pub enum Word {
    /// A worker of this build leads; the term is drawn anew by every leader.
    Leads { build: String, term: u32 },
    /// The vault holds pending sends.
    PendingSends,
    /// The leader of this term says.
    Say { term: u32, parts: Array },
}
